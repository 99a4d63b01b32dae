"""What a finished advice must not be: medical, invented, unsafe for this member, or without its referral.

The grammar already excludes every figure that was not computed and every word that is wrong for the member
(an allergen, a risky movement). Medical claims are the one thing that only this check refuses; such a text
is generated again, and after that the planner answers.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fitbox.advice.constraints import AdviceConstraints
from fitbox.advice.text import MAX_TIPS, MIN_TIPS
from fitbox.advice.words import is_medical, words_of
from fitbox.assessment import SafetyNote
from fitbox.i18n import label
from fitbox.plan import Advice
from fitbox.task import Violation

MEDICAL_CLAIM = "MEDICAL_CLAIM"
FORBIDDEN_WORD = "FORBIDDEN_WORD"
FIGURE_NOT_COMPUTED = "FIGURE_NOT_COMPUTED"
REFERRAL_MISSING = "REFERRAL_MISSING"
TIP_COUNT = "TIP_COUNT"


def check(advice: Advice, constraints: AdviceConstraints) -> tuple[Violation, ...]:
    """Everything in the advice that the member's envelope forbids."""
    found = []
    if not MIN_TIPS <= len(advice.tips) <= MAX_TIPS:
        found.append(Violation(TIP_COUNT, str(len(advice.tips))))
    for tip in advice.tips:
        for word in words_of(tip.text):
            if is_medical(word):
                found.append(Violation(MEDICAL_CLAIM, word))
            elif word in constraints.forbidden:
                found.append(Violation(FORBIDDEN_WORD, word))
        invented = re.search(r"\d[\d.,]*", without_figures(tip.text, constraints))
        if invented:
            found.append(Violation(FIGURE_NOT_COMPUTED, invented.group()))
    notes = constraints.assessment.safety_notes
    referral = label(constraints.profile.language, SafetyNote.REFER_TO_CLINICIAN)
    if SafetyNote.REFER_TO_CLINICIAN in notes and referral not in advice.notes:
        found.append(Violation(REFERRAL_MISSING, SafetyNote.REFER_TO_CLINICIAN))
    return tuple(found)


def without_figures(text: str, constraints: AdviceConstraints) -> str:
    """The text with each figure of the member's envelope taken out."""
    return _any_of(tuple(figure.text for found in constraints.figures.values() for figure in found)).sub(
        "", text
    )


@lru_cache(maxsize=256)
def _any_of(figures: tuple[str, ...]) -> re.Pattern[str]:
    # The longest first, so that one figure is not cut out of the middle of another.
    longest_first = sorted(set(figures), key=len, reverse=True)
    return re.compile(rf"(?<![\d.,])(?:{'|'.join(map(re.escape, longest_first))})\b")
