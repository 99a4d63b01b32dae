"""The examples: each runs, from its first line to its last, against a scripted server."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from fitbox_client.testing import ScriptedServer
from google.rpc import error_details_pb2

from fitbox.v1 import adapter_pb2, plan_pb2
from fitbox.v1 import recommendation_pb2 as pb
from tests.client.test_client import refuse, workout_reply

EXAMPLES = Path(__file__).parents[2] / "client" / "examples"
WHAT_FOLLOWS = {
    "assessment": plan_pb2.Assessment(bmi_class="BMI_CLASS_NORMAL", goal="GOAL_MAINTENANCE"),
    "provenance": plan_pb2.Provenance(source="PLAN_SOURCE_MODEL", adapter_version="v000001-aaaaaaaa"),
}
ADVICE = pb.RecommendAdviceResponse(
    advice=plan_pb2.Advice(tips=[plan_pb2.Tip(topic="Sleep", text="Eight hours.")]),
    explanation=pb.Explanation(rules=[pb.ExplainedRule(id="LEVEL", source="ACSM", text="too hard")]),
    **WHAT_FOLLOWS,
)
PORTION = plan_pb2.FoodPortion(food_id="oats", name="Oats", grams=80)
NUTRITION = pb.RecommendNutritionResponse(
    plan=plan_pb2.NutritionPlan(meals=[plan_pb2.Meal(name="Breakfast", portions=[PORTION])], total_kcal=2100),
    **WHAT_FOLLOWS,
)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Answers every method that an example calls."""
    with ScriptedServer() as server:
        server.reply("RecommendWorkout", workout_reply())
        server.reply("RecommendNutrition", NUTRITION)
        server.reply("RecommendAdvice", ADVICE)
        server.reply(
            "StreamAdvice",
            [pb.StreamAdviceResponse(text_delta="sleep: "), pb.StreamAdviceResponse(result=ADVICE)],
        )
        server.reply("RecommendNutritionWeek", eating_week("Pasta", "Curry", "Stew"))
        server.reply("RegenerateNutritionDay", eating_week("Pasta", "Soup", "Stew"))
        server.reply("BatchRecommend", outcomes)
        server.reply("WatchAdapters", watched)
        yield server


def eating_week(*dinners: str) -> pb.RecommendNutritionWeekResponse:
    """Days with these dinners, whichever of the two methods it answers."""
    days = [plan_pb2.NutritionPlan(meals=[plan_pb2.Meal(name="Dinner", dish=dish)]) for dish in dinners]
    shopping = [plan_pb2.ToBuy(food_id="oats", name="Oats", grams=500)]
    return pb.RecommendNutritionWeekResponse(
        week=plan_pb2.EatingWeek(days=days, shopping=shopping),
        assessment=WHAT_FOLLOWS["assessment"],
        source="PLAN_SOURCE_PLANNER",
    )


def outcomes(requests: list[pb.BatchRecommendRequest], context: Any) -> Iterator[pb.BatchRecommendResponse]:
    """The first item fails, the others do not."""
    error = pb.BatchItemError(code=9, message="nothing fits", reason="NO_EXERCISE_LEFT")
    yield pb.BatchRecommendResponse(request_id=requests[0].request_id, error=error)
    for request in requests[1:]:
        yield pb.BatchRecommendResponse(request_id=request.request_id, workout=workout_reply())


def watched(request: Any, context: Any) -> Iterator[adapter_pb2.WatchAdaptersResponse]:
    """Two changes, then the server restarts."""
    for state in ("LOADING", "ACTIVE"):
        adapter = adapter_pb2.Adapter(version="v000001-aaaaaaaa", state=f"ADAPTER_STATE_{state}")
        yield adapter_pb2.WatchAdaptersResponse(adapter=adapter, serving_version="base")
    context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")


def load(name: str) -> Any:
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name: str, *arguments: Any) -> None:
    """Call an example's ``main``."""
    result = load(name).main(*arguments)
    if inspect.isawaitable(result):
        asyncio.run(result)  # type: ignore[arg-type]  # a coroutine


EXPECTED = {
    "eating_week": [
        "['Pasta', 'Curry', 'Stew']",
        "['Pasta', 'Soup', 'Stew']",
        "500 g Oats",
        "LEVEL: too hard",
    ],
    "recommend": ["['Plank']", "80 g Oats", "by v000001-aaaaaaaa MODEL"],
    "recommend_async": ["1 sessions, 2100 kcal a day", "Sleep: Eight hours."],
    "stream_advice": ["sleep: \nSleep: Eight hours."],
    "batch": ["member-0: FAILED_PRECONDITION [NO_EXERCISE_LEFT]", "member-999: 1 sessions"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_prints_what_it_says(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Against real gRPC and scripted replies."""
    run(name, server.address)
    printed = capsys.readouterr().out
    for line in EXPECTED[name]:
        assert line in printed


def test_the_watch_goes_on_after_a_restart(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends the stream after two changes; the example watches again."""
    module = load("watch_adapters")
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    module.main(server.address, limit=5)
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_the_first_example_says_what_could_be_relaxed(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A typed error leads to something that a person can do."""
    info = error_details_pb2.ErrorInfo(reason="NO_FOOD_LEFT", metadata={"relax": "allergies,diet"})
    server.reply("RecommendNutrition", refuse(grpc.StatusCode.FAILED_PRECONDITION, "nothing", info))
    run("recommend", server.address)
    assert "could be relaxed: allergies, diet" in capsys.readouterr().out


def test_every_example_is_run_here() -> None:
    """A new one must be added."""
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert names == {*EXPECTED, "watch_adapters"}
