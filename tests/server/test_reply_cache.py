"""The reply cache: what is kept, for how much memory, and for whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fitbox_server.app import WARM_TOKENS
from fitbox_server.hooks import Hooks
from fitbox_server.reply_cache import Key, ReplyCache
from hypothesis import given
from hypothesis import strategies as st

from fitbox.v1 import adapter_pb2, plan_pb2, recommendation_pb2
from tests import fakes
from tests.served import PROFILE, Served


def key(request: str, version: str = "base") -> Key:
    """A key of a request."""
    return Key(version, "", request.encode(), None)


@given(sizes=st.lists(st.integers(0, 600), max_size=30), limit=st.integers(0, 2000))
def test_memory_is_bounded_and_accounted_for(sizes: list[int], limit: int) -> None:
    """Whatever is put in; and what is over the limit alone is not kept."""
    cache = ReplyCache(limit, Hooks())
    for index, size in enumerate(sizes):
        cache.put(key(str(index % 7)), b"x" * size)
        assert cache.kept_bytes <= limit
    kept = [reply for index in range(7) if (reply := cache.get(key(str(index)))) is not None]
    assert cache.kept_bytes == sum(len(reply) + 200 for reply in kept)


def test_the_least_recently_used_goes_first() -> None:
    """A look-up is a use."""
    cache = ReplyCache(630, Hooks())
    for name in "abc":
        cache.put(key(name), b"0123456789")
    assert cache.get(key("a")) is not None
    cache.put(key("d"), b"0123456789")
    assert [name for name in "abcd" if cache.get(key(name)) is not None] == ["a", "c", "d"]


def test_a_version_sees_its_own_replies_only() -> None:
    """The version is part of the key."""
    cache = ReplyCache(10_000, Hooks())
    cache.put(key("same", "v000001-aaaaaaaa"), b"one")
    assert cache.get(key("same", "v000002-bbbbbbbb")) is None
    assert cache.get(key("same", "v000001-aaaaaaaa")) == b"one"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A server that keeps replies."""
    server = Served(tmp_path / "models", reply_cache_bytes=1 << 20)
    await server.start()
    yield server
    await server.close()


def generated(served: Served) -> int:
    """Requests that the workers got, those to warm up left out."""
    requests = (request for worker in served.launcher.workers for request in worker.requests)
    return sum(request.max_new_tokens > WARM_TOKENS for request in requests)


async def test_an_equal_request_is_answered_without_generating(served: Served) -> None:
    """Alone, in a batch and as a stream; each under its own request_id; the metrics count it."""
    first = await served.advice(request_id="first")
    second = await served.advice(request_id="second")
    assert (first.request_id, second.request_id) == ("first", "second")
    assert second.advice == first.advice
    assert second.provenance == first.provenance
    item = recommendation_pb2.BatchRecommendRequest(
        request_id="item", profile=PROFILE, kind=recommendation_pb2.RECOMMENDATION_KIND_ADVICE
    )
    (outcome,) = [reply async for reply in served.recommend.BatchRecommend(iter([item]))]
    assert (outcome.advice.request_id, outcome.advice.advice) == ("item", first.advice)
    stream = served.recommend.StreamAdvice(recommendation_pb2.StreamAdviceRequest(profile=PROFILE))
    assert [event.WhichOneof("event") async for event in stream] == ["result"]
    assert generated(served) == 1
    samples = served.metrics()
    assert samples["fitbox_reply_cache_total", frozenset({("outcome", "hit")})] == 3
    assert samples["fitbox_reply_cache_total", frozenset({("outcome", "miss")})] == 1
    assert samples["fitbox_reply_cache_bytes", frozenset()] > 0


async def test_a_sampled_reply_is_kept_for_whoever_asks_for_just_that(served: Served) -> None:
    """Its seeds follow from the request, so it would come again; whatever decides it is in its key."""
    for options in (
        {"temperature": 0.8},
        {"temperature": 0.9},
        {"temperature": 0.8, "seed": 1},
        {"temperature": 0.8, "alternative": 1},
        {"temperature": 0.8, "candidates": 2},
        {},
    ):
        for _ in range(2):
            await served.advice(decoding=recommendation_pb2.DecodingOptions(**options))  # type: ignore[arg-type]
    assert generated(served) == 7


async def test_a_reply_of_fewer_candidates_is_not_kept(tmp_path: Path) -> None:
    """It is due to the load of a moment; asked again, the member gets what the server would rather give."""
    served = Served(tmp_path / "models", reply_cache_bytes=1 << 20, temperature=0.8, candidate_texts=1)
    await served.start()
    request = recommendation_pb2.RecommendNutritionRequest(profile=PROFILE)
    for _ in range(2):
        assert (await served.recommend.RecommendNutrition(request)).provenance.candidates == 1
    assert generated(served) == 2
    await served.close()


async def test_a_planners_reply_is_not_kept(served: Served) -> None:
    """It may be due to a passing fault of the engine."""
    good = served.launcher.script
    served.launcher.script = lambda spec, request: "no plan"
    assert (await served.advice()).provenance.source == plan_pb2.PLAN_SOURCE_PLANNER
    served.launcher.script = good
    assert (await served.advice()).provenance.source == plan_pb2.PLAN_SOURCE_MODEL


async def test_no_reply_crosses_a_swap(served: Served) -> None:
    """Every version answers for itself, also when an earlier one comes back."""
    digests = []
    one, two = fakes.publish(served.registry, 1), fakes.publish(served.registry, 2)
    for version in (one, two, one):
        await served.adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version.name))
        digests += [(await served.advice()).provenance.adapter_digest for _ in range(2)]
    assert digests == [one.digest] * 2 + [two.digest] * 2 + [one.digest] * 2
    assert generated(served) == 2
