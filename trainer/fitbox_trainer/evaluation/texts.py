"""Decoded texts on disk, since decoding is most of what an evaluation costs: base and champion are asked the
same with each run.

A file holds plans that were written for single members, and says for whom. It goes when one of them is
withdrawn, when enough others were used since, or when it would be too large; nobody but the daemon's user can
read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fitbox.durable import make_folder, replace_file, sha256_of
from fitbox.engine.kinds import by_name, distribution_version
from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.errors import EngineStartError, UnusableFileError
from fitbox.files import read_object, to_json
from fitbox_trainer.data.examples import member_ids
from fitbox_trainer.evaluation.decode import Decoded, Text, decode

_log = logging.getLogger(__name__)

KEPT_DECODINGS = 16
"""A run uses about five."""
MAX_BYTES = 16 << 20
"""Of one file; more is decoded again each time. A hundred members take about a megabyte."""


class TextCache:
    """Decoded texts by everything that determines them.

    The key covers weights, engine and its version, and each request with its prompt, grammar and limits, so
    that a change of code that changes any of them misses, and nothing has to be invalidated by hand. Only
    what is whole is kept, and only the entries used last.
    """

    def __init__(self, folder: Path | None, members: Collection[str] = ()) -> None:
        """Keep texts in ``folder``; ``None`` keeps none. ``members`` are the ids of everybody whom data were
        given for: who was made up may stay."""
        self._folder = folder
        self._members = frozenset(members)

    def decode(
        self, spec: EngineSpec, requests: Sequence[GenerationRequest], members: Collection[str]
    ) -> Decoded:
        """From the cache, or by :func:`~fitbox_trainer.evaluation.decode.decode`.

        ``members`` are the ids of those who are asked for. What the disk refuses costs time, nothing else.

        Raises:
            EngineStartError, EngineDiedError: as ``decode``; also where the adapter's files cannot be read.
        """
        if self._folder is None:
            return asyncio.run(decode(spec, requests))
        path = self._folder / f"{_key(spec, requests)}.json"
        if (found := _read(path)) is not None and len(found.texts) == len(requests):
            _touch(path)
            return found
        decoded = asyncio.run(decode(spec, requests))
        if decoded.whole:
            _keep(path, decoded, self._members & frozenset(members))
        return decoded


def texts_folder(runs: Path) -> Path:
    """Where the texts lie, below the folder of all runs."""
    return runs / ".evaluation-texts"


def forget_withdrawn(runs: Path, dataset: Path | None) -> int:
    """Delete the texts of everybody who is not in a dataset any more; ``None`` is one without members.

    Raises:
        OSError: something cannot be read or deleted.
        DatasetError: the dataset is damaged.
    """
    folder = texts_folder(runs)
    if not _files(folder):
        return 0
    return forget_all_but(folder, member_ids(dataset) if dataset is not None else ())


def forget_all_but(folder: Path, members: Collection[str]) -> int:
    """Delete every file with a text of anybody else; returns how many went.

    Raises:
        OSError: the folder cannot be read, or a file not deleted.
    """
    allowed = frozenset(members)
    gone = 0
    for path in _files(folder):
        if not _members_of(path) <= allowed:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _key(spec: EngineSpec, requests: Sequence[GenerationRequest]) -> str:
    digest = hashlib.sha256()
    try:
        weights = [spec.base_model / "manifest.json"]
        if spec.adapter is not None:
            weights += [spec.adapter / "adapter_model.safetensors", spec.adapter / "adapter_config.json"]
        parts = [sha256_of(path) for path in weights]
    except OSError as error:
        raise EngineStartError(f"{spec.adapter_version} cannot be read: {error}") from error
    parts += [
        spec.engine,
        repr(spec.options),
        distribution_version(by_name(spec.engine).package),
        *map(repr, requests),
    ]
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _load(path: Path) -> dict[str, Any]:
    """What a file holds; nothing where it is absent, torn or not ours."""
    try:
        return read_object(path, max_bytes=MAX_BYTES)
    except UnusableFileError:
        return {}


def _read(path: Path) -> Decoded | None:
    values = _load(path)
    try:
        return Decoded(tuple(Text(**text) for text in values["texts"]), float(values["seconds"]))
    except (KeyError, TypeError, ValueError):
        return None


def _members_of(path: Path) -> frozenset[str]:
    """Whose texts a file holds; one that does not say is nobody's to keep."""
    members = _load(path).get("members")
    return frozenset(map(str, members)) if isinstance(members, list) else frozenset({""})


def _keep(path: Path, decoded: Decoded, members: Collection[str]) -> None:
    content = to_json({**asdict(decoded), "members": sorted(members)})
    if len(content) > MAX_BYTES:
        return
    try:
        make_folder(path.parent, private=True)
        replace_file(path, content, private=True)
        for old in _files(path.parent)[:-KEPT_DECODINGS]:
            old.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s is not kept: %s", path, error)


def _touch(path: Path) -> None:
    with contextlib.suppress(OSError):
        os.utime(path)


def _files(folder: Path) -> list[Path]:
    """Files of the folder, unfinished ones too, the one used last at the end."""
    found = [path for path in folder.glob("*") if path.is_file()] if folder.is_dir() else []
    return sorted(found, key=lambda path: path.stat().st_mtime_ns)
