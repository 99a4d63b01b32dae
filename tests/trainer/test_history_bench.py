"""The measure of whether plans follow a history."""

from __future__ import annotations

import pytest
from fitbox_trainer.evaluation.arms import Arm, planner_arm
from fitbox_trainer.evaluation.synthetic import synthetic_members

from bench.history import REFUSED, TASKS, cases, measured
from fitbox.tasks import TaskName


@pytest.mark.slow
def test_the_planner_brings_back_less_of_what_was_refused() -> None:
    """By the figures that the benchmark prints, on made-up members, of whom a share has a history anyway."""
    members = synthetic_members(8)
    found = cases(members)
    assert {case.without.task.name for case in found} == set(TASKS)
    assert all(len(case.refused) == REFUSED for case in found)
    assert all(case.without.member.profile.history == () for case in found)
    assert any(member.profile.history for member in members)
    weeks = [case for case in found if case.without.task.name is TaskName.WORKOUT]
    without, told = (
        Arm("planner", planner_arm([getattr(case, name) for case in weeks]).outcomes)
        for name in ("without", "with_history")
    )
    line = measured("planner", TaskName.WORKOUT, weeks, without, told)
    assert line["violations"] == line["failed"] == 0
    before, after = line["refused_without"], line["refused_with"]
    assert isinstance(before, float)
    assert isinstance(after, float)
    assert after < before / 2
