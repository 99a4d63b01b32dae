"""Evaluate arms beside one another, and write what came out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitbox.engine.types import EngineSpec
from fitbox_trainer.data.examples import Member
from fitbox_trainer.evaluation import report
from fitbox_trainer.evaluation.arms import Arm, decoded_arm, planner_arm, random_arm
from fitbox_trainer.evaluation.decode import TextCache, requests_for
from fitbox_trainer.evaluation.items import Item
from fitbox_trainer.run import plots
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
    cache: TextCache

    def free_arms(self) -> dict[str, Arm]:
        """The floor and the ceiling, which need no engine."""
        return {RANDOM: random_arm(self.items), PLANNER: planner_arm(self.items)}

    def engine_arm(self, name: str, adapter: Path | None) -> Arm:
        """The base model (``adapter`` is ``None``) or an adapter folder. Raises EngineStartError."""
        spec = EngineSpec(
            engine=self.settings.engine,
            base_model=self.base_model,
            adapter=adapter,
            adapter_version="base" if adapter is None else name,
            threads=self.settings.threads,
        )
        return decoded_arm(name, self.items, self.cache.decode(spec, requests_for(self.items)))

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


def write(evaluation: dict[str, Any], folder: Path) -> None:
    """``evaluation.json`` and ``evaluation.png``; the JSON last and at once: it says that all is there."""
    if evaluation["arms"]:
        plots.plot_evaluation(evaluation, folder / "evaluation.png")
    partial = folder / ".evaluation.json.partial"
    partial.write_text(json.dumps(evaluation, indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / "evaluation.json")


def held_out_nll(base_model: Path, adapter: Path | None, members: Sequence[Member], folder: Path) -> float:
    """Mean negative log-likelihood (nats) of a completion token of the members' own targets.

    Measured in a process of its own: torch must not be loaded beside a worker that is being timed.
    """
    path = folder / ".likelihood-members.jsonl"
    lines = (
        {
            "member_id": member.member_id,
            "profile": member.profile.model_dump(mode="json"),
            "targets": {name.value: text for name, text in member.targets.items()},
        }
        for member in members
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    command = [sys.executable, "-m", "fitbox_trainer.finetune.likelihood"]
    command += ["--base", str(base_model), "--members", str(path)]
    if adapter is not None:
        command += ["--adapter", str(adapter)]
    try:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    finally:
        path.unlink()
    return float(json.loads(done.stdout.splitlines()[-1])["nll"])
