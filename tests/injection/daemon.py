"""The training daemon: one process that takes files in, trains and publishes while one call after the other
is refused."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from fitbox_client.errors import FitBoxClientError, from_rpc_error
from fitbox_trainer.intake.synth import write_synthetic

from fitbox.errors import FitBoxError
from fitbox.v1 import training_pb2, training_pb2_grpc
from tests.injection.rig import Refusal, Rig, Tally, Tried, WrongError, traceback_in
from tests.scripted_training import Workshop

SETTLE_SECONDS = 120.0
"""Longer than any pause after which the daemon tries again."""
PATIENT: dict[str, Any] = {"backoff_seconds": 0.1, "max_attempts": 6, "idle_time_only": False}
ROWS = 6
KEPT_FILES = 4
TRAIN = "import sys, typer; from fitbox_trainer.cli import train; typer.run(train)"


class Process:
    """A daemon in a process of its own."""

    def __init__(self, rig: Rig, workshop: Workshop, *options: str) -> None:
        self._rig, self.workshop, self._options = rig, workshop, options
        self.log = workshop.root / "daemon.log"
        self.port = 0

    async def start(self) -> None:
        """Start it; returns when it is ready, or has ended."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", TRAIN, "--json", *self._options),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self.workshop.environment() | self._rig.environment(),
            )
        assert self.process.stdout is not None
        async with asyncio.timeout(SETTLE_SECONDS):
            line = await self.process.stdout.readline()
        with contextlib.suppress(ValueError, KeyError):
            self.port = int(str(json.loads(line)["address"]).rpartition(":")[2])
        self._drain = asyncio.create_task(self._drained())

    async def _drained(self) -> None:
        assert self.process.stdout is not None
        with self.log.open("ab") as log:
            while line := await self.process.stdout.readline():
                log.write(line)
                log.flush()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL for what does not heed it."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(SETTLE_SECONDS):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self._drain

    def said(self) -> str:
        """Everything that it wrote so far."""
        return self.log.read_text("utf-8", "replace")


class Rounds:
    """Rounds of work for one daemon, all alike."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._number = 0
        self._seen = 0
        """Number of the newest run that a round has judged; the next round waits for its own."""
        self.files: list[str] = []

    def put(self) -> None:
        """A new file arrives, and the oldest leaves."""
        self._number += 1
        name = f"members-{self._number}.csv"
        partial = self._workshop.data / f".{name}.tmp"
        write_synthetic(partial, ROWS, seed=self._number)
        partial.rename(self._workshop.data / name)
        self.files.append(name)
        if len(self.files) > KEPT_FILES:
            (self._workshop.data / self.files.pop(0)).unlink()

    async def round(self, process: Process) -> None:
        """Put a file and wait until a version trained on it is active, asking the service meanwhile."""
        self.put()
        async with (
            asyncio.timeout(SETTLE_SECONDS),
            grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel,
        ):
            service = training_pb2_grpc.TrainingServiceStub(channel)
            while True:
                await _allowed(service.ListDatasets(training_pb2.ListDatasetsRequest()))
                await _allowed(service.ListRuns(training_pb2.ListRunsRequest()))
                if self.is_settled():
                    return
                if process.process.returncode is not None:
                    return
                await asyncio.sleep(0.05)

    def is_settled(self) -> bool:
        """Whether all files that are there are accepted, and the version that serves was trained on just
        these."""
        ledger = self._workshop.settings.work_dir / "ledger.sqlite3"
        try:
            with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=5)) as db:
                accepted = {row[0] for row in db.execute("SELECT name FROM files WHERE status = 'ACCEPTED'")}
                refused = db.execute("SELECT name, reason FROM files WHERE status = 'REJECTED'").fetchall()
                last = db.execute(
                    "SELECT stage, version, dataset_digest, reason, number FROM runs"
                    " WHERE number > ? ORDER BY number DESC LIMIT 1",
                    (self._seen,),
                ).fetchone()
        except sqlite3.Error:
            return False
        if refused:
            raise WrongError(f"a good file was refused: {refused}")
        if last is not None and last[0] in ("FAILED", "REJECTED", "CANCELLED"):
            self._seen = last[4]
            raise WrongError(f"a good run ended as {last[0]}: {last[3]}")
        if accepted != set(self.files) or last is None or last[0] != "SUCCEEDED":
            return False
        try:
            active = self._workshop.registry.active().version
            if active != last[1]:
                return False
            version = self._workshop.registry.get(active)
            self._workshop.registry.verify(version)
        except FitBoxError as error:
            raise WrongError(f"what is active is not whole: {error}") from error
        if version.dataset_digest != last[2] or not self._covers(last[2]):
            return False
        self._seen = last[4]
        return True

    def _covers(self, digest: str) -> bool:
        """Whether the dataset has a member for each row of the present files."""
        path = self._workshop.settings.work_dir / "datasets" / f"{digest}.jsonl"
        return path.exists() and len(path.read_text("utf-8").splitlines()) == ROWS * len(self.files)


async def training(folder: Path, tried: Tried, tally: Tally) -> None:
    """Each call that a round makes is refused once with each error, in a daemon that goes on living."""
    workshop = Workshop(folder / "shop", **PATIENT)
    rig, rounds = Rig(folder / "rig"), Rounds(workshop)
    async with _under_test(rig, workshop) as process:
        start = rig.sites()
        for _ in range(KEPT_FILES + 2):
            await rounds.round(process)
        sites = [one for one in rig.sites() if one not in start]
    waiting = tried.chosen(sites, tally)
    while waiting:
        async with _under_test(rig, workshop) as process:
            while waiting:
                refusal = waiting.pop(0)
                rig.arm(refusal)
                await _judged(tally, refusal, process, rounds)
                _count(tally, made=rig.disarm())
                if process.process.returncode is not None:
                    said = process.said().strip()
                    tally.trouble(
                        "ended", refusal, f"exit code {process.process.returncode}: ...{said[-600:]}"
                    )
                    break


async def beginning(folder: Path, tried: Tried, tally: Tally) -> None:
    """Each call of a start is refused once: it works all the same or says in a line why not, and the next
    one works."""
    rig, workshop = Rig(folder / "rig"), Workshop(folder / "shop", **PATIENT)
    rounds = Rounds(workshop)
    async with _under_test(rig, workshop) as process:
        sites = rig.sites()
        await rounds.round(process)
    for refusal in tried.chosen(sites, tally):
        rig.arm(refusal)
        said = 0
        async with _under_test(rig, workshop) as process:
            said = len(process.said())
            if process.port:
                await _judged(tally, refusal, process, rounds)
            else:
                await process.process.wait()
        text = process.said()[said:]
        if (process.process.returncode or 0) < 0 or traceback_in(text):
            tally.trouble("ended", refusal, text[-600:])
        _count(tally, made=rig.disarm())
    async with _under_test(rig, workshop) as process:
        await _judged(tally, Refusal("no call", "nothing"), process, rounds)


async def _judged(tally: Tally, refusal: Refusal, process: Process, rounds: Rounds) -> None:
    try:
        await rounds.round(process)
    except TimeoutError:
        tally.trouble("hung", refusal, "the new file was never trained on")
    except WrongError as error:
        tally.trouble("wrong", refusal, str(error))


def _count(tally: Tally, *, made: bool) -> None:
    tally.injections += made
    tally.unmade += not made


async def _allowed(call: grpc.aio.UnaryUnaryCall[object, object]) -> None:
    """A call that may fail, but only as one of ours does."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        typed = from_rpc_error(error)
        if error.code() is grpc.StatusCode.UNKNOWN or type(typed) is FitBoxClientError:
            raise WrongError(f"{error.code().name}: {error.details()}") from None


@contextlib.asynccontextmanager
async def _under_test(rig: Rig, workshop: Workshop) -> AsyncIterator[Process]:
    process = Process(rig, workshop)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()
