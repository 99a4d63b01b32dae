"""Odd bytes, in the registry: each reader takes any bytes and raises nothing but errors of ours."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fitbox.errors import FitBoxError, RegistryError
from tests import fakes
from tests.broken_artefacts import edit_manifest, reseal
from tests.faults.readers import CORPUS, READERS, Bench, contents


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A models folder with one version, whose files are replaced one at a time."""
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_read_or_refused_with_an_error_of_ours(
    bench: Bench, name: str, data: st.DataObject
) -> None:
    """Values, bytes and depth are mutated; ``tests/faults/readers.py`` does it for as long as one likes."""
    bench.read(name, data.draw(contents(name, bench.whole[name])))


@pytest.mark.parametrize(
    "path", sorted(path for path in CORPUS.rglob("*") if path.is_file()), ids=lambda path: path.stem
)
def test_what_once_broke_a_reader_is_refused(bench: Bench, path: Path) -> None:
    """Each was found by searching, or by an attack, on an earlier version."""
    bench.read(path.parent.name, path.read_bytes())


def man(**changes: Any) -> Callable[[Path], object]:
    """Change the manifest."""
    return lambda folder: edit_manifest(folder, lambda manifest: manifest.update(changes))


ENTRY = {"sha256": "0" * 64, "bytes": 1}
MANIFESTS = {
    "a score of 400 digits": man(evaluation_score=10**400),
    "a score that is true": man(evaluation_score=True),
    "a number of 4,000 digits": man(number=int("9" * 4000)),
    "a number in Arabic digits": man(number="\u0661"),
    "a time that is none": man(created_at="yesterday"),
    "a time without a zone": man(created_at="2026-01-01T00:00:00"),
    "a time of a month that is none": man(created_at="2026-13-01T00:00:00Z"),
    "a time in Arabic digits": man(created_at="\u0662\u0660\u0662\u0666-01-01T00:00:00Z"),
    "a time beyond what a message holds": man(created_at="0000-01-01T00:00:00Z"),
    "half a surrogate pair as a time": man(created_at="\ud800"),
    "half a surrogate pair as a base": man(base_model="\ud800"),
    "NUL in a base": man(base_model="a\0b"),
    "an escape sequence in a base": man(base_model="\x1b[31mred"),
    "a line break in a digest": man(dataset_digest="a\nb"),
    "a dataset digest of 900 KB": man(dataset_digest="d" * 900_000),
    "a base digest of half a surrogate pair": man(base_model_digest="\ud800"),
    "a file named by half a surrogate pair": man(files={"\ud800.json": ENTRY}),
    "a file named by an escape sequence": man(files={"\x1b]0;x\x07.json": ENTRY}),
    "a file of negative size": man(files={"a.json": {"sha256": "0" * 64, "bytes": -1}}),
    "a file of a size beyond 64 bits": man(files={"a.json": {"sha256": "0" * 64, "bytes": 2**70}}),
    "nested lists": lambda folder: (folder / "manifest.json").write_text("[" * 100_000),
    "nested objects": lambda folder: (folder / "manifest.json").write_text('{"a":' * 100_000),
}


def renamed(folder: Path) -> Path:
    """As an attacker would: the folder's name follows the manifest that it holds now."""
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    return folder.rename(folder.parent / f"v000001-{digest[:8]}")


@pytest.mark.parametrize("kind", MANIFESTS)
def test_an_odd_manifest_is_no_version_and_says_why_in_words_that_can_be_sent(
    tmp_path: Path, kind: str
) -> None:
    """The list goes on without it; the reason is short and can be printed and encoded."""
    registry = fakes.write_models(tmp_path / "models")
    odd, good = fakes.publish(registry, 1), fakes.publish(registry, 2)
    MANIFESTS[kind](odd.path)
    path = renamed(odd.path)
    assert registry.versions() == (good,)
    with pytest.raises(FitBoxError) as caught:
        registry.get(path.name)
    assert str(caught.value).encode().decode().isprintable()
    assert len(str(caught.value)) < 1000


METADATA = {
    "target_modules 5": {"target_modules": 5},
    "target_modules null": {"target_modules": None},
    "target_modules mixed": {"target_modules": ["q_proj", 1]},
    "target_modules nested": {"target_modules": [["q_proj"], {"a": 1}]},
    "rank true": {"rank": True},
    "alpha a text": {"alpha": "8"},
    "a list": [],
    "a number": 5,
}


@pytest.mark.parametrize("kind", METADATA)
def test_an_odd_recipe_is_refused(tmp_path: Path, kind: str) -> None:
    """``sorted`` of what cannot be compared used to end the server."""
    registry = fakes.write_models(tmp_path / "models")
    version = fakes.publish(registry, 1)
    path = version.path / "training_metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "lora": METADATA[kind]}))
    reseal(version.path)
    renamed_version = registry.get(renamed(version.path).name)
    with pytest.raises(FitBoxError):
        registry.verify(renamed_version)


@pytest.mark.parametrize(
    "state",
    [
        {"version": "v\u0660\u0660\u0660\u0660\u0660\u0661-aaaaaaaa"},
        {"version": "v" + "0" * 5000 + "-aaaaaaaa"},
        {"version": []},
        {"previous": 5},
        {"since": "soon"},
        {"since": "\ud800"},
        {"since": "2026-01-01T00:00:00+23:59"},
        {"reason": "\ud800"},
        {"reason": "x" * 2_000_000},
        {"reason": None},
        {"pinned": "yes"},
        {"pinned": 1},
    ],
)
def test_an_active_json_that_the_registry_would_not_write_is_refused(tmp_path: Path, state: Any) -> None:
    """Nothing in it is guessed at, and the message names the file."""
    registry = fakes.write_models(tmp_path / "models")
    plain = {"version": None, "previous": None, "since": "", "reason": "", "pinned": False}
    path = registry.root / "active.json"
    path.write_text(json.dumps(plain))
    assert registry.active().version is None
    path.write_text(json.dumps(plain | state))
    with pytest.raises(RegistryError) as caught:
        registry.active()
    assert str(path) in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_reason_of_any_length_and_contents_can_be_given_and_read_again(tmp_path: Path) -> None:
    """It comes from callers, and from errors that quote files."""
    registry = fakes.write_models(tmp_path / "models")
    version = fakes.publish(registry, 1)
    state = registry.activate(version.name, reason="\ud800\x1b[31m" + "é\n" * 500_000)
    assert registry.active() == state
    assert len(state.reason) < 10_000
    assert state.reason.isprintable()


def test_a_safetensors_header_declares_no_more_than_an_adapter_has(tmp_path: Path) -> None:
    """A header of many megabytes or dimensions is refused before it is parsed or multiplied."""
    registry = fakes.write_models(tmp_path / "models")
    version = fakes.publish(registry, 1)
    wide = json.dumps({"a": {"dtype": "F32", "shape": [10**18] * 9, "data_offsets": [0, 0]}}).encode()
    for content in (struct.pack("<Q", len(wide)) + wide, struct.pack("<Q", 9 << 20) + b" " * (9 << 20)):
        (version.path / "adapter_model.safetensors").write_bytes(content)
        reseal(version.path)
        with pytest.raises(FitBoxError, match=r"dimensions|bytes"):
            registry.verify(version)
