"""Draft -> Advice: headings in the member's language, and the notes that code, not a model, must add."""

from __future__ import annotations

from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.facts import TEXTS
from fitbox.advice.text import AdviceDraft
from fitbox.assessment import SafetyNote
from fitbox.i18n import Texts, label
from fitbox.plan import Advice, Tip
from fitbox.profile import Language

HEADINGS = Texts("headings")

TOPICS = {
    language: {
        heading: tuple(topic for topic in Topic if HEADINGS.text(language, topic) == heading)
        for heading in (HEADINGS.text(language, topic) for topic in Topic)
    }
    for language in Language
}
"""What tips under a heading are about."""

NOT_ADVICE = frozenset({SafetyNote.AGE_PREDICTED_HEART_RATE})
"""Notes about how a figure was found; the assessment carries them, an advice need not."""


def finish(draft: AdviceDraft, constraints: AdviceConstraints) -> Advice:
    """The advice as the member reads it."""
    language = constraints.profile.language
    notes = [label(language, note) for note in constraints.assessment.safety_notes if note not in NOT_ADVICE]
    if not constraints.own.parts:
        notes.append(TEXTS.text(language, "no_plan"))
    return Advice(
        tips=tuple(Tip(HEADINGS.text(language, tip.topic), tip.text) for tip in draft.tips),
        notes=tuple(notes),
    )
