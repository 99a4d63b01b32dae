"""Kill after kill: which stage, when within it, whom, and with what other misfortune."""

from __future__ import annotations

import asyncio
import collections
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.run.children import kill_left_behind

from tests.crash import checks, repeated
from tests.crash.disk import SmallDisk
from tests.crash.folder import RestlessFolder
from tests.crash.reader import Reader
from tests.crash.victim import Mode, Victim, wait_until
from tests.scripted_training import Workshop

INGEST = "INGEST"
"""No run is under way: the folder is scanned and read, datasets are made."""
STAGES = (INGEST, Stage.TRAINING.value, Stage.EVALUATING.value, Stage.PUBLISHING.value)
"""The stages of which each must get its share of the kills."""
_STAGE_TIMEOUT_SECONDS = 60.0
_PATIENCE_SECONDS = 1.0
_LAST_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True)
class Plan:
    """How the kills of one scenario are drawn."""

    kills: int
    stages: tuple[str, ...]
    """Stages to aim at; the one that was hit least comes next."""
    delays: Mapping[str, float]
    """Seconds after the entry of a stage (or the daemon's start) within which the kill falls, evenly."""
    full_disk_share: float
    """Share of kills before which the disk is filled."""
    torn_share: float
    """Share of kills in training after which the newest checkpoint is damaged."""
    change_seconds: float
    """Pause between two changes of the folder."""


@dataclass
class Tally:
    """What happened, for the report."""

    kills_by_stage: collections.Counter[str] = field(default_factory=collections.Counter)
    kills_by_mode: collections.Counter[str] = field(default_factory=collections.Counter)
    disk_full: int = 0
    torn_checkpoints: int = 0
    changes: int = 0
    max_repeated_seconds: float = 0.0
    inconsistent: list[str] = field(default_factory=list)
    ended_by_itself: list[str] = field(default_factory=list)
    trained_twice: int = 0
    partial: list[str] = field(default_factory=list)
    looks: int = 0
    runs: collections.Counter[str] = field(default_factory=collections.Counter)
    lost: collections.Counter[str] = field(default_factory=collections.Counter)

    @property
    def kills(self) -> int:
        """All of them."""
        return self.kills_by_stage.total()


class Scenario:
    """One workshop and one plan; :meth:`run` does it all and returns the tally."""

    def __init__(
        self,
        workshop: Workshop,
        plan: Plan,
        chance: random.Random,
        *,
        disk: SmallDisk | None,
        tear: Callable[[Path, random.Random], bool],
        under_way: Callable[[Path, float], bool],
        repeated_training: Callable[[], float],
        say: Callable[[str], None],
        log: Path,
    ) -> None:
        self._workshop = workshop
        self._plan = plan
        self._chance = chance
        self._disk = disk
        self._tear = tear
        self._under_way = under_way
        self._repeated_training = repeated_training
        self._say = say
        self._log = log
        self._folder = RestlessFolder(workshop.data, workshop.data.with_name("elsewhere"), chance)
        self._children_killed: set[str] = set()
        self._victim: Victim | None = None
        self.tally = Tally()

    def run(self) -> Tally:
        """Kill, check, and in the end let the daemon finish and compare."""
        with Reader(self._workshop.models) as reader:
            for _ in range(3):
                self._folder.arrive()
            while self.tally.kills < self._plan.kills:
                self._kill_once()
            if self._victim is not None and self._victim.is_alive:
                self._victim.kill(Mode.ALL, self._chance)
            self._finish()
        self.tally.partial, self.tally.looks = reader.partial, reader.looks
        return self.tally

    def _kill_once(self) -> None:
        if self._victim is None or not self._victim.is_alive:
            self._victim = Victim(self._workshop, self._log)
        victim = self._victim
        target = min(
            self._plan.stages, key=lambda stage: (self.tally.kills_by_stage[stage], self._chance.random())
        )
        self._wait_for(victim, target)
        full = self._disk is not None and self._chance.random() < self._plan.full_disk_share
        if self._disk is not None and full:
            self._disk.fill(
                self._chance.choice([0, 4096, self._chance.randrange(200_000)]), victim.processes()
            )
            self.tally.disk_full += 1
        self._restless(self._chance.uniform(0.0, self._plan.delays[target] + (0.5 if full else 0.0)))
        mode = self._choose_mode(victim)
        at = victim.current()
        if not victim.is_alive:
            code = victim.process.returncode
            if not full:
                self.tally.ended_by_itself.append(f"exit code {code} in {at}")
            self._say(f"the daemon ended by itself with code {code}, disk full: {full}")
        killed_at = time.time()
        mode = victim.kill(mode, self._chance)
        stage = at[1] if at else INGEST
        self.tally.kills_by_stage[stage] += 1
        self.tally.kills_by_mode[mode] += 1
        self._say(f"kill {self.tally.kills}: {mode} in {stage}{', disk full' if full else ''}")
        if self._disk is not None:
            self._disk.free()
        if mode is not Mode.CHILD:
            self._check(killed_at)
        torn = mode is not Mode.CHILD and self._chance.random() < self._plan.torn_share
        if at and stage == Stage.TRAINING and torn:
            asyncio.run(kill_left_behind(at[0]))  # nobody may write there now
            self.tally.torn_checkpoints += self._tear(self._run_dir(at[0]), self._chance)

    def _run_dir(self, run_id: str) -> Path:
        return self._workshop.settings.work_dir / "runs" / run_id

    def _choose_mode(self, victim: Victim) -> Mode:
        drawn = self._chance.choices([Mode.DAEMON, Mode.ALL, Mode.CHILD], [5, 5, 1])[0]
        run = victim.current()
        # The kernel kills a child for its memory: more than once a run would be another test.
        if drawn is Mode.CHILD and (run is None or run[0] in self._children_killed):
            return Mode.DAEMON
        if drawn is Mode.CHILD and run is not None:
            self._children_killed.add(run[0])
        return drawn

    def _wait_for(self, victim: Victim, target: str) -> None:
        """Keep the folder restless until the daemon is in the stage (or for long enough)."""

        def is_there() -> bool:
            at = victim.current()
            if (at[1] if at else INGEST) != target:
                return not victim.is_alive
            return at is None or target != Stage.TRAINING or self._under_way(self._run_dir(at[0]), began)

        began = time.time()
        deadline = time.monotonic() + _STAGE_TIMEOUT_SECONDS
        changed_at = time.monotonic()
        while not wait_until(is_there, self._plan.change_seconds) and time.monotonic() < deadline:
            # A daemon with nothing to do would never get to the stage; one under way needs some rest.
            patience = _PATIENCE_SECONDS if victim.current() is None else 3 * _PATIENCE_SECONDS
            if time.monotonic() > changed_at + patience:
                self._change()
                changed_at = time.monotonic()
        if target == INGEST:
            for _ in range(self._chance.randint(1, 6)):
                self._change()

    def _restless(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if left > self._plan.change_seconds and self._chance.random() < 0.2:
                self._change()
            time.sleep(min(left, self._plan.change_seconds))

    def _change(self) -> None:
        self._folder.change()
        self.tally.changes += 1

    def _check(self, killed_at: float) -> None:
        settings = self._workshop.settings
        found = checks.inconsistencies(settings.work_dir, self._workshop.registry)
        for each in found:
            self._say(f"INCONSISTENT: {each}")
        self.tally.inconsistent += found
        ledger = settings.work_dir / "ledger.sqlite3"
        again = max(self._repeated_training(), repeated.interrupted_seconds(ledger, killed_at))
        self.tally.max_repeated_seconds = max(self.tally.max_repeated_seconds, again)

    def _finish(self) -> None:
        self._folder.finish()
        if not self._folder.files():
            self._folder.arrive()
        if self._disk is not None:
            self._disk.free()
        last = Victim(self._workshop, self._log, "--once")
        try:
            code = last.process.wait(timeout=_LAST_TIMEOUT_SECONDS)
            if code != 0:
                self.tally.ended_by_itself.append(f"exit code {code} in the end")
        except subprocess.TimeoutExpired:
            last.kill(Mode.ALL, self._chance)
            self.tally.inconsistent.append("the daemon did not come to an end")
        self._check(time.time())
        work = self._workshop.settings.work_dir
        ledger = Ledger(work / "ledger.sqlite3")
        runs = ledger.runs(limit=1_000_000)[::-1]
        ledger.close()
        self.tally.trained_twice = checks.trained_twice(runs)
        self.tally.runs.update(run.stage.value for run in runs)
        store = self._workshop.data.with_name("expected")
        self.tally.lost.update(checks.lost(self._folder, work, self._workshop.registry, store))


def tear_scripted(run_dir: Path, chance: random.Random) -> bool:
    """Take the marker from the newest scripted checkpoint; whether there was one."""
    markers = sorted(run_dir.glob("checkpoints/step-*/COMPLETE"), key=lambda path: int(path.parent.name[5:]))
    if not markers:
        return False
    markers[-1].unlink()
    return True


def tear_real(run_dir: Path, chance: random.Random) -> bool:
    """Cut, change or delete a file of the newest complete checkpoint; whether there was one."""
    markers = sorted(run_dir.glob("checkpoints/step-*/COMPLETE"), key=lambda path: int(path.parent.name[5:]))
    if not markers:
        return False
    path = chance.choice(sorted(markers[-1].parent.iterdir()))
    content = bytearray(path.read_bytes())
    damage = chance.choice(["cut", "flip", "delete", "delete all"])
    if damage == "delete all":
        shutil.rmtree(path.parent)
    elif damage == "delete":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: chance.randrange(len(content))])
    else:
        content[chance.randrange(len(content))] ^= 0xFF
        path.write_bytes(content)
    return True


def say(line: str) -> None:
    """A line for whoever watches."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201  # a program


def summary(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    """Both scenarios in one, for the JSON line."""
    every = list(tallies.values())
    lost: collections.Counter[str] = sum((tally.lost for tally in every), collections.Counter())
    return {
        "kills": sum(tally.kills for tally in every),
        "lost": lost.total(),
        "trained_twice": sum(tally.trained_twice for tally in every),
        "partial_visible": sum(len(tally.partial) for tally in every),
        "inconsistent": sum(len(tally.inconsistent) for tally in every),
        "ended_by_itself": sum(len(tally.ended_by_itself) for tally in every),
        "failed_runs": sum(tally.runs[Stage.FAILED.value] for tally in every),
        "max_repeated_seconds": round(max(tally.max_repeated_seconds for tally in every), 2),
        "kills_by_stage": dict(sum((tally.kills_by_stage for tally in every), collections.Counter())),
        "kills_by_mode": dict(sum((tally.kills_by_mode for tally in every), collections.Counter())),
        "kills_of_real_training": tallies["real"].kills if "real" in tallies else 0,
        "disk_full": sum(tally.disk_full for tally in every),
        "torn_checkpoints": sum(tally.torn_checkpoints for tally in every),
        "changes_of_the_folder": sum(tally.changes for tally in every),
        "looks_at_the_registry": sum(tally.looks for tally in every),
        "runs": dict(sum((tally.runs for tally in every), collections.Counter())),
    }
