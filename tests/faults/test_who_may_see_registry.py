"""Who may see what, in the registry: what a server of another user reads is open, all else is its owner's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fitbox.registry import Registry
from tests import fakes


@pytest.fixture(params=[0o000, 0o027, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever the administrator set."""
    old = os.umask(request.param)
    yield
    os.umask(old)


@pytest.mark.usefixtures("umask")
def test_versions_and_base_models_are_open_to_a_server_of_another_user(tmp_path: Path) -> None:
    """Folders 0755 and files 0644, also what was a private staging folder before."""
    root = tmp_path / "models"
    registry: Registry = fakes.write_models(root)
    digest = registry.base_model(fakes.BASE_NAME).digest
    with registry.staging("run") as staging:
        assert staging.stat().st_mode & 0o777 == 0o700
        assert staging.parent.stat().st_mode & 0o777 == 0o700
        for path in fakes.write_staging(tmp_path, 1).iterdir():
            path.rename(staging / path.name)
        version = registry.publish(staging, metadata=fakes.metadata(digest))
    registry.activate(version.name, reason="first")
    with registry.staging("base") as staging:
        (staging / "hf").mkdir()
        (staging / "hf" / "config.json").write_text("{}")
        base = registry.publish_base(staging, "other", source="test", source_files={})
    with Registry(tmp_path / "new").staging("run"):
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o755
    for folder in (version.path, base.path):
        for path in (folder, *folder.rglob("*")):
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path
    assert (root / "active.json").stat().st_mode & 0o777 == 0o644
