"""The three CSV layouts that synthetic members can be written in; the reverse of what intake reads.

Each function takes and returns a frame. They work on any frame in the Kaggle layout, so real data can be put
into the other layouts as well.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from fitbox_trainer.intake.headers import Shape

KAGGLE_COLUMNS = (
    "Age",
    "Gender",
    "Weight (kg)",
    "Height (m)",
    "Max_BPM",
    "Avg_BPM",
    "Resting_BPM",
    "Session_Duration (hours)",
    "Calories_Burned",
    "Workout_Type",
    "Fat_Percentage",
    "Water_Intake (liters)",
    "Workout_Frequency (days/week)",
    "Experience_Level",
    "BMI",
)
SEX_CODES = {"Male": 0, "Female": 1}
WORKOUT_TYPE_CODES = {"Yoga": 0.0, "HIIT": 0.3, "Cardio": 0.6, "Strength": 1.0}
LEVEL_LABELS = {1: "Beginner", 2: "Intermediate", 3: "Advanced"}
SESSION_STEP_MINUTES = 5
"""Sessions recorded in hours become whole multiples of this many minutes."""


def kaggle(frame: pl.DataFrame) -> pl.DataFrame:
    """The layout that members are generated in, unchanged."""
    return frame


def cleaned_from_kaggle(frame: pl.DataFrame) -> pl.DataFrame:
    """Kaggle layout -> the 19-column layout with coded sex and workout type and four derived columns."""
    bmi, days = pl.col("BMI"), pl.col("Workout_Frequency (days/week)")
    return frame.with_columns(
        pl.col("Gender").replace_strict(SEX_CODES, return_dtype=pl.Int64),
        pl.col("Workout_Type").replace_strict(WORKOUT_TYPE_CODES, return_dtype=pl.Float64),
        (pl.col("Calories_Burned") / pl.col("Session_Duration (hours)")).round(2).alias("Calories_per_hour"),
        pl.when(bmi < 18.5)
        .then(pl.lit("Underweight"))
        .when(bmi < 25)
        .then(pl.lit("Normal"))
        .when(bmi < 30)
        .then(pl.lit("Overweight"))
        .otherwise(pl.lit("Obese"))
        .alias("BMI_Category"),
        pl.when(days <= 2)
        .then(pl.lit("Sedentary"))
        .when(days == 3)
        .then(pl.lit("Moderate"))
        .otherwise(pl.lit("Active"))
        .alias("Activity_Level"),
        pl.col("Experience_Level")
        .replace_strict(LEVEL_LABELS, return_dtype=pl.String)
        .alias("Experience_Label"),
    )


def fitbox_from_kaggle(frame: pl.DataFrame) -> pl.DataFrame:
    """Kaggle layout -> our own snake_case layout, whose column names are the fields of ``Profile``."""
    minutes = pl.col("Session_Duration (hours)") * 60 / SESSION_STEP_MINUTES
    known = frame.select(
        pl.col("Age").alias("age_years"),
        pl.col("Gender").str.to_uppercase().alias("sex"),
        pl.col("Weight (kg)").alias("weight_kg"),
        (pl.col("Height (m)") * 100).round(1).alias("height_cm"),
        pl.col("Experience_Level")
        .replace_strict(LEVEL_LABELS, return_dtype=pl.String)
        .str.to_uppercase()
        .alias("level"),
        pl.col("Fat_Percentage").alias("body_fat_percent"),
        pl.col("Resting_BPM").alias("resting_heart_rate_bpm"),
        pl.col("Max_BPM").alias("max_heart_rate_bpm"),
        pl.col("Workout_Type").str.to_uppercase().alias("workout_type"),
        pl.col("Workout_Frequency (days/week)").alias("workout_days_per_week"),
        (minutes.round() * SESSION_STEP_MINUTES).cast(pl.Int64).alias("session_minutes"),
    )
    extra = [name for name in frame.columns if name not in KAGGLE_COLUMNS]
    return known.hstack(frame.select(extra)) if extra else known


LAYOUTS: dict[Shape, Callable[[pl.DataFrame], pl.DataFrame]] = {
    Shape.KAGGLE: kaggle,
    Shape.CLEANED: cleaned_from_kaggle,
    Shape.FITBOX: fitbox_from_kaggle,
}
