"""Odd bytes: names that are no text, tables of anything, and signs that a terminal would obey."""

from __future__ import annotations

import json
import os
import tempfile
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Content, FileStatus
from fitbox_trainer.daemon.watcher import Signature, scan, signature_of
from fitbox_trainer.intake import IntakeStatus, ingest
from fitbox_trainer.intake.console import render
from fitbox_trainer.intake.describe import describe_file
from fitbox_trainer.intake.html import render_html
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.examples import examples
from tests.faults.intake_bench import IntakeBench, table

CORPUS = Path(__file__).parent / "corpus" / "csv"
BAD_NAMES = (
    b"membr\xe9s.csv",
    b"\xff\xfe.csv",
    b"a\x80b\nc.CSV",
    b"\xed\xa0\x80.csv",
    "\ud83d".encode("utf-8", "surrogatepass") + b".csv",
)


def put(folder: Path, name: bytes, text: str) -> str:
    """Write a file under a name of bytes; returns what Python calls it."""
    path = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 - bytes
    try:
        with open(path, "w") as file:  # noqa: PTH123 - bytes
            file.write(text)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    return os.fsdecode(name)


@pytest.mark.parametrize("name", BAD_NAMES)
async def test_a_name_that_is_no_text_is_read_and_shown_with_escapes(tmp_path: Path, name: bytes) -> None:
    """The daemon reads it, the others too, keeps it over a restart, and sees it go."""
    bench = IntakeBench(tmp_path)
    put(bench.data, name, table(60))
    (bench.data / "members.csv").write_text(table())
    assert await bench.look(4) == []
    shown = name.decode("utf-8", "backslashreplace")
    assert bench.accepted() == {"members.csv", shown}
    assert bench.recorded.troubles == []
    bench.close()
    bench.open()
    await bench.look(4)
    assert bench.accepted() == {"members.csv", shown}
    os.unlink(os.path.join(os.fsencode(bench.data), name))  # noqa: PTH108, PTH118 - bytes
    bench.inbox.hint()
    await bench.look(4)
    assert bench.accepted() == {"members.csv"}
    bench.close()


@pytest.mark.parametrize("make", ["folder", "link", "pipe", "other"])
async def test_whatever_has_such_a_name_is_refused_with_it(tmp_path: Path, make: str) -> None:
    """A folder, a link, a pipe or another suffix: a reason, in the ledger, and no trouble."""
    bench = IntakeBench(tmp_path)
    path = bench.data / ("d\udce9.txt" if make == "other" else "d\udce9.csv")
    if make == "link":
        path.symlink_to("/etc")
    elif make == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    assert await bench.look(4) == []
    (record,) = bench.ledger.files()
    assert record.status is FileStatus.REJECTED
    assert record.name.startswith("d\\xe9.")
    bench.close()


def test_a_report_of_such_a_name_can_be_written_and_shown(tmp_path: Path) -> None:
    """In the store, in a terminal, and as a page."""
    name = put(tmp_path, BAD_NAMES[0], table())
    report = ingest(tmp_path / name, tmp_path / "store")
    assert report.status is IntakeStatus.ACCEPTED
    stored = json.loads((tmp_path / "store" / "reports" / f"{report.digest}.json").read_bytes())
    assert stored["file_name"] == "membr\\xe9s.csv"
    assert "membr\\xe9s.csv" in said(tmp_path / name)
    assert "membr\\xe9s.csv" in render_html(describe_file(tmp_path / name))


def test_the_ledger_stores_any_text_and_any_number(tmp_path: Path) -> None:
    """Lone surrogates are escaped, and numbers of 64 bits fit, whatever the file system counts from."""
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    status = SimpleNamespace(st_size=7, st_mtime_ns=15 * 10**18, st_ino=2**64 - 2)
    signature = signature_of(status)  # type: ignore[arg-type]
    ledger.refuse_file("a\udce9.csv", signature, "because \ud800 \x00 \U0001f4a9")
    content = Content("d" * 64, FileStatus.ACCEPTED, "", 2**70, 0, 0, Path("m"))
    ledger.record_content("b.csv", Signature(2**63 - 1, -(2**63), 0), content)
    names = ledger.known_signatures()
    assert names["a\\udce9.csv"] == signature
    assert names["b.csv"] == Signature(2**63 - 1, -(2**63), 0)
    ledger.close()


@pytest.mark.parametrize("seconds", [0, -(10**9), 4102444800, 2**33])
async def test_a_file_of_any_time_is_read_once(tmp_path: Path, seconds: int) -> None:
    """1970, before, 2100: a signature is compared, never ordered."""
    bench = IntakeBench(tmp_path)
    (bench.data / "a.csv").write_text(table())
    os.utime(bench.data / "a.csv", (seconds, seconds))
    assert await bench.look(5) == []
    assert bench.accepted() == {"a.csv"}
    assert scan(bench.data)["a.csv"].signature == bench.ledger.known_signatures()["a.csv"]
    bench.close()


STRANGE = "[red]\x1b]0;owned\x07\x1b[31m\u202e\x9b2J\x00\u200b<script>"


@pytest.mark.parametrize("where", ["title", "ours", "cell", "file name", "missing"])
def test_control_characters_reach_neither_a_terminal_nor_a_page(tmp_path: Path, where: str) -> None:
    """They are written out; markup of either kind is text."""
    title = STRANGE if where == "title" else "Notes"
    age = f"Age{STRANGE[5:8]}" if where == "missing" else "Age\x1b" if where == "ours" else "Age"
    cell = STRANGE if where == "cell" else "Male"
    name = STRANGE.replace("/", "").replace("\x00", "") + ".csv" if where == "file name" else "a.csv"
    rows = f'30,"{cell}",80,1.8,\n' + "31,Male,80,1.8,\n" * 99
    (tmp_path / name).write_text(f'{age},Gender,Weight (kg),Height (m),"{title}"\n{rows}')
    terminal, page = said(tmp_path / name), render_html(describe_file(tmp_path / name))
    stored = ingest(tmp_path / name, tmp_path / "store").reason
    for text in (terminal, page, stored):
        assert not [sign for sign in text if not sign.isprintable() and sign != "\n"]
    assert "<script>" not in page
    if where in {"title", "cell", "file name"}:
        assert "\\x1b" in terminal
        assert "[red]" in terminal


def said(path: Path) -> str:
    """What ``fitbox data check`` prints."""
    with tempfile.TemporaryDirectory() as store:
        out = StringIO()
        Console(file=out, width=400, color_system=None).print(render(ingest(path, Path(store))))
    return out.getvalue()


FRAGMENTS = st.sampled_from(
    [
        *(b"Age,Gender,Weight (kg),Height (m)\n", b"Age;Sexe;Poids;Taille\r\n", b"30,Male,80,1.8\n"),
        *(
            b'"',
            b'""',
            b"\n",
            b"\r",
            b"\x00",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"sep=;\n",
            b",,,,\n",
            b"\t",
            b"|",
        ),
        *(
            b'"Weight\n(kg)"',
            b"5'10\"",
            b"1e999",
            b"\xe9",
            b"\xe2\x80\xaf",
            b"NaN",
            b"#N/A",
            b"coach_advice,",
        ),
        *(b"Total,", b"(" * 50, b"-" * 50, b"\\n", b"\xed\xa0\x80", b"9" * 400, b"\xd9\xa3", b"inf", b"0x1F"),
        *(b"years,,kg,cm\n", b"1h30", b"1:30", b"Allergies,", b"milk;", b"response,instruction,", b"\x85"),
    ]
)


@pytest.mark.slow
@examples(120)
@given(st.lists(FRAGMENTS | st.binary(max_size=12), max_size=40).map(b"".join))
def test_any_bytes_come_to_a_report(content: bytes) -> None:
    """No content raises, and every report can be stored and shown."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.csv").write_bytes(content)
        report = ingest(Path(folder) / "x.csv", Path(folder) / "store")
        report.to_json().encode()
        assert type(report).from_values(report.to_values()) == report


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.csv")), ids=lambda path: path.name)
def test_what_fuzzing_found_stays_mended(tmp_path: Path, path: Path) -> None:
    """Each file ended the reader once, or took a way of its own through it."""
    report = ingest(path, tmp_path / "store")
    assert type(report).from_values(report.to_values()) == report
