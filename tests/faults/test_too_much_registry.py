"""Too much, in the registry: depth, numbers and sizes that a folder decides have a bound."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from fitbox.errors import AdapterInvalidError
from fitbox.registry import InvalidReason, Registry
from fitbox.registry.removal import discard
from tests import fakes

pytestmark = pytest.mark.slow


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A models folder with a base model and no version."""
    return fakes.write_models(tmp_path / "models")


def nest(folder: Path, depth: int) -> None:
    """Folders in each other, deeper than any path can name."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        there = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)


@pytest.mark.parametrize("depth", [1_200, 4_000])
def test_a_version_of_nested_folders_is_refused_and_removed(registry: Registry, depth: int) -> None:
    """It used to end every collection."""
    deep, _ = fakes.publish(registry, 1), fakes.publish(registry, 2)
    nest(deep.path, depth)
    with pytest.raises(AdapterInvalidError) as caught:
        registry.verify(deep)
    assert caught.value.reason in (InvalidReason.TOO_LARGE, InvalidReason.UNREADABLE)
    assert registry.remove(deep)
    assert list((registry.root / ".trash").iterdir()) == []


def test_a_folder_of_very_many_files_is_not_walked_through(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is met before the last of them is looked at."""
    version = fakes.publish(registry, 1)
    for number in range(3000):
        (version.path / f"{number}.json").touch()
    seen = 0
    from fitbox.registry import verify

    original = verify.walk

    def counting(folder: Path):  # type: ignore[no-untyped-def]
        nonlocal seen
        for each in original(folder):
            seen += 1
            yield each

    monkeypatch.setattr(verify, "walk", counting)
    with pytest.raises(AdapterInvalidError) as caught:
        registry.verify(version)
    assert caught.value.reason == InvalidReason.TOO_LARGE
    assert seen < 1000
    assert discard(version.path, registry.root / ".trash")


def test_a_header_of_many_megabytes_is_not_read(registry: Registry) -> None:
    """A sparse file costs nothing to make and would take gigabytes to parse."""
    version = fakes.publish(registry, 1)
    weights = version.path / "adapter_model.safetensors"
    weights.write_bytes(struct.pack("<Q", 90 << 20))
    os.truncate(weights, 100 << 20)
    from fitbox.registry.weights import read_header

    with pytest.raises(AdapterInvalidError, match="header has more than"):
        read_header(weights)
