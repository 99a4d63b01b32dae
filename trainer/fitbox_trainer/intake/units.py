"""Numeric fields, their units, and how people write these: ``"lbs"`` is a unit of weight, not of a workout.

A unit counts only for a field that is measured in it. Whatever else stands in the place of a unit makes the
column another one than ours, or its cells unreadable; it is never taken for a number without a unit.
"""

from __future__ import annotations

from functools import cache

from fitbox.units import CM_PER_INCH, INCHES_PER_FOOT, KG_PER_LB

BMI = "bmi"
AVERAGE_HEART_RATE = "average_heart_rate_bpm"

CM_PER_FOOT = INCHES_PER_FOOT * CM_PER_INCH

FACTORS: dict[str, dict[str, float]] = {
    "age_years": {"": 1},
    "weight_kg": {"": 1, "kg": 1, "lb": KG_PER_LB},
    "height_cm": {"cm": 1, "m": 100, "ft": CM_PER_FOOT, "in": CM_PER_INCH},
    "body_fat_percent": {"": 1, "%": 1, "fraction": 100},
    "resting_heart_rate_bpm": {"": 1},
    "max_heart_rate_bpm": {"": 1},
    "workout_days_per_week": {"": 1},
    "session_minutes": {"min": 1, "h": 60},
    "meals_per_day": {"": 1},
    "pregnancy_trimester": {"": 1},
    "weeks_postpartum": {"": 1},
    "eating_window_start_hour": {"": 1},
    "eating_window_end_hour": {"": 1},
    BMI: {"": 1},
    AVERAGE_HEART_RATE: {"": 1},
}
"""Numeric fields, and what one of each unit is worth in the field's own unit."""

WHOLE_FIELDS = frozenset(FACTORS) - {"weight_kg", "height_cm", "body_fat_percent", BMI, AVERAGE_HEART_RATE}
HEART_RATES = ("resting_heart_rate_bpm", "max_heart_rate_bpm", AVERAGE_HEART_RATE)

UNITS = {
    spelling: unit
    for unit, spellings in {
        "kg": "kg kgs kilogram kilograms kilogramme kilogrammes kilo kilos",
        "lb": "lb lbs pound pounds livre livres",
        "m": "m meter meters metre metres mtr mtrs",
        "cm": "cm cms centimeter centimeters centimetre centimetres",
        "ft": "ft foot feet ft_in ft_and_in feet_inches feet_and_inches foot_inches ft_inches pied pieds "
        "pieds_pouces pieds_et_pouces",
        "in": "in ins inch inches pouce pouces",
        "h": "h hr hrs hour hours heure heures",
        "min": "min mins mn minute minutes",
        "%": "% percent percentage pct pourcent pourcentage pour_cent",
        "fraction": "fraction ratio",
    }.items()
    for spelling in spellings.split()
}

_PULSE = (
    "bpm beats_per_minute beats_min beats puls_min puls battements_par_minute battements_min batt_min min "
    "per_min par_min 1_min"
)
_DECORATIONS: dict[str, frozenset[str]] = {
    field: frozenset(words.split())
    for field, words in {
        "age_years": "year years yr yrs year_old years_old y yo an ans annee annees",
        "workout_days_per_week": "day days day_week days_week days_per_week days_a_week per_week week weekly "
        "x time times times_week times_per_week times_a_week x_week session sessions sessions_week "
        "sessions_per_week jour jours jour_semaine jours_semaine jours_par_semaine jours_sem par_semaine "
        "semaine hebdo a_week fois fois_semaine fois_par_semaine seance seances seances_semaine "
        "seances_par_semaine",
        "meals_per_day": "per_day day daily a_day meal meals meals_day meals_per_day jour par_jour repas "
        "repas_jour repas_par_jour",
        "session_minutes": "hh_mm hh_mm_ss h_mm h_min h_m",
        BMI: "kg_m2 kg_m_2",
    }.items()
} | dict.fromkeys(HEART_RATES, frozenset(_PULSE.split()))
"""Words behind a number that say nothing new: 30 *years*, 3 *days a week*, 60 *bpm*."""
_ONLY_IN_BRACKETS = frozenset(
    {"hr", "x", "y", "yo", "session", "sessions", "meal", "meals", "repas", "beats", "min"}
)
"""Units that mean something else at the end of a title: ``Session HR`` is a heart rate."""


@cache
def units_of(field: str) -> dict[str, str]:
    """Spelling -> unit, for each unit (and decoration: ``""``) that the field may have."""
    known = {spelling: unit for spelling, unit in UNITS.items() if unit in FACTORS.get(field, {})}
    return known | dict.fromkeys(_DECORATIONS.get(field, ()), "")


def unit_at_end(field: str, words: str) -> str | None:
    """The unit that these last words of a title are for the field; ``None`` where they belong to its name."""
    if words in _ONLY_IN_BRACKETS and not (words == "min" and field == "session_minutes"):
        return None
    return units_of(field).get(words)
