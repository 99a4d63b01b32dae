"""What four minutes of training on your own coach's texts change.

    python -m bench.coach --base models/base/smollm2-135m-instruct [--rows 600] [--members 30]

FitBox's shipped adapter already writes as the expert planner does, so training on the planner's targets has
little left to teach. A coach with habits of their own has. Here the coach is the planner with a repertoire:
half of the exercises and half of the foods, drawn by a hash. Members of a synthetic file get that coach's
texts in its columns, the file goes through intake, ``cpu-quick`` trains on it, and for members held out of
training both adapters answer through the engine that serves, with the whole catalog allowed.

One JSON line a contender: ``repertoire_share`` is the share of the chosen exercises and foods that the coach
uses (about half by chance), ``held_out_nll`` the mean negative log-likelihood (nats) of a token of those
members' targets, ``quality`` the usual score.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
from fitbox_trainer.data.examples import read_members
from fitbox_trainer.evaluation.arms import decoded_arm
from fitbox_trainer.evaluation.decode import requests_for
from fitbox_trainer.evaluation.items import Item, held_out, make_items
from fitbox_trainer.evaluation.run import held_out_nll
from fitbox_trainer.evaluation.texts import TextCache
from fitbox_trainer.intake.headers import Shape
from fitbox_trainer.intake.pipeline import ingest
from fitbox_trainer.intake.synth import synthesise
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import load_preset
from fitbox_trainer.run.runconfig import RunConfig, shipped_adapter

from fitbox.engine.types import EngineSpec
from fitbox.errors import NoPlanPossibleError, PlanTextError
from fitbox.exercises import exercises
from fitbox.foods import foods
from fitbox.nutrition.draft import NutritionDraft
from fitbox.profile import Profile, validate_profile
from fitbox.tasks import TaskName, task
from fitbox.workout.draft import WorkoutDraft

COACHED = (TaskName.WORKOUT, TaskName.NUTRITION)


def in_repertoire(catalog_id: str) -> bool:
    """Whether the coach uses it: one half of each catalog, for no other reason than its hash."""
    return hashlib.sha256(f"coach/{catalog_id}".encode()).digest()[0] % 2 == 0


def coach_text(name: TaskName, profile: Profile, seed: int) -> str:
    """What the coach writes for a member; empty where the repertoire has no plan for them."""
    unused = {"disliked_exercises": exercises(), "disliked_foods": foods()}
    habits = {key: frozenset(i for i in catalog if not in_repertoire(i)) for key, catalog in unused.items()}
    implementation = task(name)
    try:
        constraints = implementation.constrain(profile.model_copy(update=habits))
    except NoPlanPossibleError:
        return ""
    return implementation.render(implementation.plan(constraints, seed))


def write_csv(path: Path, rows: int, seed: int) -> None:
    """Synthetic members with the coach's texts beside them."""
    frame = pl.concat(synthesise(rows, seed, Shape.FITBOX))
    profiles = [validate_profile(row) for row in frame.to_dicts()]
    columns = {
        f"coach_{name}": [coach_text(name, profile, number) for number, profile in enumerate(profiles)]
        for name in COACHED
    }
    frame.hstack(pl.DataFrame(columns)).write_csv(path)


def chosen(item: Item, text: str) -> Iterable[str]:
    """Ids of the exercises or foods of a text; none where it is not whole."""
    try:
        draft = item.task.parse(text, item.constraints)
    except PlanTextError:
        return
    match draft:
        case WorkoutDraft():
            yield from (line.exercise_id for day in draft.days for line in day.lines)
        case NutritionDraft():
            yield from (portion.food_id for meal in draft.meals for portion in meal.items)


def measure(name: str, adapter: Path, base: Path, items: tuple[Item, ...]) -> dict[str, Any]:
    """One contender's answers for the items."""
    spec = EngineSpec(engine="openvino", base_model=base, adapter=adapter, adapter_version=name)
    arm = decoded_arm(name, items, TextCache(None).decode(spec, requests_for(items), ()))
    used = [
        in_repertoire(catalog_id)
        for item, outcome in zip(items, arm.outcomes, strict=True)
        for catalog_id in chosen(item, outcome.text)
    ]
    members = tuple({item.member.member_id: item.member for item in items}.values())
    return {
        "contender": name,
        "repertoire_share": round(statistics.fmean(used), 3),
        "held_out_nll": round(held_out_nll(base, adapter, members), 4),
        "quality": round(statistics.fmean(arm.scores), 3),
        "violations": sum(len(outcome.violations) for outcome in arm.outcomes),
        "choices": len(used),
        "plans": len(items),
    }


def main() -> None:
    """Write the file, train, compare."""
    parser = argparse.ArgumentParser(prog="bench.coach", description="What a coach's own texts teach.")
    parser.add_argument("--base", type=Path, default=Path("models/base/smollm2-135m-instruct"))
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--members", type=int, default=30, help="held-out members who ask both adapters")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--preset", default="cpu-quick")
    given = parser.parse_args()
    base = given.base.absolute()
    start = shipped_adapter(base)
    if start is None:
        sys.exit(f"the shipped adapter was not made for {base}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_csv(folder / "coach.csv", given.rows, given.seed)
        report = ingest(folder / "coach.csv", folder / "store")
        preset = load_preset(given.preset)
        config = RunConfig(preset=preset, base_model=base, members=(Path(str(report.members)),))
        RunFolder(folder).write_config(config)
        command = [sys.executable, "-m", "fitbox_trainer.finetune", "--run-dir", name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        unseen = held_out(read_members([Path(str(report.members))]), preset.data.held_out_share)
        items = make_items(unseen[: given.members], COACHED)
        for contender, adapter in (("shipped", start), ("trained", folder / "candidate")):
            print(json.dumps(measure(contender, adapter, base, items)), flush=True)


if __name__ == "__main__":
    main()
