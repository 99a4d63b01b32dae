"""The data folder brought into the ledger: a scripted clock, real files."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.daemon.inbox import FILES_PER_TICK, Inbox
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import FileStatus

from tests.scripted_training import Workshop, scripted_ingest

SCAN_SECONDS = 1.0


class Bench:
    """An inbox whose clock stands still unless it is told to go on."""

    def __init__(self, root: Path) -> None:
        self.now = 0.0
        self.workshop = Workshop(root, scan_seconds=SCAN_SECONDS, stable_scans=3)
        self.ledger: Ledger = self.workshop.open_ledger()
        self.before_reading: Callable[[Path], None] = lambda path: None
        self.after_reading: Callable[[Path], None] = lambda path: None
        self.inbox = Inbox(
            self.workshop.settings,
            self.ledger,
            self._ingest,
            self.workshop.recorded,
            monotonic=lambda: self.now,
        )

    def _ingest(self, path: Path, store: Path) -> Any:
        self.before_reading(path)
        report = scripted_ingest(path, store)
        self.after_reading(path)
        return report

    async def look(self, times: int = 1) -> None:
        """Look, and let the time of one scan pass, this often."""
        for _ in range(times):
            await self.inbox.look()
            self.now += SCAN_SECONDS

    def put(self, name: str, *members: str) -> Path:
        """Write a file."""
        return self.workshop.put(name, *members)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """One inbox."""
    made = Bench(tmp_path)
    yield made
    made.ledger.close()


async def test_a_storm_of_hints_brings_no_scan_forward(bench: Bench) -> None:
    """Otherwise "unchanged in three scans" would mean a millisecond, and half a file would look whole."""
    bench.put("a.csv", "ada")
    for _ in range(20):
        bench.inbox.hint()
        await bench.inbox.look()
    assert bench.ledger.sources() == {}
    assert not bench.inbox.is_settled
    await bench.look(3)
    assert bench.ledger.sources().keys() == {"a.csv"}


async def test_a_hint_makes_a_quiet_folder_be_looked_at(bench: Bench) -> None:
    """And until then the folder does not count as settled."""
    await bench.look(3)
    assert bench.inbox.is_settled
    quiet = bench.inbox.pause()
    bench.inbox.hint()
    assert not bench.inbox.is_settled
    assert bench.inbox.pause() < quiet


async def test_a_file_that_changes_while_it_waits_is_not_read(bench: Bench) -> None:
    """It was whole when it was scanned; what is read must be that."""
    bench.put("a.csv", "ada")
    late = bench.put("b.csv", "ben")

    def grow(path: Path) -> None:
        with late.open("a") as file:
            file.write("cy")

    bench.before_reading = grow
    await bench.look(3)
    assert bench.ledger.sources().keys() == {"a.csv"}
    assert not bench.inbox.is_settled
    assert bench.workshop.recorded.troubles == []
    bench.before_reading = lambda path: None
    await bench.look(4)
    assert bench.ledger.sources().keys() == {"a.csv", "b.csv"}
    assert bench.inbox.is_settled


async def test_what_was_read_counts_only_if_the_file_is_still_the_same(bench: Bench) -> None:
    """A writer that goes on during the reading is waited for."""
    growing = bench.put("a.csv", "ada")

    def grow(path: Path) -> None:
        with growing.open("a") as file:
            file.write("ben\n")

    bench.after_reading = grow
    await bench.look(4)
    assert bench.ledger.sources() == {}
    bench.after_reading = lambda path: None
    await bench.look(4)
    (record,) = bench.ledger.files()
    assert record.content is not None
    assert record.content.rows_accepted == 2


async def test_a_full_disk_is_not_the_fault_of_a_file(bench: Bench) -> None:
    """It is raised, nothing is refused, and every file is read once there is room."""
    bench.put("a.csv", "ada")
    bench.put("b.csv", "ben")
    full = iter([True])

    def no_room(path: Path) -> None:
        if next(full, False):
            raise OSError(errno.ENOSPC, "No space left on device")

    bench.before_reading = no_room
    with pytest.raises(OSError, match="No space"):
        await bench.look(4)
    assert not bench.inbox.is_settled
    await bench.look()
    assert bench.ledger.sources().keys() == {"a.csv", "b.csv"}


async def test_a_file_that_may_not_be_read_is_tried_again_later(bench: Bench) -> None:
    """The others are read meanwhile."""
    bench.put("a.csv", "ada")
    bench.put("b.csv", "ben")

    def forbidden(path: Path) -> None:
        if path.name == "a.csv":
            raise PermissionError(errno.EACCES, "Permission denied")

    bench.before_reading = forbidden
    await bench.look(5)
    assert bench.ledger.sources().keys() == {"b.csv"}
    assert len(bench.workshop.recorded.troubles) == 1
    bench.before_reading = lambda path: None
    bench.now += 60
    await bench.look()
    assert bench.ledger.sources().keys() == {"a.csv", "b.csv"}


async def test_a_file_that_is_back_before_its_turn_is_not_withdrawn(bench: Bench) -> None:
    """A backlog may stand between the scan that missed it and the withdrawal."""
    path = bench.put("a.csv", "ada")
    await bench.look(3)
    path.unlink()
    for number in range(FILES_PER_TICK):
        bench.put(f"b{number}.csv", f"m{number}")
    bench.inbox.hint()
    await bench.look(3)
    assert bench.inbox.has_backlog
    bench.put("a.csv", "ada")
    await bench.look(5)
    status = {file.name: file.status for file in bench.ledger.files()}
    assert status["a.csv"] is FileStatus.ACCEPTED
    assert len(bench.ledger.sources()) == FILES_PER_TICK + 1
