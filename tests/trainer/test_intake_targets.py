"""Coach texts: two layouts, judged at intake, with a reason for each that cannot be used."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from fitbox_trainer.data.coach import CoachTextError
from fitbox_trainer.data.dataset import assemble
from fitbox_trainer.data.examples import COACH, build_example, read_members
from fitbox_trainer.intake import IntakeReport, IntakeStatus, ingest
from fitbox_trainer.intake.describe import load_members
from fitbox_trainer.intake.targets import task_of

from fitbox.profile import Profile, Sex
from fitbox.tasks import TaskName, task

PROFILE = Profile(age_years=30, sex=Sex.MALE, weight_kg=80, height_cm=180)
MEMBER = {"age_years": "30", "sex": "MALE", "weight_kg": "80", "height_cm": "180"}


def plan_of(name: TaskName, seed: int = 7) -> str:
    """A valid text for the member."""
    implementation = task(name)
    return str(implementation.render(implementation.plan(implementation.constrain(PROFILE), seed)))


def take(folder: Path, *rows: dict[str, str]) -> IntakeReport:
    """Ingest rows about the member, each with its own columns beside the member's."""
    columns = list(dict.fromkeys([*MEMBER, *(name for row in rows for name in row)]))
    with (folder / "members.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(MEMBER | row for row in rows)
    report = ingest(folder / "members.csv", folder / "store")
    assert report.status is IntakeStatus.ACCEPTED, report.reason
    return report


def targets(report: IntakeReport) -> dict[str, str]:
    """Targets of the last line in the store, the most complete one."""
    assert report.members is not None
    found: dict[str, str] = json.loads(report.members.read_text().splitlines()[-1]).get("targets", {})
    return found


@pytest.mark.parametrize("name", TaskName)
@pytest.mark.parametrize("written_out", [False, True])
def test_a_column_a_task_becomes_a_target(tmp_path: Path, name: TaskName, written_out: bool) -> None:
    """Line breaks inside quotes are kept, real or written out; the last one may be missing."""
    text = plan_of(name)
    cell = text.replace("\n", "\\n") if written_out else text.rstrip("\n")
    report = take(tmp_path, {f"coach_{name}": cell})
    assert targets(report) == {name: text}
    assert report.warnings == ()


@pytest.mark.slow
@pytest.mark.parametrize("column", ["instruction", "task"])
def test_rows_of_one_text_each_make_one_member_with_all_of_them(tmp_path: Path, column: str) -> None:
    """Three rows, three tasks, one member; the union and the examples have the coach's texts."""
    report = take(tmp_path, *({column: name.value, "response": plan_of(name)} for name in TaskName))
    assert (report.rows_accepted, report.rows_duplicate, report.warnings) == (1, 2, ())
    assert report.members is not None
    assert load_members(report.members).height == 1
    dataset = assemble([report.members], tmp_path / "datasets")
    assert dataset.members == 1
    for path in (report.members, tmp_path / "datasets" / f"{dataset.digest}.jsonl"):
        (member,) = read_members([path])
        for name in TaskName:
            example = build_example(member, task(name))
            assert example is not None
            assert (example.source, example.target) == (COACH, plan_of(name))


def test_a_text_that_is_no_plan_is_reported_and_its_row_used(tmp_path: Path) -> None:
    """Line, column and reason are in the report; the member is taken without a target."""
    report = take(
        tmp_path, {"coach_workout": "run a bit", "instruction": "Write a meal plan", "response": "x"}
    )
    assert (report.rows_accepted, targets(report)) == (1, {})
    assert [(w.code.value, w.count, w.lines) for w in report.warnings] == [("COACH_TEXT_REFUSED", 1, (2,))]
    assert [(text.line, text.column, text.value) for text in report.refused_texts] == [
        (2, "coach_workout", "run a bit"),
        (2, "response", "x"),
    ]
    assert all(text.reason for text in report.refused_texts)


def test_a_text_with_what_the_member_must_not_eat_is_refused(tmp_path: Path) -> None:
    """A plan for somebody without limits is none for a vegan who does not eat a thing that is in it."""
    text = plan_of(TaskName.NUTRITION)
    implementation = task(TaskName.NUTRITION)
    draft = implementation.parse(text, implementation.constrain(PROFILE))
    food = draft.meals[0].items[0].food_id
    report = take(tmp_path, {"coach_nutrition": text, "disliked_foods": food})
    assert targets(report) == {}
    assert [text.column for text in report.refused_texts] == ["coach_nutrition"]


def test_another_text_for_the_same_task_is_mentioned_and_dropped(tmp_path: Path) -> None:
    """The first is kept."""
    first, other = plan_of(TaskName.WORKOUT, 1), plan_of(TaskName.WORKOUT, 2)
    report = take(tmp_path, {"coach_workout": first}, {"coach_workout": other})
    assert targets(report) == {"workout": first}
    assert [(w.code.value, w.lines) for w in report.warnings] == [
        ("COACH_TEXT_DROPPED", (len(first.split(chr(10))) + 2,))
    ]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("workout", TaskName.WORKOUT),
        ("Write a week of training for this member.", TaskName.WORKOUT),
        ("Propose trois séances", TaskName.WORKOUT),
        ("Plan the day's meals", TaskName.NUTRITION),
        ("Des repas pour la journée", TaskName.NUTRITION),
        ("Donne des conseils", TaskName.ADVICE),
    ],
)
def test_the_task_is_recognised_by_keywords(instruction: str, expected: TaskName) -> None:
    """In English and French, with or without accents and plural."""
    assert task_of(instruction) is expected


@pytest.mark.parametrize("instruction", ["", "help this member", "advice on training"])
def test_an_instruction_that_leaves_the_task_open_is_refused(instruction: str) -> None:
    """The reason names the column that settles it."""
    with pytest.raises(CoachTextError, match="column task"):
        task_of(instruction)


def test_the_task_column_wins_over_the_instruction(tmp_path: Path) -> None:
    """A sentence may say anything where the task is named."""
    text = plan_of(TaskName.ADVICE)
    report = take(tmp_path, {"instruction": "advice on training", "task": "advice", "response": text})
    assert targets(report) == {"advice": text}
