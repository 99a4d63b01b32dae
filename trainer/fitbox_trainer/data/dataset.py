"""The dataset: the deduplicated union of the accepted files, as one file that never changes again.

A member who is in several files counts once. Where the same member comes with and without a coach's
targets, the line with the most targets is taken; where the targets differ, the choice depends on the lines
alone, so the same set of files gives the same dataset in whatever order they arrived.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fitbox import durable
from fitbox.errors import DatasetError
from fitbox_trainer.daemon.records import Dataset

MAX_OPEN_FILES = 64


@dataclass(frozen=True, order=True)
class _Choice:
    """One line of one members file; the greatest line of a member is taken."""

    targets: int
    identity: str
    file: int
    offset: int


def assemble(members_files: Sequence[Path], folder: Path) -> Dataset:
    """Write the union of ``members_files`` to ``folder/<digest>.jsonl``, sorted by ``member_id``.

    Holds identities and offsets in memory (about 300 bytes a member), never the members themselves.

    Raises:
        DatasetError: a members file is not what intake writes.
        OSError: reading or writing failed.
    """
    chosen: dict[str, _Choice] = {}
    for number, path in enumerate(members_files):
        for offset, line in _lines(path):
            member = _parse(path, line)
            texts = len(member.get("targets") or {}) + len(member.get("waiting") or {})
            choice = _Choice(texts, identity(member), number, offset)
            member_id = member["member_id"]
            if member_id not in chosen or choice > chosen[member_id]:
                chosen[member_id] = choice
    ordered = sorted(chosen.items())
    digest = dataset_digest(choice.identity for _, choice in ordered)
    dataset = Dataset(digest, len(ordered)) if ordered else Dataset("", 0)
    target = folder / f"{digest}.jsonl"
    if ordered and not target.exists():
        durable.make_folder(folder, private=True)
        _write(target, members_files, [choice for _, choice in ordered])
    return dataset


def identity(member: dict[str, Any]) -> str:
    """What makes a member a different training example: the profile, and the coach's texts, if any.

    Those that wait count too: a release makes them targets.
    """
    targets, waiting = member.get("targets"), member.get("waiting")
    if not targets and not waiting:
        return str(member["member_id"])
    text = json.dumps(
        [targets, waiting] if waiting else targets, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return f"{member['member_id']}:{hashlib.sha256(text.encode()).hexdigest()}"


def dataset_digest(identities: Iterable[str]) -> str:
    """SHA-256 over the sorted identities, one a line."""
    digest = hashlib.sha256()
    for each in sorted(identities):
        digest.update(each.encode() + b"\n")
    return digest.hexdigest()


def changed_members(before: Path, after: Path) -> int:
    """How many members were added, withdrawn or given other targets between two datasets."""
    old = ((identity(_parse(before, line)), 0) for _, line in _lines(before))
    new = ((identity(_parse(after, line)), 1) for _, line in _lines(after))
    changed = 0
    previous = ""
    # Both are sorted, so an identity that is in both comes twice in a row.
    for each, _ in heapq.merge(old, new):
        changed += -1 if each == previous else 1
        previous = each
    return changed


def missing_members(before: Path, after: Path | None) -> int:
    """How many members of one dataset are in no form in another; ``None`` is a dataset without members."""
    old = ((str(_parse(before, line)["member_id"]), 0) for _, line in _lines(before))
    new = ((str(_parse(after, line)["member_id"]), 1) for _, line in _lines(after)) if after else ()
    missing = 0
    previous = ""
    for member_id, is_after in heapq.merge(old, new):  # both are sorted by member
        if not is_after:
            missing += 1
            previous = member_id
        elif member_id == previous:
            missing -= 1
    return missing


def _write(target: Path, members_files: Sequence[Path], choices: Sequence[_Choice]) -> None:
    with durable.writing(target, private=True) as out, _OpenFiles(members_files) as files:
        for choice in choices:
            file = files[choice.file]
            file.seek(choice.offset)
            out.write(file.readline().rstrip(b"\n") + b"\n")


class _OpenFiles:
    """Files by number, the ones used last kept open: thousands at once would exhaust the process."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._open: OrderedDict[int, BinaryIO] = OrderedDict()

    def __enter__(self) -> _OpenFiles:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()

    def __getitem__(self, number: int) -> BinaryIO:
        file = self._open.pop(number, None)
        if file is None:
            if len(self._open) >= MAX_OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            file = self._paths[number].open("rb")
        self._open[number] = file
        return file


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    offset = 0
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield offset, line
            offset += len(line)


def _parse(path: Path, line: bytes) -> dict[str, Any]:
    try:
        member = json.loads(line)
        if isinstance(member, dict) and isinstance(member.get("member_id"), str):
            return member
    except ValueError:
        pass
    raise DatasetError(f"{path} is damaged; delete it and copy its source into the data folder again")
