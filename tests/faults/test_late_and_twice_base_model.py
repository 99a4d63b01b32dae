"""Base models prepared twice, late, from elsewhere, or by a process that was killed."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.release import base_model
from fitbox_trainer.release.base_model import prepare, prepared
from fitbox_trainer.release.base_source import EMBEDDED_NAME, OtherSourceError

from fitbox.errors import BaseModelError, RegistryError
from fitbox.registry import Registry


class Converter:
    """Stands in for transformers and OpenVINO: what it makes is told by what it was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        self.during = lambda: None
        monkeypatch.setattr(base_model, "_save_transformers", self.save)
        monkeypatch.setattr(base_model, "_save_embedded", lambda out: self.save(EMBEDDED_NAME, out))
        monkeypatch.setattr(base_model, "_export_openvino", self.export)

    def save(self, model: str, out: Path) -> None:
        self.made.append(model)
        out.mkdir()
        source = Path(model) / "model.safetensors"
        (out / "model.safetensors").write_bytes(source.read_bytes() if source.exists() else model.encode())

    def export(self, hf: Path, out: Path) -> None:
        out.mkdir(mode=0o700)
        (out / "openvino_model.bin").write_bytes((hf / "model.safetensors").read_bytes())
        (out / "openvino_model.bin").chmod(0o600)
        self.during()


@pytest.fixture
def converter(monkeypatch: pytest.MonkeyPatch) -> Converter:
    """In place of minutes of work."""
    return Converter(monkeypatch)


def source(root: Path, weights: bytes) -> Path:
    """A model's folder."""
    root.mkdir(parents=True)
    (root / "config.json").write_text('{"model_type": "llama"}')
    (root / "model.safetensors").write_bytes(weights)
    return root


def weights_of(base: Path) -> bytes:
    """What training would read."""
    return (base / "hf" / "model.safetensors").read_bytes()


@pytest.mark.usefixtures("converter")
def test_another_folder_of_the_same_name_is_refused_with_both_names(tmp_path: Path) -> None:
    """Never the wrong weights in silence; a name of its own is one option away."""
    first, second = source(tmp_path / "orgA" / "tiny", b"A"), source(tmp_path / "orgB" / "tiny", b"B")
    models = tmp_path / "models"
    base = prepare(str(first), models)
    with pytest.raises(OtherSourceError) as caught:
        prepare(str(second), models)
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)
    with pytest.raises(OtherSourceError):
        prepared(str(second), Registry(models))
    assert weights_of(base) == b"A"
    other = prepare(str(second), models, name="tiny-b")
    assert weights_of(other) == b"B"
    assert prepared("tiny-b", Registry(models)).path == other
    assert prepare(str(first), models) == base


def test_the_same_files_are_taken_wherever_they_are_by_now_and_made_once(
    tmp_path: Path, converter: Converter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved, named by a relative path, or gone after they were prepared."""
    first = source(tmp_path / "orgA" / "tiny", b"A")
    models = tmp_path / "models"
    prepare(str(first), models)
    monkeypatch.chdir(tmp_path)
    prepare("orgA/tiny", models)
    shutil.copytree(first, tmp_path / "copy" / "tiny")
    prepare("copy/tiny", models)
    shutil.rmtree(first)
    prepare("orgA/tiny", models)
    prepare("tiny", models)
    assert converter.made == [str(first)]


@pytest.mark.usefixtures("converter")
@pytest.mark.parametrize("change", ["replaced", "added", "removed"])
def test_a_folder_that_was_changed_in_place_is_refused(tmp_path: Path, change: str) -> None:
    """Also where size and time are as before."""
    first = source(tmp_path / "tiny", b"A")
    base = prepare(str(first), tmp_path / "models")
    weights = first / "model.safetensors"
    status = weights.stat()
    match change:
        case "replaced":
            weights.write_bytes(b"B")
            os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
        case "added":
            (first / "model-2.safetensors").write_bytes(b"B")
        case "removed":
            (first / "config.json").unlink()
    with pytest.raises(OtherSourceError, match="changed"):
        prepare(str(first), tmp_path / "models")
    assert weights_of(base) == b"A"


@pytest.mark.usefixtures("converter")
def test_hub_ids_of_the_same_last_part_are_two_models(tmp_path: Path) -> None:
    """And a folder is neither; the embedded one is known by its exact name alone."""
    models = tmp_path / "models"
    base = prepare("org-a/tiny", models)
    assert prepare("org-a/tiny", models) == base
    for other in ("org-b/tiny", str(source(tmp_path / "tiny", b"A"))):
        with pytest.raises(OtherSourceError):
            prepare(other, models)
    prepare(EMBEDDED_NAME, models)
    with pytest.raises(OtherSourceError):
        prepare(f"somebody/{EMBEDDED_NAME}", models)


def test_a_damaged_one_is_made_again_also_by_its_name_and_the_old_one_stays_until_then(
    tmp_path: Path, converter: Converter
) -> None:
    """Whoever reads it meets the old files or the new ones."""
    models = tmp_path / "models"
    first = source(tmp_path / "orgA" / "tiny", b"A")
    base = prepare(str(first), models)
    (base / "openvino" / "openvino_model.bin").write_bytes(b"rotten")
    seen: list[bool] = []
    converter.during = lambda: seen.append((base / "manifest.json").is_file())
    prepare("tiny", models)
    assert (seen, converter.made) == ([True], [str(first), str(first)])
    assert prepared("tiny", Registry(models)).path == base


def test_a_source_that_changes_while_it_is_copied_is_not_taken(tmp_path: Path, converter: Converter) -> None:
    """Half of one and half of another model would be neither."""
    first = source(tmp_path / "tiny", b"A")
    converter.during = lambda: (first / "model.safetensors").write_bytes(b"B") and None
    with pytest.raises(BaseModelError, match="changed while"):
        prepare(str(first), tmp_path / "models")
    assert list((tmp_path / "models" / ".staging").iterdir()) == []
    assert not (tmp_path / "models" / "base" / "tiny").exists()


def test_what_a_killed_preparation_left_is_swept_by_the_next(tmp_path: Path, converter: Converter) -> None:
    """Hundreds of megabytes each."""

    class KilledError(BaseException):
        pass

    models = tmp_path / "models"
    left = models / ".staging" / "base-tiny-killed"
    (left / "hf").mkdir(parents=True)
    (left / "hf" / "model.safetensors").write_bytes(b"x" * 1000)
    prepare("org/tiny", models)
    assert list((models / ".staging").iterdir()) == []
    assert list((models / ".trash").iterdir()) == []
    assert sorted(path.name for path in (models / "base").iterdir()) == ["tiny"]


@pytest.mark.usefixtures("converter")
def test_what_may_not_be_read_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is called what it is, without the advice to prepare."""
    models = tmp_path / "models"
    base = prepare("org/tiny", models)
    original = os.open

    def refuse(path: Any, *args: Any, **kwargs: Any) -> int:
        if str(path) == str(base / "manifest.json"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BaseModelError, match="permission denied") as caught:
        prepare("org/tiny", models)
    assert "prepare" not in str(caught.value)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, converter: Converter) -> None:
    """In words by which the daemon knows that the run may wait for space."""

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    converter.during = full
    with pytest.raises(RegistryError, match="No space left on device") as caught:
        prepare("org/tiny", tmp_path / "models")
    assert caught.value.passing
    assert list((tmp_path / "models" / ".staging").iterdir()) == []


@pytest.mark.usefixtures("converter")
def test_a_prepared_base_is_open_to_a_server_of_another_user(tmp_path: Path) -> None:
    """The staging folder and the exporter's files are private."""
    base = prepare("org/tiny", tmp_path / "models")
    modes = {path.stat().st_mode & 0o777 for path in (base, *base.rglob("*")) if path.is_dir()}
    assert modes == {0o755}
    assert {path.stat().st_mode & 0o777 for path in base.rglob("*") if path.is_file()} == {0o644}
