"""``fitbox examine``: one arm's plans, as ``fitbox eval`` makes them, before every ruler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fitbox_trainer.evaluation.arms import Arm
from fitbox_trainer.evaluation.cli import judged
from fitbox_trainer.evaluation.items import Item
from fitbox_trainer.evaluation.run import BASE, PLANNER, RANDOM, STARTING
from fitbox_trainer.examine.cases import cases_of
from fitbox_trainer.examine.examination import Examination, examine
from fitbox_trainer.examine.sources import read_sources
from fitbox_trainer.examine.summary import summarise

_FREE = frozenset({PLANNER, RANDOM, BASE, STARTING})


def examine_arm(
    subject: str,
    *,
    profiles: Path,
    n: int,
    models: Path,
    engine: str = "auto",
    engine_options: Mapping[str, str] | None = None,
    base_model: str = "smollm2-135m-instruct",
    nutrients: Path | None = None,
    exercise_db: Path | None = None,
    human_programmes: Path | None = None,
) -> tuple[Examination, dict[str, Any]]:
    """Examine the plans of a version, of ``active``, ``planner``, ``random``, ``base`` or ``starting``.

    Args:
        subject: Whose plans.
        profiles: CSV file in any layout that intake reads.
        n: Members, those held out of training first; each is asked for one plan a task.
        models: The registry.
        engine: The engine that decodes; ``auto`` takes the one that would serve here.
        engine_options: Its options, as the server takes them.
        base_model: Name under ``models/base`` where no adapter names it.
        nutrients: USDA rows by food id, preferred to the catalog's own columns.
        exercise_db: Free Exercise DB's ``exercises.json``.
        human_programmes: Published programmes to compare weeks with.

    Returns:
        What was found, and its summary.

    Raises:
        UnusableFileError: one of the three files cannot be used.
        ConfigurationError, DatasetError, RegistryError, EngineError: as ``fitbox eval``.
    """
    sources = read_sources(nutrients=nutrients, exercise_db=exercise_db, programmes=human_programmes)
    arm = subject if subject in _FREE else f"adapter={subject}"
    found = judged(
        profiles=profiles,
        arms=(arm,),
        n=n,
        models=models,
        engine=engine,
        engine_options=engine_options,
        base_model=base_model,
    )
    cases = cases_of(found.evaluator.items, found.arms[arm])
    done = examine(cases.cases, sources)
    return done, {"subject": subject, "failed_plans": cases.failed} | summarise(done)


def examined(items: Sequence[Item], arm: Arm) -> list[dict[str, Any]]:
    """What the rulers say of each member's plans, for ``evaluation.json`` and the gate.

    By what this project holds alone: a ruler that needs somebody's file has no figure here, so that every
    machine decides alike.
    """
    return [asdict(one) for one in examine(cases_of(items, arm).cases, read_sources()).by_case]
