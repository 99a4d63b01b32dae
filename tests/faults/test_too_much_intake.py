"""Too much: a file decides how wide, long and odd it is, but not how much memory or time it takes."""

from __future__ import annotations

import difflib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.daemon.inbox import LARGE_FILE_BYTES, MAX_READ_ATTEMPTS
from fitbox_trainer.daemon.records import FileStatus
from fitbox_trainer.intake import IntakeStatus, files, ingest, pipeline, reader
from fitbox_trainer.intake.child import TOO_MUCH_MEMORY
from fitbox_trainer.intake.dialect import MAX_COLUMNS
from fitbox_trainer.intake.process import LEAST_MEMORY_MIB, Reader, ReaderDiedError
from fitbox_trainer.intake.reader import MAX_BATCH_CELLS, Table
from fitbox_trainer.intake.report import MAX_REASONS

from tests.faults.intake_bench import HEADER, IntakeBench, table

GOOD = "30,Male,80,1.80\n"


def write(folder: Path, text: str) -> Path:
    """A file of this text."""
    path = folder / "x.csv"
    path.write_text(text)
    return path


def test_more_columns_than_any_table_of_members_has_are_refused(tmp_path: Path) -> None:
    """With a word on what to do; as many as allowed are read."""
    wide = ",".join([HEADER.strip(), *(f"c{n}" for n in range(MAX_COLUMNS))])
    report = ingest(write(tmp_path, f"{wide}\n{GOOD}"), tmp_path / "store")
    assert report.status is IntakeStatus.REJECTED
    assert f"{MAX_COLUMNS} are the most" in report.reason
    fits = ",".join([HEADER.strip(), *(f"c{n}" for n in range(MAX_COLUMNS - 4))])
    assert ingest(write(tmp_path, f"{fits}\n{GOOD}"), tmp_path / "store").rows_accepted == 1


def test_near_misses_of_a_title_are_compared_a_bounded_number_of_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither many titles nor long ones make the search for what was meant slow."""
    compared: list[int] = []
    real = difflib.get_close_matches

    def counting(word: str, names: Any, **options: Any) -> list[str]:
        compared.append(sum(len(name) for name in names))
        return real(word, names, **options)

    monkeypatch.setattr(difflib, "get_close_matches", counting)
    titles = [f"weihgt{n}" for n in range(300)] + ["weihgt" * 16_000]
    report = ingest(write(tmp_path, ",".join(titles) + "\n1,2\n"), tmp_path / "store")
    assert "did you mean 'weihgt" in report.reason
    assert len(report.reason) <= pipeline.MAX_REASON_CHARACTERS + 3
    assert max(compared) < 100 * 220


@pytest.mark.slow
@pytest.mark.parametrize("bomb", ['"\n",' * 8_000, '"' + "x\n" * 16_000, '34,"Male,80,1.75\n' * 2_000])
def test_a_quote_that_is_never_closed_holds_a_bounded_part_of_the_file(
    tmp_path: Path, bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a good row after it is still a member."""
    most = 0
    real = reader._Lines.__next__

    def watching(lines: Any) -> str:
        nonlocal most
        line = real(lines)
        most = max(most, len(lines.taken))
        return line

    monkeypatch.setattr(reader._Lines, "__next__", watching)
    monkeypatch.setattr(reader, "MAX_RECORD_CHARACTERS", 10_000)
    report = ingest(
        write(tmp_path, HEADER + GOOD + bomb + "\n" + GOOD.replace("30", "40")), tmp_path / "store"
    )
    assert report.rows_accepted == 0 or report.status is IntakeStatus.REJECTED
    assert report.rows_accepted + report.rows_duplicate >= 1
    assert most <= 10_000


@pytest.mark.slow
def test_a_batch_ends_by_its_cells_and_characters(tmp_path: Path) -> None:
    """Rows alone would let the columns decide on memory."""
    width = 400
    titles = ",".join([HEADER.strip(), *(f"c{n}" for n in range(width - 4))])
    rows = f"30,Male,80,1.80,{','.join(['7'] * (width - 4))}\n" * 6000
    with Table(write(tmp_path, f"{titles}\n{rows}")) as opened:
        sizes = [len(batch) for batch in opened.batches()]
    assert sum(sizes) == 6000
    assert max(sizes) <= MAX_BATCH_CELLS // width + 1
    cell = "9" * 100_000
    with Table(write(tmp_path, HEADER + f"{cell},Male,80,1.8\n" * 400)) as opened:
        sizes = [len(batch) for batch in opened.batches()]
    assert max(sizes) * 100_000 <= reader.MAX_BATCH_CHARACTERS + 200_000


def test_a_file_that_begins_with_no_member_at_all_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million bad rows are as clear as the first of them."""
    monkeypatch.setattr(pipeline, "MAX_ROWS_WITHOUT_MEMBER", 50)
    monkeypatch.setattr(reader, "BATCH_ROWS", 20)
    monkeypatch.setattr(Table.batches, "__defaults__", (20,))
    report = ingest(write(tmp_path, HEADER + "x,Male,80,1.8\n" * 1000), tmp_path / "store")
    assert report.rows_rejected == 60
    assert "read no further" in " ".join(warning.message for warning in report.warnings)


def test_reasons_are_told_apart_up_to_a_bound(tmp_path: Path) -> None:
    """A report does not grow with the imagination of a file."""
    rows = "".join("30" + ",1" * n + "\n" for n in range(5, 5 + 2 * MAX_REASONS))
    report = ingest(write(tmp_path, HEADER + GOOD + rows), tmp_path / "store")
    assert len(report.rejected_by_reason) == MAX_REASONS + 1
    assert sum(cells for _, _, cells in report.rejected_by_reason) == 2 * MAX_REASONS


def test_a_file_beyond_the_largest_size_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not even copied."""
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 50)
    report = ingest(write(tmp_path, HEADER + GOOD * 10), tmp_path / "store")
    assert (report.status, report.digest) == (IntakeStatus.REJECTED, "")
    assert "split it into several files" in report.reason
    assert not (tmp_path / "store" / "files").exists()


@pytest.fixture
def reading() -> Iterator[Reader]:
    """A reader in a process of its own."""
    made = Reader()
    yield made
    made.close()


@pytest.mark.integration
def test_one_process_reads_many_files_and_another_goes_on_after_it_died(
    tmp_path: Path, reading: Reader
) -> None:
    """Reports are those of the same process; a killed one costs the file it had, no other."""
    report = reading.ingest(write(tmp_path, HEADER + GOOD), tmp_path / "store")
    assert report == ingest(tmp_path / "x.csv", tmp_path / "store")
    process = reading._process
    assert process is not None
    reading.ingest(tmp_path / "x.csv", tmp_path / "store")
    assert reading._process is process
    with pytest.raises(FileNotFoundError):
        reading.ingest(tmp_path / "gone.csv", tmp_path / "store")
    assert reading._process is process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert reading.ingest(tmp_path / "x.csv", tmp_path / "store") == report


@pytest.mark.integration
def test_a_file_that_takes_too_much_memory_ends_its_reader_with_a_reason(tmp_path: Path) -> None:
    """The limit is that of training where it is lower; the daemon's own memory is another."""
    reading = Reader(max_memory_mib=1)
    assert reading._max_memory_mib == LEAST_MEMORY_MIB
    reading._max_memory_mib = 1  # below what the process itself needs
    with pytest.raises((ReaderDiedError, OSError), match=r"memory|did not start"):
        reading.ingest(write(tmp_path, HEADER + GOOD), tmp_path / "store")
    reading.close()


def test_the_end_of_a_reader_tells_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own limits are certain reasons, any other end may be somebody else's doing."""
    script, interpreter = tmp_path / "child.py", sys.executable
    monkeypatch.setattr(sys, "executable", str(script))
    ends = {f"sys.exit({TOO_MUCH_MEMORY})": (True, "memory"), "os.abort()": (False, "signal 6")}
    for end, (certain, word) in ends.items():
        script.write_text(
            f"#!{interpreter}\nimport json, os, sys\nprint(json.dumps({{'ready': True}}), flush=True)\n"
            f"sys.stdin.readline()\n{end}\n"
        )
        script.chmod(0o700)
        reading = Reader()
        with pytest.raises(ReaderDiedError, match=word) as raised:
            reading.ingest(tmp_path / "x.csv", tmp_path / "store")
        assert raised.value.certain is certain
        reading.close()


async def test_a_file_that_kills_its_reader_is_refused_after_bounded_attempts(tmp_path: Path) -> None:
    """The others are read first, and it is not tried for ever."""
    order: list[str] = []

    def read(path: Path, store: Path) -> Any:
        order.append(path.name)
        if path.name == "a-bomb.csv":
            raise ReaderDiedError("the process that read it ended with signal 9", certain=False)
        return ingest(path, store)

    bench = IntakeBench(tmp_path, read)
    for name, age in (("a-bomb.csv", 20), ("b.csv", 30), ("c.csv", 60)):
        (bench.data / name).write_text(table(age))
    await bench.look(20)
    assert order.count("a-bomb.csv") == MAX_READ_ATTEMPTS
    assert bench.accepted() == {"b.csv", "c.csv"}
    status = {record.name: (record.status, record.reason) for record in bench.ledger.files()}
    assert status["a-bomb.csv"][0] is FileStatus.REJECTED
    assert "signal 9" in status["a-bomb.csv"][1]
    (bench.data / "a-bomb.csv").write_text(table(20) + GOOD)
    bench.inbox.hint()
    bench.read = ingest
    await bench.look(4)
    assert bench.accepted() == {"a-bomb.csv", "b.csv", "c.csv"}
    bench.close()


async def test_a_large_file_that_ended_the_daemon_itself_is_not_first_again(tmp_path: Path) -> None:
    """What a reading has begun is in the ledger before it begins, so a killed daemon remembers."""
    order: list[str] = []

    class KilledError(BaseException):
        pass

    def read(path: Path, store: Path) -> Any:
        order.append(path.name)
        if path.name == "a-bomb.csv":
            raise KilledError
        return ingest(path, store)

    bench = IntakeBench(tmp_path, read)
    (bench.data / "a-bomb.csv").write_bytes(b"\0" * LARGE_FILE_BYTES)
    for name, age in (("b.csv", 30), ("c.csv", 60)):
        (bench.data / name).write_text(table(age))
    for _ in range(MAX_READ_ATTEMPTS):
        with pytest.raises(KilledError):
            await bench.look(4)
        bench.close()
        bench.open()
    assert order == ["a-bomb.csv", "b.csv", "c.csv", "a-bomb.csv", "a-bomb.csv"]
    await bench.look(4)
    assert order.count("a-bomb.csv") == MAX_READ_ATTEMPTS
    assert bench.accepted() == {"b.csv", "c.csv"}
    bench.close()


def test_an_honest_reader_forgets_its_attempts(tmp_path: Path) -> None:
    """A file that grew while it was read was not to blame for anything."""
    bench = IntakeBench(tmp_path)
    path = bench.data / "a.csv"
    path.write_text(table())
    from fitbox_trainer.daemon.watcher import signature_of

    signature = signature_of(path.stat())
    assert [bench.ledger.begin_reading("a.csv", signature) for _ in range(3)] == [0, 1, 2]
    path.write_text(table(50))
    assert bench.ledger.begin_reading("a.csv", signature_of(path.stat())) == 0
    bench.ledger.end_reading("a.csv")
    assert bench.ledger.unread() == {}
    bench.close()


def test_a_report_crosses_between_processes_as_it_is(tmp_path: Path) -> None:
    """Everything a report may hold comes back equal."""
    rows = "30,Male,80,1.80,x,12\n40,Female,800,1.6,,\n31,M,81,1.8,2,31\n31,M,81,1.8,2,31\n"
    path = write(tmp_path, f"{HEADER.strip()},Goal,BMI\n{rows}")
    report = ingest(path, tmp_path / "store")
    assert type(report).from_values(json.loads(json.dumps(report.to_values()))) == report
