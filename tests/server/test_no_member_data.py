"""Nothing about a member is written anywhere, whatever level is logged and whatever fails."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import structlog
from fitbox_client.convert import profile_to_proto
from fitbox_server.app import serve
from fitbox_server.engines import worker
from fitbox_server.engines.scripted import ScriptedEngine
from fitbox_server.logs import LogFormat, configure
from fitbox_server.settings import Settings
from prometheus_client import enable_created_metrics

from fitbox.chat import Message
from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.engine.wire import Submit, encode
from fitbox.errors import EngineDiedError, EngineError, EngineRefusedError
from fitbox.v1 import adapter_pb2, adapter_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc
from tests import fakes

CANARY = "canary_text_91731"
NUMBERS = {
    "weight_kg": 137.31,
    "height_cm": 187.63,
    "body_fat_percent": 23.417,
    "age_years": 83,
    "resting_heart_rate_bpm": 97,
    "max_heart_rate_bpm": 193,
    "session_minutes": 139,
}
TELLING = ("137.31", "187.63", "23.417", "23.41", CANARY)
"""Values long enough that no line has them by chance; the others are searched for by their names."""
FIELDS = tuple(NUMBERS)
EVENTS = {"attempt_failed", "call_failed", "batch_item_failed_unexpectedly", "shutdown_drained"}
MEMBER = fakes.MEMBER.model_copy(update=NUMBERS)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything that goes through any logger, all levels, after ``configure`` at debug; what else is
    printed comes from ``capfd``."""
    lines: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {record.getMessage()} {record.exc_info}")

    root, shared, grpc_log = logging.getLogger(), logging.getLogger("fitbox"), logging.getLogger("grpc")
    before = (root.level, shared.handlers, shared.propagate, shared.level, grpc_log.level)
    collector = Collect()
    configure(LogFormat.JSON, logging.DEBUG)
    root.addHandler(collector)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(collector)
    root.setLevel(before[0])
    shared.handlers, shared.propagate = before[1], before[2]
    shared.setLevel(before[3])
    grpc_log.setLevel(before[4])
    structlog.reset_defaults()
    enable_created_metrics()


ANSWERS: list[str | Exception] = [
    CANARY,  # no plan: the text must not be quoted
    CANARY,
    ValueError(CANARY),  # a fault of ours
    EngineError(CANARY),  # twice: both attempts
    EngineError(CANARY),
    EngineRefusedError("bad_grammar", CANARY),
    EngineDiedError(f"its log ends: {CANARY}"),
    KeyError(CANARY),  # an item of a batch
]


@pytest.mark.slow
async def test_the_front_writes_nothing_about_a_member(
    tmp_path: Path, logged: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Canaries in every kind of field and in every error that an engine can raise."""
    fakes.write_models(tmp_path)
    answers = iter(ANSWERS)
    launcher = fakes.FakeLauncher(
        lambda spec, request: "warm" if request.max_new_tokens <= 16 else next(answers)
    )
    settings = Settings(
        models=tmp_path,
        model=fakes.BASE_NAME,
        engine="scripted",
        port=0,
        metrics_port=0,
        lame_duck_seconds=0,
        feedback=tmp_path / "feedback",
    )
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    messages: list[str] = []

    async def call(coroutine: Any) -> None:
        try:
            await coroutine
        except grpc.aio.AioRpcError as error:
            messages.append(error.details() or "")

    with structlog.testing.capture_logs() as events:
        server = asyncio.create_task(serve(settings, stop, on_ready=ready.set_result, launch=launcher))
        await asyncio.wait({server, ready}, return_when=asyncio.FIRST_COMPLETED)
        async with grpc.aio.insecure_channel(ready.result().address) as channel:
            stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
            profile = profile_to_proto(MEMBER)
            request = recommendation_pb2.RecommendAdviceRequest(profile=profile)
            for _ in range(5):  # each takes one answer, or two where there is a second attempt
                await call(stub.RecommendAdvice(request, metadata=(("fitbox-client-id", CANARY),)))
            item = recommendation_pb2.BatchRecommendRequest(
                request_id="item", profile=profile, kind=recommendation_pb2.RECOMMENDATION_KIND_ADVICE
            )
            messages += [reply.error.message async for reply in stub.BatchRecommend(iter([item]))]
            assert next(answers, None) is None
            assert CANARY not in repr(messages)
            # Requests that are refused: free text, numbers out of range, and in the wrong order.
            bad = recommendation_pb2.RecommendAdviceRequest(profile=profile, language_code=CANARY)
            bad.profile.disliked_foods.append(CANARY)
            bad.profile.disliked_exercises.append(CANARY)
            bad.profile.history.add(kind="HISTORY_KIND_SKIPPED", item=CANARY)
            bad.profile.weight_kg, bad.profile.max_heart_rate_bpm = 13731.0, 98
            await call(stub.RecommendAdvice(bad))
            await call(
                stub.AssessProfile(
                    recommendation_pb2.AssessProfileRequest(request_id=CANARY * 20, profile=profile)
                )
            )
            adapters = adapter_pb2_grpc.AdapterServiceStub(channel)
            await call(adapters.GetAdapter(adapter_pb2.GetAdapterRequest(version=CANARY)))
            # A call that ends while it is answered, by its deadline.
            launcher.gate.clear()
            await call(stub.RecommendAdvice(request, timeout=0.5))
            launcher.gate.set()
        stop.set()
        await server
    captured = "".join(capfd.readouterr())
    seen = "\n".join([captured, *logged, *map(repr, events)])
    assert {event["event"] for event in events} >= EVENTS
    for value in TELLING:
        assert value not in seen
    for field in FIELDS:
        assert field not in seen


class QuotingEngine(ScriptedEngine):
    """Fails as a native library might: with the prompt in its message."""

    def step(self) -> list[Any]:
        """Raise."""
        raise RuntimeError(f"cannot decode {CANARY}")


def test_the_worker_writes_nothing_about_a_member(
    monkeypatch: pytest.MonkeyPatch, scripted_spec: EngineSpec, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it prints ends in the front's log at debug level: the kind and place of an error, no message."""
    monkeypatch.setattr(worker, "load", QuotingEngine)
    request = GenerationRequest(messages=(Message("user", CANARY),), max_new_tokens=10)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(encode(Submit(id=1, request=request)))
        assert worker.serve(scripted_spec, theirs) is worker.ExitCode.STEP_FAILED
    printed = "".join(capfd.readouterr())
    assert "RuntimeError" in printed
    assert CANARY not in printed


def test_a_frame_that_is_none_is_not_quoted(
    scripted_spec: EngineSpec, capfd: pytest.CaptureFixture[str]
) -> None:
    """It may be half of a request."""
    body = f'{{"type": "submit", "id": "{CANARY}"}}'.encode()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(len(body).to_bytes(4, "big") + body)
        assert worker.serve(scripted_spec, theirs) is worker.ExitCode.PROTOCOL_ERROR
    assert CANARY not in "".join(capfd.readouterr())
