"""The server under test: a process started here, or an address where one runs already."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from prometheus_client.parser import text_string_to_metric_families

START_SECONDS = 180.0
STOP_SECONDS = 120.0


@dataclass(frozen=True)
class Target:
    """What the load needs of a server."""

    address: str
    metrics: str | None
    """``host:port`` of ``/metrics``, where it is known."""

    async def samples(self) -> dict[str, float]:
        """The samples of ``/metrics`` by name, labels included (``name{label=value}``); empty without it."""
        if self.metrics is None:
            return {}
        text = await asyncio.to_thread(_scrape, self.metrics)
        return {
            sample.name + "".join(f"{{{key}={value}}}" for key, value in sorted(sample.labels.items())): (
                sample.value
            )
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@dataclass(frozen=True)
class Server(Target):
    """A ``fitbox serve`` process of ours."""

    process: asyncio.subprocess.Process
    version: str
    """What served when it was ready."""

    async def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def kill(self) -> list[psutil.Process]:
        """SIGKILL; returns workers that outlived it by more than 20 seconds."""
        workers = self.workers()
        self.process.kill()
        await self.ended()
        _, alive = await asyncio.to_thread(psutil.wait_procs, workers, 20)
        return list(alive)

    async def ended(self) -> int:
        """The exit code, once it has ended."""
        async with asyncio.timeout(STOP_SECONDS):
            return await self.process.wait()

    def workers(self) -> list[psutil.Process]:
        """Its worker processes, the oldest first."""
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return sorted(found, key=_started)

    def pss_bytes(self) -> int:
        """Memory of the front and its workers together; pages they share are counted once (PSS)."""
        total = 0
        for process in (psutil.Process(self.process.pid), *self.workers()):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += int(process.memory_full_info().pss)
        return total


@contextlib.asynccontextmanager
async def running(
    models: Path,
    *,
    model: str,
    engine: str,
    options: Mapping[str, str] | None = None,
    port: int = 0,
    **settings: object,
) -> AsyncIterator[Server]:
    """Start a server, wait until it is ready, and make sure that nothing is left.

    ``settings`` are those of :class:`fitbox_server.settings.Settings`. What it logs is appended to
    ``server.log`` beside ``models``.
    """
    environment = {f"FITBOX_{name.upper()}": str(value) for name, value in settings.items()}
    arguments = [f"--engine-option={name}={value}" for name, value in (options or {}).items()]
    log = (models.parent / "server.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "fitbox_client", "serve", "--models", str(models), "--model", model, "--engine", engine),
        *("--port", str(port), "--metrics-port", "0", "--json", "--log-level", "error", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        env=os.environ
        | {"FITBOX_POLL_SECONDS": "0.05", "FITBOX_FEEDBACK": str(models.parent / "feedback")}
        | environment,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
        if not line:
            code = await process.wait()
            raise RuntimeError(f"the server ended with code {code} before it was ready; see {log.name}")
        ready = json.loads(line)
        yield Server(ready["address"], ready["metrics"], process, ready["version"])
    finally:
        log.close()
        if process.returncode is None:
            process.kill()
            await process.wait()


def _started(process: psutil.Process) -> float:
    try:
        return float(process.create_time())
    except psutil.NoSuchProcess:
        return 0.0


def _scrape(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as reply:
        return str(reply.read().decode())
