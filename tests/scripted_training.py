"""A training daemon with everything real but its children and, where a test wants, its intake."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fitbox_trainer.daemon.daemon import Daemon
from fitbox_trainer.daemon.hooks import Changes, HookList, Hooks
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Run
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.data.withdrawn import Withdrawn
from fitbox_trainer.intake.report import ContentKind

from fitbox.registry import Registry
from tests import fakes

CHILD = Path(__file__).with_name("scripted_child.py")


@dataclass(frozen=True)
class ScriptedReport:
    """What the scripted intake says about a file."""

    digest: str
    status: str
    reason: str | None
    rows_accepted: int
    rows_rejected: int
    rows_duplicate: int
    members: Path
    rejected_cells: Mapping[tuple[str, str], int] = field(default_factory=dict)
    kind: ContentKind = ContentKind.MEMBERS


def scripted_ingest(path: Path, store: Path) -> ScriptedReport:
    """Each line is a member named by it; a line ``bad`` is rejected, a file without a good line refused."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    lines = content.decode().splitlines()
    good = [line for line in lines if line and line != "bad"]
    members = store / "members" / f"{digest}.jsonl"
    members.parent.mkdir(parents=True, exist_ok=True)
    partial = members.with_suffix(".partial")
    partial.write_text(
        "".join(json.dumps({"member_id": m, "profile": {}, "line": n}) + "\n" for n, m in enumerate(good))
    )
    partial.replace(members)
    unique = len(set(good))
    status, reason = ("ACCEPTED", None) if good else ("REJECTED", "no usable row")
    bad = lines.count("bad")
    cells = {("row", "unreadable"): bad} if bad else {}
    return ScriptedReport(digest, status, reason, unique, bad, len(good) - unique, members, cells)


def evaluation(
    candidate: float = 0.8, base: float = 0.3, random: float = 0.2, **changes: Any
) -> dict[str, Any]:
    """``evaluation.json`` of twelve members and three tasks with these mean scores."""
    items = [
        {"member_id": f"m{i // 3}", "task": ("workout", "nutrition", "advice")[i % 3], "slices": {}}
        for i in range(36)
    ]

    def arm(mean: float) -> dict[str, Any]:
        scores = [mean + (0.02 if i % 2 else -0.02) for i in range(36)]
        return {"mean": mean, "scores": scores, "violations": 0, "parse_rate": 1.0, "nll": 1.0}

    arms = {"candidate": arm(candidate), "base": arm(base), "random": arm(random)}
    return {"quality_score": candidate, "arms": arms, "items": items, **changes}


@dataclass
class Recorded(Hooks):
    """Every event that a test may want to look at."""

    stages: list[tuple[str, Stage]] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)

    def stage_entered(self, run: Run) -> None:
        self.stages.append((run.run_id, run.stage))

    def attempt_failed(self, run: Run, cause: str, detail: str) -> None:
        self.causes.append(f"{cause}: {detail}")

    def withdrawn_served(self, withdrawn: Withdrawn) -> None:
        self.withdrawn.append(withdrawn)

    def trouble(self, what: str, error: Exception) -> None:
        self.troubles.append(f"{what}: {error}")


class Workshop:
    """Folders, settings and a script for one test."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.root = root
        self.data = root / "data"
        self.models = root / "models"
        self.script_dir = root / "script"
        self.data.mkdir(parents=True)
        digest = fakes.write_base(self.models)
        adapter = fakes.write_staging(self.models)
        shutil.copytree(adapter, self.script_dir / "adapter")
        shutil.rmtree(adapter)
        recipe = {"rank": fakes.RANK, "alpha": fakes.ALPHA, "target_modules": list(fakes.TARGETS)}
        trained = {"lora": recipe, "base_model_digest": digest}
        (self.script_dir / "adapter" / "training_metadata.json").write_text(json.dumps(trained))
        self.script()
        child = (sys.executable, str(CHILD), str(self.script_dir))
        self.values: dict[str, Any] = {
            "data": self.data,
            "models": self.models,
            "base_model": fakes.BASE_NAME,
            "scan_seconds": 0.02,
            "stable_scans": 2,
            "debounce_seconds": 0.05,
            "backoff_seconds": 0.0,
            "stop_grace_seconds": 0.5,
            "nice": 0,
            "port": 0,
            "metrics_port": 0,
            "finetune_command": (*child, "finetune"),
            "evaluate_command": (*child, "evaluate"),
            **settings,
        }
        self.settings = TrainerSettings(**self.values)
        self.registry = Registry(self.models)
        self.recorded = Recorded()
        self.changes = Changes()

    def environment(self) -> dict[str, str]:
        """The settings as the variables of a daemon in a process of its own."""
        texts = {
            name: json.dumps(value) if isinstance(value, tuple) else str(value)
            for name, value in self.values.items()
        }
        return {**os.environ, **{f"FITBOX_TRAINER_{name.upper()}": text for name, text in texts.items()}}

    def script(self, **values: Any) -> None:
        """What the children do; see ``scripted_child.py``."""
        script = {"steps": 3, "evaluation": evaluation(), **values}
        (self.script_dir / "script.json").write_text(json.dumps(script))

    def put(self, name: str, *members: str) -> Path:
        """Write a CSV file of the scripted kind."""
        path = self.data / name
        path.write_text("".join(f"{member}\n" for member in members))
        return path

    def done(self) -> list[str]:
        """What the children did, line by line."""
        path = self.script_dir / "done.log"
        return path.read_text().splitlines() if path.exists() else []

    def open_ledger(self) -> Ledger:
        """The daemon's ledger."""
        return Ledger(self.settings.work_dir / "ledger.sqlite3")

    def daemon(self, ledger: Ledger, ingest: Any = scripted_ingest) -> Daemon:
        """A daemon on these folders."""
        hooks = HookList([self.recorded, self.changes])
        return Daemon(self.settings, ledger, self.registry, ingest, hooks)

    async def settle(self, ledger: Ledger) -> None:
        """Run a daemon until there is nothing left to do."""
        async with asyncio.timeout(60):
            await self.daemon(ledger).run(asyncio.Event(), once=True)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a change after which ``condition`` holds."""
        async with asyncio.timeout(60):
            while True:
                upcoming = self.changes.upcoming()
                if condition():
                    return
                await upcoming.wait()
