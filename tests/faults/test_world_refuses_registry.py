"""The world refuses, in the registry: every call to the system fails once; only errors of ours come out."""

from __future__ import annotations

import contextlib
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
from fitbox.errors import (
    AdapterInvalidError,
    AdapterNotFoundError,
    BaseModelError,
    FitBoxError,
    RegistryError,
)
from fitbox.registry import AdapterVersion, Hold, InvalidReason, Registry
from tests import fakes
from tests.faults.failing_os import ERRORS, FailingOs

pytestmark = pytest.mark.slow


class Models:
    """A models folder with four versions, the third active, and what one can do with it."""

    def __init__(self, root: Path) -> None:
        self.registry: Registry = fakes.write_models(root)
        self.versions = [fakes.publish(self.registry, seed) for seed in (1, 2, 3, 4)]
        for version in self.versions[1:3]:
            self.registry.activate(version.name, reason="before")
        self.digest = self.registry.base_model(fakes.BASE_NAME).digest
        self.rejected = self.registry.reject(
            fakes.write_staging(root, 8), fakes.metadata(self.digest, seed=8)
        )
        self.staging = fakes.write_staging(root, 9)
        (root / ".staging").mkdir(exist_ok=True)
        (root / ".staging" / "killed").mkdir()

    def deeds(self) -> dict[str, Callable[[], object]]:
        """Every way in."""
        registry, first, third = self.registry, self.versions[0], self.versions[3]

        def stage() -> None:
            with registry.staging("run"):
                pass

        return {
            "versions": registry.versions,
            "get": lambda: registry.get(first.name),
            "verify": lambda: registry.verify(first),
            "hold": lambda: registry.hold(first).close(),
            "files": lambda: registry.files(first),
            "active": registry.active,
            "rejected": registry.rejected,
            "publish": lambda: registry.publish(self.staging, metadata=fakes.metadata(self.digest, seed=9)),
            "reject": lambda: registry.reject(self.staging, fakes.metadata(self.digest, seed=9)),
            "activate": lambda: registry.activate(third.name, reason="new"),
            "rollback": lambda: registry.rollback(reason="back"),
            "pin": lambda: registry.pin(reason="keep"),
            "remove": lambda: registry.remove(first),
            "remove_rejected": lambda: registry.remove_rejected(self.rejected),
            "sweep": registry.sweep,
            "staging": stage,
            "base_model": lambda: registry.base_model(fakes.BASE_NAME),
            "verify_base": lambda: registry.verify_base(registry.base_model(fakes.BASE_NAME), full=True),
            "publish_base": lambda: registry.publish_base(
                self.staging, "other", source="test", source_files={}
            ),
        }


DEEDS = (
    *("versions", "get", "verify", "hold", "files", "active", "rejected", "publish", "reject", "activate"),
    *("rollback", "pin", "remove", "remove_rejected", "sweep", "staging", "base_model", "verify_base"),
    "publish_base",
)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, copied for each injection."""
    root = tmp_path_factory.mktemp("pristine") / "models"
    Models(root)
    return root


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a process of its own as far as warnings go."""
    monkeypatch.setattr(durable, "_warned", set())


def copy_of(pristine: Path, root: Path) -> Models:
    """The same models folder elsewhere."""
    shutil.copytree(pristine, root, symlinks=True)
    models = Models.__new__(Models)
    models.registry = Registry(root)
    models.versions = list(models.registry.versions())
    models.digest = models.registry.base_model(fakes.BASE_NAME).digest
    (models.rejected,) = models.registry.rejected()
    models.staging = root / "adapters" / ".staging-9"
    return models


@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_call_fails_an_error_of_ours_comes_out_and_the_folder_stays_whole(
    pristine: Path, tmp_path: Path, deed: str
) -> None:
    """Calls in turn, each with another error; afterwards the same works, and every version is intact.

    ``FITBOX_EVERY_FAULT=1`` takes every call of every deed, else a long deed is sampled.
    """
    number, injected = 0, 0
    while True:
        models = copy_of(pristine, tmp_path / f"models{number}")
        code = ERRORS[number % len(ERRORS)]
        with pytest.MonkeyPatch.context() as patch:
            failing = FailingOs(patch, number, code)
            with contextlib.suppress(FitBoxError):
                models.deeds()[deed]()
        if failing.failed is None:
            break
        injected += 1
        check_whole(models, deed, f"{failing.failed} {number} {errno.errorcode[code]}")
        shutil.rmtree(models.registry.root)
        number += 1 if number < 6 or os.environ.get("FITBOX_EVERY_FAULT") else 7
    assert injected > 1, deed


def check_whole(models: Models, deed: str, what: str) -> None:
    """Nothing half done is visible, and the next attempt succeeds unless the last one did."""
    again = Registry(models.registry.root)
    for version in again.versions():
        again.verify(version)
    active = again.active()
    assert active.version in {version.name for version in again.versions()}, what
    if deed in ("publish", "reject", "publish_base") and not models.staging.exists():
        return
    if deed == "remove" and not models.versions[0].path.exists():
        return
    models.registry = again
    models.deeds()[deed]()


def refusing(code: int, match: str) -> Callable[..., Any]:
    """``os.open`` that fails for paths that hold ``match``."""
    original = os.open

    def refuse(path: Any, *args: Any, **kwargs: Any) -> int:
        if not isinstance(path, int) and match in os.fsdecode(path):
            raise OSError(code, os.strerror(code), path)
        return original(path, *args, **kwargs)

    return refuse


@pytest.fixture
def models(pristine: Path, tmp_path: Path) -> Models:
    """A models folder of one's own."""
    return copy_of(pristine, tmp_path / "models")


@pytest.mark.parametrize(
    "code", [errno.EACCES, errno.ESTALE, errno.EIO, errno.EMFILE], ids=errno.errorcode.get
)
def test_a_folder_that_cannot_be_opened_is_unreadable_and_may_pass(
    models: Models, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Not an OSError that ends whoever serves, and not a verdict for good."""
    version = models.versions[3]
    monkeypatch.setattr(os, "open", refusing(code, version.name))
    for attempt in (
        lambda: models.registry.hold(version),
        lambda: models.registry.get(version.name),
        lambda: models.registry.verify(version),
        lambda: models.registry.activate(version.name, reason="new"),
    ):
        with pytest.raises(AdapterInvalidError) as caught:
            attempt()
        assert (caught.value.reason, caught.value.passing) == (InvalidReason.UNREADABLE, True)
        assert version.name in str(caught.value)
    assert models.registry.survey().unreadable == (version.name,)
    monkeypatch.undo()
    assert models.registry.activate(version.name, reason="new").version == version.name


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES], ids=errno.errorcode.get)
def test_a_models_folder_that_may_not_be_written_is_named(
    models: Models, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Serving from a read-only mount is usual; what it cannot do says which folder."""
    monkeypatch.setattr(os, "open", refusing(code, ".lock"))
    registry = models.registry
    for change in (
        lambda: registry.activate("base", reason="r"),
        lambda: registry.rollback(reason="r"),
        lambda: registry.pin(reason="r"),
        lambda: registry.unpin(reason="r"),
        lambda: registry.remove(models.versions[0]),
        registry.sweep,
    ):
        with pytest.raises(RegistryError, match=str(registry.root)) as caught:
            change()
        assert type(caught.value) is RegistryError
        assert caught.value.passing
    assert registry.active().version == models.versions[2].name


def test_without_symlinks_and_locks_and_folder_flushes_everything_works_with_one_warning_each(
    models: Models, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A share of the cheapest kind. The link, which would name another version, is gone."""

    def refuse(code: int) -> Callable[..., Any]:
        def call(*_: object, **__: object) -> None:
            raise OSError(code, os.strerror(code))

        return call

    original = os.fsync

    def files_only(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")
        original(descriptor)

    monkeypatch.setattr(os, "symlink", refuse(errno.EOPNOTSUPP))
    monkeypatch.setattr(fcntl, "flock", refuse(errno.ENOLCK))
    monkeypatch.setattr(os, "fsync", files_only)
    with caplog.at_level(logging.WARNING, logger="fitbox"):
        for version in (models.versions[3], models.versions[0], models.versions[3]):
            assert models.registry.activate(version.name, reason="new").version == version.name
        fakes.publish(models.registry, 7)
        models.registry.rollback(reason="back")
        assert not models.registry.remove(models.versions[3])
        assert models.registry.remove(models.versions[1])
        models.registry.sweep()
    link = models.registry.root / "fitbox_model"
    assert not link.is_symlink()
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert any(str(link) in message for message in messages)
    assert any("no file locks" in message for message in messages)
    assert (models.registry.root / ".staging" / "killed").is_dir()  # nobody can say that it is not held


@pytest.mark.parametrize("move", ["remove", "publish"])
def test_a_move_between_file_systems_is_a_copy_or_a_removal_in_place(
    models: Models, monkeypatch: pytest.MonkeyPatch, move: str
) -> None:
    """``adapters/`` or the trash may be a mount of its own, and layered file systems refuse some renames."""
    registry, original = models.registry, os.rename

    def refuse(source: Any, target: Any, **kwargs: Any) -> None:
        inside = kwargs or Path(source).parent == Path(target).parent
        if not inside:
            raise OSError(errno.EXDEV, "Invalid cross-device link", source)
        original(source, target, **kwargs)

    monkeypatch.setattr(os, "rename", refuse)
    if move == "remove":
        assert registry.remove(models.versions[0])
        assert not models.versions[0].path.exists()
        return
    with registry.staging("run") as staging:
        shutil.copytree(models.staging, staging, dirs_exist_ok=True)
        published = registry.publish(staging, metadata=fakes.metadata(models.digest, seed=9))
    registry.verify(published)
    assert [path.name for path in published.path.parent.iterdir() if path.name.startswith(".w")] == []


def test_a_base_model_that_may_not_be_read_is_not_advised_to_be_made_again(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making it again would not help, and takes a minute."""
    base = models.registry.base_model(fakes.BASE_NAME)
    for match in (f"{fakes.BASE_NAME}/manifest.json", "model.safetensors"):
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", refusing(errno.EACCES, match))
            with pytest.raises(BaseModelError) as caught:
                models.registry.verify_base(models.registry.base_model(fakes.BASE_NAME), full=True)
        assert "ermission denied" in str(caught.value)
        assert "prepare" not in str(caught.value)
        assert caught.value.passing
    (base.path / "hf" / "model.safetensors").unlink()
    with pytest.raises(BaseModelError, match="prepare"):
        models.registry.verify_base(base)


def test_weights_that_are_cut_short_while_they_are_read_are_an_error(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapped file would end the process with a bus error."""
    version = models.versions[0]
    weights = version.path / "adapter_model.safetensors"
    from fitbox.registry import verify

    original = verify.weights.read_header

    def cut(path: Path) -> Any:
        found = original(path)
        os.truncate(weights, weights.stat().st_size // 2)
        return found

    monkeypatch.setattr(verify.weights, "read_header", cut)
    with pytest.raises(AdapterInvalidError) as caught:
        models.registry.verify(version)
    assert (caught.value.reason, caught.value.passing) == (InvalidReason.FILE_TRUNCATED, True)


@pytest.fixture
def held(models: Models) -> Iterator[AdapterVersion]:
    """A version that somebody reads."""
    hold = Hold(models.versions[0].path)
    yield models.versions[0]
    hold.close()


def test_a_held_version_is_not_removed_and_a_deleted_one_not_held(
    models: Models, held: AdapterVersion
) -> None:
    """Deletion beside a reader."""
    assert not models.registry.remove(held)
    assert models.registry.remove(models.versions[3]) is False  # the newest
    shutil.rmtree(held.path)
    with pytest.raises(AdapterNotFoundError):
        models.registry.hold(held)
