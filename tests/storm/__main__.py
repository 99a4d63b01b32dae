"""``python -m tests.storm --files 10000``: the daemon in a storm of files; the last line is one JSON object.

Three storms: with the kernel's events, with nearly all events lost (an inotify queue that overflowed), and
without any (a network file system, or no watch left). Another process makes the storm. Training is scripted,
intake and everything else is real. Exit code 1 where anything was lost, partial, twice, stale or unexplained,
or the dataset that was trained on in the end is not the union of the files.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import pickle
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from unittest import mock

from fitbox_trainer.daemon.daemon import Daemon
from fitbox_trainer.daemon.hooks import HookList
from fitbox_trainer.daemon.inbox import IngestFile
from fitbox_trainer.daemon.watcher import FolderHints
from fitbox_trainer.data.dataset import assemble
from fitbox_trainer.intake import ingest

from tests.scripted_training import Workshop, scripted_ingest
from tests.storm.verdict import Readings, Verdict, judge
from tests.storm.weather import Expected, make_storm

SCAN_SECONDS = 1.0
"""Three scans make two seconds, against a tenth of a second between the pieces of a slow file."""
TIMEOUT_SECONDS = 3600.0


class Overflowing(FolderHints):
    """Loses 99 of 100 events."""

    def __init__(self, folder: Path, wake: Callable[[], object]) -> None:
        chance = random.Random(0)
        super().__init__(folder, lambda: wake() if chance.random() < 0.01 else None)


async def weather(root: Path, files: int, seed: int, ingest: IngestFile) -> tuple[Verdict, bool]:
    """One storm over one daemon. Returns the verdict, and whether the union was what was trained on."""
    workshop = Workshop(
        root,
        scan_seconds=SCAN_SECONDS,
        stable_scans=3,
        debounce_seconds=2.0,
        debounce_max_seconds=20.0,
        rescan_seconds=5.0,
    )
    ledger = workshop.open_ledger()
    readings = Readings()
    hooks = HookList([readings, workshop.recorded])
    daemon = Daemon(workshop.settings, ledger, workshop.registry, ingest, hooks)
    stop = asyncio.Event()
    result = root / "expected"
    storming = multiprocessing.get_context("spawn").Process(
        target=make_storm, args=(workshop.data, root / "outside", files, seed, result)
    )
    storming.start()
    task = asyncio.create_task(daemon.run(stop))
    await asyncio.to_thread(storming.join)
    expected: Expected = pickle.loads(result.read_bytes())  # noqa: S301  # our own, and done
    with contextlib.suppress(TimeoutError):  # the verdict says what is missing
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while not (daemon.is_idle() and ledger.sources() == expected.contents):  # noqa: ASYNC110
                await asyncio.sleep(SCAN_SECONDS)
    stop.set()
    await task
    verdict = judge(expected, ledger, readings, root / "scratch")
    union = assemble(ledger.members_files(tuple(ledger.sources().values())), root / "scratch")
    trained = workshop.registry.get("active").dataset_digest == union.digest
    for run in ledger.runs():
        print(f"{run.run_id} {run.members} members: {run.stage} {run.reason}", file=sys.stderr)  # noqa: T201
    ledger.close()
    return verdict, trained


def main() -> int:
    """Three storms, and the report."""
    parser = argparse.ArgumentParser(prog="tests.storm", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="with events; the others get a tenth")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--scripted-intake", action="store_true", help="read without checking: 20 times faster"
    )
    options = parser.parse_args()
    intake = scripted_ingest if options.scripted_intake else ingest
    figures = {}
    good = True
    with tempfile.TemporaryDirectory(prefix="fitbox-storm-") as folder:
        root = Path(folder)
        for name, files, change in (
            ("events", options.files, contextlib.nullcontext()),
            (
                "overflow",
                options.files // 10,
                mock.patch("fitbox_trainer.daemon.daemon.FolderHints", Overflowing),
            ),
            (
                "polling",
                options.files // 10,
                mock.patch("fitbox_trainer.daemon.watcher.file_system_type", return_value="nfs4"),
            ),
        ):
            began = time.monotonic()
            with change:
                verdict, trained = asyncio.run(weather(root / name, files, options.seed, intake))
            good = good and verdict.is_good and trained
            seconds = round(time.monotonic() - began, 1)
            figures[name] = asdict(verdict) | {"union_trained": trained, "seconds": seconds}
            print(f"{name}: {figures[name]}", file=sys.stderr, flush=True)  # noqa: T201  # a program
    totals = {
        count: sum(storm[count] for storm in figures.values())
        for count in ("files", "lost", "partial", "twice", "stale", "unexplained")
    }
    print(json.dumps(totals | {"storms": figures, "seed": options.seed}))  # noqa: T201  # a program
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
