"""Commands of the client: ``fitbox recommend`` here, ``fitbox adapters`` and ``fitbox runs`` beside it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from fitbox.files import read_object
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.plan import Advice, NutritionPlan, WorkoutPlan
from fitbox.profile import Profile, validate_profile
from fitbox.workout.facts import KnownMaximum, TrainingFacts
from fitbox_client.adapter_commands import adapters
from fitbox_client.channel import ConnectionSettings
from fitbox_client.client import FitBoxClient
from fitbox_client.command_line import AsJson, Server, readable_errors
from fitbox_client.feedback_commands import feedback
from fitbox_client.overrides_file import read_overrides
from fitbox_client.render import to_json, to_rich
from fitbox_client.requests import CallOptions
from fitbox_client.run_commands import runs
from fitbox_client.screen import Reader
from fitbox_client.types import EatingWeekReply, ProfileAssessment, Recommendation

MAX_PROFILE_BYTES = 1 << 20
"""Of a file with one profile, which takes some hundred."""

Explain = Annotated[bool, typer.Option(help="say what was left out and why")]
Overrides = Annotated[
    Path | None,
    typer.Option(help="a JSON file of what the coach sets; each is kept or the call refused"),
]

__all__ = ["adapters", "feedback", "recommend", "runs"]

recommend = typer.Typer(no_args_is_help=True, help="Ask for a recommendation.")


def _profile_options(command: Callable[..., Any]) -> Callable[..., None]:
    """Give a command every option that describes a member and a call, beside those of its own."""

    @readable_errors
    def run(
        age: Annotated[int | None, typer.Option(help="years")] = None,
        sex: Annotated[str | None, typer.Option(help="female or male")] = None,
        weight_kg: Annotated[float | None, typer.Option()] = None,
        weight_lb: Annotated[float | None, typer.Option(help="instead of --weight-kg")] = None,
        height_cm: Annotated[float | None, typer.Option()] = None,
        height_ft: Annotated[
            int | None, typer.Option(help="instead of --height-cm, with --height-in")
        ] = None,
        height_in: Annotated[
            float | None, typer.Option(help="inches beyond the feet, or all of them")
        ] = None,
        level: Annotated[str, typer.Option(help="beginner, intermediate or advanced")] = "beginner",
        goal: Annotated[
            str | None, typer.Option(help="for instance weight_loss; derived if left out")
        ] = None,
        days: Annotated[int, typer.Option(help="training days a week")] = 3,
        minutes: Annotated[int, typer.Option(help="minutes a session")] = 60,
        equipment: Annotated[
            str | None, typer.Option(help="comma-separated, or 'none'; a full gym if left out")
        ] = None,
        conditions: Annotated[str, typer.Option(help="comma-separated, for instance knee,lower_back")] = "",
        diet: Annotated[str, typer.Option(help="omnivore, pescatarian, vegetarian, vegan, ...")] = "omnivore",
        allergies: Annotated[str, typer.Option(help="comma-separated, for instance milk,nuts")] = "",
        meals: Annotated[int, typer.Option(help="meals a day, from 2")] = 4,
        job: Annotated[str | None, typer.Option(help="sedentary, standing, moving or heavy")] = None,
        focus: Annotated[str, typer.Option(help="comma-separated, for instance lower_body,back")] = "",
        history: Annotated[
            str, typer.Option(help="comma-separated, for instance 'skipped plank, swapped salmon for trout'")
        ] = "",
        units: Annotated[str, typer.Option(help="metric or imperial")] = "metric",
        energy_unit: Annotated[str, typer.Option(help="kcal or kj")] = "kcal",
        language: Annotated[str, typer.Option(help="en or fr")] = "en",
        profile_json: Annotated[
            Path | None, typer.Option(help="a file with the whole profile; other options are ignored")
        ] = None,
        seed: Annotated[int | None, typer.Option(help="repeats a sampled reply")] = None,
        temperature: Annotated[float | None, typer.Option(help="0 is greedy")] = None,
        candidates: Annotated[int | None, typer.Option(help="texts to choose from, 1 to 8")] = None,
        another: Annotated[int, typer.Option(help="1 for another reply, 2 for yet another")] = 0,
        avoid: Annotated[str, typer.Option(help="comma-separated ids that the member had")] = "",
        starts_on: Annotated[
            str, typer.Option(help="day of the first session, as 2026-12-07; for a week alone")
        ] = "",
        maxima: Annotated[
            str, typer.Option(help="heaviest single repetitions, as back_squat=120,bench_press=185lb")
        ] = "",
        timeout_seconds: Annotated[float, typer.Option()] = 60.0,
        server: Server = ConnectionSettings.address,
        details: Annotated[bool, typer.Option(help="also cues, every week, every source")] = False,
        json: AsJson = False,
        **own: Any,
    ) -> None:
        values: dict[str, object] = {
            "age_years": age,
            "sex": sex and sex.upper(),
            "weight_kg": weight_kg,
            "weight_lb": weight_lb,
            "height_cm": height_cm,
            "height_ft": height_ft,
            "height_in": height_in,
            "level": level.upper(),
            "goal": goal.upper() if goal else None,
            "workout_days_per_week": days,
            "session_minutes": minutes,
            "equipment": None if equipment is None else _items(equipment.replace("none", "")),
            "conditions": _items(conditions),
            "diet": diet.upper(),
            "allergies": _items(allergies),
            "meals_per_day": meals,
            "job_activity": job.upper() if job else None,
            "focus_areas": _items(focus),
            "history": [event.lower() for event in _items(history)],
            "unit_system": units.upper(),
            "energy_unit": energy_unit.upper(),
            "language": language.lower(),
        }
        if profile_json is not None:
            values = {**read_object(profile_json, max_bytes=MAX_PROFILE_BYTES, links=True)}
        else:
            values = {name: value for name, value in values.items() if value is not None}
        options = CallOptions(
            seed=seed,
            temperature=temperature,
            candidates=candidates,
            alternative=another,
            avoid=tuple(item.lower() for item in _items(avoid)),
            training_facts=_training_facts(
                starts_on, maxima, in_pounds=values.get("unit_system") == "IMPERIAL"
            ),
            timeout_seconds=timeout_seconds,
        )
        with FitBoxClient(server) as client:
            profile = validate_profile(values)
            reply = command(client, profile, options, **own)
        shown = to_json(reply) if json else to_rich(reply, Reader.of(profile, details=details))
        Console().print(shown, soft_wrap=json, markup=False, highlight=False)

    return _named_like(command, run)


def _named_like(command: Callable[..., Any], run: Callable[..., None]) -> Callable[..., None]:
    """``run`` under the command's name, with the command's own options in the place of its ``**own``."""
    own = [
        one
        for one in inspect.signature(command, eval_str=True).parameters.values()
        if one.kind is one.KEYWORD_ONLY
    ]
    shared = inspect.signature(run, eval_str=True)
    options = [one for one in shared.parameters.values() if one.kind is not one.VAR_KEYWORD]
    options = [one.replace(kind=one.KEYWORD_ONLY) for one in options]

    @functools.wraps(run)
    def named(**values: Any) -> None:
        run(**values)

    named.__name__, named.__doc__ = command.__name__, command.__doc__
    named.__signature__ = shared.replace(parameters=[*options, *own])  # type: ignore[attr-defined]
    named.__annotations__ = {one.name: one.annotation for one in (*options, *own)}
    return named


@recommend.command()
@_profile_options
def workout(
    client: FitBoxClient,
    profile: Profile,
    options: CallOptions,
    *,
    explain: Explain = False,
    overrides_json: Overrides = None,
) -> Recommendation[WorkoutPlan]:
    """A training week."""
    overrides = read_overrides(overrides_json, WorkoutOverrides)
    return client.recommend_workout(profile, replace(options, explain=explain, overrides=overrides))


@recommend.command()
@_profile_options
def nutrition(
    client: FitBoxClient,
    profile: Profile,
    options: CallOptions,
    *,
    explain: Explain = False,
    overrides_json: Overrides = None,
) -> Recommendation[NutritionPlan]:
    """A day of eating."""
    overrides = read_overrides(overrides_json, NutritionOverrides)
    return client.recommend_nutrition(profile, replace(options, explain=explain, overrides=overrides))


@recommend.command()
@_profile_options
def advice(
    client: FitBoxClient, profile: Profile, options: CallOptions, *, explain: Explain = False
) -> Recommendation[Advice]:
    """Short personal advice."""
    return client.recommend_advice(profile, replace(options, explain=explain))


@recommend.command("nutrition-week")
@_profile_options
def nutrition_week(
    client: FitBoxClient,
    profile: Profile,
    options: CallOptions,
    *,
    eating_days: Annotated[int, typer.Option(help="days of eating, 1 to 14")] = 7,
) -> EatingWeekReply:
    """Several days of eating that share ingredients, and what to buy for them."""
    return client.recommend_nutrition_week(
        profile, eating_days, alternative=options.alternative, timeout_seconds=options.timeout_seconds
    )


@recommend.command()
@_profile_options
def assessment(client: FitBoxClient, profile: Profile, options: CallOptions) -> ProfileAssessment:
    """The figures that follow from a profile: no model is asked."""
    return client.assess(profile, timeout_seconds=options.timeout_seconds)


def _items(text: str) -> list[str]:
    return [part.strip().upper() for part in text.split(",") if part.strip()]


def _training_facts(starts_on: str, maxima: str, *, in_pounds: bool) -> TrainingFacts | None:
    """A maximum without a unit is in the member's. Raises BadParameter for one that is no number."""
    facts = TrainingFacts(starts_on, tuple(_maximum(item, in_pounds=in_pounds) for item in _items(maxima)))
    return facts if facts != TrainingFacts() else None


def _maximum(item: str, *, in_pounds: bool) -> KnownMaximum:
    name, _, figure = item.lower().partition("=")
    unit = next((unit for unit in ("lb", "kg") if figure.endswith(unit)), "lb" if in_pounds else "kg")
    try:
        value = float(figure.removesuffix(unit))
    except ValueError:
        raise typer.BadParameter(
            f"{item.lower()}: must be as back_squat=120", param_hint="--maxima"
        ) from None
    return KnownMaximum(name.strip(), **{unit: value})
