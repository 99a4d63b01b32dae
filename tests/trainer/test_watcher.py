"""Reconciliation by scripted snapshots: no files, no clocks."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from fitbox_trainer.daemon.watcher import (
    Entry,
    FolderHints,
    Ingest,
    Kind,
    Refuse,
    Signature,
    Snapshot,
    WatchMode,
    Withdraw,
    file_system_type,
    reconcile,
    scan,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples

SCANS = 3


def sign(version: int) -> Signature:
    """The signature of a file's n-th state."""
    return Signature(size=version, mtime_ns=version, inode=1)


def snapshot(**versions: int) -> Snapshot:
    """``a=2``: there is a file ``a.csv`` in its second state."""
    return {f"{name}.csv": Entry(Kind.FILE, sign(version)) for name, version in versions.items()}


def test_a_file_is_read_once_it_has_not_changed_for_three_scans() -> None:
    """Before that it is settling, and the next look should come soon."""
    growing = [snapshot(a=1), snapshot(a=2), snapshot(a=2)]
    assert reconcile(growing, {}, stable_scans=SCANS).actions == ()
    assert reconcile(growing, {}, stable_scans=SCANS).settling
    found = reconcile([*growing, snapshot(a=2)], {}, stable_scans=SCANS)
    assert found.actions == (Ingest("a.csv", sign(2)),)
    assert not found.settling


def test_a_known_file_is_left_alone_until_it_changes() -> None:
    """The signature decides, not the name."""
    known = {"a.csv": sign(1)}
    assert reconcile([snapshot(a=1)] * SCANS, known, stable_scans=SCANS).actions == ()
    assert reconcile([snapshot(a=2)] * SCANS, known, stable_scans=SCANS).actions == (
        Ingest("a.csv", sign(2)),
    )


def test_a_deletion_counts_when_it_lasts() -> None:
    """Programs that save by deleting and writing anew leave a gap of a scan."""
    known = {"a.csv": sign(1)}
    gap = [snapshot(a=1), snapshot(), snapshot()]
    assert reconcile(gap, known, stable_scans=SCANS).actions == ()
    assert reconcile([*gap, snapshot()], known, stable_scans=SCANS).actions == (Withdraw("a.csv"),)


def test_nothing_is_withdrawn_right_after_a_start() -> None:
    """Fewer scans than needed prove nothing."""
    found = reconcile([snapshot()], {"a.csv": sign(1)}, stable_scans=SCANS)
    assert found.actions == ()
    assert found.settling


def test_a_rename_reads_the_new_name_before_the_old_is_withdrawn() -> None:
    """So its members never leave the dataset in between."""
    found = reconcile([snapshot(b=1)] * SCANS, {"a.csv": sign(1)}, stable_scans=SCANS)
    assert found.actions == (Ingest("b.csv", sign(1)), Withdraw("a.csv"))


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("link.csv", Kind.SYMLINK, "symbolic links"),
        ("folder.csv", Kind.DIRECTORY, "sub-folders"),
        ("pipe.csv", Kind.SPECIAL, "regular file"),
        ("members.xlsx", Kind.FILE, ".csv"),
    ],
)
def test_what_is_never_read_is_explained_once(name: str, kind: Kind, words: str) -> None:
    """At the first sight, and not again while it stays the same."""
    look = {name: Entry(kind, sign(1))}
    (action,) = reconcile([look], {}, stable_scans=SCANS).actions
    assert isinstance(action, Refuse)
    assert words in action.reason
    assert reconcile([look], {name: sign(1)}, stable_scans=SCANS).actions == ()


def test_the_readme_belongs_in_the_folder() -> None:
    """It is neither read nor reported."""
    assert reconcile([{"README.md": Entry(Kind.FILE, sign(1))}] * SCANS, {}, stable_scans=SCANS).actions == ()


@pytest.mark.parametrize(
    "name",
    [
        *(".hidden.csv", ".members.csv.x7Gh2k", "members.csv.tmp", "members.csv.part", "MEMBERS.CSV.TMP"),
        *("members.crdownload", "members.csv~", "~$members.csv", ".~lock.members.csv#"),
    ],
)
def test_a_temporary_name_is_waited_for_in_silence(name: str) -> None:
    """Its writer gives it another name when it is whole; until then it is neither read nor reported."""
    found = reconcile([{name: Entry(Kind.FILE, sign(1))}] * SCANS, {}, stable_scans=SCANS)
    assert found.actions == ()
    assert not found.settling


def test_an_upper_case_suffix_is_a_csv_too() -> None:
    """As spreadsheet programs on some systems write it."""
    look = {"A.CSV": Entry(Kind.FILE, sign(1))}
    assert reconcile([look] * SCANS, {}, stable_scans=SCANS).actions == (Ingest("A.CSV", sign(1)),)


FOLDERS = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3), max_size=4)


@examples(100)
@given(st.lists(FOLDERS, max_size=12), FOLDERS)
def test_whatever_happened_the_ledger_ends_as_the_folder_is(
    history: list[dict[str, int]], final: dict[str, int]
) -> None:
    """Any sequence of changes, then quiet: what is known equals what is there, and all is calm."""
    known: dict[str, Signature] = {}
    scans: list[Snapshot] = []
    for state in [*history, *[final] * SCANS]:
        scans.append(snapshot(**state))
        found = reconcile(scans, known, stable_scans=SCANS)
        for action in found.actions:
            if isinstance(action, Withdraw):
                del known[action.name]
            else:
                known[action.name] = action.signature
    assert known == {name: entry.signature for name, entry in snapshot(**final).items()}
    assert reconcile(scans, known, stable_scans=SCANS).actions == ()
    assert not reconcile(scans, known, stable_scans=SCANS).settling


def test_a_scan_tells_files_links_and_folders_apart_without_following(tmp_path: Path) -> None:
    """A link to a file is a link."""
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.csv").symlink_to("a.csv")
    (tmp_path / "c").mkdir()
    os.mkfifo(tmp_path / "d.csv")
    kinds = {name: entry.kind for name, entry in scan(tmp_path).items()}
    assert kinds == {
        "a.csv": Kind.FILE,
        "b.csv": Kind.SYMLINK,
        "c": Kind.DIRECTORY,
        "d.csv": Kind.SPECIAL,
    }


def mounted(monkeypatch: pytest.MonkeyPatch, *mounts: tuple[str, str]) -> None:
    """Let the system say that these file systems are mounted: (mount point, type)."""
    found = [SimpleNamespace(mountpoint=point, fstype=kind) for point, kind in mounts]
    monkeypatch.setattr("psutil.disk_partitions", lambda all: found)  # noqa: A006 - psutil's own name


def test_the_file_system_of_a_folder_is_that_of_its_nearest_mount(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest mount point wins, and the later of two equal ones."""
    mounted(
        monkeypatch,
        ("/", "rootfs"),
        ("/", "ext4"),
        ("/srv", "xfs"),
        ("/srv/my data", "nfs4"),
        ("/sr", "ntfs"),
    )
    assert file_system_type(Path("/srv/my data/in")) == "nfs4"
    assert file_system_type(Path("/srv/other")) == "xfs"
    assert file_system_type(Path("/home")) == "ext4"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("nfs4", WatchMode.POLLING),
        ("cifs", WatchMode.POLLING),
        ("fuse.sshfs", WatchMode.POLLING),
        ("ext4", WatchMode.EVENTS),
    ],
)
def test_network_file_systems_are_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, mode: WatchMode
) -> None:
    """The kernel reports no change that another machine made."""
    data = tmp_path / "my data"
    data.mkdir()
    mounted(monkeypatch, ("/", "ext4"), (str(data.resolve()), kind))
    hints = FolderHints(data, lambda: None)
    assert hints.start() is mode
    hints.stop()


def test_exhausted_watches_fall_back_to_polling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's limit on inotify must not stop the daemon."""

    def exhausted(self: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("fitbox_trainer.daemon.watcher.Observer.start", exhausted, raising=False)
    monkeypatch.setattr("fitbox_trainer.daemon.watcher.reports_events", lambda folder: True)
    hints = FolderHints(tmp_path, lambda: None)
    assert hints.start() is WatchMode.POLLING
    hints.stop()
