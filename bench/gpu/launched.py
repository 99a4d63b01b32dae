"""A run folder trained as the daemon has one trained, on some of the GPUs, and watched from outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.run.children import Child, Ending, find_left_behind
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import Preset, load_preset, parse_preset

_MEMORY = ("nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits")
_POLL_SECONDS = 0.5


@dataclass
class Launched:
    """How it went."""

    ending: Ending
    seconds: float
    """From the launcher's start to the end of all it started."""
    left_behind: int
    """Processes of the run that are there still."""
    card_mib: list[int] = field(default_factory=list)
    """The most that the driver said was used on each card, whoever used it."""


def command(processes: int) -> list[str]:
    """The daemon's own, for so many processes."""
    words = [str(word) for word in TrainerSettings.model_fields["finetune_command"].default]
    words[words.index("--num_processes") + 1] = str(processes)
    if processes > 1:
        words.insert(words.index("--num_processes"), "--multi_gpu")
    return words


def with_settings(name: str, settings: Sequence[str]) -> Preset:
    """A preset with settings such as ``lora.dropout=0`` or ``checkpoint_seconds=2`` changed (JSON)."""
    values = load_preset(name).model_dump(mode="json")
    for setting in settings:
        key, _, value = setting.partition("=")
        *sections, last = key.split(".")
        section = values
        for part in sections:
            section = section[part]
        section[last] = json.loads(value)
    return parse_preset(values, source=name)


async def train(
    folder: RunFolder,
    processes: int,
    *,
    attempt: int = 1,
    meanwhile: Callable[[Child], Awaitable[object]] | None = None,
    most_seconds: float = 600.0,
) -> Launched:
    """Train on the first ``processes`` GPUs; ``meanwhile`` runs beside it and may do it harm."""
    run_id = folder.config().run_id
    if os.environ.get("CUDA_VISIBLE_DEVICES") != "":  # that one hides them all: a trial on a CPU
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, range(processes)))
    started = time.monotonic()
    child = await Child.start(
        [*command(processes), "--run-dir", str(folder.path)],
        run_id=run_id,
        log=folder.log("training", attempt),
        nice=0,
        idle_time_only=False,
        threads=None,
        stop_grace_seconds=10.0,
    )
    cards: list[int] = []
    watcher = asyncio.create_task(_watch(cards))
    harm = asyncio.create_task(_nothing() if meanwhile is None else _until(meanwhile(child)))
    try:
        async with asyncio.timeout(most_seconds):
            await child.wait()
    except TimeoutError:
        await child.stop()
    for task in (watcher, harm):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    seconds = time.monotonic() - started
    return Launched(
        child.ending(folder.follow().read()), round(seconds, 1), len(find_left_behind(run_id)), cards
    )


def ranks(run_id: str) -> dict[int, int]:
    """Process ids of those that train, by rank."""
    found = {}
    for pid in find_left_behind(run_id):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            rank = process.environ().get("RANK")
            if rank is not None and "fitbox_trainer.finetune" in process.cmdline():
                found[int(rank)] = pid
    return found


def steps(folder: RunFolder) -> list[dict[str, Any]]:
    """The training log of what is done, in progress or not."""
    for path in (folder.candidate / "training_log.jsonl", folder.training_log):
        if path.exists():
            return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return []


def events(folder: RunFolder, name: str) -> list[dict[str, Any]]:
    """Those of that kind in ``progress.jsonl``."""
    path = folder.path / "progress.jsonl"
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    return [event for event in told if event["event"] == name]


def memory_at_start(folder: RunFolder) -> list[int]:
    """MiB of tensors on each GPU when training began: what is loaded, without optimizer and activations."""
    stages = [event for event in events(folder, "stage") if event["stage"] == "train"]
    return list(stages[-1].get("gpu_mib", [])) if stages else []


def log_tail(folder: RunFolder, attempt: int = 1) -> str:
    """The end of what an attempt printed."""
    path: Path = folder.log("training", attempt)
    return path.read_text("utf-8", errors="replace")[-3000:] if path.exists() else ""


async def _watch(cards: list[int]) -> None:
    while True:
        with contextlib.suppress(OSError, ValueError):
            done = await asyncio.to_thread(subprocess.run, _MEMORY, capture_output=True, check=False)
            used = [int(line) for line in done.stdout.split()]
            cards[:] = [max(pair) for pair in zip(used, cards or used, strict=True)]
        await asyncio.sleep(_POLL_SECONDS)


async def _nothing() -> None:
    return None


async def _until(work: Awaitable[object]) -> None:
    await work
