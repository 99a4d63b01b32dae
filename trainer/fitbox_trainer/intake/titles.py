"""By which titles people know our fields, in English and French.

Written in snake case without accents. :func:`key_of` makes titles equal that differ only in plurals and
articles, so one spelling of each is enough.
"""

from __future__ import annotations

from fitbox_trainer.intake.units import AVERAGE_HEART_RATE, BMI

TARGET_FIELDS = {"coach_workout": "workout", "coach_nutrition": "nutrition", "coach_advice": "advice"}
"""Columns with texts that the member's own coach wrote -> name of the task they are targets for."""
TASK, INSTRUCTION, RESPONSE = "task", "instruction", "response"
"""Columns of rows with one text each: which task, or a sentence that says so, and what the coach wrote."""
TEXT_FIELDS = (*TARGET_FIELDS, TASK, INSTRUCTION, RESPONSE)
"""Columns of free text, in which line breaks are meant."""
LEVEL_LABEL = "level_label"
"""Repeats the level in words; read only where the level's own column is absent."""
DERIVED_FIELDS = ("calories_burned", "calories_per_hour", "bmi_category", "activity_level", "water_intake")
"""Known columns that follow from the others, so they teach nothing and are not read."""

_TITLES: dict[str, str] = {
    "age_years": "age age_year age_annee age_an",
    "sex": "gender sexe genre civilite biological_sex sexe_biologique",
    "weight_kg": "weight wt body_weight bodyweight current_weight mass body_mass poid poids_corporel "
    "poids_actuel masse_corporelle",
    "height_cm": "height ht body_height stature taille hauteur",
    "level": "experience_level experience training_level fitness_level training_experience niveau "
    "niveau_experience niveau_entrainement niveau_sportif niveau_fitness",
    "goal": "fitness_goal training_goal objectif objectif_sportif objectif_fitness objectif_entrainement",
    "body_fat_percent": "fat_percentage body_fat bodyfat fat body_fat_percentage fat_percent bf "
    "masse_grasse taux_masse_grasse pourcentage_masse_grasse graisse_corporelle taux_graisse "
    "pourcentage_graisse taux_graisse_corporelle pourcentage_graisse_corporelle",
    "resting_heart_rate_bpm": "resting_bpm resting_heart_rate resting_heartrate resting_hr rest_bpm rest_hr "
    "hr_rest rhr resting_pulse fc_repos fcr frequence_cardiaque_repos pouls_repos rythme_cardiaque_repos "
    "bpm_repos bpm_au_repos",
    "max_heart_rate_bpm": "max_bpm max_heart_rate maximum_heart_rate maximal_heart_rate max_heartrate max_hr "
    "maximum_bpm maximum_hr hr_max hrmax max_pulse fc_max fcmax fc_maximale fc_maximum "
    "frequence_cardiaque_max frequence_cardiaque_maximale frequence_cardiaque_maximum pouls_max bpm_max",
    "workout_type": "workout training_type type_of_workout type_of_training exercise_type workout_kind "
    "type_entrainement type_seance type_exercice",
    "workout_days_per_week": "workout_frequency workout_days days_per_week training_days_per_week "
    "training_days training_frequency workouts_per_week sessions_per_week workout_day_week "
    "frequence_entrainement frequence_hebdomadaire jours_entrainement jours_par_semaine "
    "jours_entrainement_par_semaine seances_par_semaine entrainements_par_semaine "
    "nombre_seances_par_semaine nombre_jours_par_semaine seance_semaine jour_semaine",
    "session_minutes": "session_duration session session_length session_time workout_duration "
    "training_duration duree_seance duree_entrainement duree_session",
    "equipment": "available_equipment equipement materiel materiel_disponible equipement_disponible",
    "conditions": "injuries medical_conditions health_conditions medical_condition blessure pathologie "
    "condition_medicale antecedent antecedents_medicaux probleme_sante",
    "diet": "diet_type dietary_preference diet_preference type_of_diet regime regime_alimentaire type_regime",
    "allergies": "allergens allergy food_allergies allergie allergene allergies_alimentaires",
    "disliked_exercises": "exercices_non_aimes",
    "disliked_foods": "aliments_non_aimes",
    "meals_per_day": "meals meals_a_day number_meals number_meals_per_day repas repas_par_jour nombre_repas "
    "nombre_repas_par_jour repas_jour",
    "language": "language_code lang langue preferred_language",
    "job_activity": "job_type work_activity job_activity_level occupational_activity activite_travail "
    "activite_professionnelle type_travail",
    "pregnancy_trimester": "trimester trimestre trimestre_grossesse",
    "weeks_postpartum": "weeks_since_birth weeks_after_birth semaines_accouchement "
    "semaines_depuis_accouchement semaines_apres_accouchement",
    "eating_window_start_hour": "eating_window_start first_meal_hour debut_fenetre_alimentaire",
    "eating_window_end_hour": "eating_window_end last_meal_hour fin_fenetre_alimentaire",
    "focus_areas": "focus_area focus body_focus training_focus muscle_focus target_muscles zone_prioritaire "
    "muscles_cibles priorite_musculaire",
    "history": "item_history historique",
    "unit_system": "units unit_preference systeme_unites",
    "energy_unit": "energy_units unite_energie",
    BMI: "body_mass_index imc indice_masse_corporelle",
    AVERAGE_HEART_RATE: "avg_bpm average_bpm avg_heart_rate average_heart_rate avg_hr average_hr "
    "mean_heart_rate fc_moyenne frequence_cardiaque_moyenne bpm_moyen",
    LEVEL_LABEL: "experience_label",
    "water_intake": "water",
    "calories_burned": "calories",
    "calories_per_hour": "",
    "bmi_category": "",
    "activity_level": "",
    **dict.fromkeys(TEXT_FIELDS, ""),
}
NOT_OURS = frozenset({"sessions", "seances", "fats"})
"""Plurals that count or weigh something else than the singular measures."""
_ARTICLES = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "au", "aux", "the", "of"})


def key_of(name: str) -> str:
    """A snake-case title without articles and the s of plurals, by which titles are compared."""
    words = (word for word in name.split("_") if word not in _ARTICLES)
    return "_".join(word.removesuffix("s") if len(word) > 3 else word for word in words)


TITLES: dict[str, tuple[str, ...]] = {
    field: (field, *(title.strip() for title in titles.split())) for field, titles in _TITLES.items()
}
"""Field -> its own name and the other titles it goes by."""
FIELD_OF = {key_of(title): field for field, titles in TITLES.items() for title in titles}
"""Key of a title -> field."""
