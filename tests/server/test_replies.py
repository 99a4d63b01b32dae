"""Domain types to replies: what the client reads back is what the server had."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fitbox_client import convert
from fitbox_server import replies
from fitbox_server.versions import VersionState
from hypothesis import given

from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError
from fitbox.plan import Plan, PlanSource
from fitbox.profile import Profile
from fitbox.reply import Provenance, Recommendation, told
from fitbox.rpc.messages import reply_to_proto
from fitbox.tasks import TaskName, task
from tests import fakes
from tests.examples import examples
from tests.strategies import profiles

READERS: dict[TaskName, Any] = {
    TaskName.WORKOUT: convert.workout_from_proto,
    TaskName.NUTRITION: convert.nutrition_from_proto,
    TaskName.ADVICE: convert.advice_from_proto,
}
PROVENANCE = Provenance(
    adapter_version="v000001-00000000",
    adapter_digest="d" * 64,
    dataset_digest="e" * 64,
    base_model="tiny",
    engine="fake 1",
    evaluation_score=0.0,
    source=PlanSource.MODEL,
    prompt_tokens=30,
    completion_tokens=100,
    elapsed_seconds=1.5,
    time_to_first_token_seconds=0.25,
    attempts=1,
    created_at=datetime(2026, 11, 28, 12, 30, tzinfo=UTC),
)


def recommendation(name: TaskName, profile: Profile) -> Recommendation[Plan]:
    """The planner's plan, as the recommender would return it."""
    prepared = task(name).prepare(profile)
    return Recommendation("id", prepared.planned(1), told(prepared.assessment, profile.language), PROVENANCE)


@pytest.mark.slow
@given(profiles())
@examples(15)
def test_plans_survive_the_wire(profile: Profile) -> None:
    """For any member, every figure and text arrives."""
    for name, read in READERS.items():
        try:
            result = recommendation(name, profile)
        except (NoPlanPossibleError, PlanInfeasibleError):
            continue
        assert read(reply_to_proto(result)) == result


def test_the_provenance_says_where_a_reply_came_from() -> None:
    """A score of zero is a score; the base model has none."""
    result = recommendation(TaskName.ADVICE, fakes.MEMBER)
    origin = reply_to_proto(result).provenance
    assert origin.adapter_version == PROVENANCE.adapter_version
    assert origin.HasField("evaluation_score")
    assert origin.elapsed.ToTimedelta().total_seconds() == 1.5
    base = replace(result, provenance=replace(PROVENANCE, evaluation_score=None))
    assert not reply_to_proto(base).provenance.HasField("evaluation_score")


def test_every_state_of_a_version_has_an_api_state() -> None:
    """What only operators care about is folded into what clients know."""
    shown = {state: replies.adapter_state(state) for state in VersionState}
    assert shown[VersionState.STANDBY] == shown[VersionState.DRAINING]
    assert shown[VersionState.RESTARTING] == shown[VersionState.LOADING]
    assert 0 not in shown.values()
