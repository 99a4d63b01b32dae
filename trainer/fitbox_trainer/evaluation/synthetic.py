"""Made-up members, for evaluating where too few real ones were held out. Nobody is trained on them.

As among those whom training sees, a share of them has a history.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from fitbox.errors import TrainingError
from fitbox_trainer.data.examples import Member, read_members
from fitbox_trainer.data.histories import profile_with_drawn_history
from fitbox_trainer.intake.pipeline import ingest
from fitbox_trainer.intake.synth import write_synthetic

SEED = 20_261_123
"""Unlike any seed that data is made with, so that these members are in no file."""


@cache
def synthetic_members(count: int) -> tuple[Member, ...]:
    """``count`` members with preferences of every kind, the same on every machine."""
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "synthetic.csv"
        write_synthetic(csv, count + 8, SEED, preferences=True)
        found = ingest(csv, Path(folder) / "store").members
        if found is None:
            raise TrainingError("the synthetic members were not accepted")
        return tuple(map(_with_history, read_members([found])[:count]))


def _with_history(member: Member) -> Member:
    return replace(member, profile=profile_with_drawn_history(member.profile, member.member_id))
