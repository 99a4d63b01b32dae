"""Domain types to reply messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from fitbox import i18n
from fitbox.assessment import Assessment
from fitbox.plan import Advice, ExercisePrescription, Meal, NutritionPlan, Session, WorkoutPlan
from fitbox.profile import Language
from fitbox.tasks import TaskName
from fitbox.v1 import adapter_pb2, plan_pb2, profile_pb2, recommendation_pb2
from fitbox_server.recommend import Recommendation

Reply = (
    recommendation_pb2.RecommendWorkoutResponse
    | recommendation_pb2.RecommendNutritionResponse
    | recommendation_pb2.RecommendAdviceResponse
)


def reply(request_id: str, result: Recommendation, language: Language) -> Reply:
    """The response message of a task's method."""
    common: dict[str, Any] = {
        "request_id": request_id,
        "provenance": provenance(result),
        "assessment": assessment(result.assessment, language),
    }
    match result.plan:
        case WorkoutPlan():
            return recommendation_pb2.RecommendWorkoutResponse(plan=workout(result.plan), **common)
        case NutritionPlan():
            return recommendation_pb2.RecommendNutritionResponse(plan=nutrition(result.plan), **common)
        case Advice():
            return recommendation_pb2.RecommendAdviceResponse(advice=advice(result.plan), **common)


def from_bytes(name: TaskName, request_id: str, kept: bytes) -> Reply:
    """A response that was serialised before, for another request."""
    kinds: dict[TaskName, Any] = {
        TaskName.WORKOUT: recommendation_pb2.RecommendWorkoutResponse,
        TaskName.NUTRITION: recommendation_pb2.RecommendNutritionResponse,
        TaskName.ADVICE: recommendation_pb2.RecommendAdviceResponse,
    }
    message: Reply = kinds[name].FromString(kept)
    message.request_id = request_id
    return message


def provenance(result: Recommendation) -> plan_pb2.Provenance:
    """Where a reply came from."""
    return plan_pb2.Provenance(
        adapter_version=result.identity.version,
        adapter_digest=result.identity.digest,
        dataset_digest=result.identity.dataset_digest,
        base_model=result.identity.base_model,
        engine=result.engine,
        evaluation_score=result.identity.evaluation_score,
        source=number(plan_pb2.PlanSource.DESCRIPTOR, result.source),
        prompt_tokens=result.prompt_tokens,
        completion_tokens=result.completion_tokens,
        elapsed=duration(result.elapsed_seconds),
        time_to_first_token=duration(result.ttft_seconds),
        attempts=result.attempts,
        created_at=timestamp(datetime.now(UTC)),
    )


def assessment(values: Assessment, language: Language) -> plan_pb2.Assessment:
    """The computed figures, with the safety notes in the member's language."""
    return plan_pb2.Assessment(
        bmi=values.bmi,
        bmi_class=number(plan_pb2.BmiClass.DESCRIPTOR, values.bmi_class),
        bmr_kcal=values.bmr_kcal,
        tdee_kcal=values.tdee_kcal,
        goal=number(profile_pb2.Goal.DESCRIPTOR, values.goal),
        target_kcal=values.target_kcal,
        weekly_weight_change_kg=values.weekly_weight_change_kg,
        macros=plan_pb2.Macros(
            protein_g=values.macros.protein_g,
            carbohydrate_g=values.macros.carbohydrate_g,
            fat_g=values.macros.fat_g,
            fibre_g=values.macros.fibre_g,
        ),
        max_heart_rate_bpm=values.max_heart_rate_bpm,
        zones=[
            plan_pb2.HeartRateZone(number=zone.number, low_bpm=zone.low_bpm, high_bpm=zone.high_bpm)
            for zone in values.zones
        ],
        water_liters=values.water_liters,
        safety_notes=[
            plan_pb2.SafetyNote(code=note.value, text=i18n.label(language, note))
            for note in values.safety_notes
        ],
    )


def workout(plan: WorkoutPlan) -> plan_pb2.WorkoutPlan:
    """A training week."""
    return plan_pb2.WorkoutPlan(
        sessions=[_session(session) for session in plan.sessions],
        weekly_sets=plan.weekly_sets,
        progression=plan.progression,
        notes=plan.notes,
    )


def nutrition(plan: NutritionPlan) -> plan_pb2.NutritionPlan:
    """A day of eating."""
    return plan_pb2.NutritionPlan(
        meals=[_meal(meal) for meal in plan.meals],
        target_kcal=plan.target_kcal,
        total_kcal=plan.total_kcal,
        protein_g=plan.protein_g,
        carbohydrate_g=plan.carbohydrate_g,
        fat_g=plan.fat_g,
        fibre_g=plan.fibre_g,
        water_liters=plan.water_liters,
        notes=plan.notes,
    )


def advice(plan: Advice) -> plan_pb2.Advice:
    """Short personal advice."""
    tips = [plan_pb2.Tip(topic=tip.topic, text=tip.text) for tip in plan.tips]
    return plan_pb2.Advice(tips=tips, notes=plan.notes)


def number(numbering: EnumDescriptor, member: StrEnum) -> Any:
    """The enum number of a domain member: its name after the enum's own prefix."""
    prefix = numbering.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return numbering.values_by_name[prefix + member.name].number


def duration(seconds: float) -> Duration:
    """Seconds as a Duration."""
    message = Duration()
    message.FromTimedelta(timedelta(seconds=seconds))
    return message


def timestamp(moment: datetime) -> Timestamp:
    """An aware datetime as a Timestamp."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def adapter_state(member: StrEnum) -> adapter_pb2.AdapterState.ValueType:
    """The API's state of a version; what only operators care about is told apart in the logs."""
    shown = {"RESTARTING": "LOADING", "STANDBY": "DRAINING"}.get(member.name, member.name)
    return adapter_pb2.AdapterState.Value(f"ADAPTER_STATE_{shown}")


def _session(session: Session) -> plan_pb2.Session:
    return plan_pb2.Session(
        day=session.day,
        weekday=session.weekday,
        focus=session.focus,
        exercises=[_exercise(exercise) for exercise in session.exercises],
        warm_up_minutes=session.warm_up_minutes,
        total_minutes=session.total_minutes,
    )


def _exercise(exercise: ExercisePrescription) -> plan_pb2.ExercisePrescription:
    message = plan_pb2.ExercisePrescription(
        exercise_id=exercise.exercise_id,
        name=exercise.name,
        sets=exercise.sets,
        rest_seconds=exercise.rest_seconds,
        heart_rate_zone=exercise.heart_rate_zone,
        muscles=exercise.muscles,
    )
    for work in ("repetitions", "hold_seconds", "duration_minutes"):
        if (value := getattr(exercise, work)) is not None:
            setattr(message, work, value)
    return message


def _meal(meal: Meal) -> plan_pb2.Meal:
    return plan_pb2.Meal(
        name=meal.name,
        portions=[
            plan_pb2.FoodPortion(
                food_id=portion.food_id,
                name=portion.name,
                grams=portion.grams,
                kcal=portion.kcal,
                protein_g=portion.protein_g,
                carbohydrate_g=portion.carbohydrate_g,
                fat_g=portion.fat_g,
            )
            for portion in meal.portions
        ],
        kcal=meal.kcal,
    )
