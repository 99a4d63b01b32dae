"""The OpenVINO engine in a real worker with the real base model."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fitbox.chat import CHAT_DATE, Message, as_dicts
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, FinishReason, Generation, GenerationRequest, Sampling, TokenChunk
from fitbox.errors import EngineError
from fitbox.registry import lora

pytestmark = pytest.mark.integration

LIST_GRAMMAR = """root ::= line{3,3}
line ::= "- " name " " [1-5] "x" [0-9]{1,2} "\\n"
name ::= "squat" | "bench press" | "développé couché" | "row"
"""
GREEDY = Sampling()
SAMPLED = Sampling(temperature=1.0, top_p=0.95, seed=11)


def request(
    text: str, *, max_new_tokens: int = 48, grammar: str | None = None, sampling: Sampling = GREEDY
) -> GenerationRequest:
    return GenerationRequest((Message("user", text),), max_new_tokens, grammar, sampling)


def spec_of(base_model: Path) -> EngineSpec:
    return EngineSpec(engine="openvino", base_model=base_model, adapter=None, adapter_version="base")


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for the module, so that its tests share a worker."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def worker(base_model: Path, runner: asyncio.Runner) -> Iterator[EngineProcess]:
    """A worker on the base model."""
    worker = runner.run(EngineProcess.start(spec_of(base_model)))
    yield worker
    runner.run(worker.stop())


def test_a_grammar_decides_the_form(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """Whatever the model would rather say; characters beyond ASCII included."""
    generation = runner.run(worker.generate(request("Plan.", grammar=LIST_GRAMMAR)))
    line = r"- (squat|bench press|développé couché|row) [1-5]x\d{1,2}\n"
    assert re.fullmatch(f"({line}){{3}}", generation.text)
    assert generation.finish_reason is FinishReason.STOP


def test_a_text_that_is_too_long_is_cut(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """Exactly at the limit, and said so."""
    generation = runner.run(worker.generate(request("Plan.", grammar=LIST_GRAMMAR, max_new_tokens=5)))
    assert (generation.finish_reason, generation.completion_tokens) == (FinishReason.LENGTH, 5)


def test_a_broken_grammar_fails_its_own_request_alone(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """In the library it would poison the pipeline; a request beside it and one after it must not notice."""

    async def both() -> tuple[Generation | BaseException, ...]:
        calls = (
            worker.generate(request("Count to ten.")),
            worker.generate(request("x", grammar="root ::= a")),
        )
        return tuple(await asyncio.gather(*calls, return_exceptions=True))

    good, bad = runner.run(both())
    assert isinstance(good, Generation)
    assert isinstance(bad, EngineError)
    assert str(bad) == 'bad_grammar: EBNF parser error at line 1, column 10: Rule "a" is not defined'
    assert runner.run(worker.generate(request("Count to ten."))).text == good.text


def test_a_prompt_beyond_the_context_is_refused(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """Before it costs anything."""
    with pytest.raises(EngineError, match="prompt_too_long"):
        runner.run(worker.generate(request("word " * worker.ready.context_tokens)))


def test_thirty_two_requests_at_once_get_their_own_answers(
    worker: EngineProcess, runner: asyncio.Runner
) -> None:
    """Each has a grammar that only its own text satisfies."""
    requests = [request("Say it.", grammar=f'root ::= "member {n}"') for n in range(32)]

    async def all_of_them() -> list[Generation]:
        return await asyncio.gather(*(worker.generate(item) for item in requests))

    assert [item.text for item in runner.run(all_of_them())] == [f"member {n}" for n in range(32)]


def test_the_chunks_of_a_stream_join_to_its_text(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """With sampling at a high temperature, which gives plenty of odd characters; none is cut in half."""
    odd = Sampling(temperature=1.6, seed=3)
    ask = request("Écris des emoji: 😀", max_new_tokens=64, sampling=odd)

    async def collect() -> list[TokenChunk | Generation]:
        return [item async for item in worker.stream(ask)]

    *chunks, end = runner.run(collect())
    assert isinstance(end, Generation)
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TokenChunk)) == end.text
    assert end.completion_tokens > 0


def test_a_seed_repeats_its_text_and_another_does_not(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """One after the other, with the default precision."""
    ask = request("Tell a story.", sampling=SAMPLED)
    other = dataclasses.replace(ask, sampling=dataclasses.replace(SAMPLED, seed=12))
    first, different, again = (runner.run(worker.generate(item)).text for item in (ask, other, ask))
    assert first == again != different


async def test_a_reproducible_worker_gives_the_same_texts_alone_and_in_company(base_model: Path) -> None:
    """Greedy and sampled: no request's text depends on what else is being decoded."""
    spec = dataclasses.replace(spec_of(base_model), options=(("reproducible", "true"),))
    asks = [
        request(f"Tell story {n}.", max_new_tokens=24, sampling=sampling)
        for n in range(3)
        for sampling in (GREEDY, SAMPLED)
    ]
    worker = await EngineProcess.start(spec)
    try:
        alone = [(await worker.generate(ask)).text for ask in asks]
        together = await asyncio.gather(*(worker.generate(ask) for ask in asks))
    finally:
        await worker.stop()
    assert [generation.text for generation in together] == alone


async def test_prompt_lookup_stays_inside_the_grammar(base_model: Path) -> None:
    """Several tokens a step, greedy and sampled; each is still one the grammar allows."""
    spec = dataclasses.replace(spec_of(base_model), options=(("prompt_lookup", "5"),))
    asks = [
        request("Plan.", grammar=LIST_GRAMMAR, sampling=sampling, max_new_tokens=96)
        for sampling in (GREEDY, SAMPLED)
    ]
    worker = await EngineProcess.start(spec)
    try:
        done = await asyncio.gather(*(worker.generate(ask) for ask in asks))
    finally:
        await worker.stop()
    line = r"- (squat|bench press|développé couché|row) [1-5]x\d{1,2}\n"
    assert all(re.fullmatch(f"({line}){{3}}", generation.text) for generation in done)


def test_cancelling_frees_the_slot(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """The next ping that follows the cancel finds nothing running."""

    async def leave_early() -> int:
        async with contextlib.aclosing(worker.stream(request("Count.", max_new_tokens=4000))) as items:
            async for _ in items:
                break
        return (await worker.ping()).running

    assert runner.run(leave_early()) == 0


def test_the_worker_imports_no_torch(worker: EngineProcess) -> None:
    """A server needs 300 MB installed, not gigabytes: no torch library is mapped into the process."""
    assert "torch" not in Path(f"/proc/{worker.pid}/maps").read_text()


@pytest.fixture
async def adapted(base_model: Path, random_adapter: Path) -> AsyncIterator[EngineProcess]:
    """A worker with the adapter."""
    spec = dataclasses.replace(
        spec_of(base_model), adapter=random_adapter, adapter_version="v000001-00000000"
    )
    worker = await EngineProcess.start(spec)
    yield worker
    await worker.stop()


async def test_an_adapter_changes_what_the_model_says(
    adapted: EngineProcess, worker: EngineProcess, runner: asyncio.Runner, random_adapter: Path
) -> None:
    """As peft saves it by default, with its scale; tests against the reference engine are beside this."""
    assert lora.read(random_adapter).weight == 2.0
    ask = request("Name three exercises.")
    with_adapter = await adapted.generate(ask)
    base = await asyncio.to_thread(runner.run, worker.generate(ask))
    assert with_adapter.text != base.text


def test_grammars_beyond_the_bound_are_forgotten_and_compiled_again(
    base_model: Path, runner: asyncio.Runner
) -> None:
    """Members bring new ones without end. What is being decoded then keeps to its own, and so does the next
    text of a grammar that was forgotten."""

    async def ask() -> list[str]:
        spec = dataclasses.replace(spec_of(base_model), options=(("compiled_grammars", "3"),))
        worker = await EngineProcess.start(spec)
        try:
            long = asyncio.create_task(
                worker.generate(request("Say it.", grammar="root ::= [a-z ]{200}", max_new_tokens=256))
            )
            texts = []
            for number in (*range(8), *range(8)):
                made = await worker.generate(request("Say it.", grammar=f'root ::= "member {number}"'))
                texts.append(made.text)
            return [(await long).text, *texts]
        finally:
            await worker.stop()

    text, *texts = runner.run(ask())
    assert re.fullmatch(r"[a-z ]{200}", text)
    assert texts == [f"member {number}" for number in (*range(8), *range(8))]


def test_a_dated_template_gives_the_same_prompt_every_day(base_model: Path) -> None:
    """By the library's own renderer, which would write today's date twice."""
    import openvino_genai
    from fitbox_server.engines.openvino import _fix_date

    tokenizer = openvino_genai.Tokenizer(base_model / "openvino")
    tokenizer.set_chat_template(
        "{{ strftime_now('%d %b %Y') }} {{ date_string }} {{ messages[0]['content'] }}"
    )
    _fix_date(tokenizer)
    history = as_dicts((Message("user", "hi"),))
    prompt = tokenizer.apply_chat_template(
        history, add_generation_prompt=True, extra_context={"date_string": CHAT_DATE}
    )
    assert prompt == f"{CHAT_DATE} {CHAT_DATE} hi"
