"""The world refuses: whatever file call fails while a folder is looked at, the files are read in the end."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
import sqlite3
import tempfile
from itertools import count
from pathlib import Path

import pytest
from fitbox_trainer.daemon.database import Database
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.threads import in_thread
from fitbox_trainer.daemon.watcher import FolderHints, WatchMode
from fitbox_trainer.daemon.workfolder import exclusive

from fitbox.errors import ConfigurationError, LedgerError
from tests.faults.intake_bench import CALLS, REFUSALS, IntakeBench, failing_call, table

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("call", CALLS)
async def test_each_file_call_may_fail_once_with_any_error(call: str) -> None:
    """Only trouble leaves a look, the log names the path, and both files are read once it has passed."""
    sites = 0
    for number, code in zip(count(), [*REFUSALS] * 8, strict=False):
        with tempfile.TemporaryDirectory() as folder:
            bench = IntakeBench(Path(folder))
            for name, age in (("a.csv", 30), ("b.csv", 60)):
                (bench.data / name).write_text(table(age))
            with failing_call(call, number, code) as calls:
                troubles = await bench.look(3)
                reached = calls() > number
            troubles += await bench.look(6)
            assert bench.accepted() == {"a.csv", "b.csv"}, (call, number, code, bench.recorded.troubles)
            said = [*bench.recorded.troubles, *map(str, troubles)]
            assert all(".csv" in each or str(bench.settings.data) in each for each in said), said
            bench.close()
        if not reached:
            break
        sites += 1
    assert sites or call in {"os.lstat", "os.chmod", "os.unlink"}


async def test_an_entry_that_cannot_be_looked_at_is_neither_gone_nor_in_the_way(tmp_path: Path) -> None:
    """One name that the system says nothing about: the others are read, and it is not withdrawn."""
    bench = IntakeBench(tmp_path)
    (bench.data / "a.csv").write_text(table())
    await bench.look(4)

    class Entry:
        name = "a.csv"

        def stat(self, *, follow_symlinks: bool) -> os.stat_result:
            raise OSError(errno.ESTALE, "Stale file handle", self.name)

    real = os.scandir

    class Listing:
        def __enter__(self) -> list[object]:
            with real(bench.data) as entries:
                return [Entry(), *(entry for entry in entries if entry.name != "a.csv")]

        def __exit__(self, *_: object) -> None: ...

    (bench.data / "b.csv").write_text(table(60))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fitbox_trainer.daemon.watcher.os.scandir", lambda folder: Listing())
        await bench.look(4)
    assert bench.accepted() == {"a.csv", "b.csv"}
    assert any("looking at a.csv" in each and "Stale" in each for each in bench.recorded.troubles)
    bench.close()


async def test_an_entry_that_cannot_be_looked_at_again_is_not_withdrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only "there is no such file" says that a file is gone."""
    bench = IntakeBench(tmp_path)
    (bench.data / "a.csv").write_text(table())
    await bench.look(4)
    (bench.data / "a.csv").unlink()
    bench.inbox.hint()
    lstat = Path.lstat

    def stale(path: Path) -> os.stat_result:
        if path.name == "a.csv":
            raise OSError(errno.EIO, "Input/output error")
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", stale)
    troubles = await bench.look(4)
    assert bench.accepted() == {"a.csv"}
    assert troubles
    monkeypatch.undo()
    await bench.look(4)
    assert bench.accepted() == set()
    bench.close()


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("database is locked"),
        sqlite3.OperationalError("disk I/O error"),
        sqlite3.DatabaseError("database disk image is malformed"),
    ],
)
async def test_what_the_ledger_refuses_is_trouble_that_passes(tmp_path: Path, error: sqlite3.Error) -> None:
    """Each of SQLite's errors is one typed error, and the file is read when it has passed."""
    bench = IntakeBench(tmp_path)
    (bench.data / "a.csv").write_text(table())

    class Refusing:
        in_transaction = False

        def execute(self, *_: object) -> object:
            raise error

    real, bench.ledger._db._connection = bench.ledger._db._connection, Refusing()  # type: ignore[assignment]
    troubles = await bench.look(3)
    assert troubles
    assert all(isinstance(each, LedgerError) and "ledger.sqlite3" in str(each) for each in troubles)
    bench.ledger._db._connection = real
    await bench.look(4)
    assert bench.accepted() == {"a.csv"}
    bench.close()


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    """An operator reads a sentence instead of a stack trace."""
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"not a database at all, whatever its name says" * 40)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite3"):
        Database(path)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        Ledger(path)


async def test_no_thread_is_trouble_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process at its limit of threads may have some again later."""

    async def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(asyncio, "to_thread", refused)
    with pytest.raises(OSError, match="no thread") as raised:
        await in_thread(print)
    assert raised.value.errno == errno.EAGAIN


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENOSPC, errno.EACCES, errno.ENOMEM, errno.ENOSYS])
def test_without_events_the_folder_is_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Whatever the kernel says when it is asked for events, scans go without."""

    def refused(self: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fitbox_trainer.daemon.watcher.Observer.start", refused, raising=False)
    hints = FolderHints(tmp_path, lambda: None)
    assert hints.start() is WatchMode.POLLING
    hints.stop()


def test_a_work_folder_without_locks_is_used_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Network mounts may have no locks; one line says that nothing keeps a second daemon away."""

    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with caplog.at_level(logging.WARNING), exclusive(tmp_path / "work"):
        pass
    assert "no file locks" in caplog.text


async def test_a_store_whose_folders_cannot_be_flushed_takes_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EINVAL of a folder's fsync says that the file system has none."""
    fsync = os.fsync

    def files_only(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112 - a link of the kernel's
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    bench = IntakeBench(tmp_path)
    (bench.data / "a.csv").write_text(table())
    assert await bench.look(3) == []
    assert bench.accepted() == {"a.csv"}
    bench.close()


@pytest.mark.parametrize(
    "make", [lambda path: path.write_text("a file"), lambda path: path.symlink_to("loop")]
)
def test_a_work_folder_that_cannot_be_is_explained(tmp_path: Path, make: object) -> None:
    """One line names the folder."""
    work = tmp_path / "loop"
    make(work)  # type: ignore[operator]
    with pytest.raises(ConfigurationError, match="loop cannot be used"), exclusive(work):
        pass
