"""Whether plans follow a member's history: how often the refused comes back, and the wished-for comes.

    python -m bench.history --arms planner random starting models/adapters/VERSION --n 100

Each member refuses three items of a plan that the planner might have written before: one swapped for another
of its kind, one skipped twice, one too hard (a food: skipped twice as well). Every arm then answers once
without and once with that history, decoded as a server decodes. The same items are asked after in both, so
what is common anyway counts on both sides. Prints one JSON object an arm and task. An adapter that knows no
histories may even bring the items back more often, since it reads their names.

``--profiles`` takes a CSV file of members, those held out of training first; without it they are made up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from fitbox_trainer.data.examples import Member
from fitbox_trainer.data.histories import alternatives, earlier_items
from fitbox_trainer.data.split import seed_of
from fitbox_trainer.evaluation.arms import Arm, Outcome, planner_arm, random_arm
from fitbox_trainer.evaluation.cli import members_of
from fitbox_trainer.evaluation.engine import with_engine
from fitbox_trainer.evaluation.items import Item, choose_members, make_items
from fitbox_trainer.evaluation.run import BASE, PLANNER, RANDOM, STARTING, Evaluator
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.evaluation.texts import TextCache
from fitbox_trainer.run.presets import Data, Evaluation
from fitbox_trainer.run.runconfig import shipped_adapter

from fitbox.history.events import Event, EventKind
from fitbox.tasks import TaskName

TASKS = (TaskName.WORKOUT, TaskName.NUTRITION)
REFUSED = 3
RESAMPLES = 1000


@dataclass(frozen=True)
class Case:
    """One member and task, asked without and with a history."""

    without: Item
    with_history: Item
    refused: frozenset[str]
    wanted: frozenset[str]


def cases(members: Sequence[Member]) -> list[Case]:
    """Cases of the members to whom something can be recommended, and who have three items to refuse."""
    plain = [replace(member, profile=member.profile.model_copy(update={"history": ()})) for member in members]
    found = []
    for item in make_items(plain, TASKS):
        events = refusals(item)
        profile = item.member.profile.model_copy(update={"history": events})
        told = replace(
            item,
            member=replace(item.member, profile=profile),
            constraints=replace(item.constraints, profile=profile),
        )
        refused = frozenset(event.item for event in events)
        wanted = frozenset(event.swapped_for for event in events if event.swapped_for)
        if len(refused) == REFUSED:
            found.append(Case(item, told, refused, wanted))
    return found


def refusals(item: Item) -> tuple[Event, ...]:
    """Three clear refusals of items of an earlier plan; fewer where it has fewer."""
    seed = seed_of(item.member.member_id, f"refusals {item.task.name}")
    rng = Random(seed)
    earlier = earlier_items(item.constraints, seed)
    if len(earlier) < REFUSED:
        return ()
    swapped, skipped, last = rng.sample(earlier, REFUSED)
    others = alternatives(swapped, item.constraints, earlier)
    skip = Event(kind=EventKind.SKIPPED, item=skipped)
    too_hard = item.task.name is TaskName.WORKOUT
    end = Event(kind=EventKind.TOO_HARD if too_hard else EventKind.SKIPPED, item=last)
    first = (
        Event(kind=EventKind.SWAPPED, item=swapped, swapped_for=rng.choice(others))
        if others
        else Event(kind=EventKind.SKIPPED, item=swapped)
    )
    return (first, skip, skip, end, *(() if too_hard else (end,)))


def measured(name: str, task: TaskName, asked: Sequence[Case], without: Arm, told: Arm) -> dict[str, object]:
    """One line of the result."""
    rows = [
        (case, before, after)
        for case, before, after in zip(asked, without.outcomes, told.outcomes, strict=True)
        if before.feasible and after.feasible
    ]
    refused = [(share(case.refused, before), share(case.refused, after)) for case, before, after in rows]
    wanted = [
        (share(case.wanted, before), share(case.wanted, after)) for case, before, after in rows if case.wanted
    ]
    low, high = interval([after - before for before, after in refused])
    return {
        "arm": name,
        "task": task.value,
        "members": len(rows),
        "refused_without": mean([before for before, _ in refused]),
        "refused_with": mean([after for _, after in refused]),
        "refused_change_lower": low,
        "refused_change_upper": high,
        "wanted_without": mean([before for before, _ in wanted]),
        "wanted_with": mean([after for _, after in wanted]),
        "quality_without": mean(without.scores),
        "quality_with": mean(told.scores),
        "violations": sum(len(outcome.violations) for arm in (without, told) for outcome in arm.outcomes),
        "failed": len(asked) - len(rows),
    }


def share(ids: frozenset[str], outcome: Outcome) -> float:
    """Share of the ids that are in a plan."""
    return len(ids & outcome.items) / len(ids)


def mean(values: Sequence[float]) -> float | None:
    """Rounded; nothing of nothing."""
    return round(statistics.fmean(values), 4) if values else None


def interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """95 % of the mean, by bootstrap over members."""
    if not values:
        return None, None
    rng = Random(0)
    means = sorted(statistics.fmean(rng.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return round(means[RESAMPLES // 40], 4), round(means[-1 - RESAMPLES // 40], 4)


def answer(name: str, items: Sequence[Item], base_model: Path, engine: str) -> Arm:
    """One arm's plans."""
    if name == PLANNER:
        return planner_arm(items)
    if name == RANDOM:
        return random_arm(items)
    adapter = None if name == BASE else shipped_adapter(base_model) if name == STARTING else Path(name)
    if name != BASE and adapter is None:
        raise SystemExit(f"no starting adapter ships for {base_model.name}")
    settings = with_engine(Evaluation(), engine, {}, base_model)
    evaluator = Evaluator(items, base_model, settings, TextCache(None))
    return evaluator.engine_arm(name, adapter and adapter.absolute())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.history", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--arms",
        nargs="+",
        default=[PLANNER, RANDOM],
        help="planner, random, base, starting, or an adapter's folder",
    )
    parser.add_argument("--profiles", type=Path, help="CSV file of members; made-up ones without it")
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--base-model", type=Path, default=Path("models/base/smollm2-135m-instruct"))
    parser.add_argument("--engine", default="auto")
    arguments = parser.parse_args()
    if arguments.profiles is None:
        members = synthetic_members(arguments.n)
    else:
        held_out_share = Data().held_out_share
        members = choose_members(
            members_of(arguments.profiles), count=arguments.n, held_out_share=held_out_share
        )
    found = cases(members)
    for name in arguments.arms:
        everything = [case.without for case in found] + [case.with_history for case in found]
        arm = answer(name, everything, arguments.base_model.absolute(), arguments.engine)
        for task in TASKS:
            numbers = [number for number, case in enumerate(found) if case.without.task.name is task]
            without = Arm(name, tuple(arm.outcomes[number] for number in numbers))
            told = Arm(name, tuple(arm.outcomes[len(found) + number] for number in numbers))
            line = measured(name, task, [found[number] for number in numbers], without, told)
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
