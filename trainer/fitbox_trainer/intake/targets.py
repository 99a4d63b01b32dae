"""Coach texts of a batch -> training targets, each judged now, while the coach can still correct the file.

Two layouts, which a file may mix: a column a task (``coach_workout``, ...), or a text a row (``response``)
with the task beside it, named in ``task`` or recognised in ``instruction``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from fitbox.advice.constraints import allowing
from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError
from fitbox.profile import Profile
from fitbox.tasks import TaskName, task
from fitbox_trainer.data.coach import CoachTextError, CoachTextWaitsError, read_coach_text
from fitbox_trainer.intake.headers import INSTRUCTION, RESPONSE, TARGET_FIELDS, TASK

KEYWORDS: Mapping[TaskName, tuple[str, ...]] = {
    TaskName.WORKOUT: ("workout", "training", "exercise", "session", "entrainement", "exercice", "seance"),
    TaskName.NUTRITION: ("nutrition", "meal", "diet", "food", "eating", "repas", "alimentation", "menu"),
    TaskName.ADVICE: ("advice", "tip", "conseil"),
}
"""Words, without accents and plural s, by which an instruction says which task it means."""

_NAMES = ", ".join(TaskName)


@dataclass(frozen=True)
class RefusedText:
    """A text that nobody will be trained on: its row (from 0), field and why."""

    row: int
    field: str
    text: str
    reason: str
    waits: bool = False
    """It becomes a target once a second person released its sentences."""


@dataclass(frozen=True)
class CoachTexts:
    """The texts of a batch, each kind by row and task name."""

    targets: dict[int, dict[str, str]]
    waiting: dict[int, dict[str, str]]
    """Texts that nobody learns from before a second person has released their sentences."""
    refused: list[RefusedText]
    """What cannot be used, and what cannot be used yet."""


def task_of(instruction: str) -> TaskName:
    """The task that an instruction in English or French asks for.

    Raises:
        CoachTextError: it names none, or more than one.
    """
    letters = unicodedata.normalize("NFKD", instruction).casefold()
    words = re.findall(r"[a-z]+", "".join(sign for sign in letters if not unicodedata.combining(sign)))
    stems = {word.removesuffix("s") for word in words} | set(words)
    named = [name for name, keywords in KEYWORDS.items() if not stems.isdisjoint(keywords)]
    if len(named) == 1:
        return named[0]
    found = f"names {' and '.join(named)}" if named else "names no task"
    raise CoachTextError(f"{found}; a column {TASK} with one of {_NAMES} says which is meant")


def read_targets(
    frame: pl.DataFrame, profiles: Mapping[int, str], vocabulary: Vocabulary = NOTHING
) -> CoachTexts:
    """Usable texts, those that wait, and those that cannot be used.

    Args:
        frame: A parsed batch.
        profiles: Row -> JSON of the profile, of the rows that are members.
        vocabulary: Sentences that were released so far.
    """
    present = [name for name in (*TARGET_FIELDS, TASK, INSTRUCTION, RESPONSE) if name in frame.columns]
    if not present:
        return CoachTexts({}, {}, [])
    found = CoachTexts({}, {}, [])
    some = pl.any_horizontal(pl.col(present).is_not_null())
    for row in frame.select(some).to_series().arg_true():
        if row in profiles:
            cells = {name: text for name in present if (text := frame[name][row]) is not None}
            _read_row(found, row, cells, Profile.model_validate_json(profiles[row]), vocabulary)
    return found


def _read_row(
    found: CoachTexts, row: int, cells: Mapping[str, str], profile: Profile, vocabulary: Vocabulary
) -> None:
    given = [(TaskName(name), field) for field, name in TARGET_FIELDS.items() if field in cells]
    if RESPONSE in cells:
        asked = TASK if TASK in cells else INSTRUCTION
        try:
            given.append((task_of(cells.get(asked, "")), RESPONSE))
        except CoachTextError as error:
            found.refused.append(RefusedText(row, asked, cells.get(asked, ""), str(error)))
    targets: dict[str, str] = {}
    waiting: dict[str, str] = {}
    for name, field in given:
        try:
            if name in targets or name in waiting:
                raise CoachTextError(f"coach_{name} of the same row is used for {name}")
            implementation = task(name)
            constraints = allowing(implementation.constrain(profile), vocabulary)
            targets[name.value] = read_coach_text(implementation, cells[field], constraints)
        except CoachTextWaitsError as error:
            waiting[name.value] = cells[field]
            found.refused.append(RefusedText(row, field, cells[field], str(error), waits=True))
        except (CoachTextError, NoPlanPossibleError, PlanInfeasibleError) as error:
            found.refused.append(RefusedText(row, field, cells[field], str(error)))
    if targets:
        found.targets[row] = targets
    if waiting:
        found.waiting[row] = waiting
