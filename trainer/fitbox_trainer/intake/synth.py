"""Synthetic gym members with plausible joint distributions, so that nobody's rows need to be shipped.

How one member is drawn, and from what; figures without a source are our choices, made for a varied gym
floor:

- sex 48 % female; age 18 + 60 Beta(1.6, 2.6), mean about 41 years;
- height normal, means of US adults 175.3 cm (men) and 161.3 cm (women) (Fryar et al. 2021, Vital Health
  Stat 3(46)), less 0.1 cm for each year past 40 (order of magnitude of Sorkin, Muller & Andres 1999, Am J
  Epidemiol 150:969-977);
- BMI log-normal, as adult distributions are skewed to the right (Penman & Johnson 2006, Prev Chronic Dis
  3(3):A74), with medians of 25.6 (men) and 24.2 (women), below those of the population; weight follows from
  it;
- body fat by Deurenberg, Weststrate & Seidell 1991 (Br J Nutr 65:105-114), 1.20 BMI + 0.23 age - 10.8 male
  - 5.4, with a residual of 4 points (their standard error is 4.1) and less of it in the trained;
- resting heart rate about 71 (men) and 74 (women) beats a minute (Ostchega et al. 2011, Natl Health Stat
  Rep 41), 3 lower for each level of training;
- maximum heart rate 208 - 0.7 age (Tanaka, Monahan & Seals 2001, J Am Coll Cardiol 37:153-156), residual 9;
- average session heart rate: a share of the heart-rate reserve (Karvonen 1957, Ann Med Exp Biol Fenn
  35:307-315) that depends on the kind of workout; energy from it by Keytel et al. 2005 (J Sports Sci
  23:289-297);
- water: adequate intakes of EFSA 2010 (EFSA Journal 8(3):1459), four fifths of them from drinks, plus
  training;
- days a week and hours a session grow with the level of training.

Members are drawn in blocks of :data:`BLOCK_ROWS`, each from a stream of its own. A million rows therefore
need the memory of one block, and the first 100 members are the same whether 100 or a million are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fitbox_trainer.intake.headers import Shape
from fitbox_trainer.intake.layouts import LAYOUTS, LEVEL_LABELS
from fitbox_trainer.intake.preferences import draw_histories, draw_preferences

BLOCK_ROWS = 8192
Floats = npt.NDArray[np.float64]

WORKOUT_TYPES = ("Yoga", "HIIT", "Cardio", "Strength")
_WORKOUT_SHARES_MALE = (0.12, 0.22, 0.24, 0.42)
_WORKOUT_SHARES_FEMALE = (0.30, 0.22, 0.26, 0.22)
_RESERVE_SHARE = np.array([0.38, 0.74, 0.66, 0.54])
"""Mean share of the heart-rate reserve in a session of each workout type."""

_LEVEL_SHARES = (0.40, 0.40, 0.20)
_DAYS_BY_LEVEL = {1: ((1, 2, 3), (0.12, 0.48, 0.40)), 2: ((2, 3, 4, 5), (0.10, 0.40, 0.38, 0.12))}
_DAYS_ADVANCED = ((3, 4, 5, 6), (0.12, 0.38, 0.35, 0.15))
_HOURS_BY_LEVEL = np.array([0.92, 1.17, 1.45])


def synthesise(
    rows: int, seed: int, shape: Shape = Shape.KAGGLE, *, preferences: bool = False, history: bool = False
) -> Iterator[pl.DataFrame]:
    """Yield ``rows`` members in frames of at most :data:`BLOCK_ROWS`, the same for the same arguments.

    ``preferences`` appends our own columns for goal, equipment, conditions, diet, allergies and language,
    ``history`` one of events with earlier plans.
    """
    if rows < 0 or seed < 0:
        raise ValueError("rows and seed must not be negative")
    for block in range(-(-rows // BLOCK_ROWS)):
        rng = np.random.Generator(np.random.PCG64([seed, block]))
        frame = _draw_block(rng)
        if preferences:
            # A second stream, so that the members are the same with and without preferences.
            wishes = np.random.Generator(np.random.PCG64([seed, block, 1]))
            frame = frame.hstack(draw_preferences(wishes, frame["Gender"] == "Female", frame["Age"]))
        if history:
            events = np.random.Generator(np.random.PCG64([seed, block, 2]))
            frame = frame.with_columns(draw_histories(events, frame.height))
        yield LAYOUTS[shape](frame.head(rows - block * BLOCK_ROWS))


def write_synthetic(
    out: Path,
    rows: int,
    seed: int,
    shape: Shape = Shape.KAGGLE,
    *,
    preferences: bool = False,
    history: bool = False,
) -> None:
    """Write a CSV file (UTF-8, comma, ``\\n``) of synthetic members; with no rows, the header alone."""
    with out.open("wb") as file:
        if rows == 0:
            next(synthesise(1, seed, shape, preferences=preferences, history=history)).clear().write_csv(file)
        drawn = synthesise(rows, seed, shape, preferences=preferences, history=history)
        for index, frame in enumerate(drawn):
            frame.write_csv(file, include_header=index == 0)


def _draw_block(rng: np.random.Generator) -> pl.DataFrame:
    n = BLOCK_ROWS
    female = rng.random(n) < 0.48
    age = np.floor(18 + 60 * rng.beta(1.6, 2.6, n))
    level = rng.choice([1, 2, 3], n, p=_LEVEL_SHARES)
    workout = np.where(
        female, rng.choice(4, n, p=_WORKOUT_SHARES_FEMALE), rng.choice(4, n, p=_WORKOUT_SHARES_MALE)
    )
    days = _draw_days(rng, level)
    hours = _draw_clipped(rng, _HOURS_BY_LEVEL[level - 1], 0.22, 0.4, 2.5, decimals=2)

    height_mean = np.where(female, 161.3, 175.3) - 0.1 * np.maximum(age - 40, 0)
    height_m = _draw_clipped(rng, height_mean / 100, np.where(female, 0.067, 0.073), 1.40, 2.10, decimals=2)
    bmi_drawn = np.where(female, 24.2, 25.6) * np.exp(
        rng.normal(0, np.where(female, 0.17, 0.155), n) + 0.0025 * (age - 40) - 0.02 * (level - 2)
    )
    weight_kg = np.round(np.clip(bmi_drawn, 16.5, 48) * height_m**2, 1)
    bmi = weight_kg / height_m**2

    fat_mean = 1.20 * bmi + 0.23 * age - 10.8 * ~female - 5.4 - 1.8 * (level - 1)
    fat = _draw_clipped(rng, fat_mean, 4.0, np.where(female, 10, 5), 60, decimals=1)
    resting = _draw_clipped(rng, np.where(female, 74, 71) - 3.0 * (level - 1), 8, 42, 100)
    peak = _draw_clipped(rng, 208 - 0.7 * age, 9, 135, 220)
    share = np.clip(rng.normal(_RESERVE_SHARE[workout], 0.07), 0.25, 0.92)
    average = np.round(resting + share * (peak - resting))

    kj_per_minute = np.where(
        female,
        -20.4022 + 0.4472 * average - 0.1263 * weight_kg + 0.074 * age,
        -55.0969 + 0.6309 * average + 0.1988 * weight_kg + 0.2017 * age,
    )
    # The regression was fitted on exercise; at the heart rates of quiet yoga it needs a floor (about 2 MET).
    kcal = np.round(np.maximum(kj_per_minute / 4.184, 0.035 * weight_kg) * hours * 60)
    water_mean = np.where(female, 1.6, 2.0) + 0.5 * hours * days / 7
    water = _draw_clipped(rng, water_mean, 0.35, 0.8, 4.5, decimals=1)

    return pl.DataFrame(
        {
            "Age": age.astype(np.int64),
            "Gender": np.where(female, "Female", "Male").tolist(),
            "Weight (kg)": weight_kg,
            "Height (m)": height_m,
            "Max_BPM": peak.astype(np.int64),
            "Avg_BPM": average.astype(np.int64),
            "Resting_BPM": resting.astype(np.int64),
            "Session_Duration (hours)": hours,
            "Calories_Burned": kcal,
            "Workout_Type": np.array(WORKOUT_TYPES)[workout].tolist(),
            "Fat_Percentage": fat,
            "Water_Intake (liters)": water,
            "Workout_Frequency (days/week)": days,
            "Experience_Level": level.astype(np.int64),
            "BMI": np.round(bmi, 2),
        }
    )


def _draw_clipped(
    rng: np.random.Generator, mean: Any, sd: Any, low: Any, high: Any, decimals: int = 0
) -> Floats:
    """Normal draws, rounded, then moved to the nearest bound where they fall outside."""
    drawn: Floats = np.clip(np.round(rng.normal(mean, sd, BLOCK_ROWS), decimals), low, high)
    return drawn


def _draw_days(rng: np.random.Generator, level: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    days = np.zeros(BLOCK_ROWS, dtype=np.int64)
    for value in LEVEL_LABELS:
        choices, shares = _DAYS_BY_LEVEL.get(value, _DAYS_ADVANCED)
        days = np.where(level == value, rng.choice(choices, BLOCK_ROWS, p=shares), days)
    return days
