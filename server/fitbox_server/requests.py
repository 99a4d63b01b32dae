"""Request messages to domain types. Every violation of a request is collected, not only the first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from google.protobuf.descriptor import EnumDescriptor

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.exercises import exercises
from fitbox.foods import foods
from fitbox.profile import (
    Allergen,
    Condition,
    Diet,
    Equipment,
    Goal,
    Language,
    Level,
    Profile,
    Sex,
    WorkoutType,
    validate_profile,
)
from fitbox.tasks import TaskName
from fitbox.v1 import profile_pb2, recommendation_pb2
from fitbox_server.recommend import Decoding

MAX_REQUEST_ID = 128
MAX_TEMPERATURE = 2.0

KINDS = {
    recommendation_pb2.RECOMMENDATION_KIND_WORKOUT: TaskName.WORKOUT,
    recommendation_pb2.RECOMMENDATION_KIND_NUTRITION: TaskName.NUTRITION,
    recommendation_pb2.RECOMMENDATION_KIND_ADVICE: TaskName.ADVICE,
}

E = TypeVar("E", bound=StrEnum)


def read_request(request: Any) -> tuple[Profile, Decoding]:
    """The profile and decoding of any request that has both; a request without decoding gets the default.

    Raises:
        InvalidProfileError: names every field of the request that cannot be used.
    """
    reader = _Reader()
    profile = reader.read_profile(request)
    decoding = Decoding()
    if "decoding" in request.DESCRIPTOR.fields_by_name and request.HasField("decoding"):
        decoding = reader.read_decoding(request.decoding)
    reader.check_request_id(request.request_id)
    return reader.finish(profile), decoding


def read_batch_item(request: recommendation_pb2.BatchRecommendRequest) -> tuple[TaskName, Profile, Decoding]:
    """One item of a batch. Raises InvalidProfileError."""
    reader = _Reader()
    if request.kind not in KINDS:
        reader.refuse("kind", f"unknown number {request.kind}" if request.kind else "must be set")
    try:
        profile, decoding = read_request(request)
    except InvalidProfileError as error:
        raise InvalidProfileError((*reader.violations, *error.violations)) from None
    return KINDS.get(request.kind, TaskName.WORKOUT), reader.finish(profile), decoding


def check_request_id(request_id: str) -> None:
    """For requests that have nothing else to check. Raises InvalidProfileError."""
    reader = _Reader()
    reader.check_request_id(request_id)
    if reader.violations:
        raise InvalidProfileError(tuple(reader.violations))


class _Reader:
    """Reads fields and remembers what is wrong with them."""

    def __init__(self) -> None:
        self.violations: list[FieldViolation] = []

    def refuse(self, field: str, description: str) -> None:
        self.violations.append(FieldViolation(field, description))

    def finish(self, profile: Profile | None) -> Profile:
        if self.violations or profile is None:
            raise InvalidProfileError(tuple(self.violations))
        return profile

    def check_request_id(self, request_id: str) -> None:
        if len(request_id) > MAX_REQUEST_ID:
            self.refuse("request_id", f"at most {MAX_REQUEST_ID} characters")

    def read_decoding(self, message: recommendation_pb2.DecodingOptions) -> Decoding:
        temperature = message.temperature if message.HasField("temperature") else None
        if temperature is not None and not (
            math.isfinite(temperature) and 0 <= temperature <= MAX_TEMPERATURE
        ):
            self.refuse("decoding.temperature", f"must be from 0 to {MAX_TEMPERATURE:g}")
        return Decoding(temperature, message.seed if message.HasField("seed") else None)

    def read_profile(self, request: Any) -> Profile | None:
        language = self._language(request.language_code)
        if not request.HasField("profile"):
            self.refuse("profile", "must be set")
            return None
        values = self._values(request.profile)
        values["language"] = language
        try:
            return validate_profile(values, "profile.")
        except InvalidProfileError as error:
            known = {violation.field for violation in self.violations}
            for violation in error.violations:
                # A field that no enum could be read for is reported once, with the better description.
                name = "profile" if violation.field == "profile.profile" else violation.field
                if name not in known:
                    self.refuse(name, violation.description)
            return None

    def _language(self, code: str) -> Language:
        try:
            return Language(code or "en")
        except ValueError:
            self.refuse("language_code", f"must be one of {', '.join(Language)}, or empty")
            return Language.EN

    def _values(self, message: profile_pb2.Profile) -> dict[str, object]:
        """Profile fields by name; what is unset is left out, so that the domain's defaults apply."""
        values: dict[str, object] = {
            "age_years": message.age_years,
            "weight_kg": message.weight_kg,
            "height_cm": message.height_cm,
            "conditions": self._enums(
                "profile.conditions", message.conditions, profile_pb2.Condition.DESCRIPTOR, Condition
            ),
            "allergies": self._enums(
                "profile.allergies", message.allergies, profile_pb2.Allergen.DESCRIPTOR, Allergen
            ),
            "disliked_exercises": self._ids(
                "profile.disliked_exercises", message.disliked_exercises, exercises()
            ),
            "disliked_foods": self._ids("profile.disliked_foods", message.disliked_foods, foods()),
        }
        if message.HasField("equipment"):
            values["equipment"] = self._enums(
                "profile.equipment.items",
                message.equipment.items,
                profile_pb2.Equipment.DESCRIPTOR,
                Equipment,
            )
        for name in (
            "body_fat_percent",
            "resting_heart_rate_bpm",
            "max_heart_rate_bpm",
            "workout_days_per_week",
            "session_minutes",
            "meals_per_day",
        ):
            if message.HasField(name):
                values[name] = getattr(message, name)
        enums: tuple[tuple[str, EnumDescriptor, type[StrEnum]], ...] = (
            ("sex", profile_pb2.Sex.DESCRIPTOR, Sex),
            ("level", profile_pb2.Level.DESCRIPTOR, Level),
            ("goal", profile_pb2.Goal.DESCRIPTOR, Goal),
            ("workout_type", profile_pb2.WorkoutType.DESCRIPTOR, WorkoutType),
            ("diet", profile_pb2.Diet.DESCRIPTOR, Diet),
        )
        for name, numbering, kind in enums:
            member = self._enum(f"profile.{name}", getattr(message, name), numbering, kind, name == "sex")
            if member is not None:
                values[name] = member
        return values

    def _enum(
        self, field: str, number: int, numbering: EnumDescriptor, kind: type[E], required: bool
    ) -> E | None:
        if number == 0:
            if required:
                self.refuse(field, f"must be set: {', '.join(kind)}")
            return None
        # A client of a newer API may send a number that this server does not know: guessing would be unsafe.
        if number not in numbering.values_by_number:
            self.refuse(field, f"unknown number {number}")
            return None
        prefix = numbering.values_by_number[0].name.removesuffix("UNSPECIFIED")
        return kind(numbering.values_by_number[number].name.removeprefix(prefix))

    def _enums(
        self, field: str, numbers: Iterable[int], numbering: EnumDescriptor, kind: type[E]
    ) -> frozenset[E]:
        members = (
            self._enum(f"{field}[{index}]", number, numbering, kind, True)
            for index, number in enumerate(numbers)
        )
        return frozenset(member for member in members if member is not None)

    def _ids(self, field: str, ids: Iterable[str], catalog: Mapping[str, object]) -> frozenset[str]:
        for index, item in enumerate(ids):
            if item not in catalog:
                # The text itself is not repeated: it may be anything, and messages reach logs.
                self.refuse(f"{field}[{index}]", "is no identifier of the catalog")
        return frozenset(item for item in ids if item in catalog)
