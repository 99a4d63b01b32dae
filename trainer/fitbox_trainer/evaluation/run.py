"""Evaluate arms beside one another, and write what came out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fitbox.engine.types import EngineSpec
from fitbox.errors import EngineStartError, TrainingError
from fitbox.files import to_json
from fitbox_trainer.data.examples import Member
from fitbox_trainer.evaluation import report
from fitbox_trainer.evaluation.arms import Arm, decoded_arm, planner_arm, random_arm
from fitbox_trainer.evaluation.decode import requests_for
from fitbox_trainer.evaluation.items import Item
from fitbox_trainer.evaluation.texts import TextCache
from fitbox_trainer.run import plots
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import Evaluation

RANDOM, PLANNER, BASE, CANDIDATE, CHAMPION = "random", "planner", "base", "candidate", "champion"
STARTING = "starting"
"""The shipped starting adapter as it is, before any training here: what a run adds is measured against it."""


@dataclass(frozen=True)
class Evaluator:
    """Judges arms on one set of items through workers that are started one after the other."""

    items: Sequence[Item]
    base_model: Path
    settings: Evaluation
    """With the engine chosen: not ``auto``."""
    cache: TextCache

    def free_arms(self) -> dict[str, Arm]:
        """The floor and the ceiling, which need no engine."""
        return {RANDOM: random_arm(self.items), PLANNER: planner_arm(self.items)}

    def engine_arm(self, name: str, adapter: Path | None) -> Arm:
        """The base model (``adapter`` is ``None``) or an adapter folder.

        Raises:
            EngineStartError: it does not load.
            EngineDiedError: its workers do not live long enough to answer.
        """
        spec = EngineSpec(
            engine=self.settings.engine,
            base_model=self.base_model,
            adapter=adapter,
            adapter_version="base" if adapter is None else name,
            threads=self.settings.threads,
            options=tuple(sorted(self.settings.options.items())),
        )
        members = {item.member.member_id for item in self.items}
        return decoded_arm(name, self.items, self.cache.decode(spec, requests_for(self.items), members))

    def adapter_arm(self, name: str, adapter: Path) -> Arm | str:
        """An adapter's arm, or why it cannot be loaded where the base can.

        Blame needs proof: the engine loads the base, and after that still not the adapter.

        Raises:
            EngineStartError: the engine does not load the base either, which is no fault of the adapter.
            EngineDiedError: as :meth:`engine_arm`.
        """
        try:
            return self.engine_arm(name, adapter)
        except EngineStartError:
            # Nothing from the cache: that the base loads now is the proof.
            replace(self, items=self.items[:1], cache=TextCache(None)).engine_arm(BASE, None)
        try:
            return self.engine_arm(name, adapter)
        except EngineStartError as error:
            return str(error)

    def report(self, arms: dict[str, Arm], *, ours: str) -> dict[str, Any]:
        """``evaluation.json``, seen from the arm ``ours``."""
        own = report.summarise(arms[ours], self.items)
        return {
            "arm": ours,
            "quality_score": own["mean"],
            "n": len(self.items),
            "violations": own["violations"],
            "violating_plans_upper_95": own["violating_plans_upper_95"],
            "parse_rate": own["parse_rate"],
            "held_out_nll": None,
            "engine": self.settings.engine,
            "engine_options": dict(self.settings.options),
            "arms": {
                name: own if name == ours else report.summarise(arm, self.items) for name, arm in arms.items()
            },
            "against": {
                name: report.compare(arms[ours], arm, self.items)
                for name, arm in arms.items()
                if name != ours
            },
            "slices": report.by_slice(arms, self.items),
            "items": report.describe_items(self.items),
        }


def write(evaluation: dict[str, Any], folder: RunFolder) -> None:
    """``evaluation.json`` and ``evaluation.png``; the JSON last and at once: it says that all is there.

    Raises:
        OSError: the disk refused.
    """
    if evaluation["arms"]:
        plots.plot_evaluation(evaluation, folder.candidate / "evaluation.png")
    folder.write("evaluation.json", to_json(evaluation))


def held_out_nll(base_model: Path, adapter: Path | None, members: Sequence[Member]) -> float:
    """Mean negative log-likelihood (nats) of a completion token of the members' own targets.

    Measured in a process of its own: torch must not be loaded beside a worker that is being timed.

    Raises:
        TrainingError: the process failed; what it said stands in the log before it.
        OSError: it could not be started.
    """
    lines = (
        {
            "member_id": member.member_id,
            "profile": member.profile.model_dump(mode="json"),
            "targets": {name.value: text for name, text in member.targets.items()},
        }
        for member in members
    )
    command = [sys.executable, "-m", "fitbox_trainer.finetune.likelihood"]
    command += ["--base", str(base_model), "--members", "/dev/stdin"]  # no file that a kill could leave
    if adapter is not None:
        command += ["--adapter", str(adapter)]
    said = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run(command, check=False, input=said, stdout=subprocess.PIPE, text=True)
    try:
        if done.returncode == 0:
            return float(json.loads(done.stdout.splitlines()[-1])["nll"])
    except (IndexError, KeyError, TypeError, ValueError):
        pass
    raise TrainingError(f"measuring the likelihood ended with exit code {done.returncode}")
