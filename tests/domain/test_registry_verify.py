"""Broken artefacts: each is refused with its own stable reason, and never becomes active."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from fitbox.errors import AdapterInvalidError
from fitbox.registry import AdapterVersion, InvalidReason, Limits, Registry
from tests import fakes
from tests.broken_artefacts import BROKEN, WEIGHTS, spoil, with_tensors


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AdapterVersion]:
    """A models folder with one good version, copied for each test."""
    root = tmp_path_factory.mktemp("pristine") / "models"
    return root, fakes.publish(fakes.write_models(root))


@pytest.fixture
def published(pristine: tuple[Path, AdapterVersion], tmp_path: Path) -> tuple[Registry, str]:
    """A registry of one's own, and the name of its version."""
    root, version = pristine
    shutil.copytree(root, tmp_path / "models")
    return Registry(tmp_path / "models"), version.name


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_version_is_refused_with_its_reason(published: tuple[Registry, str], kind: str) -> None:
    """Whatever was done to the folder after publishing, it cannot be activated."""
    registry, name = published
    version = registry.get(name)
    reason, break_it = BROKEN[kind]
    break_it(version.path)
    with pytest.raises(AdapterInvalidError) as caught:
        registry.verify(version)
    assert caught.value.reason == reason
    with pytest.raises(AdapterInvalidError):
        registry.activate(name, reason="try")
    assert registry.active().version is None


def test_a_wholly_resealed_version_has_another_identity(published: tuple[Registry, str]) -> None:
    """Replacing weights and manifest together changes the digest, which the folder's name holds."""
    registry, name = published
    version = registry.get(name)
    with_tensors(lambda tensors: spoil(tensors, 1.5))(version.path)
    with pytest.raises(AdapterInvalidError) as caught:
        registry.verify(version)
    assert caught.value.reason == InvalidReason.NAME_MISMATCH
    assert registry.versions() == ()


def test_a_file_that_may_not_be_read_is_refused(
    published: tuple[Registry, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong permissions are an answer of their own, not a crash."""
    registry, name = published
    version = registry.get(name)
    original = os.open

    def refuse(path: Any, *args: Any, **kwargs: Any) -> int:
        if str(path).endswith(WEIGHTS):
            raise PermissionError(13, "Permission denied")
        return original(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(AdapterInvalidError) as caught:
        registry.verify(version)
    assert caught.value.reason == InvalidReason.UNREADABLE


@pytest.mark.parametrize("limits", [Limits(files=2), Limits(file_bytes=100), Limits(total_bytes=100)])
def test_a_version_beyond_the_limits_is_refused(published: tuple[Registry, str], limits: Limits) -> None:
    """Something other than an adapter was published."""
    registry, name = published
    strict = Registry(registry.root, limits=limits)
    with pytest.raises(AdapterInvalidError) as caught:
        strict.verify(strict.get(name))
    assert caught.value.reason == InvalidReason.TOO_LARGE


def test_every_reason_has_a_broken_artefact_that_shows_it() -> None:
    """A reason that nothing can cause would be dead code."""
    elsewhere = {InvalidReason.UNREADABLE, InvalidReason.METADATA_INCOMPLETE, InvalidReason.VOCABULARY}
    assert {reason for reason, _ in BROKEN.values()} == set(InvalidReason) - elsewhere
