"""Loads of a training week on a terminal, where maxima are known."""

from __future__ import annotations

from rich.console import RenderableType

from fitbox.plan import ExercisePrescription, ProgrammeLine, WorkoutPlan
from fitbox.profile import UnitSystem
from fitbox_client.screen import ByWidth, Reader, grid, joined, lines, row


def has_loads(plan: WorkoutPlan) -> bool:
    """Whether any line of the week has a load."""
    return any(line.load_kg is not None for session in plan.sessions for line in session.exercises)


def load_of(line: ExercisePrescription | ProgrammeLine, reader: Reader) -> str:
    """In the member's unit: ``82.5 kg``; empty where there is none."""
    imperial = reader.unit_system is UnitSystem.IMPERIAL
    value, unit = (line.load_lb, "lb") if imperial else (line.load_kg, "kg")
    return "" if value is None else f"{reader.number(value)} {unit}"


def loads_by_week(plan: WorkoutPlan, reader: Reader) -> RenderableType:
    """Sets, repetitions and load of each line that has one, week by week."""
    names = {one.exercise_id: one.name for session in plan.sessions for one in session.exercises}
    weekdays = {session.day: session.weekday for session in plan.sessions}
    weeks = plan.programme.weeks
    lighter = f" ({reader.say('deload')})"
    titles = [f"{week.starts_on or week.number}{lighter if week.deload else ''}" for week in weeks]
    cells: dict[tuple[int, int, str], list[str]] = {}
    for place, week in enumerate(weeks):
        for line in week.lines:
            load = load_of(line, reader)
            own = cells.setdefault((line.session, line.line, line.exercise_id), [""] * len(weeks))
            own[place] = f"{line.sets} x {line.repetitions}, {load}" if load else ""
    table = grid(["", reader.say("exercise"), *titles], reader.say("load"))
    told = []
    for (session, _, exercise_id), by_week in cells.items():
        if any(by_week):
            day, name = weekdays.get(session, str(session)), names.get(exercise_id, exercise_id)
            table.add_row(*row(day, name, *by_week))
            figures = (
                joined(title, cell, by=" ") for title, cell in zip(titles, by_week, strict=True) if cell
            )
            told.append(reader.entry(f"{day}, {name}", reader.several(*figures)))
    return ByWidth(table, lines(reader.say("load"), told))
