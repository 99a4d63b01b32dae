"""The SQLite file of the ledger: opened privately, each statement whole, every refusal one typed error."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fitbox import durable
from fitbox.errors import LedgerError
from fitbox.files import shown

Row = sqlite3.Row
Value = str | int | float | None

_LARGEST = 2**63 - 1


class Database:
    """An open ledger file, made with mode 0600 where there is none. Belongs to one thread.

    Raises:
        LedgerError: SQLite refuses: a full or failing disk, a file that is no database, a lock held too long.
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        durable.make_folder(path.parent, private=True)
        with contextlib.suppress(OSError):  # SQLite says it better
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            with contextlib.suppress(OSError):  # SQLite makes these two with the mode of the first
                file.chmod(0o600)
        with self._typed():
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            self._connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self.execute(f"PRAGMA {pragma}")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._typed():
            self._connection.close()

    def execute(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows that a statement gives. Texts are escaped where they cannot be stored."""
        with self._typed():
            return self._connection.execute(statement, [_storable(value) for value in values]).fetchall()

    def one(self, statement: str, values: Sequence[Value] = ()) -> Row | None:
        """The first row, or ``None``."""
        rows = self.execute(statement, values)
        return rows[0] if rows else None

    def value(self, statement: str, values: Sequence[Value] = ()) -> Any:
        """The only value of the only row."""
        ((only,),) = self.execute(statement, values)
        return only

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside, or none of them; on disk at the end."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk makes SQLite roll back by itself
                with contextlib.suppress(LedgerError):
                    self.execute("ROLLBACK")
            raise

    @contextmanager
    def _typed(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(f"the ledger {shown(self._path)} cannot be used: {error}") from error


def _storable(value: Value) -> Value:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int):
        return max(-_LARGEST - 1, min(value, _LARGEST))
    return value
