r"""The line format of a training week: its grammar, its parser and its writer, together so that they agree.

::

    1 push                  day number and focus
    3x10 bench press        sets x repetitions, exercise
    3x30s plank             sets x seconds
    20m z2 rowing           minutes, heart-rate zone
    2 pull
    ...

Numbers come first, because the tokenizer merges a space with the word after it but never with a digit: that
saves one token a line. Lines are joined with ``\n``; nothing follows the last. Names are the English ones of
the catalog whatever the member's language, so the model has one vocabulary to learn.
"""

from __future__ import annotations

import re

from fitbox.ebnf import choice
from fitbox.errors import PlanTextError
from fitbox.exercises import Exercise, Mode, exercises
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Day, Focus, Line, WorkoutDraft

_NEWLINE = "\\n"
_DAY = re.compile(r"([1-7]) ([a-z]+)")
_FOCUSES = {focus.value: focus for focus in Focus}
_LINE = re.compile(
    r"(?P<sets>[1-9])x(?P<amount>[1-9][0-9]?)(?P<hold>s?) (?P<lift>[a-z][a-z ]*)"
    r"|(?P<minutes>[1-9][0-9]?)m z(?P<zone>[1-5]) (?P<cardio>[a-z][a-z ]*)"
)


def grammar(constraints: WorkoutConstraints) -> str:
    """EBNF for xgrammar, root rule ``root``.

    It holds safety and structure alone: the days, the lines a day, names and numbers allowed. Every choice
    that makes a plan good is left open.
    """
    days = " ".join(
        f'"{"" if number == 1 else _NEWLINE}{number} " {_day(number, constraints)}'
        for number in range(1, constraints.days + 1)
    )
    lines = f'("{_NEWLINE}" line){{{constraints.fewest_lines},{constraints.most_lines}}}'
    kinds = {mode: [e.name_en for e in constraints.exercises if e.mode is mode] for mode in Mode}
    rules = {
        "root": days,
        **({"lines": lines} if constraints.split else {"day": f"focus {lines}", "focus": choice(Focus)}),
        "line": " | ".join(mode.lower() for mode, names in kinds.items() if names),
        "sets": choice(constraints.sets),
    }
    forms = {Mode.REPS: 'sets "x" {} " "', Mode.HOLD: 'sets "x" {} "s "', Mode.CARDIO: '{} "m z" zone " "'}
    for mode, names in kinds.items():
        if names:
            rule = mode.lower()
            rules[rule] = f"{forms[mode].format(rule + '_amount')} {rule}_name"
            rules[f"{rule}_amount"] = choice(constraints.amounts(mode))
            rules[f"{rule}_name"] = choice(names)
    if kinds[Mode.CARDIO]:
        rules["zone"] = choice(constraints.zones)
    return "\n".join(f"{name} ::= {body}" for name, body in rules.items()) + "\n"


def _day(number: int, constraints: WorkoutConstraints) -> str:
    return "day" if constraints.split is None else f'"{constraints.split[number - 1]}" lines'


def render(draft: WorkoutDraft) -> str:
    """Draft -> text."""
    lines = []
    for number, day in enumerate(draft.days, start=1):
        lines.append(f"{number} {day.focus}")
        lines += [_render_line(exercises()[line.exercise_id], line) for line in day.lines]
    return "\n".join(lines)


def _render_line(exercise: Exercise, line: Line) -> str:
    if exercise.mode is Mode.CARDIO:
        return f"{line.amount}m z{line.zone} {exercise.name_en}"
    unit = "s" if exercise.mode is Mode.HOLD else ""
    return f"{line.sets}x{line.amount}{unit} {exercise.name_en}"


def parse(text: str, constraints: WorkoutConstraints) -> WorkoutDraft:
    """Text -> draft.

    Raises:
        PlanTextError: the text is not one that :func:`grammar` produces in full.
    """
    headings: list[Focus] = []
    bodies: list[list[Line]] = []
    for written in text.split("\n"):
        heading = _DAY.fullmatch(written)
        if heading:
            headings.append(_focus(heading, expected_number=len(headings) + 1))
            bodies.append([])
        elif bodies:
            bodies[-1].append(_line(written, constraints))
        else:
            raise PlanTextError(f"the text starts with {written[:40]!r} instead of a day")
    if len(headings) != constraints.days:
        raise PlanTextError(f"{len(headings)} days instead of {constraints.days}")
    if constraints.split is not None and tuple(headings) != constraints.split:
        raise PlanTextError("a day has another focus than the coach's")
    for number, body in enumerate(bodies, start=1):
        if not constraints.fewest_lines <= len(body) <= constraints.most_lines:
            raise PlanTextError(f"day {number} has {len(body)} exercises")
    return WorkoutDraft(tuple(Day(focus, tuple(body)) for focus, body in zip(headings, bodies, strict=True)))


def _focus(heading: re.Match[str], expected_number: int) -> Focus:
    number, word = heading.groups()
    if int(number) != expected_number:
        raise PlanTextError(f"day {number} where day {expected_number} is due")
    if word not in _FOCUSES:
        raise PlanTextError(f"day {number} has the unknown focus {word!r}")
    return _FOCUSES[word]


def _line(written: str, constraints: WorkoutConstraints) -> Line:
    match = _LINE.fullmatch(written)
    exercise = constraints.by_name.get(match["lift"] or match["cardio"]) if match else None
    if match is None or exercise is None:
        raise PlanTextError(f"no line of an allowed exercise: {written[:40]!r}")
    mode = Mode.CARDIO if match["cardio"] else Mode.HOLD if match["hold"] else Mode.REPS
    if mode is Mode.CARDIO:
        line = Line(exercise.id, 1, int(match["minutes"]), int(match["zone"]))
    else:
        line = Line(exercise.id, int(match["sets"]), int(match["amount"]))
    fits = (
        mode is exercise.mode
        and line.amount in constraints.amounts(mode)
        and (line.zone in constraints.zones if mode is Mode.CARDIO else line.sets in constraints.sets)
    )
    if not fits:
        raise PlanTextError(f"numbers out of range: {written[:40]!r}")
    return line
