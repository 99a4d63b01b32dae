"""Loads and dates of a training week on a terminal, where a start or maxima are known."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from fitbox.plan import ExercisePrescription, ProgrammeLine, WorkoutPlan
from fitbox.profile import UnitSystem
from fitbox.terminal import printable


def has_loads(plan: WorkoutPlan) -> bool:
    """Whether any line of the week has a load."""
    return any(line.load_kg is not None for session in plan.sessions for line in session.exercises)


def load_of(line: ExercisePrescription | ProgrammeLine, units: UnitSystem) -> str:
    """In the member's unit: ``82.5 kg``; empty where there is none."""
    value, unit = (line.load_lb, "lb") if units is UnitSystem.IMPERIAL else (line.load_kg, "kg")
    return "" if value is None else f"{value:g} {unit}"


def loads_by_week(plan: WorkoutPlan, units: UnitSystem) -> RenderableType:
    """Sets, repetitions and load of each line that has one, week by week."""
    names = {one.exercise_id: one.name for session in plan.sessions for one in session.exercises}
    rows: dict[tuple[int, int, str], list[str]] = {}
    table = Table("day", "exercise", title="weeks", title_justify="left")
    for week in plan.programme.weeks:
        title = f"{week.starts_on or week.number}{' (lighter)' if week.deload else ''}"
        table.add_column(Text(printable(title)))
        for line in week.lines:
            load = load_of(line, units)
            cell = f"{line.sets} x {line.repetitions}, {load}" if load else ""
            rows.setdefault((line.session, line.line, line.exercise_id), []).append(cell)
    for (session, _, exercise_id), cells in rows.items():
        if any(cells):
            texts = (str(session), names.get(exercise_id, exercise_id), *cells)
            table.add_row(*(Text(printable(text)) for text in texts))
    return table
