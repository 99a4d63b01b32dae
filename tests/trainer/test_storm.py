"""A storm of files on a scripted clock: the same happens in the same order, however busy the machine is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fitbox_trainer.daemon.hooks import HookList
from fitbox_trainer.daemon.inbox import Inbox

from tests.scripted_training import Workshop, scripted_ingest
from tests.storm.verdict import Readings, judge
from tests.storm.weather import Expected, storm

pytestmark = pytest.mark.slow

FILES = 500
STEPS_PER_SECOND = 40
"""The storm goes on while files are read."""
SCANS_TO_REST = 5


@pytest.mark.parametrize("hint_share", [1.0, 0.01], ids=["every event", "events lost in an overflow"])
async def test_a_storm_of_files_is_taken_in_whole_and_once(tmp_path: Path, hint_share: float) -> None:
    """Slow writers, renames, copies, replaced, extended and deleted files: nothing lost, partial or twice."""
    workshop = Workshop(tmp_path, scan_seconds=1.0, stable_scans=3, rescan_seconds=10.0)
    ledger = workshop.open_ledger()
    readings = Readings()
    now = 0.0
    hooks = HookList([readings, workshop.recorded])
    inbox = Inbox(workshop.settings, ledger, scripted_ingest, hooks, monotonic=lambda: now)
    chance = random.Random(7)
    expected = Expected()
    for _ in storm(workshop.data, tmp_path / "outside", FILES, chance, expected, slowly=STEPS_PER_SECOND):
        now += 1.0 / STEPS_PER_SECOND
        if chance.random() < hint_share:
            inbox.hint()
        await inbox.look()
    for _ in range(SCANS_TO_REST):
        now += workshop.settings.rescan_seconds
        while inbox.pause() <= 0:
            await inbox.look()
    assert inbox.is_settled
    verdict = judge(expected, ledger, readings, tmp_path / "scratch")
    ledger.close()
    assert verdict.is_good, verdict
    assert verdict.files > FILES * 0.8
    assert workshop.recorded.troubles == []
