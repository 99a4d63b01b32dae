"""A real Prometheus on the loopback, for as long as a test needs it."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ops.__main__ import ROOT
from ops.ask import Prometheus

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="needs a Prometheus: apt-get install prometheus"
)
SCRAPE_SECONDS = 1
_START_SECONDS = 60.0


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def prometheus(folder: Path, targets: Mapping[str, str]) -> Iterator[Prometheus]:
    """Scrapes ``targets`` (job -> address) with the project's rules, keeps its data in ``folder``."""
    configuration = {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"},
        "rule_files": [str(ROOT / "ops" / "prometheus" / "rules.yml")],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [address]}]} for job, address in targets.items()
        ],
    }
    file = folder / "prometheus.yml"
    file.write_text(json.dumps(configuration))  # JSON is YAML
    address = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(
            [
                *("prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"),
                *(f"--web.listen-address={address}", "--log.level=warn"),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _wait_ready(f"http://{address}/-/ready", process)
        yield Prometheus(f"http://{address}")
    finally:
        process.terminate()
        process.wait(30)


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "prometheus ended; see its log"
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as reply:  # noqa: S310 - http
            if reply.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("prometheus did not become ready")
