"""Plans for people (rich text) and for machines (JSON)."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.plan import Advice, NutritionPlan, WorkoutPlan
from fitbox.terminal import printable, printable_json
from fitbox_client.render_eating import day_of_eating, week_of_eating
from fitbox_client.render_reasons import assessment_screen, explanation_screen
from fitbox_client.render_training import training_week
from fitbox_client.screen import Reader, plain
from fitbox_client.types import EatingWeekReply, ProfileAssessment, Provenance, Recommendation

__all__ = ["plain", "provenance_line", "to_json", "to_rich"]

Reply = Recommendation[Any] | EatingWeekReply | ProfileAssessment


def to_json(value: Any) -> str:
    """Any of this package's dataclasses as one line of JSON."""
    return printable_json(json.dumps(value, default=_plain, ensure_ascii=False))


def to_rich(reply: Reply, reader: Reader = Reader()) -> RenderableType:  # noqa: B008 - it is frozen
    """A reply as a person reads it: the plan, what must be known, and where it came from."""
    match reply:
        case ProfileAssessment():
            return Group(*assessment_screen(reply, reader), *_safety(reply, (), reader))
        case EatingWeekReply():
            notes = tuple(note for day in reply.week.days for note in day.notes)
            last = plain(reader.say(reply.source), "dim")
            return Group(*week_of_eating(reply.week, reader), *_safety(reply.assessment, notes, reader), last)
    return Group(
        *_body(reply.plan, reader),
        *_overridden(reply.workout_overrides or reply.nutrition_overrides, reader),
        *_safety(reply.assessment, reply.plan.notes, reader),
        *(explanation_screen(reply.explanation, reader) if reply.explanation is not None else ()),
        provenance_line(reply.provenance, reader),
    )


def provenance_line(origin: Provenance, reader: Reader = Reader()) -> Text:  # noqa: B008 - it is frozen
    """One line: version, source, candidates, tokens, time."""
    parts = (
        f"{origin.adapter_version}, {origin.base_model} ({origin.engine})",
        reader.say(origin.source),
        reader.say("candidates", count=origin.candidates) if origin.candidates > 1 else "",
        reader.say(
            "tokens", count=origin.completion_tokens, seconds=reader.number(origin.elapsed_seconds, 2)
        ),
    )
    return plain(reader.several(*parts), "dim")


def _body(plan: WorkoutPlan | NutritionPlan | Advice, reader: Reader) -> list[RenderableType]:
    match plan:
        case WorkoutPlan():
            return training_week(plan, reader)
        case NutritionPlan():
            return day_of_eating(plan, reader)
        case Advice():
            tips = [
                Text.assemble((printable(f"{tip.topic}: "), "bold"), printable(tip.text)) for tip in plan.tips
            ]
            return [*tips, *(plain(note) for note in plan.notes)]


def _overridden(
    overrides: WorkoutOverrides | NutritionOverrides | None, reader: Reader
) -> list[RenderableType]:
    """What a coach set, by the names of the API's fields, all of which the plan keeps."""
    if overrides is None:
        return []
    told = []
    for name, value in vars(overrides).items():
        if isinstance(value, tuple) and value:
            told.append(f"{name} {', '.join(value)}")
        elif isinstance(value, int | float):
            told.append(f"{name} {value:g}")
    return [plain(reader.say("overrides", names=reader.several(*told)))]


def _safety(assessment: ProfileAssessment, told: tuple[str, ...], reader: Reader) -> list[RenderableType]:
    """Safety notes that the plan does not tell itself."""
    return [plain(f"! {note.text}", "yellow") for note in assessment.safety_notes if note.text not in told]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
