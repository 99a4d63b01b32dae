"""Faults of an advice."""

from __future__ import annotations

from fitbox.profile import Language
from fitbox_trainer.examine.rulers.case import Case, lines, portions
from fitbox_trainer.examine.rulers.checks import About, Check, Severity
from fitbox_trainer.examine.rulers.nonsense import is_known


def nonsense_tips(case: Case) -> list[str]:
    """Tips that nobody ever read; empty where the caller names no known sentences."""
    if case.advice is None or not case.known_sentences:
        return []
    return [tip.text for tip in case.advice.tips if not is_known(tip.text, case)]


def _nonsense(case: Case) -> str:
    return " | ".join(nonsense_tips(case))


def _nothing_of_the_plan(case: Case) -> str:
    """No tip names a lift, a food or a weekday of the member's own plans."""
    if case.advice is None:
        return ""
    said = " ".join(tip.text.lower() for tip in case.advice.tips)
    names = {one.exercise.name(case.language).lower() for one in lines(case)}
    names |= {food.name(case.language).lower() for day in case.days for _, food in portions(day)}
    names |= {session.weekday.lower() for session in (case.week.sessions if case.week is not None else ())}
    return "" if any(name in said for name in names) else "nothing of the member's own week"


def _grows_taller(case: Case) -> str:
    if case.advice is None or case.language is not Language.FR or case.profile.age_years < 18:
        return ""
    return " | ".join(tip.text for tip in case.advice.tips if "grandir" in tip.text.lower())


def _said_twice(case: Case) -> str:
    if case.advice is None:
        return ""
    texts = [tip.text for tip in case.advice.tips]
    return " | ".join(sorted({text for text in texts if texts.count(text) > 1}))


ADVICE_CHECKS: tuple[Check, ...] = (
    Check("nonsense", About.ADVICE, Severity.WRONG, _nonsense),
    Check("nothing_of_the_plan", About.ADVICE, Severity.DULL, _nothing_of_the_plan),
    Check("adult_told_to_grow_taller", About.ADVICE, Severity.WRONG, _grows_taller),
    Check("tip_said_twice", About.ADVICE, Severity.WRONG, _said_twice),
)
