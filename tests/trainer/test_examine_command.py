"""The whole examination."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from fitbox_trainer.cli import examine as command
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.data.examples import Member
from fitbox_trainer.evaluation.arms import planner_arm, random_arm
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.examine.cases import cases_of
from fitbox_trainer.examine.command import examined
from fitbox_trainer.examine.examination import examine as examine_cases
from fitbox_trainer.examine.sources import read_sources
from fitbox_trainer.examine.summary import summarise
from fitbox_trainer.intake.synth import write_synthetic
from fitbox_trainer.release.gate_examined import compare
from hypothesis import given
from typer.testing import CliRunner

from fitbox.profile import Profile
from tests import strategies
from tests.examples import examples

pytestmark = pytest.mark.slow

app = typer.Typer()
app.command()(command)

WANTED = {
    *("weeks", "days", "hard_violations", "dangerous", "hei_2020_mean", "days_within_limits"),
    *("human_distance", "distinct_foods", "commonest_food_share", "lunch_dinner_shared"),
    *("nonsense_tips", "tips", "checks", "limits", "absent"),
}


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Members of every kind."""
    path = tmp_path_factory.mktemp("profiles") / "members.csv"
    write_synthetic(path, 20, 5, preferences=True)
    return path


def examine(profiles: Path, *more: str) -> list[dict[str, Any]]:
    """The JSON lines of a call."""
    result = CliRunner().invoke(app, ["random", "--profiles", str(profiles), "--n", "3", "--json", *more])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_last_line_is_one_object_with_every_ruler(profiles: Path) -> None:
    """A ruler whose file is not given has no figure, and says why."""
    (found,) = examine(profiles)
    assert found.keys() >= WANTED
    assert (found["subject"], found["members"], found["weeks"]) == ("random", 3, 3)
    assert found["hard_violations"] is None
    assert found["human_distance"] is None
    assert {"exercise_db", "human_programmes"} <= found["absent"].keys()
    assert found["nonsense_tips"] == 0
    assert found["checks"]["no_intensity"]["severity"] == "wrong"


def test_examples_show_the_offending_plans_in_short(profiles: Path) -> None:
    """One line a fault, the worst first, before the summary."""
    *offending, _ = examine(profiles, "--examples")
    order = ["dangerous", "wrong", "impractical", "dull"]
    assert offending
    assert all({"check", "severity", "member", "plan"} == one.keys() for one in offending)
    severities = [order.index(one["severity"]) for one in offending]
    assert severities == sorted(severities)


def test_people_get_tables(profiles: Path) -> None:
    """Without --json."""
    result = CliRunner().invoke(app, ["planner", "--profiles", str(profiles), "--n", "2"])
    assert result.exit_code == 0, result.output
    assert "distinct foods" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["v000009-00000000"], "v000009-00000000"),
        (["planner", "--exercise-db", "/nowhere.json"], "/nowhere.json"),
    ],
)
def test_what_cannot_be_used_is_named(
    profiles: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """An unknown version, a file that is not there."""
    result = CliRunner().invoke(app, [*arguments, "--profiles", str(profiles), "--models", str(tmp_path)])
    assert result.exit_code == 2
    assert said in result.stderr


@examples(40)
@given(strategies.profiles())
def test_no_ruler_fails_on_whatever_a_member_may_be(profile: Profile) -> None:
    """Random plans for anybody; what is counted stays within what there is."""
    items = make_items([Member("m", profile, {})])
    found = summarise(examine_cases(cases_of(items, random_arm(items)).cases, read_sources()))
    for one in found["checks"].values():
        assert 0 <= one["count"] <= one["of"] <= 1
    assert found["hei_2020_mean"] is None or 0 <= found["hei_2020_mean"] <= 100
    assert found["nonsense_tips"] == 0


def test_the_planner_is_not_worse_than_random_plans_and_these_are_worse_than_it() -> None:
    """The rows that an evaluation records, on real plans."""
    items = make_items(synthetic_members(24))
    planner, random = examined(items, planner_arm(items)), examined(items, random_arm(items))
    json.dumps(planner)
    assert compare(planner, random, GateSettings()).worse == ()
    assert compare(random, planner, GateSettings()).worse
