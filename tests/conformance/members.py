"""Part ``members``: thousands of members who are all different leave nothing behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import grpc.aio
from fitbox_client.convert import profile_to_proto
from fitbox_server.engines.scripted import advice_text, prompt_digest
from fitbox_server.recommend import derived_seed

from fitbox.profile import Equipment, Goal, Level, Profile, Sex
from fitbox.tasks import TaskName, task
from fitbox.v1 import recommendation_pb2, recommendation_pb2_grpc
from tests import fakes
from tests.conformance.caller import sentences
from tests.conformance.memory import adapter_bytes, growth_bytes
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, ROOM, TEXT_OPTIONS, make_stub
from tests.conformance.target import running

LANES = 16
SAMPLES = 100
CACHE_BYTES = 2**20
"""Of the reply cache: too small for all of them, so that it is full and stays as it is."""


def distinct(number: int) -> Profile:
    """One of 2,376,000 members, all different."""
    return Profile(
        age_years=18 + number % 60,
        weight_kg=50 + number // 60 % 80,
        height_cm=150 + number // 4800 % 45,
        sex=Sex.FEMALE if number // 216_000 % 2 else Sex.MALE,
        level=list(Level)[number % 3],
        goal=list(Goal)[number % 5],
        equipment=frozenset(list(Equipment)[: 1 + number % 3]),
    )


async def members(folder: Path, *, count: int) -> Report:
    """Advice for each, checked; a workout for every tenth, by the planner where the stub writes none.

    Memory of all processes is looked at a hundred times after the first fifth.
    """
    stub = make_stub(folder / "models", versions=1)
    outcomes: Counter[str] = Counter()
    pss: list[int] = []
    async with (
        running(
            stub.registry.root,
            model=fakes.BASE_NAME,
            engine=ENGINE,
            options={**TEXT_OPTIONS, "step_ms": "0"},
            reply_cache_bytes=CACHE_BYTES,
            **ROOM,
        ) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        numbers = iter(range(count))

        async def lane() -> None:
            for number in numbers:
                outcomes[await _outcome(channel, number)] += 1
                done = outcomes.total()
                if done > count // 5 and done % max(1, count // SAMPLES) == 0:
                    pss.append(await asyncio.to_thread(server.pss_bytes))

        await asyncio.gather(*(lane() for _ in range(LANES)))
        samples = await server.samples()
        await server.terminate()
    growth, limit = growth_bytes(pss), adapter_bytes()
    return Report(
        "members",
        ENGINE,
        {
            "members": count,
            "outcomes": dict(outcomes),
            "growth_bytes": growth,
            "adapter_bytes": limit,
            "cache_bytes": samples["fitbox_reply_cache_bytes"],
        },
        {
            "answered_right": outcomes == Counter({"RIGHT": count}),
            "memory_flat": growth <= limit,
            "cache_bounded": samples["fitbox_reply_cache_bytes"] <= CACHE_BYTES,
        },
    )


async def _outcome(channel: grpc.aio.Channel, number: int) -> str:
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    profile, decoding = distinct(number), recommendation_pb2.DecodingOptions(temperature=0.0, seed=number)
    proto = profile_to_proto(profile)
    try:
        reply = await stub.RecommendAdvice(
            recommendation_pb2.RecommendAdviceRequest(profile=proto, decoding=decoding)
        )
        if number % 10 == 0:
            workout = recommendation_pb2.RecommendWorkoutRequest(profile=proto, decoding=decoding)
            await stub.RecommendWorkout(workout)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    advice = task(TaskName.ADVICE)
    digest = prompt_digest(advice.messages(advice.constrain(profile)))
    expected = sentences(advice_text(reply.provenance.adapter_version, digest, derived_seed(number, 0)))
    return "RIGHT" if "\n".join(tip.text for tip in reply.advice.tips) == expected else "MISMATCHED"
