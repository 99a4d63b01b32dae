"""Examples: reading members, choosing targets, encoding."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
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
from fitbox_trainer.data.histories import drawn, is_given_one

from fitbox.chat import Message
from fitbox.errors import DatasetError
from fitbox.history.events import Event, EventKind, things
from fitbox.history.told import MOST_TOLD, told
from fitbox.nutrition.constraints import constrain as eating
from fitbox.profile import Profile, Sex
from fitbox.tasks import TaskName, task
from fitbox.workout.constraints import constrain as training

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


@pytest.mark.parametrize("name", [TaskName.WORKOUT, TaskName.NUTRITION])
def test_a_share_of_members_without_a_history_are_given_one(name: TaskName) -> None:
    """The same in every run; the others' prompts are as they were."""
    told = 0
    for number in range(20):
        one = Member(f"m{number}", PROFILE, {})
        example = build_example(one, task(name))
        assert example is not None
        has_line = "history: " in example.messages[-1].content
        assert has_line == is_given_one(one.member_id)
        told += has_line
        if has_line:
            assert example == build_example(one, task(name))
    assert 0.2 <= told / 20 <= 0.6


def test_a_history_of_a_member_stays_as_it_is() -> None:
    """Nothing is drawn for who has one, nor beside a coach's text, which knows of none."""
    workout = task(TaskName.WORKOUT)
    chosen = next(f"m{number}" for number in range(99) if is_given_one(f"m{number}"))
    own = PROFILE.model_copy(update={"history": (Event(kind=EventKind.LIKED, item="plank"),)})
    example = build_example(Member(chosen, own, {}), workout)
    assert example is not None
    assert example.messages[-1].content.endswith("history: liked plank")
    text = workout.render(workout.plan(workout.constrain(PROFILE), 12345))
    coached = build_example(Member(chosen, PROFILE, {TaskName.WORKOUT: text}), workout)
    assert coached is not None
    assert "history" not in coached.messages[-1].content


def test_drawn_events_are_about_items_that_the_member_may_have() -> None:
    """Of every kind, and a target seldom has what its history refused."""
    kinds: Counter[EventKind] = Counter()
    for constrain in (training, eating):
        constraints = constrain(PROFILE)
        for number in range(12):
            events = drawn(constraints, f"m{number}")
            kinds.update(event.kind for event in events)
            assert 1 <= len(events) <= MOST_TOLD
            assert sum(one.times for one in told(events, things())) == len(events)
            known = replace(constraints, profile=PROFILE.model_copy(update={"history": events}))
            assert sum(one.times for one in known.history) == len(events)
    assert len(kinds) >= 5


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
