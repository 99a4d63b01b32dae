"""A training week on a terminal: sessions with their warm-up, how hard each line is, the weeks to come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from fitbox.plan import (
    ExercisePrescription,
    PreparationItem,
    ProgrammeLine,
    ProgrammeWeek,
    Session,
    WorkoutPlan,
)
from fitbox_client.render_loads import has_loads, load_of, loads_by_week
from fitbox_client.screen import ByWidth, Reader, grid, heading, joined, lines, plain, row


def training_week(plan: WorkoutPlan, reader: Reader) -> list[RenderableType]:
    """Everything of a week that a member reads."""
    effort = any(effort_of(line, reader) for session in plan.sessions for line in session.exercises)
    return [
        *(part for session in plan.sessions for part in _session(session, reader)),
        *([plain(reader.say("legend"), "dim"), Text("")] if effort else ()),
        *_programme(plan, reader),
        *([loads_by_week(plan, reader)] if has_loads(plan) else ()),
        plain(plan.progression),
        *_week_totals(plan, reader),
        *(plain(note) for note in plan.notes),
    ]


def amount(line: ExercisePrescription, reader: Reader) -> str:
    """How much: ``3 x 10``, ``3 x 30 s`` or ``20 min, zone 2``."""
    if line.duration_minutes is not None:
        zone = reader.say("zone", number=line.heart_rate_zone) if line.heart_rate_zone else ""
        return joined(f"{line.duration_minutes} min", zone)
    work = f"{line.hold_seconds} s" if line.hold_seconds is not None else str(line.repetitions)
    return f"{line.sets} x {work}"


def effort_of(line: ExercisePrescription, reader: Reader) -> str:
    """How hard: ``RPE 8, RIR 2, 75 % 1RM, 60 kg``."""
    return joined(
        "" if line.rpe is None else f"RPE {reader.number(line.rpe)}",
        "" if line.repetitions_in_reserve is None else f"RIR {line.repetitions_in_reserve}",
        "" if line.percent_of_maximum is None else f"{reader.number(line.percent_of_maximum, 0)} % 1RM",
        load_of(line, reader),
    )


def _session(session: Session, reader: Reader) -> list[RenderableType]:
    day = joined(session.weekday, session.date or "", by=" ")
    title = reader.say("session", weekday=day, focus=session.focus, minutes=session.total_minutes)
    names = [reader.say(key) for key in ("exercise", "sets", "effort", "tempo", "rest")]
    table = grid(names, right=(4,), whole=(1, 3))
    told: list[str] = []
    for line in session.exercises:
        name = plain(line.name)
        rest = f"{line.rest_seconds} s" if line.rest_seconds else ""
        figures = (amount(line, reader), effort_of(line, reader), line.tempo or "")
        how = joined(line.cue, line.intensity, by=" ") if reader.details else ""
        if how:
            name.append("\n").append_text(plain(how, "dim"))
        table.add_row(name, *row(*figures, rest))
        pause = rest and f"{reader.say('rest')} {rest}"
        told.append(joined(reader.entry(line.name, joined(*figures, pause)), how, by=". "))
    warm_up = _preparation("warm_up", session.warm_up_minutes, session.warm_up, reader)
    cool_down = _preparation("cool_down", session.cool_down_minutes, session.cool_down, reader)
    narrow = Group(*(plain(f"- {one}") for one in told))
    return [heading(title), *warm_up, ByWidth(table, narrow), *cool_down, Text("")]


def _preparation(
    key: str, minutes: int, items: Sequence[PreparationItem], reader: Reader
) -> list[RenderableType]:
    if not minutes:
        return []
    told = [_item(item, reader) for item in items]
    return [plain(reader.entry(reader.say(key, minutes=minutes), reader.several(*told)))]


def _item(item: PreparationItem, reader: Reader) -> str:
    work = str(item.repetitions) if item.duration_seconds is None else _time(item.duration_seconds)
    load = ""
    if item.load_percent is not None:
        load = reader.say("of_load" if item.load_percent else "no_load", percent=item.load_percent)
    return joined(
        f"{item.name} {f'{item.sets} x ' if item.sets > 1 else ''}{work}",
        reader.say("each_side") if item.each_side else "",
        load,
    )


def _time(seconds: int) -> str:
    """``45 s``, ``2 min``, ``2 min 30 s``."""
    minutes, left = divmod(seconds, 60)
    return f"{seconds} s" if seconds < 120 else joined(f"{minutes} min", f"{left} s" if left else "", by=" ")


def _programme(plan: WorkoutPlan, reader: Reader) -> list[RenderableType]:
    weeks = plan.programme.weeks
    if not weeks:
        return []
    title = reader.say("programme", weeks=len(weeks))
    dated = any(week.starts_on for week in weeks)
    keys = ("week", *(("begins",) if dated else ()), "sets", "repetitions", "effort", "load", "cardio")
    table = grid([reader.say(key) for key in keys], title, whole=range(len(keys)))
    told: list[str] = []
    for week in weeks:
        number = joined(str(week.number), reader.say("deload") if week.deload else "", by=" ")
        figures = _week(week, reader)
        table.add_row(*row(number, *((week.starts_on or "",) if dated else ()), *figures))
        sets = figures[0] and f"{figures[0]} {reader.say('sets')}"
        many = figures[1] and f"{figures[1]} {reader.say('repetitions')}"
        name = joined(f"{reader.say('week')} {number}", week.starts_on or "")
        told.append(reader.entry(name, joined(sets, many, *figures[2:])))
    parts: list[RenderableType] = [ByWidth(table, lines(title, told))]
    if reader.details:
        names = {line.exercise_id: line.name for one in plan.sessions for line in one.exercises}
        parts += [_week_in_full(week, names, plan.sessions, reader) for week in weeks[1:]]
    return parts


def _week(week: ProgrammeWeek, reader: Reader) -> tuple[str, str, str, str, str]:
    """Sets in all, repetitions, effort, load against the first week, minutes of endurance."""
    lifted = [line for line in week.lines if line.repetitions is not None]
    sets = sum(line.sets for line in week.lines if line.duration_minutes is None)
    minutes = sum(line.duration_minutes or 0 for line in week.lines)
    load = [line.load_change_percent for line in lifted if line.load_change_percent is not None]
    reserve = [line.repetitions_in_reserve for line in lifted if line.repetitions_in_reserve is not None]
    return (
        str(sets) if sets else "",
        _range([line.repetitions for line in lifted if line.repetitions is not None], reader),
        f"RIR {_range(reserve, reader)}" if reserve else "",
        f"{_range(load, reader, sign=True)} %" if any(load) else "",
        f"{minutes} min" if minutes else "",
    )


def _range(values: Iterable[float], reader: Reader, *, sign: bool = False) -> str:
    """``8-12``, ``10`` where all are the same."""
    found = sorted(set(values))
    told = [f"{'+' if sign and one > 0 else ''}{reader.number(one)}" for one in found]
    return "" if not told else told[0] if len(told) == 1 else f"{told[0]}{'..' if sign else '-'}{told[-1]}"


def _week_in_full(
    week: ProgrammeWeek, names: dict[str, str], sessions: Sequence[Session], reader: Reader
) -> RenderableType:
    told = []
    for session in sessions:
        of_day = [_line(line, names, reader) for line in week.lines if line.session == session.day]
        told.append(reader.entry(session.weekday, reader.several(*of_day)))
    lighter = reader.say("deload") if week.deload else ""
    return lines(joined(f"{reader.say('week')} {week.number}", week.starts_on or "", lighter), told)


def _line(line: ProgrammeLine, names: dict[str, str], reader: Reader) -> str:
    """``back squat 3 x 8 +2.5 %``."""
    if line.duration_minutes is not None:
        work = f"{line.duration_minutes} min"
    else:
        work = f"{line.sets} x {line.repetitions if line.hold_seconds is None else f'{line.hold_seconds} s'}"
    change = line.load_change_percent
    load = f"{'+' if change > 0 else ''}{reader.number(change)} %" if change else ""
    return joined(names.get(line.exercise_id, line.exercise_id), work, load, by=" ")


def _week_totals(plan: WorkoutPlan, reader: Reader) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if plan.weekly_sets:
        muscles = sorted(plan.weekly_sets.items(), key=lambda item: (-item[1], item[0]))
        told = ", ".join(f"{name} {reader.number(sets)}" for name, sets in muscles)
        parts.append(plain(reader.say("weekly_sets", muscles=told)))
    moderate, stretching, balance = plan.moderate_minutes, plan.flexibility_days, plan.balance_days
    moving = reader.several(
        reader.say("endurance", minutes=reader.number(moderate, 0)) if moderate else "",
        reader.say("flexibility", days=stretching) if stretching else "",
        reader.say("balance", days=balance) if balance else "",
    )
    return [*parts, *([plain(moving[:1].upper() + moving[1:])] if moving else ())]
