"""Golden sets: chosen from what earlier versions recorded, measured again where the ruler is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.evaluation.arms import planner_arm, random_arm
from fitbox_trainer.evaluation.golden import compare_with, extra_items, golden_sets, key_of
from fitbox_trainer.evaluation.items import Item, make_items
from fitbox_trainer.evaluation.report import describe_items
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.release.publish import GOLDEN_VERSIONS, golden_versions

from fitbox.tasks import TaskName
from tests import fakes

pytestmark = pytest.mark.slow

KNOWN = {member.member_id: member for member in synthetic_members(10)}
TASKS = tuple(TaskName)


@pytest.fixture(scope="module")
def items() -> tuple[Item, ...]:
    """What the earlier version was evaluated on."""
    return make_items(tuple(KNOWN.values()))


@pytest.fixture
def version(tmp_path: Path, items: tuple[Item, ...]) -> Path:
    """A version that scored 0.5 everywhere."""
    planner = [round(score, 5) for score in planner_arm(items).scores]
    arms = {"candidate": {"scores": [0.5] * len(items)}, "planner": {"scores": planner}}
    folder = tmp_path / "v000001-0a1b2c3d"
    folder.mkdir()
    (folder / "evaluation.json").write_text(json.dumps({"items": describe_items(items), "arms": arms}))
    return folder


def change(version: Path, section: str, scores: list[Any]) -> None:
    """Other scores in the record of an arm."""
    path = version / "evaluation.json"
    values = json.loads(path.read_text())
    values["arms"][section]["scores"] = scores
    path.write_text(json.dumps(values))


def test_a_golden_set_is_a_fixed_sample_of_members_with_their_scores(version: Path) -> None:
    """Whole members, always the same ones, also when others joined the data."""
    (golden,) = golden_sets([version], KNOWN, members=4, tasks=TASKS)
    assert golden.version == version.name
    assert len({item.member.member_id for item in golden.items}) == 4
    assert set(golden.reference) == {0.5}
    more = KNOWN | {member.member_id: member for member in synthetic_members(14)}
    (again,) = golden_sets([version], more, members=4, tasks=TASKS)
    assert [key_of(item) for item in again.items] == [key_of(item) for item in golden.items]


def test_members_who_were_withdrawn_are_not_asked_about(version: Path) -> None:
    """The set holds ids; who is no longer in the data cannot be looked up."""
    (golden,) = golden_sets([version], KNOWN, members=10, tasks=TASKS)
    gone = golden.items[0].member.member_id
    left = {name: member for name, member in KNOWN.items() if name != gone}
    (smaller,) = golden_sets([version], left, members=10, tasks=TASKS)
    assert {item.member.member_id for item in smaller.items} == left.keys() & {
        item.member.member_id for item in golden.items
    }
    assert golden_sets([version], {}, members=10, tasks=TASKS) == ()


def test_an_item_whose_ruler_changed_is_left_out(version: Path, items: tuple[Item, ...]) -> None:
    """Where the planner's own plan scores otherwise today, old and new scores do not compare."""
    planner = planner_arm(items).scores
    change(version, "planner", [planner[0] - 0.01, *planner[1:]])
    (golden,) = golden_sets([version], KNOWN, members=10, tasks=TASKS)
    assert key_of(items[0]) not in {key_of(item) for item in golden.items}
    assert len(golden.items) == len(items) - 1


@pytest.mark.parametrize("content", [None, "{", "[]", '{"arms": {}}'])
def test_a_version_without_a_readable_evaluation_has_no_golden_set(
    version: Path, content: str | None
) -> None:
    """Published by an earlier FitBox, or by hand."""
    path = version / "evaluation.json"
    path.unlink() if content is None else path.write_text(content)
    assert golden_sets([version], KNOWN, members=4, tasks=TASKS) == ()


def test_only_what_is_not_asked_anyway_is_decoded_again(version: Path, items: tuple[Item, ...]) -> None:
    """Each item once, however many sets it is in."""
    sets = golden_sets([version, version], KNOWN, members=10, tasks=TASKS)
    assert extra_items(sets, items) == ()
    left = {key_of(item) for item in items[:3]}
    extra = [key_of(item) for item in extra_items(sets, items[3:])]
    assert extra == [key_of(item) for item in sets[0].items if key_of(item) in left]
    assert set(extra) == left


def test_scores_stand_beside_the_earlier_version_s_own(version: Path, items: tuple[Item, ...]) -> None:
    """Plan by plan, with the member of each, for the gate."""
    sets = golden_sets([version], KNOWN, members=4, tasks=TASKS)
    arm = random_arm(items)
    outcomes = {key_of(item): outcome for item, outcome in zip(items, arm.outcomes, strict=True)}
    found = compare_with(sets, outcomes)[version.name]
    assert found["reference"] == [0.5] * len(sets[0].items)
    assert found["candidate"] == [round(outcomes[key_of(item)].quality, 5) for item in sets[0].items]
    assert found["members"] == [item.member.member_id for item in sets[0].items]


def test_the_oldest_and_the_newest_versions_are_defended(tmp_path: Path) -> None:
    """The oldest is the anchor against a slow decline; versions of another base cannot be compared."""
    registry = fakes.write_models(tmp_path / "models")
    digest = registry.base_model(fakes.BASE_NAME).digest
    versions = [fakes.publish(registry, seed) for seed in range(GOLDEN_VERSIONS + 2)]
    assert golden_versions(registry, digest) == (versions[0], *versions[-GOLDEN_VERSIONS + 1 :])
    assert golden_versions(registry, "another") == ()
