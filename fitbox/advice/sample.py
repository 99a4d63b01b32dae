"""Random advice: a draft drawn from the grammar with no knowledge at all, the floor of every evaluation."""

from __future__ import annotations

import random

from fitbox.advice.constraints import AdviceConstraints
from fitbox.advice.repertoire import allowed_topics, sentences
from fitbox.advice.text import MAX_TIPS, MIN_TIPS, AdviceDraft, TipDraft


def random_draft(constraints: AdviceConstraints, seed: int) -> AdviceDraft:
    """Random topics and any of their sentences; deterministic for ``seed``."""
    draw = random.Random(f"random/{seed}/{constraints.key}")
    topics = [draw.choice(allowed_topics(constraints)) for _ in range(draw.randint(MIN_TIPS, MAX_TIPS))]
    return AdviceDraft(
        tuple(TipDraft(topic, draw.choice(sentences(topic, constraints)).draw(draw)) for topic in topics)
    )
