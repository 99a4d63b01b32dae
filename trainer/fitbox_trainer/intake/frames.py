"""Members files as data frames: one row a member, one column a figure or category worth looking at."""

from __future__ import annotations

from itertools import compress
from pathlib import Path

import polars as pl

from fitbox_trainer.intake.cells import FACTORS, WHOLE_FIELDS
from fitbox_trainer.intake.headers import AVERAGE_HEART_RATE, BMI

NUMERIC_COLUMNS = (
    *(name for name in FACTORS if name not in {BMI, AVERAGE_HEART_RATE}),
    BMI,
)
CATEGORY_COLUMNS = ("sex", "level", "workout_type", "goal", "diet", "language")


def load_members(source: Path | bytes) -> pl.DataFrame:
    """The described columns of a members file (JSON lines) that intake or the dataset wrote, or of such
    lines."""
    fields = {
        name: pl.String if name in CATEGORY_COLUMNS else pl.Int64 if name in WHOLE_FIELDS else pl.Float64
        for name in (*NUMERIC_COLUMNS, *CATEGORY_COLUMNS)
        if name != BMI
    }
    lines = pl.read_ndjson(source, schema={"member_id": pl.String, "profile": pl.Struct(fields)})
    # A member whose coach's texts came in several rows has several lines.
    frame = lines.unique("member_id", maintain_order=True).unnest("profile")
    bmi = (pl.col("weight_kg") / (pl.col("height_cm") / 100) ** 2).round(2).alias(BMI)
    return frame.with_columns(bmi).select(*NUMERIC_COLUMNS, *CATEGORY_COLUMNS)


def sample_members(path: Path, most: int) -> pl.DataFrame:
    """:func:`load_members` of at most ``most`` lines, evenly spaced, in bounded memory.

    Datasets are sorted by member id, which is a hash, so evenly spaced lines are a random sample of them.
    """
    with path.open("rb") as file:
        lines = sum(1 for _ in file)
    if lines == 0:
        return load_members(b"")
    wanted = min(most, lines)
    with path.open("rb") as file:
        chosen = ((number * wanted) // lines != ((number + 1) * wanted) // lines for number in range(lines))
        return load_members(b"".join(compress(file, chosen)))
