"""Publishing can be killed between any two steps and done again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Dataset, Run
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.release.publish import (
    Outcome,
    find_rejected,
    find_version,
    git_commit,
    library_versions,
    settle,
)

from fitbox.registry import Registry
from tests import fakes
from tests.scripted_training import Workshop, evaluation


class Candidate:
    """A run folder with a trained and evaluated candidate."""

    def __init__(self, tmp_path: Path) -> None:
        self.workshop = Workshop(tmp_path)
        self.registry = self.workshop.registry
        ledger = Ledger(tmp_path / "ledger.sqlite3")
        self.run: Run = ledger.create_run("cpu-quick", dataset=Dataset("d" * 64, 3), sources={"a.csv": "e"})
        ledger.close()
        self.run_dir = tmp_path / "run"
        shutil.copytree(self.workshop.script_dir / "adapter", self.run_dir / "candidate")
        (self.run_dir / "config.json").write_text(json.dumps({"seed": 42}))
        self.evaluate()

    def evaluate(self, **changes: Any) -> None:
        """Write ``evaluation.json``."""
        (self.run_dir / "candidate" / "evaluation.json").write_text(json.dumps(evaluation(**changes)))

    def settle(self) -> Outcome:
        """Publish or reject."""
        base = self.registry.base_model(fakes.BASE_NAME)
        return settle(self.run, self.run_dir, registry=self.registry, base=base, gate=GateSettings())


@pytest.fixture
def candidate(tmp_path: Path) -> Candidate:
    """A candidate that passes the gate."""
    return Candidate(tmp_path)


def test_settling_twice_publishes_once(candidate: Candidate) -> None:
    """As after a crash between publishing and the ledger."""
    first, second = candidate.settle(), candidate.settle()
    assert first.version == second.version
    assert len(candidate.registry.versions()) == 1


@pytest.mark.parametrize("method", ["publish", "activate"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_around_each_step_is_repaired_by_doing_it_again(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch, method: str, moment: str
) -> None:
    """Nothing half done is visible, and nothing happens twice."""
    real = getattr(Registry, method)

    def crash(self: Registry, *args: Any, **kwargs: Any) -> Any:
        if moment == "after":
            real(self, *args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(Registry, method, crash)
    with pytest.raises(KeyboardInterrupt):
        candidate.settle()
    monkeypatch.undo()
    outcome = candidate.settle()
    (version,) = candidate.registry.versions()
    assert outcome.version == version.name == candidate.registry.active().version
    assert find_version(candidate.registry, candidate.run.run_id) == version


def test_a_rejection_is_kept_once(candidate: Candidate) -> None:
    """With its evaluation and the gate's reasons."""
    candidate.evaluate(candidate=0.1)
    first, second = candidate.settle(), candidate.settle()
    assert first.version is None
    assert first.reason == second.reason
    (kept,) = (candidate.registry.root / "rejected").iterdir()
    assert find_rejected(candidate.registry, candidate.run.run_id) == kept
    gate = json.loads((kept / "training_metadata.json").read_text())["provenance"]["gate"]
    assert not gate["promote"]
    assert gate["reasons"][0]["code"] == "not_better_than_base"


def test_weights_that_are_no_numbers_are_rejected_however_they_scored(candidate: Candidate) -> None:
    """The registry's own checks are part of the gate."""
    tensors = fakes.lora_tensors()
    tensors[next(iter(tensors))][:] = np.nan
    path = candidate.run_dir / "candidate" / "adapter_model.safetensors"
    path.write_bytes(fakes.safetensors(tensors))
    outcome = candidate.settle()
    assert outcome.version is None
    assert outcome.reason.startswith("weights_not_finite")


def test_a_person_who_rolled_back_meanwhile_is_not_overruled(candidate: Candidate) -> None:
    """Settling again after a crash does not activate what was switched away from."""
    candidate.settle()
    candidate.registry.rollback(reason="a person's choice")
    candidate.settle()
    assert candidate.registry.active().version is None


def test_provenance_names_versions_and_commit(tmp_path: Path) -> None:
    """What is not installed, or no checkout, is left out."""
    assert {"numpy", "fitbox"} <= library_versions().keys()
    assert git_commit(tmp_path) is None
