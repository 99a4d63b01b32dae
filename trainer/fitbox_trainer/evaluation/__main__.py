"""``python -m fitbox_trainer.evaluation --run-dir RUN``: judge a run's candidate on members held out of
training.

Reads ``config.json``, writes ``candidate/evaluation.json`` and ``candidate/evaluation.png``, reports stages
to ``progress.jsonl``. Exit codes are those of :class:`fitbox_trainer.run.exit_codes.ExitCode`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fitbox.errors import ConfigurationError, EngineDiedError, EngineStartError
from fitbox_trainer.data.examples import Member, read_members
from fitbox_trainer.evaluation.arms import Arm
from fitbox_trainer.evaluation.engine import chosen
from fitbox_trainer.evaluation.golden import compare_with, extra_items, golden_sets, key_of
from fitbox_trainer.evaluation.items import choose_members, held_out, make_items
from fitbox_trainer.evaluation.run import (
    BASE,
    CANDIDATE,
    CHAMPION,
    PLANNER,
    STARTING,
    Evaluator,
    held_out_nll,
    write,
)
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.evaluation.texts import TextCache, forget_all_but, texts_folder
from fitbox_trainer.examine.command import examined
from fitbox_trainer.run.ending import run_stage
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.progress import ProgressWriter
from fitbox_trainer.run.runconfig import RunConfig, shipped_adapter

EXAMINED = frozenset({CANDIDATE, CHAMPION, PLANNER})
"""Arms whose plans go before the rulers that are not ours, for the gate and the record."""
MADE_UP = 64
"""Made-up members among which those of earlier evaluations are looked for."""


def evaluate_run(folder: RunFolder, tell: ProgressWriter) -> dict[str, Any]:
    """Evaluate the folder's candidate and return what was written.

    A candidate that the deployed engine does not load, where it loads the base, is no reason to try again:
    the evaluation then says so, in ``load_error``, and holds no arm. A champion or starting adapter that does
    not load is judged without, and ``without`` says why.

    Raises:
        ConfigurationError, DatasetError: input that cannot be used.
        EngineStartError: the deployed engine loads nothing.
        EngineDiedError: its workers die; nothing was judged.
    """
    started = time.monotonic()
    config = folder.config()
    if not (folder.candidate / "adapter_config.json").is_file():
        raise ConfigurationError(f"{folder.candidate} holds no adapter to evaluate")
    settings, share = chosen(config), config.preset.data.held_out_share
    everybody = read_members(config.members)
    members = unseen_members(everybody, settings.members, share)
    known = frozenset(member.member_id for member in everybody)
    texts = texts_folder(folder.path.parent)
    forget_all_but(texts, known)
    evaluator = Evaluator(
        items=make_items(members, config.preset.data.tasks, config.released),
        base_model=config.base_model,
        settings=settings,
        cache=TextCache(texts, known),
    )
    tell.stage("evaluating candidate")
    candidate = evaluator.adapter_arm(CANDIDATE, folder.candidate)
    if isinstance(candidate, str):
        unusable: dict[str, Any] = {"arm": CANDIDATE, "quality_score": None, "n": 0, "arms": {}}
        unusable["load_error"] = candidate
        write(unusable, folder)
        return unusable
    tell.stage("evaluating base")
    arms = {CANDIDATE: candidate, BASE: evaluator.engine_arm(BASE, None)}
    others, without = _others(config, evaluator, tell)
    arms |= others | evaluator.free_arms()
    evaluation = evaluator.report(arms, ours=CANDIDATE)
    for name in EXAMINED & arms.keys():
        evaluation["arms"][name]["examined"] = examined(evaluator.items, arms[name])
    evaluation["without"] = without
    evaluation["golden"] = _compare_with_earlier(folder, config, evaluator, candidate, everybody, tell)
    if settings.likelihood:
        tell.stage("measuring likelihood")
        nll = held_out_nll(config.base_model, folder.candidate, members)
        evaluation["held_out_nll"] = evaluation["arms"][CANDIDATE]["nll"] = round(nll, 5)
    evaluation["seconds"] = round(time.monotonic() - started, 2)
    write(evaluation, folder)
    return evaluation


def _others(
    config: RunConfig, evaluator: Evaluator, tell: ProgressWriter
) -> tuple[dict[str, Arm], dict[str, str]]:
    """The arms of champion and starting adapter, and why one that there is could not be judged."""
    arms: dict[str, Arm] = {}
    without: dict[str, str] = {}
    if config.champion_unusable is not None:
        without[CHAMPION] = f"{config.champion}: {config.champion_unusable}"
    folders = {CHAMPION: config.champion_adapter, STARTING: shipped_adapter(config.base_model)}
    for name, adapter in folders.items():
        if adapter is None:
            continue
        tell.stage(f"evaluating {name}" + (" adapter" if name == STARTING else ""))
        arm = evaluator.adapter_arm(name, adapter)
        if isinstance(arm, Arm):
            arms[name] = arm
        else:
            called = config.champion if name == CHAMPION else None
            without[name] = f"{called or adapter.name} does not load: {arm}"
            print(f"judged without the {name}: {without[name]}", file=sys.stderr)  # noqa: T201 - the run's log
    return arms, without


def _compare_with_earlier(
    folder: RunFolder,
    config: RunConfig,
    evaluator: Evaluator,
    candidate: Arm,
    everybody: Sequence[Member],
    tell: ProgressWriter,
) -> Mapping[str, dict[str, Any]]:
    """The candidate on the golden sets of earlier versions; only what was not asked yet is decoded."""
    share = config.preset.data.held_out_share
    if not config.golden_versions:
        return {}
    made_up = synthetic_members(max(evaluator.settings.members, MADE_UP))
    known = {member.member_id: member for member in made_up}
    known |= {member.member_id: member for member in held_out(everybody, share)}
    sets = golden_sets(
        config.golden_versions,
        known,
        members=evaluator.settings.golden_members,
        tasks=config.preset.data.tasks,
    )
    outcomes = {key_of(i): o for i, o in zip(evaluator.items, candidate.outcomes, strict=True)}
    extra = extra_items(sets, evaluator.items)
    if extra:
        tell.stage("evaluating golden sets")
        try:
            again = replace(evaluator, items=extra).engine_arm(CANDIDATE, folder.candidate)
        except EngineStartError as error:  # it loaded a moment ago
            raise EngineDiedError(f"the candidate loaded once, and then did not: {error}") from error
        outcomes |= {key_of(i): o for i, o in zip(extra, again.outcomes, strict=True)}
    return compare_with(sets, outcomes)


def unseen_members(members: Sequence[Member], count: int, share: float) -> tuple[Member, ...]:
    """Held-out members; where a small file has too few of them, made-up members fill up."""
    chosen_members = choose_members(held_out(members, share), count=count, held_out_share=share)
    missing = count - len(chosen_members)
    return (*chosen_members, *synthetic_members(missing)) if missing > 0 else chosen_members


def main(arguments: list[str] | None = None) -> int:
    """Evaluate and turn what happened into an exit code and an ``error`` event."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.evaluation", description="Evaluate one run.")
    parser.add_argument("--run-dir", type=Path, required=True, help="folder with config.json and candidate/")
    folder = RunFolder(parser.parse_args(arguments).run_dir.absolute())

    def work() -> None:
        tell = folder.progress()
        evaluation = evaluate_run(folder, tell)
        means = {name: arm["mean"] for name, arm in evaluation["arms"].items()}
        tell.event("done", quality_score=evaluation["quality_score"], means=means)

    return run_stage(folder, work)


if __name__ == "__main__":
    os.umask(0o077)  # what is said of members is for nobody else
    sys.exit(main())
