"""What both processes say of themselves and the machine: a sign of life, memory, disks, the certificate.

``/metrics`` is answered by threads, also while the event loop hangs; the heartbeat comes from the loop, and
tells the two apart. Disks and the certificate are looked at when Prometheus asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import math
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector

from fitbox.telemetry.certificate import expires_at
from fitbox.telemetry.metric import Kind, Label, Meter, Metric

BEAT_SECONDS = 5.0
"""Between two signs of life."""

_FOLDER = Label("folder", ("models", "data", "work"))
BUILD = Metric(
    "fitbox_build_info",
    Kind.GAUGE,
    "1, with the release of FitBox and of Python that runs.",
    "count by (version) (fitbox_build_info)",
    (Label("version", bound="one"), Label("python", bound="one")),
)
HEARTBEAT = Metric(
    "fitbox_heartbeat_timestamp_seconds",
    Kind.GAUGE,
    f"When the event loop last ran, at most {BEAT_SECONDS:g} s ago where it does.",
    "time() - fitbox_heartbeat_timestamp_seconds > 60",
    unit="timestamp",
)
DISK_FREE = Metric(
    "fitbox_disk_free_bytes",
    Kind.GAUGE,
    "Free bytes, to this process, of the file system that holds a folder.",
    "fitbox_disk_free_bytes / fitbox_disk_size_bytes",
    (_FOLDER,),
    "bytes",
    from_the_start=False,
)
DISK_SIZE = Metric(
    "fitbox_disk_size_bytes",
    Kind.GAUGE,
    "Size of the file system that holds a folder.",
    "fitbox_disk_free_bytes / fitbox_disk_size_bytes",
    (_FOLDER,),
    "bytes",
    from_the_start=False,
)
CERTIFICATE = Metric(
    "fitbox_tls_certificate_expiry_timestamp_seconds",
    Kind.GAUGE,
    "When the server's certificate, as its file is now, ends to be valid. Absent without TLS.",
    "(fitbox_tls_certificate_expiry_timestamp_seconds - time()) / 86400",
    (Label("certificate", ("server",)),),
    "timestamp",
    from_the_start=False,
)
HOST_METRICS = (BUILD, HEARTBEAT, DISK_FREE, DISK_SIZE, CERTIFICATE)


class Host:
    """Registers :data:`HOST_METRICS` and Prometheus's own ``process_*``.

    Args:
        registry: Where.
        folders: Of the values of label ``folder``, those that this process uses.
        certificate: PEM, or ``None`` without TLS.
    """

    def __init__(
        self, registry: CollectorRegistry, folders: Mapping[str, Path], certificate: Path | None = None
    ) -> None:
        self._meter = Meter(registry, HOST_METRICS)
        ProcessCollector(registry=registry)
        version = importlib.metadata.version("fitbox")
        self._meter.set(BUILD, 1, version=version, python=platform.python_version())
        for name, folder in folders.items():
            self._meter.ask(DISK_FREE, _asking(folder, free=True), folder=name)
            self._meter.ask(DISK_SIZE, _asking(folder, free=False), folder=name)
        if certificate is not None:
            self._meter.ask(CERTIFICATE, lambda: expires_at(certificate), certificate="server")

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Give signs of life while the body runs and the loop of this thread does."""
        loop = asyncio.get_running_loop()
        timer: asyncio.Handle

        def beat() -> None:
            nonlocal timer
            self._meter.set(HEARTBEAT, time.time())
            timer = loop.call_later(BEAT_SECONDS, beat)

        timer = loop.call_soon(beat)
        try:
            yield
        finally:
            timer.cancel()


def _asking(folder: Path, *, free: bool) -> Callable[[], float]:
    """Asks for a figure of the file system that holds a folder, or its nearest parent that is there."""
    absolute = folder.absolute()

    def ask() -> float:
        for place in (absolute, *absolute.parents):
            try:
                found = os.statvfs(place)
            except FileNotFoundError:
                continue
            except OSError:
                break
            return float(found.f_frsize * (found.f_bavail if free else found.f_blocks))
        return math.nan

    return ask
