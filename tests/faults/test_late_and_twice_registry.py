"""Late, twice and out of order, in the registry: copies, clocks that jump, deletion beside activation."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fitbox.errors import AdapterInvalidError, AdapterNotFoundError, FitBoxError, RegistryError
from fitbox.registry import Registry
from fitbox.registry.removal import Hold
from tests import fakes


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A models folder with a base model and no version."""
    return fakes.write_models(tmp_path / "models")


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::11])
@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_version_that_is_still_being_copied_may_pass_whatever_comes_first(
    registry: Registry, tmp_path: Path, order: tuple[int, ...], share: float
) -> None:
    """By any tool, in any order, in pieces and under temporary names; once whole it is valid."""
    version = fakes.publish(registry, 1)
    elsewhere = tmp_path / "elsewhere"
    version.path.rename(elsewhere)
    files = sorted(path for path in elsewhere.iterdir())
    with pytest.raises(AdapterNotFoundError):
        registry.activate(version.name, reason="early")
    version.path.mkdir()
    for index in order:
        content = files[index].read_bytes()
        target = version.path / files[index].name
        target.write_bytes(content[: int(len(content) * share)])
        assert_passing(registry, version.name)
        target.unlink()
        temporary = version.path / f".{target.name}.Xa9f3B"
        temporary.write_bytes(content)
        assert_passing(registry, version.name)
        temporary.rename(target)
        missing = {path.name for path in files} - {path.name for path in version.path.iterdir()}
        if missing:
            assert_passing(registry, version.name)
    for path in files:
        shutil.copy(path, version.path)
    assert registry.activate(version.name, reason="whole").version == version.name


def assert_passing(registry: Registry, name: str) -> None:
    """It cannot be activated now, and may be later."""
    with pytest.raises(AdapterInvalidError) as caught:
        registry.activate(name, reason="early")
    assert caught.value.passing, caught.value


@pytest.mark.parametrize(
    ("file", "content"),
    [("adapter_config.json", b"{}"), ("adapter_model.safetensors", None), ("more.json", b"{}")],
)
def test_what_is_wrong_is_wrong_for_good(registry: Registry, file: str, content: bytes | None) -> None:
    """Altered at its full length, longer than published, or more than was published."""
    version = fakes.publish(registry, 1)
    path = version.path / file
    old = path.read_bytes() if path.exists() else b""
    path.write_bytes(bytes(len(old)) if content is None else content + b" " * len(old))
    with pytest.raises(AdapterInvalidError) as caught:
        registry.activate(version.name, reason="never")
    assert not caught.value.passing


def test_a_version_that_is_deleted_while_it_is_activated_never_becomes_active(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection that comes between the check and the switch waits for the lock."""
    old, _ = fakes.publish(registry, 1), fakes.publish(registry, 2)
    collector = Registry(registry.root)
    original = Registry.verify
    waited: list[bool] = []

    def collect_now(self: Registry, version: object) -> None:
        original(self, version)  # type: ignore[arg-type]
        # Another process would wait here; this one must not, so it only looks whether it would.
        with contextlib.ExitStack() as stack:
            from fitbox import durable

            try:
                stack.enter_context(durable.exclusive(collector.root / ".lock", private=False, wait=False))
                waited.append(False)
            except BlockingIOError:
                waited.append(True)

    monkeypatch.setattr(Registry, "verify", collect_now)
    registry.activate(old.name, reason="chosen")
    assert waited == [True]
    monkeypatch.undo()
    assert not collector.remove(old)
    collector.verify(collector.get("active"))


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_names_and_since_never_go_back_with_the_clock(tmp_path: Path) -> None:
    """Retention keeps the newest by name, and readers compare the time of a change."""
    clock = Clock()
    registry = Registry(fakes.write_models(tmp_path / "models").root, clock=clock)
    digest = registry.base_model(fakes.BASE_NAME).digest
    since: list[str] = []
    rejected: list[Path] = []
    for seed, hours in enumerate((0, -5, 3, -100, 0, 0)):
        clock.now += timedelta(hours=hours)
        registry.activate(fakes.publish(registry, seed).name, reason="next")
        since.append(registry.active().since)
        staging = fakes.write_staging(registry.root, 100 + seed)
        rejected.append(registry.reject(staging, fakes.metadata(digest, seed=seed)))
    assert since == sorted(since)
    assert registry.rejected() == tuple(rejected)
    assert [version.number for version in registry.versions()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("when", ["0001-01-01", "9999-12-31T23:59:59"])
def test_a_clock_at_its_end_stops_nothing(tmp_path: Path, when: str) -> None:
    """A machine without a battery starts in the year one, another in the last."""
    clock = Clock()
    clock.now = datetime.fromisoformat(when).replace(tzinfo=UTC)
    registry = Registry(fakes.write_models(tmp_path / "models").root, clock=clock)
    digest = registry.base_model(fakes.BASE_NAME).digest
    for seed in (1, 2):
        registry.activate(fakes.publish(registry, seed).name, reason="next")
        registry.reject(fakes.write_staging(registry.root, 10 + seed), fakes.metadata(digest, seed=seed))
    assert len(registry.versions()) == 2


def test_what_killed_writers_left_is_swept_and_what_is_being_made_is_not(registry: Registry) -> None:
    """A cancelled publish, a torn active.json, a base model on its way: told apart by who holds what."""
    root = registry.root
    fakes.publish(registry, 1)
    (root / ".staging" / "run-killed").mkdir(parents=True)
    (root / ".staging" / "run-killed" / "weights").write_bytes(b"x" * 100)
    for folder in (root, root / "base", root / "adapters"):
        (folder / ".writing-abc123").write_bytes(b"half")
    (root / "base" / ".writing-old").mkdir()
    (root / "base" / ".writing-old" / "file").touch()
    with registry.staging("run-alive") as alive:
        (alive / "weights").touch()
        Registry(root).sweep()
        assert (alive / "weights").exists()
        assert [path.name for path in (root / ".staging").iterdir()] == [alive.name]
    assert list((root / ".staging").iterdir()) == []
    left = [path for path in root.rglob("*") if path.name.startswith(".writing") or "killed" in path.name]
    assert left == []


def test_a_staging_that_fails_leaves_nothing(registry: Registry) -> None:
    """A cancelled or failed publish takes its copy with it."""

    def fail() -> None:
        with registry.staging("run") as staging:
            (staging / "weights").touch()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list((registry.root / ".staging").iterdir()) == []


def test_the_greatest_number_is_an_error_and_not_a_name_that_nobody_reads(registry: Registry) -> None:
    """Somebody's folder of number 999,999,999 must not make versions that are never seen."""
    (registry.root / "adapters" / "v999999999-00000000").mkdir(parents=True)
    with pytest.raises(RegistryError, match="greatest number"):
        fakes.publish(registry, 1)


def test_a_version_held_through_a_symlink_or_a_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    """What stands where a version should be is not opened."""
    version = fakes.publish(registry, 1)
    version.path.rename(tmp_path / "elsewhere")
    version.path.symlink_to(tmp_path / "elsewhere")
    for attempt in (registry.hold, registry.verify):
        with pytest.raises(FitBoxError):
            attempt(version)
    with pytest.raises(OSError, match="Not a directory"):
        Hold(tmp_path / "elsewhere" / "manifest.json")
