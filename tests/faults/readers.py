"""The registry's readers, each as a function of one file's bytes, and documents to start mutations from.

For a long search: ``python -m tests.faults.readers NAME SECONDS``; what it finds goes to ``corpus/NAME/``.
"""

from __future__ import annotations

import copy
import json
import shutil
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from fitbox.errors import FitBoxError
from fitbox.registry import Registry, lora, weights
from fitbox.registry.manifest import read as read_manifest
from fitbox.registry.verify import check_adapter
from tests import fakes

CORPUS = Path(__file__).parent / "corpus"

NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**30, 10**400, 0.5, -0.0, 1e308, 5e-324),
    *(
        float("nan"),
        float("inf"),
        "",
        "0",
        "1",
        "a" * 1000,
        "\ud800",
        "\0",
        "\x1b[31m",
        "../x",
        "/etc/passwd",
    ),
    *(
        "v\u0660\u0660\u0660\u0660\u0660\u0661-aaaaaaaa",
        "yesterday",
        "2026-01-01T00:00:00+23:59",
        "0001-01-01",
    ),
    *([], [[]], {}, {"": {}}, {"a": None}, [None] * 50, ["q_proj", 1], [[["q_proj"]]], [10**18] * 30),
)


class Bench:
    """A models folder with one version, whose files can be replaced one at a time."""

    def __init__(self, root: Path) -> None:
        self.registry: Registry = fakes.write_models(root / "models")
        self.version = fakes.publish(self.registry)
        self.registry.activate(self.version.name, reason="fuzz")
        self.base = self.registry.base_model(fakes.BASE_NAME)
        self.files = {
            "manifest": self.version.path / "manifest.json",
            "metadata": self.version.path / "training_metadata.json",
            "adapter_config": self.version.path / "adapter_config.json",
            "weights": self.version.path / "adapter_model.safetensors",
            "active": self.registry.root / "active.json",
            "base_manifest": self.base.path / "manifest.json",
            "base_config": self.base.path / "hf" / "config.json",
        }
        self.whole = {name: path.read_bytes() for name, path in self.files.items()}

    def read(self, name: str, content: bytes) -> None:
        """Everything that reads the file. Raises nothing but FitBoxError whose message can be encoded."""
        self.files[name].write_bytes(content)
        try:
            for reader in self._readers(name):
                try:
                    reader()
                except FitBoxError as error:
                    str(error).encode()
                    if len(str(error)) > 2000:
                        raise AssertionError("a message without bound") from error
        finally:
            self.files[name].write_bytes(self.whole[name])

    def _readers(self, name: str) -> Iterator[Callable[[], object]]:
        registry, path, base = self.registry, self.version.path, self.base
        match name:
            case "manifest":
                yield lambda: read_manifest(path)
                yield lambda: registry.get(self.version.name)
                yield registry.survey
            case "active":
                yield registry.active
                yield lambda: registry.prunable(1)
            case "base_manifest":
                yield lambda: registry.base_model(fakes.BASE_NAME)
                yield lambda: registry.verify_base(registry.base_model(fakes.BASE_NAME))
            case "adapter_config":
                yield lambda: lora.read(path)
                yield lambda: check_adapter(path, base)
            case "weights":
                yield lambda: weights.read_header(path / "adapter_model.safetensors")
                yield lambda: check_adapter(path, base)
            case _:
                yield registry.survey
                yield lambda: check_adapter(path, base)


READERS = ("manifest", "metadata", "adapter_config", "weights", "active", "base_manifest", "base_config")


def contents(name: str, whole: bytes) -> st.SearchStrategy[bytes]:
    """Mutations of a whole file: of its values, of its bytes, and bytes out of nothing."""
    if name == "weights":
        (length,) = struct.unpack("<Q", whole[:8])
        document, tail = json.loads(whole[8 : 8 + length]), whole[8 + length :]

        def pack(text: bytes) -> bytes:
            return struct.pack("<Q", len(text)) + text + tail
    else:
        document = json.loads(whole)

        def pack(text: bytes) -> bytes:
            return text

    values = st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(NASTY)), min_size=1, max_size=3).map(
        lambda edits: pack(_edited(document, edits))
    )
    cuts = st.tuples(st.integers(0, len(whole)), st.binary(max_size=12), st.integers(0, 12)).map(
        lambda edit: whole[: edit[0]] + edit[1] + whole[edit[0] + edit[2] :]
    )
    deep = st.tuples(st.sampled_from(["[", '{"a":', '[{"b":']), st.integers(1, 100_000)).map(
        lambda edit: pack((edit[0] * edit[1])[:400_000].encode())
    )
    return st.one_of(values, values, values, cuts, st.binary(max_size=64).map(pack), deep)


def _edited(document: Any, edits: list[tuple[int, Any]]) -> bytes:
    """The document with some of its nodes, told by their number, replaced, removed or named otherwise."""
    changed = copy.deepcopy(document)
    for number, nasty in edits:
        places = list(_places(changed))
        if not places:
            return json.dumps(nasty).encode("utf-8", "surrogatepass")
        holder, key = places[number % len(places)]
        if number % 7 == 0 and isinstance(holder, dict):
            del holder[key]
        elif number % 7 == 1 and isinstance(holder, dict) and isinstance(nasty, str):
            holder[nasty] = holder.pop(key)
        else:
            holder[key] = copy.deepcopy(nasty)
    return json.dumps(changed, ensure_ascii=number % 2 == 0).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, (dict, list)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def search(name: str, seconds: float) -> int:
    """Look for contents that raise something else; returns how many were tried. Findings are written down."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    bench = Bench(folder)
    tried = found = round_number = 0
    ends = time.monotonic() + seconds

    def is_bad(content: bytes) -> bool:
        nonlocal tried
        tried += 1
        try:
            bench.read(name, content)
        except Exception:  # noqa: BLE001 - any other exception is what is looked for
            return True
        return False

    quiet = settings(max_examples=5000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    while time.monotonic() < ends and found < 20:
        round_number += 1
        try:
            bad = find(contents(name, bench.whole[name]), is_bad, settings=quiet)
        except NoSuchExample:
            continue
        found += 1
        target = CORPUS / name
        target.mkdir(parents=True, exist_ok=True)
        (target / f"found-{int(time.time())}-{found}").write_bytes(bad)
    shutil.rmtree(folder)
    print(json.dumps({"reader": name, "tried": tried, "found": found, "rounds": round_number}), flush=True)  # noqa: T201
    return tried


if __name__ == "__main__":
    search(sys.argv[1], float(sys.argv[2]))
