"""``python -m fitbox_trainer.evaluation --run-dir RUN``: judge a run's candidate on members held out of
training.

Reads ``config.json``, writes ``candidate/evaluation.json`` and ``candidate/evaluation.png``, reports stages
to ``progress.jsonl``. Exit codes: 0 done, 4 data or configuration that cannot be used, 1 anything else.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fitbox.errors import ConfigurationError, DatasetError, EngineStartError
from fitbox_trainer.data.examples import Member, read_members
from fitbox_trainer.evaluation.arms import Arm
from fitbox_trainer.evaluation.decode import TextCache
from fitbox_trainer.evaluation.golden import compare_with, extra_items, golden_sets, key_of
from fitbox_trainer.evaluation.items import choose_members, held_out, make_items
from fitbox_trainer.evaluation.run import (
    BASE,
    CANDIDATE,
    CHAMPION,
    STARTING,
    Evaluator,
    held_out_nll,
    write,
)
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.run.runconfig import RunConfig, read_config, shipped_adapter

OK, FAILED, UNUSABLE_INPUT = 0, 1, 4
MADE_UP = 64
"""Made-up members among which those of earlier evaluations are looked for."""


def evaluate_run(run_dir: Path) -> dict[str, Any]:
    """Evaluate ``run_dir/candidate`` and return what was written.

    A candidate that the deployed engine does not load, where it loads the base, is no reason to try again:
    the evaluation then says so, in ``load_error``, and holds no arm.

    Raises:
        ConfigurationError, DatasetError: input that cannot be used.
        EngineStartError: the deployed engine loads nothing.
    """
    started = time.monotonic()
    config = read_config(run_dir)
    settings, share = config.preset.evaluation, config.preset.data.held_out_share
    candidate = run_dir / "candidate"
    if not (candidate / "adapter_config.json").is_file():
        raise ConfigurationError(f"{candidate} holds no adapter to evaluate")
    everybody = read_members(config.members)
    members = unseen_members(everybody, settings.members, share)
    evaluator = Evaluator(
        items=make_items(members, config.preset.data.tasks, config.released),
        base_model=config.base_model,
        settings=settings,
        cache=TextCache(run_dir.parent / ".evaluation-texts"),
    )
    _tell(run_dir, "evaluating candidate")
    try:
        arms = {CANDIDATE: evaluator.engine_arm(CANDIDATE, candidate)}
    except EngineStartError as error:
        # Nothing from the cache: that the base loads now is what puts the blame on the candidate.
        replace(evaluator, items=evaluator.items[:1], cache=TextCache(None)).engine_arm(BASE, None)
        unusable: dict[str, Any] = {"arm": CANDIDATE, "quality_score": None, "n": 0, "arms": {}}
        unusable["load_error"] = str(error)
        write(unusable, candidate)
        return unusable
    _tell(run_dir, "evaluating base")
    arms[BASE] = evaluator.engine_arm(BASE, None)
    if config.champion_adapter is not None:
        _tell(run_dir, "evaluating champion")
        arms[CHAMPION] = evaluator.engine_arm(CHAMPION, config.champion_adapter)
    starting = shipped_adapter(config.base_model)
    if starting is not None:
        _tell(run_dir, "evaluating starting adapter")
        arms[STARTING] = evaluator.engine_arm(STARTING, starting)
    arms |= evaluator.free_arms()
    evaluation = evaluator.report(arms, ours=CANDIDATE)
    evaluation["golden"] = _compare_with_earlier(run_dir, config, evaluator, arms[CANDIDATE], everybody)
    if settings.likelihood:
        _tell(run_dir, "measuring likelihood")
        nll = held_out_nll(config.base_model, candidate, members, run_dir)
        evaluation["held_out_nll"] = evaluation["arms"][CANDIDATE]["nll"] = round(nll, 5)
    evaluation["seconds"] = round(time.monotonic() - started, 2)
    write(evaluation, candidate)
    return evaluation


def _compare_with_earlier(
    run_dir: Path, config: RunConfig, evaluator: Evaluator, candidate: Arm, everybody: Sequence[Member]
) -> dict[str, dict[str, Any]]:
    """The candidate on the golden sets of earlier versions; only what was not asked yet is decoded."""
    share = config.preset.data.held_out_share
    if not config.golden_versions:
        return {}
    made_up = synthetic_members(max(config.preset.evaluation.members, MADE_UP))
    known = {member.member_id: member for member in made_up}
    known |= {member.member_id: member for member in held_out(everybody, share)}
    sets = golden_sets(
        config.golden_versions,
        known,
        members=config.preset.evaluation.golden_members,
        tasks=config.preset.data.tasks,
    )
    outcomes = {key_of(i): o for i, o in zip(evaluator.items, candidate.outcomes, strict=True)}
    extra = extra_items(sets, evaluator.items)
    if extra:
        _tell(run_dir, "evaluating golden sets")
        again = replace(evaluator, items=extra).engine_arm(CANDIDATE, run_dir / "candidate")
        outcomes |= {key_of(i): o for i, o in zip(extra, again.outcomes, strict=True)}
    return compare_with(sets, outcomes)


def unseen_members(members: Sequence[Member], count: int, share: float) -> tuple[Member, ...]:
    """Held-out members; where a small file has too few of them, made-up members fill up."""
    chosen = choose_members(held_out(members, share), count=count, held_out_share=share)
    missing = count - len(chosen)
    return (*chosen, *synthetic_members(missing)) if missing > 0 else chosen


def main(arguments: list[str] | None = None) -> int:
    """Evaluate and turn what happened into an exit code and an ``error`` event."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.evaluation", description="Evaluate one run.")
    parser.add_argument("--run-dir", type=Path, required=True, help="folder with config.json and candidate/")
    run_dir: Path = parser.parse_args(arguments).run_dir.absolute()
    try:
        evaluation = evaluate_run(run_dir)
    except (ConfigurationError, DatasetError) as error:
        return _failed(run_dir, UNUSABLE_INPUT, str(error))
    except Exception as error:  # noqa: BLE001 - the process boundary: everything becomes an exit code
        traceback.print_exc()
        return _failed(run_dir, FAILED, f"{type(error).__name__}: {error}")
    means = {name: arm["mean"] for name, arm in evaluation["arms"].items()}
    _append(run_dir, {"event": "done", "quality_score": evaluation["quality_score"], "means": means})
    return OK


def _tell(run_dir: Path, stage: str) -> None:
    _append(run_dir, {"event": "stage", "stage": stage})


def _failed(run_dir: Path, exit_code: int, message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - the run's own log
    if run_dir.is_dir():
        _append(run_dir, {"event": "error", "exit_code": exit_code, "message": message[:2000]})
    return exit_code


def _append(run_dir: Path, event: dict[str, Any]) -> None:
    with (run_dir / "progress.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"time": round(time.time(), 3), **event}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
