"""What people see of replies: on wide and narrow terminals, in both languages, without colour."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from fitbox_client.commands import recommend
from fitbox_client.overrides_file import read_overrides
from fitbox_client.render import to_json, to_rich
from fitbox_client.screen import Reader
from fitbox_client.testing import ScriptedServer
from rich.console import Console
from typer.testing import CliRunner

from fitbox.errors import InvalidProfileError
from fitbox.nutrition.task import NUTRITION
from fitbox.nutrition.week import assembled
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.plan import EatingWeek, Leftover, NutritionPlan, PlanSource, WorkoutPlan
from fitbox.profile import EnergyUnit, Language
from fitbox.reply import EatingWeekReply, Provenance, Recommendation, told
from fitbox.rpc.messages import reply_to_proto, to_proto
from fitbox.v1 import recommendation_pb2 as pb
from fitbox.workout.task import WORKOUT
from tests import fakes

NARROW, WIDE = 50, 120
OPTIONS = ["--age", "40", "--sex", "female", "--weight-kg", "70", "--height-cm", "170"]


@cache
def week(language: Language) -> Recommendation[WorkoutPlan]:
    """The planner's, as a model's best of three."""
    member = fakes.MEMBER.model_copy(update={"language": language})
    prepared = WORKOUT.prepare(member)
    return Recommendation("", prepared.planned(1), told(prepared.assessment, language), _provenance())


@cache
def day(language: Language) -> Recommendation[NutritionPlan]:
    """The same of a day of eating."""
    member = fakes.MEMBER.model_copy(update={"language": language})
    prepared = NUTRITION.prepare(member)
    return Recommendation("", prepared.planned(1), told(prepared.assessment, language), _provenance())


def _provenance() -> Provenance:
    return Provenance(
        adapter_version="v000001-aaaaaaaa",
        adapter_digest="",
        dataset_digest="",
        base_model="base",
        engine="scripted",
        evaluation_score=None,
        source=PlanSource.MODEL,
        prompt_tokens=1,
        completion_tokens=2,
        elapsed_seconds=0.5,
        time_to_first_token_seconds=0.1,
        attempts=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        candidates=3,
    )


def screen(
    reply: Recommendation[WorkoutPlan] | Recommendation[NutritionPlan] | EatingWeekReply,
    reader: Reader = Reader(),  # noqa: B008 - it is frozen
    width: int = WIDE,
) -> str:
    """As it stands on a terminal of that width."""
    out = io.StringIO()
    Console(file=out, width=width, no_color=True).print(to_rich(reply, reader), markup=False, highlight=False)
    return out.getvalue()


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
def test_a_week_tells_how_hard_how_fast_and_what_comes(language: Language, width: int) -> None:
    """Effort, tempo, warm-up and cool-down, every week of the programme with its deload; nothing is cut."""
    reply = week(language)
    reader = Reader(language)
    text = screen(reply, reader, width)
    said = " ".join(text.split())
    first = reply.plan.sessions[0]
    assert all(item.name.split()[0] in said for item in (*first.warm_up, *first.cool_down))
    assert all(line.name.split()[0] in said for line in first.exercises)
    assert "RPE" in said
    assert any(line.tempo and line.tempo in said for line in first.exercises)
    for one in reply.plan.programme.weeks:
        assert (f"{one.number} {reader.say('deload')}" in said) is one.deload
    assert reader.say("candidates", count=3) in said
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
def test_a_day_tells_dishes_measures_and_nutrients(language: Language, width: int) -> None:
    """With what the references are and whether they are met; in kJ where the member reads kJ."""
    reply = day(language)
    text = screen(reply, Reader(language, EnergyUnit.KJ), width)
    said = " ".join(text.split())
    portions = [portion for meal in reply.plan.meals for portion in meal.portions]
    assert all(meal.dish.split()[0] in said for meal in reply.plan.meals)
    assert all(one.household_measure.split()[0] in said for one in portions if one.household_measure)
    assert all(one.name in said for one in reply.plan.nutrients)
    assert f"{reply.plan.target_kj:.0f} kJ" in said
    assert "kcal" not in said
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


def test_details_add_cues_sources_and_every_line_of_every_week() -> None:
    """Which most people do not want to scroll through."""
    brief, full = (screen(week(Language.EN), Reader(details=on)) for on in (False, True))
    cue = week(Language.EN).plan.sessions[0].exercises[0].cue.split()[0]
    assert cue in full
    assert len(full) > 1.5 * len(brief)
    sources = {one.source.split()[0] for one in day(Language.EN).plan.nutrients}
    assert all(one in screen(day(Language.EN), Reader(details=True)) for one in sources)


def test_a_week_of_eating_ends_with_what_to_buy() -> None:
    """Leftovers are marked, notes are said once."""
    plan = day(Language.EN).plan
    constraints = NUTRITION.constrain(fakes.MEMBER)
    made = assembled((plan, plan), (Leftover(2, 2, 1, 4),), (), constraints)
    text = screen(EatingWeekReply(made, day(Language.EN).assessment, PlanSource.PLANNER))
    assert "left from day 1" in text
    assert f"{made.shopping[0].grams} g" in text
    assert all(text.count(note[:30]) <= 1 for note in plan.notes)


def test_overrides_are_shown_by_name() -> None:
    """Those that were set, as the reply echoes them."""
    reply = replace(day(Language.EN), nutrition_overrides=NutritionOverrides(1900, fixed_foods=("salmon",)))
    assert "target_kcal 1900; fixed_foods salmon" in screen(reply)


@pytest.mark.parametrize("reply", [week(Language.EN), day(Language.EN)], ids=["week", "day"])
def test_a_reply_is_one_line_of_json(reply: Recommendation[WorkoutPlan]) -> None:
    """Every field of it."""
    assert json.loads(to_json(reply))["provenance"]["candidates"] == 3
    assert "\n" not in to_json(reply)


def test_a_file_of_overrides_says_what_it_may_not_set(tmp_path: Path) -> None:
    """A name that there is none of would else be a wish that is silently dropped."""
    path = tmp_path / "overrides.json"
    path.write_text('{"target_kcal": 1900, "fixed_foods": ["salmon"]}')
    assert read_overrides(path, NutritionOverrides) == NutritionOverrides(1900, fixed_foods=("salmon",))
    assert read_overrides(None, WorkoutOverrides) is None
    for wrong, field in (
        ('{"target_kj": 8000}', "overrides.target_kj"),
        ('{"fat_g": "much"}', "overrides.fat_g"),
    ):
        path.write_text(wrong)
        with pytest.raises(InvalidProfileError) as caught:
            read_overrides(path, NutritionOverrides)
        assert [violation.field for violation in caught.value.violations] == [field]


def test_commands_ask_for_weeks_figures_and_reasons(tmp_path: Path) -> None:
    """Each with options of its own beside the shared ones."""
    overrides = tmp_path / "overrides.json"
    overrides.write_text('{"most_repetitions": 12}')
    eating = EatingWeek((day(Language.EN).plan,))
    found = EatingWeekReply(eating, day(Language.EN).assessment, PlanSource.PLANNER)
    with ScriptedServer() as server:
        server.reply("RecommendWorkout", reply_to_proto(week(Language.EN)))
        server.reply("RecommendNutritionWeek", to_proto(pb.RecommendNutritionWeekResponse, found))
        server.reply(
            "AssessProfile", pb.AssessProfileResponse(assessment=reply_to_proto(week(Language.EN)).assessment)
        )
        for command in (
            ["workout", "--explain", "--overrides-json", str(overrides)],
            ["nutrition-week", "--eating-days", "1", "--another", "2"],
            ["assessment", "--units", "imperial"],
        ):
            result = CliRunner().invoke(recommend, [*command, *OPTIONS, "--server", server.address])
            assert result.exit_code == 0, result.output
        asked = [request for _, request in server.requests]
        result = CliRunner().invoke(recommend, ["nutrition-week", "--help"])
        assert "--eating-days" in result.output
        assert "--overrides-json" not in result.output
    assert asked[0].explain
    assert asked[0].overrides.most_repetitions == 12
    assert (asked[1].days, asked[1].alternative) == (1, 2)
