"""Domain types to messages, and messages to domain types."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from fitbox.assessment import BmiClass, HeartRateZone, Macros
from fitbox.plan import (
    Advice,
    ExercisePrescription,
    FoodPortion,
    Meal,
    NutritionPlan,
    PlanSource,
    Session,
    Tip,
    WorkoutPlan,
)
from fitbox.profile import Goal, Profile
from fitbox.v1 import adapter_pb2, plan_pb2, profile_pb2, recommendation_pb2
from fitbox_client.types import (
    ActiveAdapter,
    AdapterChange,
    AdapterDetails,
    AdapterFile,
    AdapterInfo,
    AdapterList,
    ProfileAssessment,
    Provenance,
    Recommendation,
    SafetyRemark,
)

EnumT = TypeVar("EnumT", bound=StrEnum)


def profile_to_proto(profile: Profile) -> profile_pb2.Profile:
    """The message that carries a profile; its language travels beside it in the request."""
    message = profile_pb2.Profile(
        age_years=profile.age_years,
        sex=profile_pb2.Sex.Value(f"SEX_{profile.sex}"),
        weight_kg=profile.weight_kg,
        height_cm=profile.height_cm,
        level=profile_pb2.Level.Value(f"LEVEL_{profile.level}"),
        body_fat_percent=profile.body_fat_percent,
        resting_heart_rate_bpm=profile.resting_heart_rate_bpm,
        max_heart_rate_bpm=profile.max_heart_rate_bpm,
        workout_days_per_week=profile.workout_days_per_week,
        session_minutes=profile.session_minutes,
        conditions=[profile_pb2.Condition.Value(f"CONDITION_{c}") for c in sorted(profile.conditions)],
        diet=profile_pb2.Diet.Value(f"DIET_{profile.diet}"),
        allergies=[profile_pb2.Allergen.Value(f"ALLERGEN_{a}") for a in sorted(profile.allergies)],
        disliked_exercises=sorted(profile.disliked_exercises),
        disliked_foods=sorted(profile.disliked_foods),
        meals_per_day=profile.meals_per_day,
    )
    if profile.goal is not None:
        message.goal = profile_pb2.Goal.Value(f"GOAL_{profile.goal}")
    if profile.workout_type is not None:
        message.workout_type = profile_pb2.WorkoutType.Value(f"WORKOUT_TYPE_{profile.workout_type}")
    if profile.equipment is not None:
        items = [profile_pb2.Equipment.Value(f"EQUIPMENT_{e}") for e in sorted(profile.equipment)]
        message.equipment.CopyFrom(profile_pb2.EquipmentList(items=items))
    return message


def workout_from_proto(
    reply: recommendation_pb2.RecommendWorkoutResponse,
) -> Recommendation[WorkoutPlan]:
    """A workout reply as domain types."""
    plan = WorkoutPlan(
        sessions=tuple(_session(session) for session in reply.plan.sessions),
        weekly_sets=dict(reply.plan.weekly_sets),
        progression=reply.plan.progression,
        notes=tuple(reply.plan.notes),
    )
    return Recommendation(
        reply.request_id,
        plan,
        assessment_from_proto(reply.assessment),
        provenance_from_proto(reply.provenance),
    )


def nutrition_from_proto(
    reply: recommendation_pb2.RecommendNutritionResponse,
) -> Recommendation[NutritionPlan]:
    """A nutrition reply as domain types."""
    message = reply.plan
    plan = NutritionPlan(
        meals=tuple(
            Meal(meal.name, tuple(_portion(portion) for portion in meal.portions), meal.kcal)
            for meal in message.meals
        ),
        target_kcal=message.target_kcal,
        total_kcal=message.total_kcal,
        protein_g=message.protein_g,
        carbohydrate_g=message.carbohydrate_g,
        fat_g=message.fat_g,
        fibre_g=message.fibre_g,
        water_liters=message.water_liters,
        notes=tuple(message.notes),
    )
    return Recommendation(
        reply.request_id,
        plan,
        assessment_from_proto(reply.assessment),
        provenance_from_proto(reply.provenance),
    )


def advice_from_proto(reply: recommendation_pb2.RecommendAdviceResponse) -> Recommendation[Advice]:
    """An advice reply as domain types."""
    advice = Advice(
        tips=tuple(Tip(tip.topic, tip.text) for tip in reply.advice.tips), notes=tuple(reply.advice.notes)
    )
    return Recommendation(
        reply.request_id,
        advice,
        assessment_from_proto(reply.assessment),
        provenance_from_proto(reply.provenance),
    )


def assessment_from_proto(message: plan_pb2.Assessment) -> ProfileAssessment:
    """An assessment as domain types."""
    return ProfileAssessment(
        bmi=message.bmi,
        bmi_class=_enum(BmiClass, plan_pb2.BmiClass.Name(message.bmi_class), "BMI_CLASS_"),
        bmr_kcal=message.bmr_kcal,
        tdee_kcal=message.tdee_kcal,
        goal=_enum(Goal, profile_pb2.Goal.Name(message.goal), "GOAL_"),
        target_kcal=message.target_kcal,
        weekly_weight_change_kg=message.weekly_weight_change_kg,
        macros=Macros(
            message.macros.protein_g,
            message.macros.carbohydrate_g,
            message.macros.fat_g,
            message.macros.fibre_g,
        ),
        max_heart_rate_bpm=message.max_heart_rate_bpm,
        zones=tuple(HeartRateZone(zone.number, zone.low_bpm, zone.high_bpm) for zone in message.zones),
        water_liters=message.water_liters,
        safety_notes=tuple(SafetyRemark(note.code, note.text) for note in message.safety_notes),
    )


def provenance_from_proto(message: plan_pb2.Provenance) -> Provenance:
    """Provenance as domain types; times in seconds."""
    return Provenance(
        adapter_version=message.adapter_version,
        adapter_digest=message.adapter_digest,
        dataset_digest=message.dataset_digest,
        base_model=message.base_model,
        engine=message.engine,
        evaluation_score=message.evaluation_score if message.HasField("evaluation_score") else None,
        source=_enum(PlanSource, plan_pb2.PlanSource.Name(message.source), "PLAN_SOURCE_"),
        prompt_tokens=message.prompt_tokens,
        completion_tokens=message.completion_tokens,
        elapsed_seconds=message.elapsed.ToTimedelta().total_seconds(),
        time_to_first_token_seconds=message.time_to_first_token.ToTimedelta().total_seconds(),
        attempts=message.attempts,
        created_at=message.created_at.ToDatetime(tzinfo=UTC),
    )


def adapters_from_proto(reply: adapter_pb2.ListAdaptersResponse) -> AdapterList:
    """The versions a server lists."""
    active = ActiveAdapter(
        version=reply.active.version,
        previous_version=reply.active.previous_version,
        since=_when(reply.active, "since"),
        reason=reply.active.reason,
        pinned=reply.active.pinned,
    )
    adapters = tuple(adapter_from_proto(item) for item in reply.adapters)
    return AdapterList(adapters, reply.serving_version, active)


def details_from_proto(reply: adapter_pb2.GetAdapterResponse) -> AdapterDetails:
    """One version with its records."""
    return AdapterDetails(
        adapter=adapter_from_proto(reply.adapter),
        metadata=_json_object(reply.training_metadata_json),
        evaluation=_json_object(reply.evaluation_json),
        files=tuple(AdapterFile(file.path, file.size_bytes, file.sha256) for file in reply.files),
    )


def adapter_from_proto(message: adapter_pb2.Adapter) -> AdapterInfo:
    """One version."""
    return AdapterInfo(
        version=message.version,
        digest=message.digest,
        state=adapter_pb2.AdapterState.Name(message.state).removeprefix("ADAPTER_STATE_"),
        created_at=_when(message, "created_at"),
        base_model=message.base_model,
        dataset_digest=message.dataset_digest,
        evaluation_score=message.evaluation_score if message.HasField("evaluation_score") else None,
        pinned=message.pinned,
        reason=message.reason,
    )


def change_from_proto(message: adapter_pb2.WatchAdaptersResponse) -> AdapterChange:
    """One event of a watch."""
    return AdapterChange(adapter_from_proto(message.adapter), message.serving_version)


def _when(message: Any, field: str) -> datetime | None:
    return getattr(message, field).ToDatetime(tzinfo=UTC) if message.HasField(field) else None


def _json_object(text: str) -> dict[str, Any]:
    """A record of a version; one that cannot be read is shown as missing, not as a failed call."""
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _session(message: plan_pb2.Session) -> Session:
    return Session(
        day=message.day,
        weekday=message.weekday,
        focus=message.focus,
        exercises=tuple(_exercise(exercise) for exercise in message.exercises),
        warm_up_minutes=message.warm_up_minutes,
        total_minutes=message.total_minutes,
    )


def _exercise(message: plan_pb2.ExercisePrescription) -> ExercisePrescription:
    work = message.WhichOneof("work")
    return ExercisePrescription(
        exercise_id=message.exercise_id,
        name=message.name,
        sets=message.sets,
        repetitions=message.repetitions if work == "repetitions" else None,
        hold_seconds=message.hold_seconds if work == "hold_seconds" else None,
        duration_minutes=message.duration_minutes if work == "duration_minutes" else None,
        rest_seconds=message.rest_seconds,
        heart_rate_zone=message.heart_rate_zone if message.HasField("heart_rate_zone") else None,
        muscles=tuple(message.muscles),
    )


def _portion(message: plan_pb2.FoodPortion) -> FoodPortion:
    return FoodPortion(
        food_id=message.food_id,
        name=message.name,
        grams=message.grams,
        kcal=message.kcal,
        protein_g=message.protein_g,
        carbohydrate_g=message.carbohydrate_g,
        fat_g=message.fat_g,
    )


def _enum(kind: type[EnumT], name: str, prefix: str) -> EnumT:
    return kind(name.removeprefix(prefix))
