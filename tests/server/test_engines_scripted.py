"""The scripted engine that other tests and the conformance suite rely on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from fitbox_server.engines.protocol import Finished, load
from fitbox_server.engines.scripted import OWN_LINES, advice_text, prompt_digest, reply, split_tokens
from hypothesis import given
from hypothesis import strategies as st

from fitbox.chat import Message
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.engine.wire import Chunk
from fitbox.tasks import TaskName, task
from tests import fakes

REQUEST = GenerationRequest(messages=(Message("user", "hello"),), max_new_tokens=100)


def run(spec: EngineSpec, request: GenerationRequest) -> tuple[str, Finished]:
    """The text of one request and how it ended."""
    engine = load(spec)
    engine.add(1, request)
    events = []
    while engine.has_work:
        events += engine.step()
    engine.close()
    *chunks, end = events
    assert isinstance(end, Finished)
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Chunk)), end


def test_the_text_depends_on_version_prompt_and_grammar_alone(scripted_spec: EngineSpec) -> None:
    """So a test can compute what any version must answer."""
    other = dataclasses.replace(scripted_spec, adapter_version="v000001-0a0b0c0d")
    assert run(scripted_spec, REQUEST)[0] == reply("base", REQUEST) == run(scripted_spec, REQUEST)[0]
    assert run(other, REQUEST)[0].startswith("v000001-0a0b0c0d ")
    assert reply("base", REQUEST) != reply("base", dataclasses.replace(REQUEST, grammar='root ::= "a"'))


def test_a_text_longer_than_the_limit_is_cut(scripted_spec: EngineSpec) -> None:
    """As a model's would be, with the reason said."""
    text, end = run(scripted_spec, dataclasses.replace(REQUEST, max_new_tokens=3))
    assert reply("base", REQUEST).startswith(text)
    assert (end.finish_reason, end.completion_tokens) == (FinishReason.LENGTH, 3)


def test_replies_come_from_a_file_by_prompt_and_version(scripted_spec: EngineSpec, tmp_path: Path) -> None:
    """The most special key wins."""
    digest = prompt_digest(REQUEST.messages)
    replies = {
        "any": "anything",
        "v2/any": "second",
        digest: "this prompt",
        f"v3/{digest}": "third, this prompt",
    }
    path = tmp_path / "replies.json"
    path.write_text(json.dumps(replies))
    spec = dataclasses.replace(scripted_spec, options=(("replies_file", str(path)),))
    assert run(spec, REQUEST)[0] == "this prompt"
    assert run(dataclasses.replace(spec, adapter_version="v3"), REQUEST)[0] == "third, this prompt"
    other = dataclasses.replace(REQUEST, messages=(Message("user", "else"),))
    assert run(spec, other)[0] == "anything"
    assert run(dataclasses.replace(spec, adapter_version="v2"), other)[0] == "second"


@given(st.text(max_size=200), st.integers(1, 300))
def test_a_text_is_cut_into_at_most_the_tokens_asked_for(text: str, tokens: int) -> None:
    """And nothing of it is lost."""
    pieces = split_tokens(text, tokens)
    assert "".join(pieces) == text
    assert len(pieces) <= tokens


def test_scripted_advice_passes_every_check_and_never_repeats(scripted_spec: EngineSpec) -> None:
    """So the conformance suite can tell any reply from any other."""
    advice = task(TaskName.ADVICE)
    constraints = advice.constrain(fakes.MEMBER)
    texts = {advice_text(version, "d", seed) for version in ("base", "v1") for seed in range(200)}
    assert len(texts) == 400
    for text in texts:
        plan = advice.finish(advice.parse(text, constraints), constraints)
        assert advice.check(plan, constraints) == ()
    spec = dataclasses.replace(scripted_spec, options=(("texts", "advice"),))
    assert run(spec, REQUEST)[0] == advice_text("base", prompt_digest(REQUEST.messages), 0)


def test_isolation_can_be_broken_on_purpose(scripted_spec: EngineSpec) -> None:
    """The first lines are the version's own, the last are not."""
    spec = dataclasses.replace(scripted_spec, options=(("texts", "advice"), ("mixed", "1")))
    text = run(spec, REQUEST)[0].splitlines()
    own = advice_text("base", prompt_digest(REQUEST.messages), 0).splitlines()
    assert text[:OWN_LINES] == own[:OWN_LINES]
    assert text[OWN_LINES:] != own[OWN_LINES:]
