"""The vLLM engine in a real worker, in an interpreter of its own; skipped where that is not installed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.engine_equality import STARTING_ADAPTER
from fitbox.chat import Message
from fitbox.engine.interpreter import vllm_python
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, FinishReason, Generation, GenerationRequest, Sampling
from fitbox.errors import EngineDiedError, EngineError, EngineStartError

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(
        vllm_python() is None,
        reason="vLLM has no environment; `make setup-vllm`, or set FITBOX_VLLM_PYTHON",
    ),
]

START_SECONDS = 600.0


def request(
    text: str, tokens: int = 8, grammar: str | None = None, seed: int | None = None
) -> GenerationRequest:
    sampling = Sampling() if seed is None else Sampling(temperature=1.0, top_p=0.9, seed=seed)
    return GenerationRequest((Message("user", text),), tokens, grammar, sampling)


def spec(base_model: Path, adapter: Path | None) -> EngineSpec:
    return EngineSpec("vllm", base_model, adapter, "v000001-00000000")


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for the module, so that its tests share a worker."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def worker(base_model: Path, runner: asyncio.Runner) -> Iterator[EngineProcess]:
    """A worker on the base model: the adapter has its place in test_engine_equality."""
    worker = runner.run(EngineProcess.start(spec(base_model, None), timeout_seconds=START_SECONDS))
    yield worker
    runner.run(worker.stop())


def test_a_grammar_decides_the_form(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """Characters beyond ASCII included."""
    grammar = 'root ::= ("squat" | "rangée") " " [1-5] "x" [0-9]{1,2}'
    generation = runner.run(worker.generate(request("Plan.", 24, grammar)))
    assert re.fullmatch(r"(squat|rangée) [1-5]x\d{1,2}", generation.text)
    assert generation.finish_reason is FinishReason.STOP


@pytest.mark.parametrize("broken", ["root ::= a", "root: 'a'", ""])
def test_a_broken_grammar_fails_its_own_request_alone(
    worker: EngineProcess, runner: asyncio.Runner, broken: str
) -> None:
    """Lark, which vLLM would take, is broken too: no other engine takes it."""

    async def both() -> tuple[Generation | BaseException, ...]:
        calls = (worker.generate(request("Count to ten.")), worker.generate(request("x", grammar=broken)))
        return tuple(await asyncio.gather(*calls, return_exceptions=True))

    good, bad = runner.run(both())
    assert isinstance(good, Generation)
    assert isinstance(bad, EngineError)
    assert "bad_grammar" in str(bad)


def test_a_prompt_beyond_the_context_is_refused(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """Before it costs anything."""
    with pytest.raises(EngineError, match="prompt_too_long"):
        runner.run(worker.generate(request("word " * worker.ready.context_tokens)))


def test_a_text_that_is_too_long_is_cut(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """Exactly at the limit, and said so."""
    generation = runner.run(worker.generate(request("Tell a story.", 5)))
    assert (generation.finish_reason, generation.completion_tokens) == (FinishReason.LENGTH, 5)


def test_a_seed_repeats_its_text_and_another_does_not(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """One after the other."""
    asks = [request("Tell a story.", seed=seed) for seed in (11, 12, 11)]
    first, other, again = (runner.run(worker.generate(ask)).text for ask in asks)
    assert first == again != other


def test_cancelling_frees_the_slot(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """The next ping that follows the cancel finds nothing running."""

    async def leave_early() -> int:
        async with contextlib.aclosing(worker.stream(request("Count.", 4000))) as items:
            async for _ in items:
                break
        return (await worker.ping()).running

    assert runner.run(leave_early()) == 0


def test_an_adapter_that_cannot_be_read_fails_the_start(
    base_model: Path, runner: asyncio.Runner, tmp_path: Path
) -> None:
    """And not the first member's request."""
    (tmp_path / "adapter_config.json").write_bytes((STARTING_ADAPTER / "adapter_config.json").read_bytes())
    (tmp_path / "adapter_model.safetensors").write_bytes(b"cut")
    with pytest.raises(EngineStartError):
        runner.run(EngineProcess.start(spec(base_model, tmp_path), timeout_seconds=START_SECONDS))


def test_a_killed_worker_leaves_no_process(worker: EngineProcess, runner: asyncio.Runner) -> None:
    """Last, for it ends the worker that the others share."""
    family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]

    async def die() -> None:
        async for _ in worker.stream(request("Count.", 4000)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(EngineDiedError):
        runner.run(die())
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
