"""``fitbox eval``: measure any arms on the members of any file, through real engine workers."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fitbox.advice.vocabulary import NOTHING, read_vocabulary
from fitbox.errors import ConfigurationError, DatasetError
from fitbox.registry import Registry
from fitbox_trainer.data.examples import Member, read_members
from fitbox_trainer.evaluation.arms import Arm, planner_arm, random_arm
from fitbox_trainer.evaluation.engine import with_engine
from fitbox_trainer.evaluation.items import choose_members, held_out, make_items
from fitbox_trainer.evaluation.run import BASE, PLANNER, RANDOM, STARTING, Evaluator, held_out_nll
from fitbox_trainer.evaluation.texts import TextCache
from fitbox_trainer.intake.pipeline import ingest
from fitbox_trainer.run import plots
from fitbox_trainer.run.presets import Data, Evaluation
from fitbox_trainer.run.runconfig import shipped_adapter

_ADAPTER = "adapter="


def evaluate(
    *,
    profiles: Path,
    arms: tuple[str, ...],
    n: int,
    models: Path,
    engine: str = "auto",
    engine_options: Mapping[str, str] | None = None,
    base_model: str = "smollm2-135m-instruct",
    likelihood: bool = False,
    plot: Path | None = None,
) -> dict[str, Any]:
    """Evaluate arms on at most ``n`` members of a CSV file; the report is seen from the first arm.

    Members that no training sees come first, so with ``n`` up to their number none was trained on;
    ``held_out_members`` says how many those are.

    Args:
        profiles: CSV file in any layout that intake reads.
        arms: ``planner``, ``random``, ``base``, ``starting`` (the shipped starting adapter, before any
            training here), ``adapter=VERSION`` (``adapter=active`` too).
        n: Members; each is asked for one plan a task.
        models: The registry.
        engine: The engine whose decoding is measured; ``auto`` takes the one that would serve here.
        engine_options: Its options, as the server takes them.
        base_model: Name under ``models/base`` where no adapter names it.
        likelihood: Also measure the negative log-likelihood a token of each model arm on the held-out
            members' targets (``nll``); loads torch, in a process of its own.
        plot: PNG file to draw arms and gains in.

    Raises:
        ConfigurationError: an arm that does not exist.
        DatasetError: no usable member in the file.
        AdapterNotFoundError, BaseModelError, EngineStartError: what the arm needs is not there or does not
        load.
    """
    done = judged(
        profiles=profiles,
        arms=arms,
        n=n,
        models=models,
        engine=engine,
        engine_options=engine_options,
        base_model=base_model,
    )
    evaluator, members = done.evaluator, done.members
    unseen = held_out(members, Data().held_out_share)
    found = evaluator.report(dict(done.arms), ours=arms[0])
    found |= {"members": len(members), "held_out_members": len(unseen)}
    if likelihood and unseen:
        for arm in done.arms:
            if arm == BASE or arm in done.adapters:
                found["arms"][arm]["nll"] = _likelihood(evaluator.base_model, done.adapters.get(arm), unseen)
        found["held_out_nll"] = found["arms"][arms[0]].get("nll")
    if plot is not None:
        plots.plot_evaluation(found, plot)
    return found


@dataclass(frozen=True)
class Judged:
    """Arms on the members of a file, before anything is summed up."""

    evaluator: Evaluator
    members: tuple[Member, ...]
    arms: Mapping[str, Arm]
    adapters: Mapping[str, Path]
    """Adapter folder by the name of its arm."""


def judged(
    *,
    profiles: Path,
    arms: tuple[str, ...],
    n: int,
    models: Path,
    engine: str = "auto",
    engine_options: Mapping[str, str] | None = None,
    base_model: str = "smollm2-135m-instruct",
) -> Judged:
    """Let every arm answer for the members; arguments and errors as :func:`evaluate`."""
    registry = Registry(models)
    adapters = {arm: registry.get(arm.removeprefix(_ADAPTER)) for arm in arms if arm.startswith(_ADAPTER)}
    known = (PLANNER, RANDOM, BASE, STARTING, *adapters)
    unknown = [arm for arm in arms if arm not in known]
    if unknown or not arms:
        raise ConfigurationError(
            f"no arm {', '.join(unknown)!r}: use planner, random, base, starting or adapter=VERSION"
        )
    share = Data().held_out_share
    members = choose_members(members_of(profiles), count=n, held_out_share=share)
    name = next((version.base_model for version in adapters.values()), base_model)
    folders = {arm: version.path for arm, version in adapters.items()}
    if STARTING in arms:
        folders[STARTING] = _starting_adapter(models / "base" / name)
    # Of the first version named: arms are compared within one grammar.
    vocabulary = next((read_vocabulary(version.path) for version in adapters.values()), NOTHING)
    evaluator = Evaluator(
        items=make_items(members, vocabulary=vocabulary),
        # Only an engine needs the base; planner and random plans need none.
        base_model=models / "base" / name,
        settings=Evaluation(),
        cache=TextCache(None),
    )
    if BASE in arms or folders:
        registry.verify_base(registry.base_model(name))
        settings = with_engine(evaluator.settings, engine, engine_options or {}, evaluator.base_model)
        evaluator = replace(evaluator, settings=settings)
    answered: dict[str, Arm] = {}
    for arm in arms:
        if arm in adapters:
            registry.verify(adapters[arm])
        if arm in folders:
            answered[arm] = evaluator.engine_arm(arm, folders[arm])
        elif arm == BASE:
            answered[arm] = evaluator.engine_arm(BASE, None)
        else:
            answered[arm] = (planner_arm if arm == PLANNER else random_arm)(evaluator.items)
    return Judged(evaluator, members, answered, folders)


def _starting_adapter(base_model: Path) -> Path:
    found = shipped_adapter(base_model)
    if found is None:
        raise ConfigurationError(f"no starting adapter ships for the base model {base_model.name}")
    return found


def _likelihood(base_model: Path, adapter: Path | None, members: tuple[Member, ...]) -> float:
    return round(held_out_nll(base_model, adapter, members), 5)


def members_of(profiles: Path) -> tuple[Member, ...]:
    """Members of a CSV file in any layout that intake reads.

    Raises:
        DatasetError: there is no such file, or no usable member in it.
    """
    if not profiles.is_file():
        raise DatasetError(f"{profiles}: no such file")
    with tempfile.TemporaryDirectory() as folder:
        report = ingest(profiles, Path(folder))
        if report.members is None:
            raise DatasetError(f"{profiles}: {report.reason}")
        return read_members([report.members])
