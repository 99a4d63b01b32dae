"""How hard a member may train without a clinician's clearance, and what the member must be told."""

from __future__ import annotations

from enum import StrEnum

from fitbox import physiology
from fitbox.conditions import for_exercise, pulse_is_a_guide, recovers_from_birth
from fitbox.profile import Condition, Profile


class SafetyNote(StrEnum):
    """Why a request was answered more carefully than asked; texts in both languages are in
    ``fitbox.i18n``."""

    NO_DEFICIT_UNDERWEIGHT = "NO_DEFICIT_UNDERWEIGHT"
    NO_DEFICIT_UNDER_18 = "NO_DEFICIT_UNDER_18"
    NO_DEFICIT_PREGNANCY = "NO_DEFICIT_PREGNANCY"
    NO_DEFICIT_AFTER_BIRTH = "NO_DEFICIT_AFTER_BIRTH"
    DEFICIT_LIMITED = "DEFICIT_LIMITED"
    """The plan would otherwise take the member below BMI 18.5."""
    KCAL_FLOOR_APPLIED = "KCAL_FLOOR_APPLIED"
    REFER_TO_CLINICIAN = "REFER_TO_CLINICIAN"
    INTENSITY_LIMITED = "INTENSITY_LIMITED"
    AGE_PREDICTED_HEART_RATE = "AGE_PREDICTED_HEART_RATE"
    EFFORT_NOT_PULSE = "EFFORT_NOT_PULSE"
    HYPOGLYCAEMIA = "HYPOGLYCAEMIA"
    BLEEDING = "BLEEDING"
    AFTER_BIRTH = "AFTER_BIRTH"
    PROTEIN_LIMITED = "PROTEIN_LIMITED"


HIGHEST_ZONE_WITH: dict[Condition, int] = {
    Condition.HEART_DISEASE: 2,
    Condition.HYPERTENSION: 2,
    Condition.DIABETES: 2,
    Condition.PREGNANCY: 2,
    Condition.ANTICOAGULANT: 2,
    Condition.ASTHMA: 3,
}
"""Without clearance, known cardiovascular, metabolic or renal disease means moderate at most, and a medicine
for the heart or against clotting tells of one (Riebe D et al., 2015, Med Sci Sports Exerc 47:2473-2479); in
pregnancy and soon after moderate (ACOG Committee Opinion 804, 2020); asthma spares the hardest work."""

HIGHEST_ZONE_OBESE_III = 2
RESTING_HEART_RATE_TO_REFER_BPM = 100
"""Above it, tachycardia at rest: somebody who may diagnose should look (we do not)."""
BMI_TO_REFER_BELOW, BMI_TO_REFER_FROM = 17.0, 40.0
"""Moderate thinness (WHO Technical Report Series 854, 1995) and obesity class III (894, 2000)."""
BMI_TO_REFER_A_LOSS_BELOW = 20.0
"""From here a deficit that is kept up leads into underweight within a season; somebody should watch."""


def highest_zone(profile: Profile) -> int:
    """The hardest heart-rate zone, 2 to 5, that may be prescribed without a clinician's clearance."""
    limits = [HIGHEST_ZONE_WITH.get(condition, 5) for condition in for_exercise(profile)]
    if physiology.bmi(profile.weight_kg, profile.height_cm) >= BMI_TO_REFER_FROM:
        limits.append(HIGHEST_ZONE_OBESE_III)
    return min(limits, default=5)


_NOTES_WITH: dict[Condition, SafetyNote] = {
    Condition.BETA_BLOCKER: SafetyNote.EFFORT_NOT_PULSE,
    Condition.INSULIN: SafetyNote.HYPOGLYCAEMIA,
    Condition.ANTICOAGULANT: SafetyNote.BLEEDING,
    Condition.KIDNEY_DISEASE: SafetyNote.PROTEIN_LIMITED,
}
_REFERS = frozenset({SafetyNote.NO_DEFICIT_UNDERWEIGHT, SafetyNote.DEFICIT_LIMITED})


def notes_for(
    profile: Profile, bmi: float, earlier: tuple[SafetyNote, ...], *, losing: bool
) -> tuple[SafetyNote, ...]:
    """The notes that do not come from energy.

    ``earlier`` are those that do; ``losing`` says whether the goal in force is a deficit.
    """
    notes = []
    resting = profile.resting_heart_rate_bpm
    if (
        profile.conditions
        or not BMI_TO_REFER_BELOW <= bmi < BMI_TO_REFER_FROM
        or (resting is not None and resting > RESTING_HEART_RATE_TO_REFER_BPM)
        or _REFERS & set(earlier)
        or (losing and bmi < BMI_TO_REFER_A_LOSS_BELOW)
    ):
        notes.append(SafetyNote.REFER_TO_CLINICIAN)
    if highest_zone(profile) < 5:
        notes.append(SafetyNote.INTENSITY_LIMITED)
    if profile.max_heart_rate_bpm is None and pulse_is_a_guide(profile):
        notes.append(SafetyNote.AGE_PREDICTED_HEART_RATE)
    if recovers_from_birth(profile):
        notes.append(SafetyNote.AFTER_BIRTH)
    return (*notes, *(note for one, note in _NOTES_WITH.items() if one in profile.conditions))
