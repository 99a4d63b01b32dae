"""The refusals are real, and a part of ``make test-faults``: server and daemon while files are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.injection import daemon, server
from tests.injection.rig import ROOT, Refusal, Rig, Tally, Tried

WRITE_TWICE = """
import errno, pathlib, sys
from fitbox.durable import replace_file
for _ in range(2):
    try:
        replace_file(pathlib.Path(sys.argv[1]), b"new", private=True)
        print("written")
    except OSError as error:
        print(errno.errorcode[error.errno])
"""


def write_twice(rig: Rig, path: Path) -> list[str]:
    """What a process under test says that writes a file durably, two times."""
    command = [sys.executable, "-c", WRITE_TWICE, str(path)]
    environment = os.environ | rig.environment() | {"PYTHONPATH": f"{rig.environment()['PYTHONPATH']}:{ROOT}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.slow
def test_each_call_of_a_durable_write_is_found_and_refused_once(tmp_path: Path) -> None:
    """The call that is armed fails with the error that was asked for; the same call works the next time."""
    rig = Rig(tmp_path / "rig")
    assert write_twice(rig, tmp_path / "file") == ["written", "written"]
    sites = rig.sites()
    assert {"open to write", "write", "change", "sync"} <= {kind for kind, _ in sites}
    for _, site in [one for one in sites if one[0] in ("sync", "write")]:
        rig.arm(Refusal(site, "EIO"))
        assert write_twice(rig, tmp_path / "file") == ["EIO", "written"]
        assert rig.disarm()


def test_a_call_that_nobody_makes_is_not_counted(tmp_path: Path) -> None:
    """Otherwise a list of calls that is out of date would pass for tried."""
    rig = Rig(tmp_path / "rig")
    rig.arm(Refusal("sync | fitbox/nowhere.py:1 nothing", "EIO"))
    assert write_twice(rig, tmp_path / "file") == ["written", "written"]
    assert not rig.disarm()


@pytest.mark.slow
@pytest.mark.integration
async def test_a_server_outlives_every_refusal_around_the_active_version(tmp_path: Path) -> None:
    """A sample of the sites: who reads, locks and verifies what is to serve."""
    tally = Tally()
    await server.serving(tmp_path, Tried(errors=1, only="fitbox/registry/", share=(0, 8)), tally)
    assert tally.injections >= 3
    assert not tally.troubles


@pytest.mark.slow
@pytest.mark.integration
async def test_a_daemon_outlives_every_refusal_around_its_ledger(tmp_path: Path) -> None:
    """A sample of the sites: the ledger's statements, on a disk that is full for each of them once."""
    tally = Tally()
    await daemon.training(tmp_path, Tried(errors=1, only="daemon/ledger", share=(0, 8)), tally)
    assert tally.injections >= 2
    assert not tally.troubles
