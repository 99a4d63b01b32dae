"""The process that trains a tiny model: what it is refused costs a run at most an attempt, never its result.

A run that is hit either goes on or ends with an exit code after which the daemon tries again; the next
attempt, on the folder as the first one left it, ends well; and the adapter is the one that a run makes which
nothing was refused, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from fitbox_trainer.run.exit_codes import ExitCode

from tests.injection.rig import Refusal, Rig, Tally, Tried
from tests.tiny_llama import write_tiny_base
from tests.tiny_run import adapter_digest, make_run

TRIED_AGAIN = (ExitCode.FAILED, ExitCode.OUT_OF_MEMORY, ExitCode.DISK_FULL)
KEPT_CHECKPOINT = "checkpoints/step-*/COMPLETE"


class Nursery:
    """:mod:`tests.injection.nursery`, under test."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    async def __aenter__(self) -> Nursery:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.injection.nursery"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"} | self._rig.environment(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def train(self, folder: Path) -> int | None:
        """The exit code of a process that trains this folder's run; ``None`` of one that does not end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n".encode())
        code: int | None = json.loads(await self._process.stdout.readline())["code"]
        return code


async def fine_tuning(folder: Path, tried: Tried, tally: Tally) -> None:
    """Each call of a run from its beginning, and of one that goes on from a checkpoint, is refused once with
    each error."""
    base = await asyncio.to_thread(write_tiny_base, folder / "base" / "tiny")
    rig = Rig(folder / "rig")
    async with Nursery(rig) as nursery:
        fresh = make_run(folder / "fresh", base)
        begun = await _begun(fresh, folder / "begun", nursery, rig)
        seen: set[tuple[str, str]] = set()
        for template in (fresh, begun):
            rig.forget()
            reference = _copy(template, folder / "reference")
            if await nursery.train(reference) != ExitCode.DONE:
                raise SystemExit(f"a run that nothing is refused failed: {_said(reference)}")
            digest = adapter_digest(reference)
            sites = [site for site in rig.sites() if site not in seen]
            seen.update(sites)
            for refusal in tried.chosen(sites, tally):
                await _refused(refusal, _copy(template, folder / "run"), digest, nursery, rig, tally)


async def _begun(fresh: Path, folder: Path, nursery: Nursery, rig: Rig) -> Path:
    """A run whose candidate was refused its place: its checkpoints are all that there is of it."""
    run = _copy(fresh, folder)
    rig.forget()
    await nursery.train(_copy(fresh, folder.with_name("look")))
    last = [site for kind, site in rig.sites() if kind == "sync" and "put_candidate" in site]
    rig.arm(Refusal(last[0], "EIO"))
    await nursery.train(run)
    if not rig.disarm() or not any(run.glob(KEPT_CHECKPOINT)):
        raise SystemExit(f"no checkpoint was left by a run that ended early: {_said(run)}")
    return run


async def _refused(
    refusal: Refusal, run: Path, digest: str, nursery: Nursery, rig: Rig, tally: Tally
) -> None:
    rig.arm(refusal)
    code = await nursery.train(run)
    made = rig.disarm()
    tally.injections += made
    tally.unmade += not made
    if code is None:
        tally.trouble("hung", refusal, _said(run))
        return
    if code not in (ExitCode.DONE, *TRIED_AGAIN):
        tally.trouble("ended", refusal, f"exit code {code}: {_said(run)}")
        return
    if code != ExitCode.DONE:
        if not _told(run):
            tally.trouble("ended", refusal, f"exit code {code} without a reason: {_said(run)}")
        if (again := await nursery.train(run)) != ExitCode.DONE:
            tally.trouble("lost", refusal, f"the next attempt ended with {again}: {_said(run)}")
            return
    if adapter_digest(run) != digest:
        tally.trouble("wrong", refusal, "another adapter than without the refusal")


def _copy(template: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".log").unlink(missing_ok=True)
    return Path(shutil.copytree(template, folder, symlinks=True))


def _told(run: Path) -> bool:
    """Whether progress has an error event."""
    try:
        lines = (run / "progress.jsonl").read_text("utf-8").splitlines()
    except OSError:
        return False
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return any(event.get("event") == "error" for event in events)


def _said(run: Path) -> str:
    log = run.with_suffix(".log")
    return log.read_text("utf-8", "replace")[-600:] if log.exists() else ""
