"""A data folder in which something happens all the time, and what its members must be in the end."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from fitbox_trainer.daemon.records import Dataset
from fitbox_trainer.data.dataset import assemble
from fitbox_trainer.intake import ingest
from fitbox_trainer.intake.synth import write_synthetic

MAX_FILES = 24
ROWS = 12
_CHUNKS = 3


class RestlessFolder:
    """Files arrive whole, in pieces, under a temporary name or from another folder; they are replaced,
    extended, renamed, doubled and deleted. One change a call, so that the caller sets the pace."""

    def __init__(self, data: Path, elsewhere: Path, chance: random.Random) -> None:
        self._data = data
        self._elsewhere = elsewhere
        self._chance = chance
        self._made = 0
        self._unfinished: list[tuple[Path, list[bytes]]] = []
        elsewhere.mkdir(parents=True, exist_ok=True)

    def files(self) -> list[Path]:
        """Finished CSV files in the folder."""
        unfinished = {path for path, _ in self._unfinished}
        found = (path for path in self._data.glob("*.csv") if not path.is_symlink())
        return sorted(path for path in found if path not in unfinished)

    def arrive(self) -> None:
        """A new file, moved in whole."""
        self._new_file().rename(self._data / f"members-{self._made}.csv")

    def change(self) -> None:
        """Something random, or the next piece of a slow file."""
        if self._unfinished and self._chance.random() < 0.5:
            self._go_on_writing()
            return
        files = self.files()
        changes: list[Callable[[], object]] = [self.arrive, self._arrive_slowly, self._arrive_by_rename]
        if files:
            some = self._chance.choice(files)
            changes += [
                lambda: self._new_file().replace(some),
                lambda: self._append(some),
                lambda: some.rename(self._data / f"renamed-{self._next()}.csv"),
                lambda: (self._data / f"copy-{self._next()}.csv").write_bytes(some.read_bytes()),
                some.unlink,
            ]
        if len(files) > MAX_FILES:
            changes = [some.unlink]
        elif self._chance.random() < 0.1:
            changes = [self._arrive_unusable]
        self._chance.choice(changes)()

    def finish(self) -> None:
        """End every slow file."""
        while self._unfinished:
            self._go_on_writing()

    def expected(self, store: Path) -> tuple[dict[str, str], Dataset]:
        """Accepted names with the digests of their contents, and their union, read without any daemon."""
        sources: dict[str, str] = {}
        members: dict[str, Path] = {}
        for path in self.files():
            report = ingest(path, store)
            if report.members is not None:
                sources[path.name] = report.digest
                members[report.digest] = report.members
        return sources, assemble([members[digest] for digest in sorted(members)], store / "datasets")

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _new_file(self) -> Path:
        path = self._elsewhere / f"{self._next()}.csv"
        write_synthetic(path, self._chance.randint(1, ROWS), seed=self._made)
        return path

    def _arrive_slowly(self) -> None:
        content = self._new_file().read_bytes()
        size = len(content) // _CHUNKS + 1
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        self._unfinished.append((self._data / f"slow-{self._made}.csv", pieces))
        self._go_on_writing()

    def _go_on_writing(self) -> None:
        path, pieces = self._unfinished[0]
        with path.open("ab") as file:
            file.write(pieces.pop(0))
        if not pieces:
            self._unfinished.pop(0)

    def _arrive_by_rename(self) -> None:
        temporary = self._data / f".members-{self._next()}.csv.tmp"
        temporary.write_bytes(self._new_file().read_bytes())
        temporary.rename(self._data / f"renamed-{self._made}.csv")

    def _append(self, path: Path) -> None:
        lines = self._new_file().read_bytes().splitlines(keepends=True)[1:]
        with path.open("ab") as file:
            file.writelines(lines)

    def _arrive_unusable(self) -> None:
        name = f"unusable-{self._next()}"
        kind = self._chance.randrange(3)
        if kind == 0:
            (self._data / f"{name}.csv").write_text("no,members,here\n1,2,3\n")
        elif kind == 1:
            (self._data / f"{name}.txt").write_text("notes")
        else:
            (self._data / f"{name}.csv").symlink_to(self._elsewhere / "anything.csv")
