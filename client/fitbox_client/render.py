"""Plans for people (rich text) and for machines (JSON)."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fitbox.plan import Advice, ExercisePrescription, NutritionPlan, WorkoutPlan
from fitbox.profile import EnergyUnit, UnitSystem
from fitbox.terminal import printable, printable_json
from fitbox_client.render_loads import has_loads, load_of, loads_by_week
from fitbox_client.types import Recommendation


def plain(text: str) -> Text:
    """Somebody else's text for a table or a line: no markup, and nothing that controls the terminal."""
    return Text(printable(text))


def to_json(value: Any) -> str:
    """Any of this package's dataclasses as one line of JSON."""
    return printable_json(json.dumps(value, default=_plain, ensure_ascii=False))


def to_rich(
    reply: Recommendation[Any],
    energy_unit: EnergyUnit = EnergyUnit.KCAL,
    units: UnitSystem = UnitSystem.METRIC,
) -> RenderableType:
    """A reply as a person reads it: the plan, what must be known, and where it came from."""
    body = _body(reply.plan, energy_unit, units)
    told = set(reply.plan.notes)
    notes = [
        Text(printable(f"! {note.text}"), style="yellow")
        for note in reply.assessment.safety_notes
        if note.text not in told
    ]
    return Group(*body, *notes, provenance_line(reply))


def provenance_line(reply: Recommendation[Any]) -> Text:
    """One line: version, source, tokens, time."""
    origin = reply.provenance
    return Text(
        printable(
            f"{origin.adapter_version} on {origin.base_model} ({origin.engine}), {origin.source.lower()}, "
            f"{origin.completion_tokens} tokens in {origin.elapsed_seconds:.2f} s"
        ),
        style="dim",
    )


def amount(exercise: ExercisePrescription) -> str:
    """How much: ``3 x 10``, ``3 x 30 s`` or ``20 min, zone 2``."""
    if exercise.duration_minutes is not None:
        zone = f", zone {exercise.heart_rate_zone}" if exercise.heart_rate_zone else ""
        return f"{exercise.duration_minutes} min{zone}"
    work = f"{exercise.hold_seconds} s" if exercise.hold_seconds is not None else str(exercise.repetitions)
    return f"{exercise.sets} x {work}"


def _body(
    plan: WorkoutPlan | NutritionPlan | Advice, energy_unit: EnergyUnit, units: UnitSystem
) -> list[RenderableType]:
    match plan:
        case WorkoutPlan():
            return _workout(plan, units)
        case NutritionPlan():
            return _nutrition(plan, energy_unit)
        case Advice():
            return _advice(plan)


def _workout(plan: WorkoutPlan, units: UnitSystem) -> list[RenderableType]:
    parts: list[RenderableType] = []
    loads = ["load"] if has_loads(plan) else []
    for session in plan.sessions:
        day = f"{session.weekday} {session.date}" if session.date else session.weekday
        title = f"{day}: {session.focus}, {session.total_minutes} min"
        table = Table("exercise", "amount", *loads, "rest", title=plain(title), title_justify="left")
        for exercise in session.exercises:
            rest = f"{exercise.rest_seconds} s" if exercise.rest_seconds else ""
            load = [load_of(exercise, units)] if loads else []
            table.add_row(*map(plain, (exercise.name, amount(exercise), *load, rest)))
        parts.append(table)
    if loads:
        parts.append(loads_by_week(plan, units))
    return [*parts, plain(plan.progression), *(plain(note) for note in plan.notes)]


def _nutrition(plan: NutritionPlan, energy_unit: EnergyUnit) -> list[RenderableType]:
    in_kj = energy_unit is EnergyUnit.KJ
    unit = "kJ" if in_kj else "kcal"
    total, target = (plan.total_kj, plan.target_kj) if in_kj else (plan.total_kcal, plan.target_kcal)
    table = Table("meal", "food", "g", "measure", unit, "protein", title=f"{total:.0f} {unit} a day")
    for meal in plan.meals:
        for number, portion in enumerate(meal.portions):
            name = (meal.name, meal.dish)[number] if number < 2 else ""
            protein = f"{portion.protein_g:.0f} g"
            energy = f"{portion.kj if in_kj else portion.kcal:.0f}"
            cells = (name, portion.name, str(portion.grams), portion.household_measure, energy, protein)
            table.add_row(*map(plain, cells))
        table.add_section()
    totals = (
        f"target {target:.0f} {unit}; protein {plan.protein_g:.0f} g, carbohydrate "
        f"{plan.carbohydrate_g:.0f} g, fat {plan.fat_g:.0f} g, fibre {plan.fibre_g:.0f} g; "
        f"water {plan.water_liters:.1f} l"
    )
    return [table, plain(totals), *(plain(note) for note in plan.notes)]


def _advice(plan: Advice) -> list[RenderableType]:
    tips = [Text.assemble((printable(f"{tip.topic}: "), "bold"), printable(tip.text)) for tip in plan.tips]
    return [*tips, *(plain(note) for note in plan.notes)]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
