"""A training daemon that really trains beside the server under test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

STEP_SECONDS = 300.0
"""Until the first optimizer step: importing, intake and compiling come before it."""
SAMPLE = Path(__file__).parents[2] / "data" / "sample_members.csv"


@contextlib.asynccontextmanager
async def training(folder: Path, base: Path | None) -> AsyncIterator[None]:
    """Train on the sample during the block, on a registry of its own with the base model at ``base``.

    The block begins after the first optimizer step. ``None`` trains nothing.

    Raises:
        RuntimeError: the daemon ended, or did not step within five minutes.
    """
    if base is None:
        yield
        return
    data, models, work = folder / "data", folder / "trained", folder / "work"
    data.mkdir(parents=True)
    shutil.copytree(base, models / "base" / base.name)
    shutil.copy(SAMPLE, data)
    environment = {"WORK": str(work), "TIME_BUDGET_SECONDS": "3600", "DEBOUNCE_SECONDS": "0"}
    log = (folder / "trainer.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "fitbox_client", "train", "--data", str(data), "--models", str(models), "--json"),
        *("--base-model", base.name, "--port", "0", "--metrics-port", "0"),
        stdout=log,
        stderr=log,
        env=os.environ | {f"FITBOX_TRAINER_{name}": value for name, value in environment.items()},
    )
    try:
        await _first_step(process, work)
        yield
        if not _steps(work) or process.returncode is not None:
            raise RuntimeError(f"training ended before the measurement did; see {log.name}")
    finally:
        log.close()
        family = _family(process.pid) if process.returncode is None else []
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
        await process.wait()


async def _first_step(process: asyncio.subprocess.Process, work: Path) -> None:
    try:
        async with asyncio.timeout(STEP_SECONDS):
            while not _steps(work):
                if process.returncode is not None:
                    raise RuntimeError(f"the daemon ended with code {process.returncode}")
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise RuntimeError("no optimizer step within five minutes") from None


def _steps(work: Path) -> int:
    """Optimizer steps so far, as the run tells of them."""
    found = 0
    for path in work.glob("runs/*/progress.jsonl"):
        for line in path.read_text().splitlines():
            with contextlib.suppress(ValueError):
                found += json.loads(line).get("event") == "step"
    return found


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []
