"""What a finished advice must not be: unreviewed, medical, harmful, invented, unsafe, without its referral.

The grammar already excludes all of it. This check is the last line: a tip that is none of the sentences the
member may be told is a violation whatever it says, with the most telling code for it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fitbox.advice.constraints import AdviceConstraints
from fitbox.advice.finish import TOPICS
from fitbox.advice.meaning import harm_in, is_medical
from fitbox.advice.repertoire import is_sentence
from fitbox.advice.text import MAX_TIPS, MIN_TIPS
from fitbox.advice.words import folded, named_in
from fitbox.assessment import SafetyNote
from fitbox.i18n import label
from fitbox.plan import Advice
from fitbox.task import Violation

MEDICAL_CLAIM = "MEDICAL_CLAIM"
FORBIDDEN_WORD = "FORBIDDEN_WORD"
HARMFUL = "HARMFUL"
NOT_REVIEWED = "NOT_REVIEWED"
FIGURE_NOT_COMPUTED = "FIGURE_NOT_COMPUTED"
REFERRAL_MISSING = "REFERRAL_MISSING"
TIP_COUNT = "TIP_COUNT"


def check(advice: Advice, constraints: AdviceConstraints) -> tuple[Violation, ...]:
    """Everything in the advice that the member's envelope forbids."""
    language = constraints.profile.language
    found = []
    if not MIN_TIPS <= len(advice.tips) <= MAX_TIPS:
        found.append(Violation(TIP_COUNT, str(len(advice.tips))))
    for tip in advice.tips:
        topics = TOPICS[language].get(tip.topic, ())
        if not any(is_sentence(tip.text, topic, constraints) for topic in topics):
            found += _wrong(tip.text, constraints)
    notes = constraints.assessment.safety_notes
    referral = label(language, SafetyNote.REFER_TO_CLINICIAN)
    if SafetyNote.REFER_TO_CLINICIAN in notes and referral not in advice.notes:
        found.append(Violation(REFERRAL_MISSING, SafetyNote.REFER_TO_CLINICIAN))
    return tuple(found)


def _wrong(text: str, constraints: AdviceConstraints) -> list[Violation]:
    """What is wrong with a sentence that was not reviewed, at the least just that."""
    words = folded(text)
    found = [Violation(MEDICAL_CLAIM, word) for word in words if is_medical(word)]
    found += [Violation(FORBIDDEN_WORD, name) for name in sorted(named_in(words, constraints.forbidden))]
    invented = re.search(r"\d[\d.,]*", without_figures(text, constraints))
    if invented:
        found.append(Violation(FIGURE_NOT_COMPUTED, invented.group()))
    harm = "" if found else harm_in(text, constraints.profile.language)
    if harm:
        found.append(Violation(HARMFUL, harm))
    return found or [Violation(NOT_REVIEWED, "")]


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
