"""Every counter equals what the clients counted, exactly, through swaps, a killed worker and failures."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from fitbox_server.app import WARM_TOKENS

from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.errors import EngineRefusedError
from fitbox.telemetry.grpc_metrics import code_label
from fitbox.v1 import adapter_pb2, plan_pb2, recommendation_pb2
from tests import fakes
from tests.served import PROFILE, READINESS, Served, until

ADVICE = recommendation_pb2.RecommendAdviceRequest
BAD = "not\nadvice\n"


@dataclass
class Client:
    """Calls a server and writes down what it saw."""

    served: Served
    handled: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By method and code."""
    received: Counter[str] = field(default_factory=Counter)
    """Messages from the server, by method."""
    sent: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    plans: Counter[str] = field(default_factory=Counter)
    """By version."""
    prompt_tokens: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    attempts_failed: Counter[str] = field(default_factory=Counter)
    from_cache: int = 0

    async def advice(self, *, fresh: bool = True, **fields: Any) -> grpc.StatusCode:
        """One call; what is not fresh was asked for before, and is answered from the cache."""
        seed = random.getrandbits(31) if fresh else 7
        options = recommendation_pb2.DecodingOptions(seed=seed)
        call = self.served.recommend.RecommendAdvice(ADVICE(profile=PROFILE, decoding=options), **fields)
        self.sent["RecommendAdvice"] += 1
        try:
            code = await call.code()
        except asyncio.CancelledError:
            call.cancel()
            raise
        self.handled["RecommendAdvice", code_label(code.name)] += 1
        if code is grpc.StatusCode.OK:
            self.received["RecommendAdvice"] += 1
            self.note(await call)
        return code

    def note(self, reply: recommendation_pb2.RecommendAdviceResponse, *, cached: bool = False) -> None:
        """What a reply says about how it was made."""
        made = reply.provenance
        if cached:
            self.from_cache += 1
            return
        source = plan_pb2.PlanSource.Name(made.source).removeprefix("PLAN_SOURCE_").lower()
        self.sources[source] += 1
        self.plans[made.adapter_version] += 1
        self.prompt_tokens[made.adapter_version] += made.prompt_tokens
        self.tokens[made.adapter_version] += made.completion_tokens
        self.attempts_failed[made.adapter_version] += made.attempts - (source == "model")

    async def stream(self) -> None:
        """Text as it is decoded, the plan last."""
        options = recommendation_pb2.DecodingOptions(seed=random.getrandbits(31))
        request = recommendation_pb2.StreamAdviceRequest(profile=PROFILE, decoding=options)
        call = self.served.recommend.StreamAdvice(request)
        self.sent["StreamAdvice"] += 1
        events = [event async for event in call]
        self.received["StreamAdvice"] += len(events)
        self.handled["StreamAdvice", "OK"] += 1
        self.note(events[-1].result)

    async def activate(self, version: str) -> grpc.StatusCode:
        """Swap."""
        call = self.served.adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version))
        self.sent["ActivateAdapter"] += 1
        code = await call.code()
        self.handled["ActivateAdapter", code_label(code.name)] += 1
        self.received["ActivateAdapter"] += code is grpc.StatusCode.OK
        return code


class Script:
    """What workers answer, and what they were asked beside the warm-up: the other side of the books."""

    def __init__(self) -> None:
        self.next: list[str | Exception] = []
        self.texts: Counter[str] = Counter()
        """Whole texts that left a worker, by version."""

    def __call__(self, spec: EngineSpec, request: GenerationRequest) -> str | Exception:
        if request.max_new_tokens <= WARM_TOKENS:
            return "warm\n"
        answer = self.next.pop(0) if self.next else fakes.model_text(request)
        if not isinstance(answer, Exception):
            self.texts[spec.adapter_version] += 1
        return answer


async def test_counters_are_what_clients_counted_through_swaps_kills_and_failures(
    start: Callable[..., Any],
) -> None:
    """Calls, messages, plans, tokens, attempts, swaps, restarts, refusals, cancellations, cache hits."""
    served: Served = await start(
        in_flight=2, queue=2, reply_cache_bytes=1 << 20, trial_replies=2, restart_backoff_seconds=0.001
    )
    script = served.launcher.script = Script()
    client = Client(served)
    first, second = (fakes.publish(served.registry, seed).name for seed in (1, 2))

    # Plans of the model, from the cache, as a stream.
    for _ in range(3):
        assert await client.advice() is grpc.StatusCode.OK
    assert await client.advice(fresh=False) is grpc.StatusCode.OK
    for _ in range(2):
        call = served.recommend.RecommendAdvice(
            ADVICE(profile=PROFILE, decoding=recommendation_pb2.DecodingOptions(seed=7))
        )
        client.sent["RecommendAdvice"] += 1
        client.note(await call, cached=True)
        client.received["RecommendAdvice"] += 1
        client.handled["RecommendAdvice", "OK"] += 1
    await client.stream()

    # Texts that fail: once, twice, by being cut, by being refused.
    script.next = [BAD]
    assert await client.advice() is grpc.StatusCode.OK
    script.next = [BAD, BAD]
    assert await client.advice() is grpc.StatusCode.OK
    script.next = [EngineRefusedError("bad_grammar", "line 1")]
    assert await client.advice() is grpc.StatusCode.OK
    served.launcher.finish_reason = FinishReason.LENGTH
    assert await client.advice() is grpc.StatusCode.OK
    served.launcher.finish_reason = FinishReason.STOP
    empty = served.recommend.RecommendAdvice(ADVICE())
    client.sent["RecommendAdvice"] += 1
    client.handled["RecommendAdvice", code_label((await empty.code()).name)] += 1

    # Two swaps that serve, one that does not load, one that is taken back.
    assert await client.activate(first) is grpc.StatusCode.OK
    for _ in range(3):
        assert await client.advice() is grpc.StatusCode.OK
    served.launcher.fail = {second}
    assert await client.activate(second) is grpc.StatusCode.FAILED_PRECONDITION
    served.launcher.fail = set()
    await until(lambda: served.registry.active().version == first)  # what is bad is taken out, a little later
    assert await client.activate(second) is grpc.StatusCode.OK
    script.next = [BAD] * 4
    for _ in range(2):
        assert await client.advice() is grpc.StatusCode.OK
    assert served.metrics()["fitbox_active_adapter_info", labels(version=first, digest=digest(served, first))]

    # Two calls that decode, two that wait, two that find no room.
    served.launcher.gate.clear()
    serving = next(one for one in served.launcher.workers if one.alive and one.spec.adapter_version == first)
    decoding = [asyncio.create_task(client.advice()) for _ in range(2)]
    await until(lambda: serving.in_flight == 2)
    waiting = [asyncio.create_task(client.advice()) for _ in range(2)]
    await until(lambda: served.metrics()["fitbox_admission_waiting", frozenset()] == 2)
    for _ in range(2):
        assert await client.advice() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert served.metrics()["fitbox_version_in_flight", labels(version=first)] == 2

    # One caller of those that wait leaves, and one of those that decode; the other that waited decodes now.
    for left in (waiting[0], decoding[0]):
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        client.handled["RecommendAdvice", "Canceled"] += 1
        done = client.handled["RecommendAdvice", "Canceled"]
        await until(
            lambda done=done: sum(by(served.metrics(), "fitbox_cancellations_total").values()) == done
        )
    await until(lambda: served.metrics()["fitbox_admission_waiting", frozenset()] == 0)
    await until(lambda: serving.in_flight == 2)

    # The worker dies under both.
    served.launcher.loads.clear()
    serving.die()
    for cut in (decoding[1], waiting[1]):
        assert await cut is grpc.StatusCode.UNAVAILABLE
    served.launcher.gate.set()
    served.launcher.loads.set()
    await until(lambda: served.metrics()["fitbox_worker_restarts_total", frozenset()] == 1)
    assert await client.advice() is grpc.StatusCode.OK

    samples = await asyncio.to_thread(served.metrics)
    check(samples, client, script, base="base", first=first, second=second)


def labels(**values: str) -> frozenset[tuple[str, str]]:
    """As :meth:`Served.metrics` has them."""
    return frozenset(values.items())


def digest(served: Served, version: str) -> str:
    """Of a version."""
    return served.registry.get(version).digest


def by(samples: dict[Any, float], name: str, *names: str, **wanted: str) -> Counter[Any]:
    """Sums of a metric's samples by some of its labels; zeros are left out."""
    found: Counter[Any] = Counter()
    for (sample, pairs), value in samples.items():
        values = dict(pairs)
        if sample == name and all(values[key] == wanted[key] for key in wanted) and value:
            key = tuple(values[one] for one in names)
            found[key[0] if len(key) == 1 else key] += value
    return found


def check(
    samples: dict[Any, float], client: Client, script: Script, *, base: str, first: str, second: str
) -> None:
    """All books against each other."""
    service = {"grpc_service": READINESS}
    handled = by(samples, "grpc_server_handled_total", "grpc_method", "grpc_code")
    assert handled == client.handled
    calls: Counter[str] = Counter()
    for (method, _), number in client.handled.items():
        calls[method] += number
    assert by(samples, "grpc_server_started_total", "grpc_method") == calls
    assert by(samples, "grpc_server_handling_seconds_count", "grpc_method") == calls
    assert by(samples, "grpc_server_msg_received_total", "grpc_method") == calls
    assert by(samples, "grpc_server_msg_sent_total", "grpc_method") == client.received
    assert by(samples, "grpc_server_started_total", "grpc_type", **service)["server_stream"] == 1

    made = sum(client.plans.values())
    assert by(samples, "fitbox_plan_source_total", "source", task="advice") == client.sources
    assert by(samples, "fitbox_end_to_end_seconds_count", "version") == client.plans
    assert sum(by(samples, "fitbox_planner_fallbacks_total", "version").values()) == client.sources["planner"]
    assert by(samples, "fitbox_prompt_tokens_total", "version") == +client.prompt_tokens
    assert by(samples, "fitbox_generated_tokens_total", "version") == +client.tokens
    assert by(samples, "fitbox_decode_seconds_count", "version") == script.texts
    assert by(samples, "fitbox_prefill_seconds_count", "version") == script.texts
    assert by(samples, "fitbox_inter_token_seconds_count", "version") == script.texts
    assert by(samples, "fitbox_grammar_lookups_total", "outcome") == {"hit": sum(script.texts.values())}
    assert by(samples, "fitbox_attempts_failed_total", "version") == +client.attempts_failed
    assert by(samples, "fitbox_attempts_failed_total", "reason") == {
        "text_invalid": 1 + 2 + 4,
        "text_cut": 2,
        "engine_refused": 1,
    }
    # One call of the engine's refusal had no text at all.
    assert sum(by(samples, "fitbox_time_to_first_token_seconds_count", "version").values()) == made - 1

    outcomes = by(samples, "fitbox_swaps_total", "outcome")
    assert outcomes == {"served": 3, "load_failed": 1, "rolled_back": 1}
    assert by(samples, "fitbox_swaps_failed_total", "outcome") == {"load_failed": 1, "rolled_back": 1}
    assert by(samples, "fitbox_worker_deaths_total", "end") == {"exited": 1}
    assert samples["fitbox_worker_restarts_total", frozenset()] == 1
    assert samples["fitbox_worker_restarts_failed_total", frozenset()] == 0
    assert by(samples, "fitbox_admission_refused_total", "reason") == {"queue_full": 2}
    assert by(samples, "fitbox_cancellations_total", "waiting_for", task="advice") == {"slot": 1, "text": 1}
    # All that got a slot: plans, the two that were cut off by the worker's end, and the one that left.
    assert samples["fitbox_admission_wait_seconds_count", frozenset()] == made + 3
    assert samples["fitbox_admission_in_flight", frozenset()] == 0
    hits = by(samples, "fitbox_reply_cache_total", "outcome")
    assert hits == {"hit": client.from_cache, "miss": calls["RecommendAdvice"] + 1 - client.from_cache - 1}
    assert set(by(samples, "fitbox_active_adapter_info", "version")) == {first}
    loaded = {dict(pairs)["version"] for name, pairs in samples if name == "fitbox_version_in_flight"}
    assert loaded == {first}
    assert {base, first, second} >= set(script.texts)
