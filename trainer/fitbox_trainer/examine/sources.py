"""Files of others that some rulers read. None is part of this project; a ruler without its file says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fitbox_trainer.examine.rulers.exercise_db import Entry, read_database
from fitbox_trainer.examine.rulers.human import Programme, read_programmes
from fitbox_trainer.examine.rulers.nutrients import NutrientTable, read_nutrients


@dataclass(frozen=True)
class Sources:
    """What the rulers could read, and why not where they could not."""

    nutrients: NutrientTable
    database: Mapping[str, Entry] | None = None
    programmes: tuple[Programme, ...] | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
    """Ruler -> why it has no figure."""


def read_sources(
    *, nutrients: Path | None = None, exercise_db: Path | None = None, programmes: Path | None = None
) -> Sources:
    """Read what is given.

    Raises:
        UnusableFileError: a file that is given cannot be used.
    """
    absent = {}
    if nutrients is None:
        absent["dash"] = "the catalog holds neither cholesterol nor magnesium: give --nutrients FILE"
    if exercise_db is None:
        absent["exercise_db"] = "the exercise database is not part of this project: give --exercise-db FILE"
    if programmes is None:
        absent["human_programmes"] = "no programmes to compare with: give --human-programmes FILE"
    return Sources(
        read_nutrients(nutrients),
        None if exercise_db is None else read_database(exercise_db),
        None if programmes is None else read_programmes(programmes),
        absent,
    )
