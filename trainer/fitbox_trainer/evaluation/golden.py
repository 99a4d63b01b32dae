"""Golden sets: what earlier versions could do, so that a candidate is seen to forget none of it.

A published version carries its own evaluation, which never changes again: who was asked, and how good each
plan was. A fixed sample of those members is a version's golden set. A candidate answers for them once more
and is compared plan by plan with what the version reached. The sets hold ids and scores alone; a member who
was withdrawn from the data since then is no longer asked about.

Scores compare only while the ruler is the same: where the expert planner's plan for an item no longer scores
what it scored then (other foods, exercises or weights of the score), the item is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitbox.errors import UnusableFileError
from fitbox.files import FileFault, read_object
from fitbox.tasks import TaskName
from fitbox_trainer.data.examples import Member
from fitbox_trainer.data.split import member_hash
from fitbox_trainer.evaluation.arms import Outcome, planner_arm
from fitbox_trainer.evaluation.items import Item, make_items

RULER_TOLERANCE = 2e-5
"""Recorded scores have five decimals."""

MAX_EVALUATION_BYTES = 64 << 20
"""A thousand members take some megabytes."""

Key = tuple[str, str]
"""Member id and task name."""


@dataclass(frozen=True)
class GoldenSet:
    """Items of one earlier version, each with the score it reached."""

    version: str
    items: tuple[Item, ...]
    reference: tuple[float, ...]


def key_of(item: Item) -> Key:
    """What makes two items ask the same."""
    return item.member.member_id, item.task.name.value


def golden_sets(
    folders: Sequence[Path], known: Mapping[str, Member], *, members: int, tasks: Sequence[TaskName]
) -> tuple[GoldenSet, ...]:
    """The golden sets of versions; one whose members are all unknown, or without an evaluation, has none.

    Args:
        folders: Version folders with ``evaluation.json``.
        known: Everybody who may be asked about, by id: nobody in here was trained on.
        members: Most members of each set, chosen by a hash of their ids.
        tasks: Tasks that the candidate was trained for.
    """
    found = (_golden_set(folder, known, members, tasks) for folder in folders)
    return tuple(golden for golden in found if golden is not None)


def extra_items(sets: Sequence[GoldenSet], asked: Sequence[Item]) -> tuple[Item, ...]:
    """Items of the sets that are not asked about anyway, each once."""
    seen = {key_of(item) for item in asked}
    extra: dict[Key, Item] = {}
    for golden in sets:
        extra |= {key_of(item): item for item in golden.items if key_of(item) not in seen}
    return tuple(extra.values())


def compare_with(sets: Sequence[GoldenSet], outcomes: Mapping[Key, Outcome]) -> dict[str, dict[str, Any]]:
    """``golden`` of ``evaluation.json``: by version, the candidate's scores beside that version's own."""
    return {
        golden.version: {
            "members": [item.member.member_id for item in golden.items],
            "tasks": [item.task.name.value for item in golden.items],
            "reference": [round(score, 5) for score in golden.reference],
            "candidate": [round(outcomes[key_of(item)].quality, 5) for item in golden.items],
        }
        for golden in sets
    }


def _golden_set(
    folder: Path, known: Mapping[str, Member], members: int, tasks: Sequence[TaskName]
) -> GoldenSet | None:
    recorded = _recorded(folder)
    candidates = {member_id for member_id, _ in recorded} & known.keys()
    chosen = sorted(candidates, key=lambda member_id: member_hash(member_id, "fitbox golden order"))[:members]
    items = make_items([known[member_id] for member_id in chosen], tasks)
    rulers = planner_arm(items).scores
    same = [
        (item, recorded[key_of(item)][0])
        for item, ruler in zip(items, rulers, strict=True)
        if key_of(item) in recorded and abs(recorded[key_of(item)][1] - ruler) <= RULER_TOLERANCE
    ]
    if not same:
        return None
    return GoldenSet(folder.name, tuple(item for item, _ in same), tuple(score for _, score in same))


def _recorded(folder: Path) -> dict[Key, tuple[float, float]]:
    """What the version and the planner scored on each item of its evaluation; empty where it has none.

    Raises:
        UnusableFileError: it cannot be read now, which is not the same as that there is none.
    """
    try:
        evaluation: Any = read_object(folder / "evaluation.json", max_bytes=MAX_EVALUATION_BYTES, nan=True)
        arms = evaluation["arms"]
        rows = zip(evaluation["items"], arms["candidate"]["scores"], arms["planner"]["scores"], strict=True)
        return {(item["member_id"], item["task"]): (float(own), float(ruler)) for item, own, ruler in rows}
    except UnusableFileError as error:
        if error.reason in {FileFault.DENIED, FileFault.UNREADABLE}:
            raise
        return {}
    except (ValueError, KeyError, TypeError, OverflowError):
        return {}
