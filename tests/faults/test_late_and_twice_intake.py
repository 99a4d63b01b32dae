"""Late, twice, out of order: two daemons, clocks that jump, and files read again by newer rules."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fitbox_trainer.daemon.daemon import Daemon
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Content, Dataset, FileStatus
from fitbox_trainer.daemon.watcher import Signature
from fitbox_trainer.daemon.workfolder import exclusive

from fitbox.errors import ConfigurationError
from tests.scripted_training import Workshop, scripted_ingest

SIGNATURE = Signature(1, 1, 1)


def content(members: str, status: FileStatus = FileStatus.ACCEPTED, rows: int = 3) -> Content:
    """What reading the same bytes gave."""
    return Content("d" * 64, status, "", rows, 0, 0, Path(members))


def test_two_daemons_on_one_folder_are_one(tmp_path: Path) -> None:
    """The second says in one line who has it."""
    work = tmp_path / "work"
    with (
        exclusive(work),
        pytest.raises(ConfigurationError, match="another training daemon"),
        exclusive(work),
    ):
        pass


def test_what_newer_rules_make_of_a_content_replaces_what_older_ones_did(tmp_path: Path) -> None:
    """The members file that was unlinked is not looked for again, and the union is made anew."""
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    assert ledger.record_content("a.csv", SIGNATURE, content("old.jsonl"))
    ledger.record_dataset(ledger.sources(), Dataset("e" * 64, 3))
    assert not ledger.record_content("copy.csv", SIGNATURE, content("old.jsonl"))
    assert ledger.dataset_of(ledger.sources()) == Dataset("e" * 64, 3)
    assert ledger.record_content("copy.csv", SIGNATURE, content("new.jsonl", rows=2))
    assert ledger.members_files(("d" * 64,)) == (Path("new.jsonl"),)
    assert ledger.dataset_of(ledger.sources()) is None
    ledger.close()


def test_a_content_that_newer_rules_refuse_is_refused_under_every_name(tmp_path: Path) -> None:
    """Its members are in no dataset, whichever of its names was looked at."""
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    ledger.record_content("a.csv", SIGNATURE, content("old.jsonl"))
    ledger.record_content("b.csv", SIGNATURE, content("", FileStatus.REJECTED, 0))
    assert ledger.sources() == {}
    assert {record.status for record in ledger.files()} == {FileStatus.REJECTED}
    ledger.close()


@pytest.mark.slow
@pytest.mark.parametrize("jump", [-(10**9), 10**9, -3600])
async def test_a_clock_that_jumps_delays_no_run(tmp_path: Path, jump: float) -> None:
    """A change that seems to lie years ahead is waited for as long as any other."""
    workshop = Workshop(tmp_path, debounce_seconds=5.0, debounce_max_seconds=10**8)
    ledger = Ledger(workshop.settings.work_dir / "ledger.sqlite3", clock=lambda: 1e9)
    ledger.record_content("a.csv", SIGNATURE, content("m.jsonl"))
    now = [0.0]
    daemon = Daemon(
        *(workshop.settings, ledger, workshop.registry, scripted_ingest, workshop.recorded),
        clock=lambda: 1e9 + jump,
        monotonic=lambda: now[0],
    )
    assert daemon._debouncing() <= 5.0
    now[0] = 6.0
    assert daemon._debouncing() <= 0
    ledger.close()


async def test_a_daemon_starts_again_where_recovering_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a crash left is looked at until it can be, and the process lives meanwhile."""
    workshop = Workshop(tmp_path)
    ledger = workshop.open_ledger()
    daemon = workshop.daemon(ledger)
    tries = iter([OSError(5, "Input/output error"), None])

    async def recover() -> None:
        if (error := next(tries)) is not None:
            daemon.wake()
            raise error

    monkeypatch.setattr(daemon.worker, "recover", recover)
    async with asyncio.timeout(30):
        await daemon.run(asyncio.Event(), once=True)
    assert [each for each in workshop.recorded.troubles if "Input/output" in each]
    ledger.close()
