"""Files that say more of their members: birth, medicines, jobs, wishes. An optional column costs no row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fitbox_trainer.intake import IntakeReport, ingest
from fitbox_trainer.intake.validate import canonical_profile_json

from fitbox.profile import Profile

HEADER = "Age,Gender,Weight (kg),Height (m)"
WOMAN, MAN = "30,Female,62,1.68", "40,Male,82,1.81"


def take(folder: Path, text: str) -> IntakeReport:
    """A file taken in."""
    path = folder / "members.csv"
    path.write_text(text, encoding="utf-8")
    return ingest(path, folder / "store")


def profiles(report: IntakeReport) -> list[Profile]:
    """Its members, as they were stored."""
    assert report.members is not None, (report.reason, report.rejected)
    lines = report.members.read_text(encoding="utf-8").splitlines()
    return [Profile.model_validate(json.loads(line)["profile"]) for line in lines]


@pytest.mark.parametrize(
    ("column", "cell", "field", "value"),
    [
        ("Conditions", "beta-blocker; blood thinners", "conditions", {"BETA_BLOCKER", "ANTICOAGULANT"}),
        ("Pathologies", "sous insuline, insuffisance rénale", "conditions", {"INSULIN", "KIDNEY_DISEASE"}),
        ("Conditions", "breastfeeding", "conditions", {"LACTATION"}),
        ("Conditions", "Dialyse; anorexie", "conditions", {"DIALYSIS", "EATING_DISORDER"}),
        ("Goal", "marathon", "goal", "ENDURANCE"),
        ("Objectif", "Bien-être", "goal", "GENERAL_HEALTH"),
        ("Goal", "Sports performance", "goal", "SPORT"),
        ("Régime", "sans gluten", "diet", "GLUTEN_FREE"),
        ("Diet", "Mediterranean", "diet", "MEDITERRANEAN"),
        ("Diet", "jain", "diet", "JAIN"),
        ("Job type", "desk job", "job_activity", "SEDENTARY"),
        ("Activité professionnelle", "debout", "job_activity", "STANDING"),
        ("Focus areas", "legs; abs", "focus_areas", {"LOWER_BODY", "CORE"}),
        ("Meals", "2", "meals_per_day", 2),
        ("Energy unit", "kilojoules", "energy_unit", "KJ"),
    ],
)
def test_what_people_write_is_read(tmp_path: Path, column: str, cell: str, field: str, value: object) -> None:
    """In English and French, in the usual words."""
    (profile,) = profiles(take(tmp_path, f'{HEADER},{column}\n{WOMAN},"{cell}"\n'))
    assert getattr(profile, field) == value


def test_birth_is_read_from_its_columns(tmp_path: Path) -> None:
    """A trimester beside pregnancy, weeks beside lactation."""
    rows = f"{WOMAN},pregnant,2,\n31,Female,70,1.70,lactation,,8\n"
    text = f"{HEADER},Conditions,Trimester,Weeks postpartum\n{rows}"
    pregnant, nursing = profiles(take(tmp_path, text))
    assert (pregnant.pregnancy_trimester, nursing.weeks_postpartum) == (2, 8)


def test_a_cell_that_makes_no_sense_beside_the_others_is_left_out(tmp_path: Path) -> None:
    """Weeks since no birth, a trimester of nobody, half a window: the members stay, and the report tells."""
    columns = "Trimester,Weeks postpartum,Eating window start,Eating window end"
    text = f"{HEADER},{columns}\n{MAN},1,0,12,\n41,Male,80,1.8,,,12,20\n42,Male,81,1.8,2,,8,9\n"
    report = take(tmp_path, text)
    first, second, third = profiles(report)
    assert report.rows_rejected == 0
    assert (second.eating_window_start_hour, second.eating_window_end_hour) == (12, 20)
    for profile in (first, third):
        assert (profile.pregnancy_trimester, profile.weeks_postpartum, profile.eating_window_hours) == (
            None,
            None,
            None,
        )


@pytest.mark.parametrize(
    "column",
    ["Job type", "Focus", "Units", "Energy unit", "Trimester", "Weeks postpartum", "Eating window end"],
)
def test_an_optional_column_of_anything_costs_no_row(tmp_path: Path, column: str) -> None:
    """Titles that mean something else elsewhere."""
    report = take(tmp_path, f"{HEADER},{column}\n{WOMAN},Engineer\n{MAN},whatever\n")
    assert len(profiles(report)) == 2


@pytest.mark.parametrize(
    "cell",
    [
        "skipped plank; swapped leg_press for back_squat; RPE 9 back squat; liked salmon",
        "Skipped plank | swapped leg press for back squat | done RPE 9 back_squat | Liked Salmon",
        "skipped plank, swapped leg press for back squat, rpe 9 back squat, liked salmon",
    ],
)
def test_a_history_is_read(tmp_path: Path, cell: str) -> None:
    """Names or ids, oldest first; who has none keeps the id of before."""
    plain, told = profiles(take(tmp_path, f'{HEADER},History\n{WOMAN},\n{MAN},"{cell}"\n'))
    assert plain.history == ()
    assert [str(event) for event in told.history] == [
        "skipped plank",
        "swapped leg press for back squat",
        "RPE 9 back squat",
        "liked salmon",
    ]
    assert json.loads(canonical_profile_json(told))["history"][2] == {
        "item": "back_squat",
        "kind": "DONE",
        "rpe": 9,
        "swapped_for": None,
    }
    assert "history" not in canonical_profile_json(plain)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("liked salmon; skipped moonwalk", "event 2 of 2: item must be the id of an exercise or a food"),
        ("RPE 11 plank", "event 1 of 1: rpe must be from 1 to 10"),
        ("swapped plank for plank", "swapped_for must be another one"),
        ("swapped salmon for plank", "swapped_for must be the id of another food"),
        ("too hard salmon", "must be an exercise"),
        ("knee surgery in 2019", "must be one of: skipped ITEM"),
        (";".join(["skipped plank"] * 65), "at most 64 events"),
    ],
)
def test_a_history_that_cannot_be_is_left_out_and_said(tmp_path: Path, cell: str, said: str) -> None:
    """By row and column, with what to write instead; the member stays."""
    good = "liked salmon"
    text = f"{HEADER},History\n{WOMAN},{good}\n{MAN},{cell.replace(',', ' ')}\n50,Male,70,1.7,{good}\n"
    report = take(tmp_path, text)
    assert [bool(profile.history) for profile in profiles(report)] == [True, False, True]
    (left_out,) = report.left_out
    assert (left_out.line, left_out.column) == (3, "History")
    assert said in left_out.reason


def test_members_of_before_keep_their_text_and_id() -> None:
    """A profile that says nothing of the later fields is what it was before there were any."""
    profile = Profile.model_validate({"age_years": 30, "sex": "FEMALE", "weight_kg": 62, "height_cm": 168})
    text = canonical_profile_json(profile)
    assert text == (
        '{"age_years":30,"allergies":[],"body_fat_percent":null,"conditions":[],"diet":"OMNIVORE",'
        '"disliked_exercises":[],"disliked_foods":[],"equipment":null,"goal":null,"height_cm":168.0,'
        '"language":"en","level":"BEGINNER","max_heart_rate_bpm":null,"meals_per_day":4,'
        '"resting_heart_rate_bpm":null,"session_minutes":60,"sex":"FEMALE","weight_kg":62.0,'
        '"workout_days_per_week":3,"workout_type":null}'
    )
