"""The synthetic member generator, and the sample file made with it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from fitbox_trainer.intake import ingest
from fitbox_trainer.intake.headers import Shape
from fitbox_trainer.intake.layouts import KAGGLE_COLUMNS
from fitbox_trainer.intake.synth import BLOCK_ROWS, synthesise, write_synthetic

SAMPLE = Path(__file__).parents[2] / "data" / "sample_members.csv"


def members(rows: int, seed: int = 42) -> pl.DataFrame:
    return pl.concat(synthesise(rows, seed))


def test_the_committed_sample_is_what_the_generator_writes(tmp_path: Path) -> None:
    """``fitbox data synth --rows 975 --seed 42`` reproduces data/sample_members.csv byte for byte."""
    write_synthetic(tmp_path / "again.csv", 975, 42)
    assert (tmp_path / "again.csv").read_bytes() == SAMPLE.read_bytes()


def test_more_rows_extend_the_same_members() -> None:
    """A longer file starts with the members of the shorter one, also across blocks."""
    assert members(BLOCK_ROWS + 10).head(100).equals(members(100))
    assert members(BLOCK_ROWS + 10).height == BLOCK_ROWS + 10


def test_another_seed_gives_other_members() -> None:
    """Seeds matter."""
    assert not members(50, seed=1).equals(members(50, seed=2))


def test_no_rows_still_writes_the_header(tmp_path: Path) -> None:
    """An empty file of members is a header line."""
    write_synthetic(tmp_path / "none.csv", 0, 1)
    assert (tmp_path / "none.csv").read_text() == ",".join(KAGGLE_COLUMNS) + "\n"


def test_negative_rows_are_refused() -> None:
    """A negative count is a caller's mistake, not an empty file."""
    with pytest.raises(ValueError, match="negative"):
        next(synthesise(-1, 1))


def test_sexes_differ_as_people_do() -> None:
    """Men are taller, heavier and leaner on average; women are about half of the members."""
    by_sex = {key[0]: group for key, group in members(4000).group_by("Gender")}
    men, women = by_sex["Male"], by_sex["Female"]

    def gap(column: str) -> float:
        return float(men[column].cast(pl.Float64).mean() - women[column].cast(pl.Float64).mean())  # type: ignore[operator,arg-type]

    assert 0.10 < gap("Height (m)") < 0.17
    assert 10 < gap("Weight (kg)") < 20
    assert -12 < gap("Fat_Percentage") < -6
    assert 0.44 < women.height / 4000 < 0.52


def test_measures_hang_together() -> None:
    """BMI follows from weight and height, and average heart rate lies between resting and maximum."""
    frame = members(4000)
    bmi = frame["Weight (kg)"] / frame["Height (m)"] ** 2
    assert float((bmi - frame["BMI"]).abs().max()) < 0.006  # type: ignore[arg-type]
    assert (frame["Resting_BPM"] + 20 < frame["Max_BPM"]).all()
    assert (frame["Avg_BPM"] < frame["Max_BPM"]).all()
    assert (frame["Avg_BPM"] > frame["Resting_BPM"]).all()
    correlation = frame.select(pl.corr("BMI", "Fat_Percentage")).item()
    assert 0.4 < correlation < 0.95


@pytest.mark.slow
@pytest.mark.parametrize("shape", list(Shape))
def test_preferences_leave_the_members_as_they_are(shape: Shape) -> None:
    """``--preferences`` only appends columns, in any layout."""
    plain = next(synthesise(30, 3, shape))
    wishes = next(synthesise(30, 3, shape, preferences=True))
    assert wishes.select(plain.columns).equals(plain)
    assert {"goal", "equipment", "conditions", "diet", "allergies", "language"} <= set(wishes.columns)


@pytest.mark.slow
def test_histories_are_read_back_and_leave_the_members_as_they_are(tmp_path: Path) -> None:
    """``--history`` appends one column, every cell of which intake takes."""
    plain, told = next(synthesise(200, 3)), next(synthesise(200, 3, history=True))
    assert told.drop("history").equals(plain)
    path = tmp_path / "members.csv"
    write_synthetic(path, 200, 3, history=True)
    report = ingest(path, tmp_path / "store")
    assert report.members is not None
    assert report.left_out == ()
    with_events = report.members.read_text().count('"history":[{')
    assert 60 < with_events < 140
    assert with_events == told.filter(pl.col("history") != "").height


@pytest.mark.slow
def test_only_women_of_suitable_age_are_drawn_pregnant() -> None:
    """A drawn pregnancy never contradicts sex or age."""
    frame = next(synthesise(2000, 5, preferences=True))
    pregnant = frame.filter(pl.col("conditions").str.contains("PREGNANCY"))
    assert pregnant.height > 0
    assert (pregnant["Gender"] == "Female").all()
    assert pregnant["Age"].is_between(18, 45).all()
