"""Request messages to domain types. Every violation of a request is collected, not only the first.

Whatever is wrong with a request, saying so is cheap: lists are bounded before they are read
(:mod:`fitbox.rpc.fields`), and no more than :data:`~fitbox.profile.MOST_VIOLATIONS` violations are told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fitbox.decoding import MOST_CANDIDATES
from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.exercises import exercises
from fitbox.foods import foods
from fitbox.profile import MOST_VIOLATIONS, Language, Profile, validate_profile
from fitbox.rpc.fields import read
from fitbox.task import TaskName
from fitbox.v1 import recommendation_pb2
from fitbox_server.decoding import MOST_ALTERNATIVES, MOST_AVOIDED, Wishes

MAX_REQUEST_ID = 128
MAX_TEMPERATURE = 2.0

KINDS = {
    recommendation_pb2.RECOMMENDATION_KIND_WORKOUT: TaskName.WORKOUT,
    recommendation_pb2.RECOMMENDATION_KIND_NUTRITION: TaskName.NUTRITION,
    recommendation_pb2.RECOMMENDATION_KIND_ADVICE: TaskName.ADVICE,
}

GeneratingRequest = (
    recommendation_pb2.RecommendWorkoutRequest
    | recommendation_pb2.RecommendNutritionRequest
    | recommendation_pb2.RecommendAdviceRequest
    | recommendation_pb2.StreamAdviceRequest
    | recommendation_pb2.BatchRecommendRequest
)
ReplacingRequest = (
    recommendation_pb2.SubstituteExerciseRequest
    | recommendation_pb2.SubstituteFoodRequest
    | recommendation_pb2.SubstituteMealRequest
    | recommendation_pb2.RegenerateDayRequest
    | recommendation_pb2.RegenerateNutritionDayRequest
)
Request = (
    GeneratingRequest
    | ReplacingRequest
    | recommendation_pb2.AssessProfileRequest
    | recommendation_pb2.RecommendNutritionWeekRequest
)


def read_request(request: Request) -> tuple[Profile, Wishes]:
    """The profile of any request, and what it says of decoding.

    Raises:
        InvalidProfileError: names every field of the request that cannot be used.
    """
    reader = _Reader()
    profile = reader.read_profile(request)
    wishes = Wishes()
    if isinstance(request, GeneratingRequest) and request.HasField("decoding"):
        streamed = isinstance(request, recommendation_pb2.StreamAdviceRequest)
        wishes = reader.read_decoding(request.decoding, _task_of(request), streamed=streamed)
    reader.check_request_id(request.request_id)
    return reader.finish(profile), wishes


def read_batch_item(request: recommendation_pb2.BatchRecommendRequest) -> tuple[TaskName, Profile, Wishes]:
    """One item of a batch. Raises InvalidProfileError."""
    reader = _Reader()
    if request.kind not in KINDS:
        reader.refuse("kind", f"unknown number {request.kind}" if request.kind else "must be set")
    try:
        profile, wishes = read_request(request)
    except InvalidProfileError as error:
        raise InvalidProfileError((*reader.violations, *error.violations)[:MOST_VIOLATIONS]) from None
    return _task_of(request), reader.finish(profile), wishes


def _task_of(request: GeneratingRequest) -> TaskName:
    match request:
        case recommendation_pb2.BatchRecommendRequest():
            return KINDS.get(request.kind, TaskName.WORKOUT)
        case recommendation_pb2.RecommendWorkoutRequest():
            return TaskName.WORKOUT
        case recommendation_pb2.RecommendNutritionRequest():
            return TaskName.NUTRITION
        case _:
            return TaskName.ADVICE


def check_request_id(request_id: str) -> None:
    """For requests that have nothing else to check. Raises InvalidProfileError."""
    reader = _Reader()
    reader.check_request_id(request_id)
    if reader.violations:
        raise InvalidProfileError(tuple(reader.violations))


class _Reader:
    """Reads fields and remembers what is wrong with them, as far as anybody will be told."""

    def __init__(self) -> None:
        self.violations: list[FieldViolation] = []

    def refuse(self, field: str, description: str) -> None:
        if len(self.violations) < MOST_VIOLATIONS:
            self.violations.append(FieldViolation(field, description))

    def finish(self, profile: Profile | None) -> Profile:
        if self.violations or profile is None:
            raise InvalidProfileError(tuple(self.violations))
        return profile

    def check_request_id(self, request_id: str) -> None:
        if len(request_id) > MAX_REQUEST_ID:
            self.refuse("request_id", f"at most {MAX_REQUEST_ID} characters")
        elif not request_id.isprintable():
            self.refuse("request_id", "printable characters only")

    def read_decoding(
        self, message: recommendation_pb2.DecodingOptions, task: TaskName, *, streamed: bool
    ) -> Wishes:
        temperature = message.temperature if message.HasField("temperature") else None
        if temperature is not None and not (
            math.isfinite(temperature) and 0 <= temperature <= MAX_TEMPERATURE
        ):
            self.refuse("decoding.temperature", f"must be from 0 to {MAX_TEMPERATURE:g}")
        candidates = message.candidates if message.HasField("candidates") else None
        most = 1 if streamed or temperature == 0 else MOST_CANDIDATES
        if candidates is not None and not 1 <= candidates <= most:
            why = " in a stream" if streamed else " at temperature 0" if most == 1 else ""
            self.refuse("decoding.candidates", f"must be {'1' if most == 1 else f'from 1 to {most}'}{why}")
        if not 0 <= message.alternative <= MOST_ALTERNATIVES:
            self.refuse("decoding.alternative", f"must be from 0 to {MOST_ALTERNATIVES}")
        elif message.alternative and temperature == 0:
            self.refuse("decoding.alternative", "there is one reply at temperature 0")
        return Wishes(
            temperature,
            message.seed if message.HasField("seed") else None,
            candidates,
            message.alternative,
            self._avoided(message.avoid, task),
        )

    def _avoided(self, ids: Sequence[str], task: TaskName) -> frozenset[str]:
        if len(ids) > MOST_AVOIDED:
            self.refuse("decoding.avoid", f"at most {MOST_AVOIDED} entries")
            return frozenset()
        if ids and task is TaskName.ADVICE:
            self.refuse("decoding.avoid", "advice has no foods or exercises; ask for an alternative")
            return frozenset()
        catalog: Mapping[str, object] = exercises() if task is TaskName.WORKOUT else foods()
        return frozenset(self._known("decoding.avoid", list(ids), catalog))

    def read_profile(self, request: Request) -> Profile | None:
        language = self._language(request.language_code)
        if not request.HasField("profile"):
            self.refuse("profile", "must be set")
            return None
        values = read(request.profile, self.refuse, "profile.")
        values["language"] = language
        for name, catalog in (("disliked_exercises", exercises()), ("disliked_foods", foods())):
            values[name] = self._known(f"profile.{name}", values.get(name, ()), catalog)
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

    def _known(self, field: str, ids: object, catalog: Mapping[str, object]) -> list[str]:
        known = []
        for index, item in enumerate(ids if isinstance(ids, list) else ()):
            if item in catalog:
                known.append(item)
            else:
                # The text itself is not repeated: it may be anything, and messages reach logs.
                self.refuse(f"{field}[{index}]", "is no identifier of the catalog")
        return known
