"""Domain types to replies: what the client reads back is what the server had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from fitbox_client import convert
from fitbox_server import replies
from fitbox_server.recommend import Recommendation
from fitbox_server.versions import Identity, VersionState
from hypothesis import given, settings

from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError
from fitbox.plan import PlanSource
from fitbox.profile import Profile
from fitbox.tasks import TaskName, task
from tests import fakes
from tests.strategies import profiles

READERS: dict[TaskName, Any] = {
    TaskName.WORKOUT: convert.workout_from_proto,
    TaskName.NUTRITION: convert.nutrition_from_proto,
    TaskName.ADVICE: convert.advice_from_proto,
}
IDENTITY = Identity("v000001-00000000", "d" * 64, "e" * 64, 0.0, "tiny", Path("x"))


def recommendation(name: TaskName, profile: Profile) -> Recommendation:
    """The planner's plan, as the recommender would return it."""
    implementation = task(name)
    constraints = implementation.constrain(profile)
    plan = implementation.finish(implementation.plan(constraints, 1), constraints)
    return Recommendation(
        plan, constraints.assessment, IDENTITY, "fake 1", PlanSource.MODEL, 1, 30, 100, 0.25, 1.5
    )


@given(profiles())
@settings(max_examples=15, deadline=None)
def test_plans_survive_the_wire(profile: Profile) -> None:
    """For any member, every figure and text arrives."""
    for name, read in READERS.items():
        try:
            result = recommendation(name, profile)
        except (NoPlanPossibleError, PlanInfeasibleError):
            continue
        received = read(replies.reply("id", result, profile.language))
        assert received.plan == result.plan
        assert received.assessment.target_kcal == result.assessment.target_kcal
        assert [note.code for note in received.assessment.safety_notes] == list(
            result.assessment.safety_notes
        )


def test_the_provenance_says_where_a_reply_came_from() -> None:
    """A score of zero is a score; the base model has none."""
    result = recommendation(TaskName.ADVICE, fakes.MEMBER)
    origin = replies.provenance(result)
    assert origin.adapter_version == IDENTITY.version
    assert origin.HasField("evaluation_score")
    assert origin.elapsed.ToTimedelta().total_seconds() == 1.5
    base = replace(result, identity=Identity("base", "", "", None, "tiny", None))
    assert not replies.provenance(base).HasField("evaluation_score")


def test_every_state_of_a_version_has_an_api_state() -> None:
    """What only operators care about is folded into what clients know."""
    shown = {state: replies.adapter_state(state) for state in VersionState}
    assert shown[VersionState.STANDBY] == shown[VersionState.DRAINING]
    assert shown[VersionState.RESTARTING] == shown[VersionState.LOADING]
    assert 0 not in shown.values()
