"""Who may see what: members' data is for the daemon's user alone, whatever the umask and the source."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.workfolder import PRIVATE_FOLDERS, exclusive
from fitbox_trainer.data.dataset import assemble

from fitbox import durable
from tests.faults.intake_bench import IntakeBench, table


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """What the process leaves out of every mode."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def readable_by_others(folder: Path) -> list[str]:
    """Files and folders that anybody but their owner may do something with."""
    return [
        f"{path.relative_to(folder)} {stat.filemode(path.lstat().st_mode)}"
        for path in (folder, *folder.rglob("*"))
        if path.lstat().st_mode & 0o077
    ]


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666])
async def test_nothing_that_intake_writes_is_for_others(tmp_path: Path, mode: int) -> None:
    """Copies, members, quarantine, reports, datasets and the ledger with its side files."""
    bench = IntakeBench(tmp_path)
    (bench.data / "a.csv").write_text(table() + "40,Male,800,1.8\n")
    (bench.data / "a.csv").chmod(mode)
    await bench.look(4)
    files = bench.ledger.members_files(tuple(bench.ledger.sources().values()))
    assemble(files, bench.work / "datasets")
    made = {path.parent.name for path in bench.work.rglob("*") if path.is_file()}
    assert {"files", "members", "quarantine", "reports", "datasets"} <= made
    assert (bench.work / "ledger.sqlite3-wal").exists()
    assert readable_by_others(bench.work) == []
    bench.close()


@pytest.mark.usefixtures("umask")
async def test_a_hard_link_to_a_private_file_gives_no_copy_to_others(tmp_path: Path) -> None:
    """The link's own mode is the file's; neither may come out wider."""
    private = tmp_path / "private.txt"
    private.write_text("secret\n" * 10)
    private.chmod(0o600)
    bench = IntakeBench(tmp_path)
    os.link(private, bench.data / "x.csv")
    await bench.look(4)
    assert bench.ledger.files()
    assert readable_by_others(bench.work) == []
    bench.close()


def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    """Folders and the ledger get their modes when the daemon starts; leftovers of killed writers go."""
    work = tmp_path / "work"
    for name in PRIVATE_FOLDERS:
        (work / name).mkdir(parents=True)
        (work / name).chmod(0o755)
    left = work / "files" / f"{durable.TEMPORARY_PREFIX}abc"
    left.touch()
    (work / "ledger.sqlite3").touch(mode=0o644)
    with exclusive(work):
        Ledger(work / "ledger.sqlite3").close()
        assert [path.name for path in work.iterdir() if path.lstat().st_mode & 0o077] == []
    assert not left.exists()


def test_a_work_folder_of_others_keeps_its_mode(tmp_path: Path) -> None:
    """It may be somebody's mount; only what is ours inside it is closed."""
    work = tmp_path / "shared"
    work.mkdir()
    work.chmod(0o755)
    with exclusive(work):
        pass
    assert stat.S_IMODE(work.stat().st_mode) == 0o755
