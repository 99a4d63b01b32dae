"""The storm itself: an endless shuffle of small steps, and what must have come of them in the end."""

from __future__ import annotations

import collections
import hashlib
import pickle
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fitbox_trainer.intake.synth import synthesise

STEPS_BETWEEN_PIECES = 40
"""Of a slow file: about a tenth of a second."""
STEP_SECONDS = 0.003
"""Slow enough that files are read, and changed afterwards, while the storm goes on."""
RECENT = 2000
"""What happens later to a file happens to one of so many newest ones."""
ROWS = 2
"""Members of a file; each member is in one file, its copies aside."""


@dataclass
class Expected:
    """What the folder holds once the storm is over, and every content that a file ever had at rest."""

    contents: dict[str, str] = field(default_factory=dict)
    """Digest of each CSV file by name."""
    whole: set[str] = field(default_factory=set)
    """Digests that may be accepted: anything else was read too early."""
    refused: set[str] = field(default_factory=set)
    """Entries that must be explained."""

    def put(self, path: Path) -> None:
        """The file is whole."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.contents[path.name] = digest
        self.whole.add(digest)


def lines_of_members(count: int, seed: int) -> tuple[bytes, list[bytes]]:
    """A header and this many lines, each of another member."""
    header, lines = b"", []
    for frame in synthesise(count * 2, seed):
        header, *block = frame.write_csv().encode().splitlines(keepends=True)
        lines += block
    return header, list(dict.fromkeys(lines))[:count]


def storm(
    data: Path, outside: Path, files: int, chance: random.Random, expected: Expected, *, slowly: int
) -> Iterator[None]:
    """Each step does one thing to the folder. ``slowly``: a slow file gets a piece once in this many steps.

    About half of the files are written at once; the others are moved in from outside, renamed from a hidden
    or temporary name, written slowly, copies of others, or replaced, appended to, renamed or deleted once
    they are there. Some entries are links.
    """
    header, lines = lines_of_members(files * ROWS * 2, chance.randrange(1 << 30))
    fresh = iter(lines)
    slow: collections.deque[tuple[Path, list[bytes]]] = collections.deque()

    def content() -> bytes:
        return header + b"".join(next(fresh) for _ in range(ROWS))

    outside.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        path = data / f"members-{number:05d}.csv"
        way = chance.random()
        if way < 0.10:
            (outside / path.name).write_bytes(content())
            (outside / path.name).rename(path)
        elif way < 0.20:
            temporary = data / chance.choice([f".{path.name}.Xy12", f"{path.name}.tmp", f"{path.name}.part"])
            temporary.write_bytes(content())
            yield
            temporary.rename(path)
        elif way < 0.28:
            slow.append((path, [header, *(next(fresh) for _ in range(ROWS))]))
            yield
            continue
        elif way < 0.34 and expected.contents:
            path.write_bytes((data / chance.choice(sorted(expected.contents))).read_bytes())
        elif way < 0.35:
            path.symlink_to(outside / "elsewhere.csv")
            expected.refused.add(path.name)
            yield
            continue
        else:
            path.write_bytes(content())
        expected.put(path)
        yield
        if number % slowly == 0 and slow:
            _write_piece(slow, expected)
            yield
        yield from _later(data, outside, chance, expected, content(), number)
    while slow:
        _write_piece(slow, expected)
        yield


def make_storm(data: Path, outside: Path, files: int, seed: int, result: Path) -> None:
    """In a process of its own: everything at once, then what is to be expected."""
    expected = Expected()
    for _ in storm(data, outside, files, random.Random(seed), expected, slowly=STEPS_BETWEEN_PIECES):
        time.sleep(STEP_SECONDS)
    partial = result.with_suffix(".partial")
    partial.write_bytes(pickle.dumps(expected))
    partial.rename(result)


def _later(
    data: Path, outside: Path, chance: random.Random, expected: Expected, content: bytes, number: int
) -> Iterable[None]:
    """Now and then, something happens to a file that is there already."""
    way = chance.random()
    if way >= 0.12 or not expected.contents:
        return
    path = data / chance.choice(list(expected.contents)[-RECENT:])
    if way < 0.04:
        (outside / path.name).write_bytes(content)
        (outside / path.name).replace(path)
        expected.put(path)
    elif way < 0.07:
        with path.open("ab") as file:
            file.write(content.splitlines(keepends=True)[1])
        expected.put(path)
    elif way < 0.10:
        renamed = data / f"renamed-{number:05d}.csv"
        path.rename(renamed)
        expected.contents[renamed.name] = expected.contents.pop(path.name)
    else:
        path.unlink()
        del expected.contents[path.name]
    yield


def _write_piece(slow: collections.deque[tuple[Path, list[bytes]]], expected: Expected) -> None:
    """Every slow file gets its next line, those that are finished leave."""
    for _ in range(len(slow)):
        path, pieces = slow.popleft()
        with path.open("ab") as file:
            file.write(pieces.pop(0))
        if pieces:
            slow.append((path, pieces))
        else:
            expected.put(path)
