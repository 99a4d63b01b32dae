"""The worker's loop, driven through a socket pair in this process with the scripted engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from fitbox_server.engines import worker
from fitbox_server.engines.protocol import Event, RequestRefusedError
from fitbox_server.engines.scripted import ScriptedEngine, reply

from fitbox.chat import Message
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.engine.wire import (
    PROTOCOL_VERSION,
    Cancel,
    Chunk,
    Done,
    Failed,
    Ping,
    Pong,
    Ready,
    Submit,
)
from tests.engine_worker import Parent, serving

pytestmark = pytest.mark.slow

REQUEST = GenerationRequest(messages=(Message("user", "hello"),), max_new_tokens=100)


Start = Callable[..., tuple[Parent, Callable[[], int]]]


@pytest.fixture
def start(scripted_spec: EngineSpec) -> Iterator[Start]:
    """Serve in a thread; the second value closes the socket where it is open, and returns the exit code."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(scripted_spec, **options))


def test_a_worker_says_that_it_is_ready_and_ends_with_its_parent(start: Start) -> None:
    """Ready is the first frame; a closed socket is the ordinary end."""
    parent, end = start()
    ready = parent.read()
    assert isinstance(ready, Ready)
    assert ready.protocol == PROTOCOL_VERSION
    assert end() == worker.ExitCode.PARENT_GONE


def test_a_request_is_answered_in_chunks_and_a_final_account(start: Start) -> None:
    """The chunks join to the text that the scripted engine promises, and the counts agree."""
    parent, _ = start(tokens="7")
    parent.read()
    parent.send(Submit(id=1, request=REQUEST))
    *chunks, done = parent.read_until(Done)
    assert isinstance(done, Done)
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Chunk)) == reply("base", REQUEST)
    assert done.completion_tokens == len(chunks)
    assert done.finish_reason is FinishReason.STOP
    assert 0 <= done.ttft_seconds <= done.total_seconds


def test_requests_that_arrive_together_are_decoded_together(start: Start) -> None:
    """Continuous batching: every request has its first chunk before any has its last."""
    parent, _ = start()
    parent.read()
    parent.send(*(Submit(id=number, request=REQUEST) for number in range(3)))
    until_first_end = parent.read_until(Done)
    assert {frame.id for frame in until_first_end if isinstance(frame, Chunk)} == {0, 1, 2}


def test_a_cancelled_request_leaves_no_trace(start: Start) -> None:
    """Cancelled before its first step, it produces no frame at all; the next one is served."""
    parent, _ = start()
    parent.read()
    parent.send(Submit(id=1, request=REQUEST), Cancel(id=1), Cancel(id=99), Submit(id=2, request=REQUEST))
    assert {getattr(frame, "id", None) for frame in parent.read_until(Done)} == {2}
    parent.send(Ping(nonce=5))
    pong = parent.read()
    assert isinstance(pong, Pong)
    assert (pong.nonce, pong.stats.running, pong.stats.waiting) == (5, 0, 0)


def test_a_refused_request_fails_alone(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine goes on, and so does the request beside it."""
    accept = ScriptedEngine.add

    def add(engine: ScriptedEngine, request_id: int, request: GenerationRequest) -> None:
        if request_id == 1:
            raise RequestRefusedError("bad_grammar", "no root rule")
        accept(engine, request_id, request)

    monkeypatch.setattr(ScriptedEngine, "add", add)
    parent, _ = start()
    parent.read()
    parent.send(Submit(id=1, request=REQUEST), Submit(id=2, request=REQUEST))
    frames = parent.read_until(Done)
    assert frames[0] == Failed(id=1, code="bad_grammar", message="no root rule")
    assert isinstance(frames[-1], Done)


def test_slow_additions_do_not_stop_what_is_being_decoded(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no time for additions left, one request joins a step, so the first is ahead of the third."""
    monkeypatch.setattr(worker, "ADMISSION_SECONDS", 0.0)
    parent, _ = start()
    parent.read()
    parent.send(*(Submit(id=number, request=REQUEST) for number in range(3)))
    order = [frame.id for frame in parent.read_until(Done) if isinstance(frame, Chunk)]
    assert order[:3] == [0, 0, 1]


def test_a_step_that_raises_ends_the_worker_with_its_own_code(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pipeline is unusable after that; the log names the reason."""
    parent, end = start(crash_after="1")
    parent.read()
    parent.send(Submit(id=1, request=REQUEST))
    assert end(close=False) == worker.ExitCode.STEP_FAILED
    assert "RuntimeError" in capsys.readouterr().err


def test_a_load_that_fails_ends_the_worker_with_its_own_code(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """No ready frame is ever sent."""
    _, end = start(crash="load")
    assert end(close=False) == worker.ExitCode.LOAD_FAILED
    assert "scripted to fail while loading" in capsys.readouterr().err


def test_a_misspelt_option_is_refused_by_name(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """Ignoring it would serve something else than what was asked for."""
    _, end = start(step_mss="1")
    assert end(close=False) == worker.ExitCode.LOAD_FAILED
    assert capsys.readouterr().err == "the scripted engine has no option step_mss\n"


def test_a_frame_that_a_worker_does_not_take_ends_it(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two ends disagree about the protocol: nothing after that can be trusted."""
    parent, end = start()
    parent.read()
    parent.send(Chunk(id=1, text="", tokens=0))
    assert end(close=False) == worker.ExitCode.PROTOCOL_ERROR
    assert "takes no chunk frame" in capsys.readouterr().err


def test_an_event_of_every_kind_has_a_frame() -> None:
    """A new kind of event must be reported by the loop, or mypy and this test complain."""
    assert {kind.__name__ for kind in Event.__args__} == {"Chunk", "Finished", "Failed"}
