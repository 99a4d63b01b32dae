"""Members of all kinds: birth, kidneys, medicines, thinness. A plan in its envelope, or a typed refusal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox import physiology
from fitbox.advice.task import ADVICE
from fitbox.assessment import (
    DEFICIT_GOALS,
    KEEPING_GOALS,
    LOWEST_HEALTHY_BMI,
    Assessment,
    SafetyNote,
    assess,
    derive_goal,
    highest_zone,
)
from fitbox.conditions import WEEKS_OF_RECOVERY, for_exercise, for_food
from fitbox.errors import NoPlanPossibleError, ReferralError
from fitbox.exercises import Exercise, Impact
from fitbox.foods import foods
from fitbox.goals import WEEKS_AHEAD
from fitbox.nutrition.task import NUTRITION
from fitbox.profile import (
    Condition,
    Diet,
    EnergyUnit,
    FocusArea,
    Goal,
    JobActivity,
    Language,
    Level,
    Profile,
    Sex,
    UnitSystem,
    WorkoutType,
)
from fitbox.referrals import REFERRALS, Service, Subject, refuse_if_referred
from fitbox.task import Prepared, Task
from fitbox.tasks import TASKS
from fitbox.workout.constraints import constrain as constrain_workout
from fitbox.workout.focus_areas import MUSCLES, PATTERNS
from fitbox.workout.task import WORKOUT
from tests.examples import every, examples
from tests.strategies import profiles

C = Condition
PULSE = re.compile(
    r"\bbpm\b|\bpulse at\b|\bpouls entre\b|heart rate|fréquence cardiaque|\bzone", re.IGNORECASE
)


def member(**changes: Any) -> Profile:
    """A woman of 30 years, 70 kg, BMI 24."""
    values: dict[str, Any] = {"age_years": 30, "sex": Sex.FEMALE, "weight_kg": 70, "height_cm": 171}
    return Profile.model_validate(values | changes)


def man(**changes: Any) -> Profile:
    """A man of 30 years, 80 kg, BMI 25."""
    return member(**{"sex": Sex.MALE, "weight_kg": 80, "height_cm": 179} | changes)


def prepared(task: Task[Any, Any, Any], profile: Profile) -> Prepared | NoPlanPossibleError:
    """The member before the task, or the refusal."""
    try:
        return task.prepare(profile)
    except NoPlanPossibleError as refusal:
        return refusal


@pytest.mark.slow
@examples(30)
@given(profile=profiles(referred=True), seed=st.integers(0, 2**31))
def test_whoever_asks_gets_a_plan_within_the_envelope_or_a_typed_refusal(profile: Profile, seed: int) -> None:
    """For every task; a refusal says what to relax, or whom to see in the member's own language."""
    services = {condition: service for condition, (_, service) in REFERRALS.items()}
    for task in TASKS.values():
        outcome = prepared(task, profile)
        if isinstance(outcome, ReferralError):
            assert outcome.refer_to == services[Condition(outcome.condition)]
            assert outcome.condition in profile.conditions
            assert outcome.relax == ()
        elif isinstance(outcome, NoPlanPossibleError):
            assert outcome.relax or outcome.reason == "NO_EXERCISES_LEFT"
        else:
            assert outcome.planned(seed)


@pytest.mark.parametrize(("condition", "entry"), REFERRALS.items())
@pytest.mark.parametrize("subject", Subject)
def test_a_referral_is_made_for_what_it_is_meant_for(
    condition: Condition, entry: tuple[frozenset[Subject], Service], subject: Subject
) -> None:
    """Reason, service and a sentence in each language; nothing for the other subjects."""
    subjects, service = entry
    sentences = set()
    for language in Language:
        profile = member(conditions={condition}, language=language)
        if subject not in subjects:
            refuse_if_referred(profile, subject)
            return
        with pytest.raises(ReferralError) as refused:
            refuse_if_referred(profile, subject)
        assert (refused.value.reason, refused.value.refer_to) == (f"REFER_{condition}", service)
        sentences.add(str(refused.value))
    assert len(sentences) == len(Language)


def test_the_most_serious_referral_comes_first() -> None:
    """Of two, one is told."""
    with pytest.raises(ReferralError, match="eating disorder"):
        refuse_if_referred(member(conditions={C.DIALYSIS, C.EATING_DISORDER}), Subject.NUTRITION)


@pytest.mark.parametrize(
    ("changes", "more_kcal"),
    [
        ({"conditions": {C.PREGNANCY}, "pregnancy_trimester": 1}, 70),
        ({"conditions": {C.PREGNANCY}, "pregnancy_trimester": 2}, 260),
        ({"conditions": {C.PREGNANCY}, "pregnancy_trimester": 3}, 500),
        ({"conditions": {C.PREGNANCY}}, 70),
        ({"conditions": {C.LACTATION}}, 500),
        ({"conditions": {C.LACTATION}, "weeks_postpartum": 25}, 500),
        ({"conditions": {C.LACTATION}, "weeks_postpartum": 26}, 400),
        ({"conditions": {C.POSTPARTUM}}, 0),
    ],
)
def test_a_child_s_energy_is_added(changes: dict[str, Any], more_kcal: int) -> None:
    """To what the member spends and to the target alike, so that weight is kept."""
    alone, together = assess(member(goal=Goal.MAINTENANCE)), assess(member(goal=Goal.MAINTENANCE, **changes))
    assert together.tdee_kcal - alone.tdee_kcal == pytest.approx(more_kcal)
    assert together.target_kcal - alone.target_kcal == pytest.approx(more_kcal, abs=10)
    assert together.weekly_weight_change_kg == 0


@pytest.mark.slow
@examples(60)
@given(profiles(referred=True))
def test_a_deficit_is_for_nobody_whom_it_harms(profile: Profile) -> None:
    """None in pregnancy, while breastfeeding, soon after birth, under 18 or in underweight; and none that
    would lead into underweight within twelve weeks."""
    assessment = assess(profile)
    birth = profile.conditions & {C.PREGNANCY, C.LACTATION} or (
        C.POSTPARTUM in profile.conditions and (profile.weeks_postpartum or 0) < WEEKS_OF_RECOVERY
    )
    if birth or profile.age_years < 18 or assessment.bmi < LOWEST_HEALTHY_BMI:
        assert assessment.goal not in DEFICIT_GOALS
    if assessment.goal in DEFICIT_GOALS:
        assert assessment.bmi >= 20 or SafetyNote.REFER_TO_CLINICIAN in assessment.safety_notes
        weight = profile.weight_kg + WEEKS_AHEAD * assessment.weekly_weight_change_kg
        assert physiology.bmi(weight, profile.height_cm) >= LOWEST_HEALTHY_BMI - 1e-6
    wants_less = (profile.goal or derive_goal(profile)) in DEFICIT_GOALS
    if wants_less and assessment.bmi < LOWEST_HEALTHY_BMI and C.PREGNANCY not in profile.conditions:
        assert {SafetyNote.NO_DEFICIT_UNDERWEIGHT, SafetyNote.REFER_TO_CLINICIAN} <= set(
            assessment.safety_notes
        )


def test_a_deficit_near_underweight_is_smaller_and_referred() -> None:
    """BMI 19.4: 2.6 kg above the limit are 0.21 kg a week; at BMI 18.8 nothing is left."""
    height_cm = 171.0
    for bmi, goal in ((19.4, Goal.WEIGHT_LOSS), (18.8, Goal.MAINTENANCE)):
        weight = physiology.weight_at_bmi(bmi, height_cm)
        assessment = assess(member(weight_kg=weight, goal=Goal.WEIGHT_LOSS))
        assert assessment.goal is goal
        assert {SafetyNote.DEFICIT_LIMITED, SafetyNote.REFER_TO_CLINICIAN} <= set(assessment.safety_notes)
        assert assessment.weekly_weight_change_kg > -0.23
    assert SafetyNote.DEFICIT_LIMITED not in assess(member(goal=Goal.WEIGHT_LOSS)).safety_notes


def test_who_is_thin_and_wants_to_lose_is_referred_and_who_wants_to_gain_is_not() -> None:
    """BMI 17.5: the goal is overridden, with two notes."""
    thin = physiology.weight_at_bmi(17.5, 171)
    lose, gain = (assess(member(weight_kg=thin, goal=goal)) for goal in (Goal.WEIGHT_LOSS, Goal.MUSCLE_GAIN))
    assert lose.goal is Goal.MAINTENANCE
    assert {SafetyNote.NO_DEFICIT_UNDERWEIGHT, SafetyNote.REFER_TO_CLINICIAN} <= set(lose.safety_notes)
    assert SafetyNote.REFER_TO_CLINICIAN not in gain.safety_notes


@pytest.mark.slow
@examples(60)
@given(profile=profiles(), fat=st.integers(3, 65))
def test_knowing_body_fat_never_raises_the_protein_of_who_is_not_lean(profile: Profile, fat: int) -> None:
    """And the lean are never counted as overweight."""
    unknown = assess(profile.model_copy(update={"body_fat_percent": None, "goal": Goal.WEIGHT_LOSS}))
    known = assess(profile.model_copy(update={"body_fat_percent": float(fat), "goal": Goal.WEIGHT_LOSS}))
    if fat >= (25 if profile.sex is Sex.FEMALE else 18):
        assert known.macros.protein_g <= unknown.macros.protein_g
    else:
        assert known.macros.protein_g >= unknown.macros.protein_g


def test_an_obese_novice_gets_no_more_for_a_measured_body_fat() -> None:
    """58 years, 105 kg: 1.8 g per kg of adjusted weight, whatever the scale says."""
    novice = man(age_years=58, weight_kg=105, height_cm=172, goal=Goal.WEIGHT_LOSS)
    known = novice.model_copy(update={"body_fat_percent": 36.0})
    assert assess(known).macros.protein_g == assess(novice).macros.protein_g < 150


def test_muscle_is_no_overweight() -> None:
    """93 kg at 12 % body fat: protein by the whole weight, and bulking is a goal that may be derived."""
    lifter = man(
        weight_kg=93,
        height_cm=180,
        body_fat_percent=12,
        level=Level.ADVANCED,
        workout_type=WorkoutType.STRENGTH,
    )
    assert derive_goal(lifter) is Goal.BULKING
    assert assess(lifter).macros.protein_g == round(1.8 * 93)


def test_kidney_disease_caps_protein_and_leaves_training() -> None:
    """0.8 g per kg, whatever the goal; meals are a dietitian's to plan."""
    profile = member(conditions={C.KIDNEY_DISEASE}, goal=Goal.BULKING)
    assert assess(profile).macros.protein_g == round(0.8 * 70)
    assert SafetyNote.PROTEIN_LIMITED in assess(profile).safety_notes
    assert highest_zone(profile) == 2
    assert WORKOUT.prepare(profile).planned(1).notes
    with pytest.raises(ReferralError):
        NUTRITION.constrain(profile)


@pytest.mark.slow
@examples(30)
@given(profile=profiles(), seed=st.integers(0, 1000))
def test_nothing_names_a_pulse_with_a_beta_blocker(profile: Profile, seed: int) -> None:
    """No zones, no maximum, no heart rate in a line, a note or a tip; effort instead."""
    profile = profile.model_copy(update={"conditions": profile.conditions | {C.BETA_BLOCKER}})
    assessment = assess(profile)
    assert (assessment.zones, assessment.max_heart_rate_bpm) == ((), 0)
    assert SafetyNote.EFFORT_NOT_PULSE in assessment.safety_notes
    assert SafetyNote.AGE_PREDICTED_HEART_RATE not in assessment.safety_notes
    week = WORKOUT.constrain(profile)
    plan = WORKOUT.finish(WORKOUT.plan(week, seed), week)
    lines = [line for session in plan.sessions for line in session.exercises]
    assert {line.heart_rate_zone for line in lines} == {None}
    assert not [text for text in (plan.progression, *plan.notes) if PULSE.search(text)]
    envelope = ADVICE.constrain(profile)
    for draft in (ADVICE.plan(envelope, seed), ADVICE.random(envelope, seed)):
        advice = ADVICE.finish(draft, envelope)
        assert not [tip.text for tip in advice.tips if PULSE.search(tip.text)]


def test_a_beta_blocker_is_taken_for_high_pressure() -> None:
    """No heavy barbell, no intervals, light loads; one may take it for a heart that must be spared."""
    envelope = constrain_workout(member(conditions={C.BETA_BLOCKER}, level=Level.ADVANCED))
    assert not [one.id for one in envelope.exercises if C.HYPERTENSION in one.contraindications]
    assert min(envelope.repetitions) >= 10
    assert envelope.zones == (1, 2)


def test_advice_with_a_beta_blocker_tells_effort() -> None:
    """Of ten, in both languages."""
    for language, words in ((Language.EN, "3 to 5 out of 10"), (Language.FR, "3 à 5 sur 10")):
        envelope = ADVICE.constrain(
            member(conditions={C.BETA_BLOCKER}, workout_type=WorkoutType.CARDIO, language=language)
        )
        tips = [tip for seed in range(5) for tip in ADVICE.finish(ADVICE.plan(envelope, seed), envelope).tips]
        assert any(words in tip.text for tip in tips)


def allowed(profile: Profile) -> tuple[Exercise, ...]:
    """The exercises of the envelope."""
    return constrain_workout(profile).exercises


def test_blood_thinners_exclude_jumps_and_falls() -> None:
    """No impact, no inversion, nothing that throws a ball at one's chest or the body off a box."""
    left = {one.id for one in allowed(member(conditions={C.ANTICOAGULANT}, level=Level.ADVANCED))}
    assert not [one.id for one in allowed(member(conditions={C.ANTICOAGULANT})) if one.impact is Impact.HIGH]
    assert not left & {"box_jump", "headstand", "handstand_push_up", "power_clean", "sprints", "running"}
    assert {"cycling", "walking", "cable_row"} <= left


@pytest.mark.parametrize("weeks", [None, 0, 11, 12, 40])
def test_after_birth_running_and_heavy_trunk_work_wait_twelve_weeks(weeks: int | None) -> None:
    """Unknown counts as recent."""
    mother = member(conditions={C.POSTPARTUM}, weeks_postpartum=weeks, level=Level.ADVANCED)
    recent = weeks is None or weeks < WEEKS_OF_RECOVERY
    left = {one.id for one in allowed(mother)}
    assert bool(left & {"running", "jump_squat", "sit_up", "plank", "back_squat"}) is not recent
    assert (highest_zone(mother) == 2) is recent
    assert (SafetyNote.AFTER_BIRTH in assess(mother).safety_notes) is recent


def test_insulin_is_diabetes_and_more() -> None:
    """Its limits and notes hold, said or not."""
    profile = member(conditions={C.INSULIN})
    assert C.DIABETES in for_exercise(profile) & for_food(profile)
    assert highest_zone(profile) == 2
    assert SafetyNote.HYPOGLYCAEMIA in assess(profile).safety_notes
    notes = NUTRITION.finish(
        NUTRITION.plan(NUTRITION.constrain(profile), 1), NUTRITION.constrain(profile)
    ).notes
    assert any("insulin" in note for note in notes)


def test_warfarin_brings_the_note_on_leafy_vegetables() -> None:
    """The same amount from day to day."""
    envelope = NUTRITION.constrain(member(conditions={C.ANTICOAGULANT}))
    assert any("vitamin K" in note for note in NUTRITION.finish(NUTRITION.plan(envelope, 1), envelope).notes)


def test_milk_carries_mercury_and_alcohol() -> None:
    """What pregnancy excludes, breastfeeding does; and every food with alcohol."""
    left = NUTRITION.constrain(member(conditions={C.LACTATION})).foods
    assert not [food.id for food in left if C.PREGNANCY in food.contraindications or food.alcohol_g]


@pytest.mark.parametrize("job", [None, *JobActivity])
def test_what_one_does_all_day_decides_the_energy(job: JobActivity | None) -> None:
    """1.4 at a desk to 2.0 on a building site, without training; 1.5 where nothing is said."""
    level = physiology.physical_activity_level(1, 0, None, job)
    assert level == (1.5 if job is None else physiology.JOB_PAL[job])
    known, unknown = (assess(member(job_activity=one, goal=Goal.MAINTENANCE)) for one in (job, None))
    assert known.tdee_kcal / unknown.tdee_kcal == pytest.approx(level / 1.5, rel=0.03)


@pytest.mark.parametrize("goal", sorted(KEEPING_GOALS))
def test_goals_that_are_not_about_weight_keep_it(goal: Goal) -> None:
    """Endurance, sport and general health among them; each has a week, a day and advice."""
    profile = member(goal=goal)
    assert (assess(profile).goal, assess(profile).weekly_weight_change_kg) == (goal, 0)
    assert all(task.prepare(profile).planned(3).notes is not None for task in TASKS.values())


@pytest.mark.parametrize("diet", every(4, Diet))
def test_every_diet_has_rules_of_its_own(diet: Diet) -> None:
    """None is taken for another, and none but the omnivore's allows everything."""
    left = frozenset(food.id for food in NUTRITION.constrain(member(diet=diet)).foods)
    assert (left == foods().keys()) is (diet is Diet.OMNIVORE)
    assert NUTRITION.prepare(member(diet=diet)).planned(1)


@pytest.mark.parametrize(
    "changes",
    [
        *({"conditions": {one}} for one in (C.PREGNANCY, C.LACTATION, C.INSULIN, C.DIABETES)),
        {"age_years": 17},
        {"weight_kg": 50},
    ],
)
def test_long_fasts_are_refused_whom_they_harm(changes: dict[str, Any]) -> None:
    """Two meals, or eight hours to eat in; ten hours and three meals are no fast."""
    for wish, relax in (
        ({"meals_per_day": 2}, ("meals_per_day",)),
        (
            {"eating_window_start_hour": 12, "eating_window_end_hour": 20},
            ("eating_window_start_hour", "eating_window_end_hour"),
        ),
    ):
        assert NUTRITION.constrain(member(**wish)).slots
        with pytest.raises(NoPlanPossibleError) as refused:
            NUTRITION.constrain(member(**changes, **wish))
        assert (refused.value.reason, refused.value.relax) == ("FASTING_UNSUITABLE", relax)
    modest = {"eating_window_start_hour": 9, "eating_window_end_hour": 19, "meals_per_day": 3}
    assert NUTRITION.constrain(member(**changes, **modest)).slots


def test_every_focus_area_means_muscles_or_movements() -> None:
    """None is a word without effect."""
    assert all(MUSCLES[area] or PATTERNS[area] for area in FocusArea)


@pytest.mark.parametrize("language", Language)
def test_advice_speaks_the_units_of_the_member(language: Language) -> None:
    """Pounds and kilojoules in what is read; never both."""
    profile = member(
        goal=Goal.WEIGHT_LOSS,
        weight_kg=90,
        unit_system=UnitSystem.IMPERIAL,
        energy_unit=EnergyUnit.KJ,
        language=language,
    )
    envelope = ADVICE.constrain(profile)
    texts = [figure.text for found in envelope.figures.values() for figure in found]
    assert any(" kJ" in text for text in texts)
    assert any(" lb" in text for text in texts)
    assert not [text for text in texts if " kcal" in text or " kg" in text]


def test_an_assessment_of_a_plain_member_is_what_it_was() -> None:
    """Nothing said, nothing changed: the figures of a member without any of the new fields."""
    assessment: Assessment = assess(member(goal=Goal.MAINTENANCE))
    assert assessment.target_kcal == 2280
    assert assessment.safety_notes == (SafetyNote.AGE_PREDICTED_HEART_RATE,)
