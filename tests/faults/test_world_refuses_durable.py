"""The world refuses, where files and folders are replaced: every step fails once."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fitbox import durable
from fitbox.folders import remove_tree, size_of

ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES, errno.ESTALE, errno.EMFILE, errno.EROFS)


def fail(
    patch: pytest.MonkeyPatch, name: str, code: int, when: Callable[..., bool] = lambda *_, **__: True
) -> None:
    """Let a function of ``os`` fail."""
    original = getattr(os, name)

    def broken(*args: Any, **kwargs: Any) -> Any:
        if when(*args, **kwargs):
            raise OSError(code, os.strerror(code))
        return original(*args, **kwargs)

    patch.setattr(os, name, broken)


def is_folder(descriptor: int) -> bool:
    """Whether a descriptor is a folder's."""
    return Path(f"/proc/self/fd/{descriptor}").is_dir()


@pytest.fixture(autouse=True)
def forget_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a process of its own as far as warnings go."""
    monkeypatch.setattr(durable, "_warned", set())


@pytest.mark.parametrize("code", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["open", "fchmod", "fsync", "replace"])
def test_a_replacement_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    """Whatever the disk refuses before the rename, a reader still has the old contents."""
    path = tmp_path / "active.json"
    durable.replace_file(path, b"old", private=True)
    with monkeypatch.context() as patch:
        fail(patch, call, code)
        with pytest.raises(OSError, match=os.strerror(code)):
            durable.replace_file(path, b"new", private=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP], ids=errno.errorcode.get)
def test_a_share_that_cannot_flush_folders_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """SMB and FUSE mounts refuse the flush of a folder and have nothing that could be lost by it."""
    fail(monkeypatch, "fsync", code, is_folder)
    durable.replace_file(tmp_path / "a", b"new", private=False)
    (tmp_path / "staging").mkdir()
    durable.replace_folder(tmp_path / "staging", tmp_path / "target", private=False)
    assert (tmp_path / "target").is_dir()


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.ESTALE], ids=errno.errorcode.get)
def test_any_other_error_of_a_folders_flush_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A disk that fails must not look like a share without the call."""
    fail(monkeypatch, "fsync", code, is_folder)
    with pytest.raises(OSError, match=os.strerror(code)):
        durable.replace_file(tmp_path / "a", b"new", private=False)


def test_a_file_whose_flush_is_invalid_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only folders are excused."""
    fail(monkeypatch, "fsync", errno.EINVAL, lambda descriptor: not is_folder(descriptor))
    with pytest.raises(OSError, match="Invalid argument"):
        durable.replace_file(tmp_path / "a", b"new", private=False)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS], ids=errno.errorcode.get)
def test_without_locks_the_work_goes_on_with_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    """Network mounts without a lock service are used all the time."""

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    entered = 0
    with caplog.at_level(logging.WARNING, logger="fitbox"):
        for _ in range(3):
            with durable.exclusive(tmp_path / ".lock", private=False):
                entered += 1
    assert entered == 3
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path} has no file locks: nothing keeps a second writer away here"
    ]


def test_a_lock_that_another_holds_is_still_a_lock(tmp_path: Path) -> None:
    """That locks may be missing does not make them optional where they are there."""
    with (
        durable.exclusive(tmp_path / ".lock", private=True),
        pytest.raises(BlockingIOError),
        durable.exclusive(tmp_path / ".lock", private=True, wait=False),
    ):
        raise AssertionError("held twice")


@pytest.fixture
def other_file_system(tmp_path: Path) -> Iterator[Path]:
    """A folder from which nothing can be renamed to ``tmp_path``."""
    shm = Path("/dev/shm")  # noqa: S108 - the one other file system that every Linux has
    if not os.access(shm, os.W_OK) or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    folder = shm / f"fitbox-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_a_folder_from_another_file_system_is_copied_into_place(
    tmp_path: Path, other_file_system: Path
) -> None:
    """EXDEV: the staging folder may be on a scratch disk."""
    staging = other_file_system / "staging"
    (staging / "sub").mkdir(parents=True)
    (staging / "sub" / "file").write_bytes(b"content")
    durable.replace_folder(staging, tmp_path / "target", private=True)
    assert (tmp_path / "target" / "sub" / "file").read_bytes() == b"content"
    assert not staging.exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "target"]


@pytest.mark.parametrize("steps", range(12))
def test_a_folder_is_the_old_one_or_the_new_one_or_aside_wherever_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Every chmod, fsync and rename fails in turn; the old contents are never lost."""
    target, staging = tmp_path / "target", tmp_path / "staging"
    for folder, content in ((target, b"old"), (staging, b"new")):
        folder.mkdir()
        (folder / "file").write_bytes(content)
    done = 0

    def out_of_steps(*_: object, **__: object) -> bool:
        nonlocal done
        done += 1
        return done == steps + 1

    with monkeypatch.context() as patch:
        for name in ("chmod", "fsync", "rename"):
            fail(patch, name, errno.EIO, out_of_steps)
        failed = False
        try:
            durable.replace_folder(staging, target, private=True)
        except OSError:
            failed = True
    assert failed is (steps < done)
    assert (target / "file").read_bytes() in ((b"old", b"new") if failed else (b"new",))


def test_the_old_folder_is_removed_only_after_the_new_one_is_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed anywhere, one of the two is there, whole."""
    target, staging = tmp_path / "target", tmp_path / "staging"
    for folder in (target, staging):
        folder.mkdir()
        (folder / "file").touch()
    seen: list[bool] = []

    def look(folder: Path) -> None:
        seen.append(target.is_dir() and not staging.exists())
        remove_tree(folder)

    monkeypatch.setattr(durable, "remove_tree", look)
    durable.replace_folder(staging, target, private=False)
    assert seen == [True]


@pytest.mark.parametrize(
    ("private", "file_mode", "folder_mode"), [(True, 0o600, 0o700), (False, 0o644, 0o755)]
)
def test_modes_are_what_the_caller_says_whatever_the_umask(
    tmp_path: Path, private: bool, file_mode: int, folder_mode: int
) -> None:
    """Members' data is for its owner alone, ``models/`` for the server's user too."""
    old = os.umask(0o027)
    try:
        durable.replace_file(tmp_path / "file", b"", private=private)
        durable.make_folder(tmp_path / "a" / "b", private=private)
        (tmp_path / "staging").mkdir(mode=0o711)
        (tmp_path / "staging" / "file").touch()
        durable.replace_folder(tmp_path / "staging", tmp_path / "c", private=private)
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path != tmp_path}
    assert modes == {"file": file_mode, "a": folder_mode, "b": folder_mode, "c": folder_mode}
    assert (tmp_path / "c" / "file").stat().st_mode & 0o777 == file_mode


def test_what_a_killed_writer_leaves_is_told_by_its_name(tmp_path: Path) -> None:
    """So that a sweep never takes a file of somebody else."""

    class KilledError(BaseException):
        pass

    def be_killed() -> None:
        with durable.writing(tmp_path / "report.json", private=True) as file:
            file.write(b"half")
            left = next(tmp_path.iterdir())
            os.link(left, left.with_name(f"{left.name}.kept"))
            raise KilledError

    with pytest.raises(KilledError):
        be_killed()
    (tmp_path / ".hidden").touch()
    assert [path.suffix for path in durable.leftovers(tmp_path)] == [".kept"]
    assert durable.leftovers(tmp_path / "nothing") == []


@pytest.mark.slow
def test_a_folder_of_ten_thousand_nested_ones_is_measured_or_removed_without_recursion(
    tmp_path: Path,
) -> None:
    """No stack, no descriptors and no path grow with its depth."""
    deep = tmp_path / "deep"
    deep.mkdir()
    here = os.open(deep, os.O_RDONLY)
    for level in range(10_000):
        os.mkdir("d", 0o500 if level == 5_000 else 0o700, dir_fd=here)
        os.chmod("d", 0o700, dir_fd=here)
        there = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)
    remove_tree(deep)
    assert list(tmp_path.iterdir()) == []
    remove_tree(deep)
    assert size_of(deep) == 0


def test_removal_follows_no_symlink_and_opens_closed_folders(tmp_path: Path) -> None:
    """What a folder points to belongs to somebody else."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    folder = tmp_path / "folder"
    (folder / "closed" / "inner").mkdir(parents=True)
    (folder / "closed" / "inner" / "file").touch()
    (folder / "link").symlink_to(outside)
    (folder / "closed" / "link").symlink_to(outside)
    (folder / "closed" / "inner").chmod(0)
    (folder / "closed").chmod(0)
    remove_tree(folder)
    assert not folder.exists()
    assert (outside / "kept").exists()
