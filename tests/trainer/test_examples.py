"""Examples: reading members, choosing targets, encoding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.data.examples import (
    COACH,
    PLANNER,
    Example,
    ExampleSet,
    Member,
    build_example,
    encode,
    read_members,
)

from fitbox.chat import Message
from fitbox.errors import DatasetError
from fitbox.profile import Profile, Sex
from fitbox.tasks import TaskName, task

PROFILE = Profile(age_years=30, sex=Sex.FEMALE, weight_kg=65, height_cm=170)


class WordTokenizer:
    """One id a word; the template ends each turn with id 0 and a line break, id 1."""

    eos_token_id = 0

    def apply_chat_template(self, conversation: list[dict[str, str]], **kwargs: Any) -> list[int]:
        ids: list[int] = []
        for turn in conversation:
            ids += [2 + len(turn["role"]), *(10 + len(word) for word in turn["content"].split()), 0, 1]
        return [*ids, 2 + len("assistant")] if kwargs.get("add_generation_prompt") else ids


def member(targets: dict[TaskName, str] | None = None) -> Member:
    """A member with the coach's texts."""
    return Member("m1", PROFILE, targets or {})


def test_three_examples_a_member() -> None:
    """One for each task, in slots that go member by member."""
    examples = ExampleSet([member(), member()], list(TaskName), WordTokenizer(), max_length=4096)
    assert len(examples) == 6
    assert examples.task_names == [*TaskName, *TaskName]
    assert [example.example.task for slot in range(3) if (example := examples.get(slot))] == list(TaskName)


@pytest.mark.parametrize("name", TaskName)
def test_the_planner_writes_the_same_target_each_time(name: TaskName) -> None:
    """The seed comes from the member id, so the same data gives the same examples."""
    first, again = build_example(member(), task(name)), build_example(member(), task(name))
    assert first is not None
    assert first == again
    assert first.source == PLANNER


def test_a_valid_text_of_the_coach_is_the_target() -> None:
    """It takes precedence over the planner."""
    workout = task(TaskName.WORKOUT)
    text = workout.render(workout.plan(workout.constrain(PROFILE), 12345))
    example = build_example(member({TaskName.WORKOUT: text}), workout)
    assert example is not None
    assert (example.target, example.source) == (text, COACH)


def test_a_text_that_is_no_plan_is_replaced_by_the_planners() -> None:
    """The coach's column may hold anything."""
    example = build_example(member({TaskName.WORKOUT: "run a bit"}), task(TaskName.WORKOUT))
    assert example is not None
    assert example.source == PLANNER


def test_the_completion_ends_with_the_end_of_turn_token() -> None:
    """And not with the line break that the template adds after it."""
    example = Example("m", TaskName.ADVICE, (Message("user", "a bb"),), "ccc dddd", "planner")
    encoded = encode(example, WordTokenizer())
    assert encoded.token_ids == (6, 11, 12, 0, 1, 11, 13, 14, 0)
    assert encoded.prompt_tokens == 6
    assert encoded.completion_tokens == 3


def test_an_example_that_is_too_long_is_left_out_and_counted() -> None:
    """It takes no part in any step."""
    examples = ExampleSet([member()], [TaskName.ADVICE], WordTokenizer(), max_length=5)
    assert examples.get(0) is None
    assert examples.too_long == 1
    assert examples.built == []


def test_members_are_read_once_each(tmp_path: Path) -> None:
    """A member id in two files is one member."""
    line = json.dumps({"member_id": "a", "profile": PROFILE.model_dump(mode="json"), "line": 2})
    one, other = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_text(line + "\n")
    other.write_text(line + "\n\n")
    assert [found.member_id for found in read_members([one, other])] == ["a"]


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"member_id": "a"}', '{"member_id": "a", "profile": {"age_years": 3}}']
)
def test_a_line_that_is_no_member_is_named(tmp_path: Path, line: str) -> None:
    """File and line number are in the message."""
    path = tmp_path / "members.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(DatasetError, match=r"members\.jsonl:1"):
        read_members([path])
