"""The ledger: what the daemon knows, durably, and the only place where any of it changes.

SQLite in WAL mode with ``synchronous=FULL``: each method is one transaction that is on disk when it returns,
so the daemon may be killed between any two of them and the next one continues from the last. A ledger
belongs to one thread; the folder lock of the daemon keeps a second daemon away. What SQLite refuses leaves as
:class:`~fitbox.errors.LedgerError`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fitbox.errors import ConfigurationError, LedgerError
from fitbox_trainer.daemon.database import Database, Row
from fitbox_trainer.daemon.records import Attempt, Content, Dataset, FileRecord, FileStatus, Run
from fitbox_trainer.daemon.schema import migrate
from fitbox_trainer.daemon.stages import ENDS, FOLLOWERS, Stage
from fitbox_trainer.daemon.watcher import Signature
from fitbox_trainer.intake.report import ContentKind


class StaleRunError(Exception):
    """A transition was asked of a run that is no longer where the caller believes; a programming error."""


class Ledger:
    """Opens, and creates if needed, the ledger at ``path``.

    Raises:
        ConfigurationError: it cannot be opened (a full disk, no permission), or a newer FitBox made it.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        try:
            self._db = Database(path)
        except (LedgerError, OSError) as error:
            raise ConfigurationError(f"the ledger {path} cannot be opened: {error}") from error
        try:
            migrate(self._db)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    # Files

    def known_signatures(self) -> dict[str, Signature]:
        """Signature under which each present name was last dealt with."""
        rows = self._db.execute("SELECT * FROM files WHERE status <> ?", (FileStatus.WITHDRAWN,))
        return {row["name"]: _signature(row) for row in rows}

    def record_content(self, name: str, signature: Signature, content: Content) -> bool:
        """A file was read. Returns whether its content is new; the same content again changes no dataset.

        Read by newer rules the same content may hold other members: what was read last counts.
        """
        with self._db.transaction():
            before = self._db.one("SELECT * FROM contents WHERE digest = ?", (content.digest,))
            values = (
                *(content.digest, content.status, content.reason),
                *(content.rows_accepted, content.rows_rejected, content.rows_duplicate),
                *(str(content.members_file), content.kind),
            )
            self._db.execute(
                """INSERT INTO contents (digest, status, reason, rows_accepted, rows_rejected, rows_duplicate,
                       members_file, kind, ingested_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET
                   status = excluded.status, reason = excluded.reason, rows_accepted = excluded.rows_accepted,
                   rows_rejected = excluded.rows_rejected, rows_duplicate = excluded.rows_duplicate,
                   members_file = excluded.members_file, kind = excluded.kind""",
                (*values, self._clock()),
            )
            compared = (*tuple(before)[: len(values) - 1], before["kind"]) if before is not None else ()
            new = compared != values
            if new and before is not None:  # what was made of it by older rules holds no more
                self._db.execute("DELETE FROM datasets")
                self._db.execute(
                    "UPDATE files SET status = ?, reason = ? WHERE digest = ? AND status <> ?",
                    (content.status, content.reason, content.digest, FileStatus.WITHDRAWN),
                )
            self._put_file(name, signature, content.status, content.reason, content.digest)
            self._forget_attempts(name)
        return new

    def begin_reading(self, name: str, signature: Signature) -> int:
        """A reader is about to look into a file. Returns how often one did and did not come to an end."""
        with self._db.transaction():
            self._db.execute(
                """INSERT INTO readings VALUES (?, ?, ?, ?, 1) ON CONFLICT (name) DO UPDATE SET
                   attempts = CASE
                       WHEN (size, mtime_ns, inode) = (excluded.size, excluded.mtime_ns, excluded.inode)
                       THEN attempts + 1 ELSE 1 END,
                   size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode""",
                (name, signature.size, signature.mtime_ns, signature.inode),
            )
            attempts = self._db.value("SELECT attempts FROM readings WHERE name = ?", (name,))
        return int(attempts) - 1

    def unread(self) -> dict[str, tuple[Signature, int]]:
        """Names of files whose readers did not come to an end, with what they were and how often."""
        rows = self._db.execute("SELECT * FROM readings")
        return {row["name"]: (_signature(row), int(row["attempts"])) for row in rows}

    def end_reading(self, name: str) -> None:
        """The reader came to an end, and the file is not to blame for what it said."""
        if self._db.one("SELECT 1 FROM readings WHERE name = ?", (name,)) is not None:
            with self._db.transaction():
                self._forget_attempts(name)

    def refuse_file(self, name: str, signature: Signature, reason: str) -> None:
        """An entry that is never read."""
        with self._db.transaction():
            self._put_file(name, signature, FileStatus.REJECTED, reason, None)
            self._forget_attempts(name)

    def withdraw_file(self, name: str) -> None:
        """A file was deleted."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE files SET status = ?, changed_at = ? WHERE name = ? AND status <> ?",
                (FileStatus.WITHDRAWN, self._clock(), name, FileStatus.WITHDRAWN),
            )
            self._forget_attempts(name)

    def files(self) -> tuple[FileRecord, ...]:
        """Every name ever dealt with, by name."""
        rows = self._db.execute(
            """SELECT files.*, contents.status AS c_status, contents.reason AS c_reason, rows_accepted,
                      rows_rejected, rows_duplicate, members_file, kind
               FROM files LEFT JOIN contents USING (digest) ORDER BY name"""
        )
        return tuple(_file(row) for row in rows)

    def page_of_files(self, *, after: str, limit: int, withdrawn: bool) -> tuple[FileRecord, ...]:
        """Names behind ``after``, in order; those that are gone only if they are asked for."""
        rows = self._db.execute(
            """SELECT files.*, contents.status AS c_status, contents.reason AS c_reason, rows_accepted,
                      rows_rejected, rows_duplicate, members_file, kind
               FROM files LEFT JOIN contents USING (digest)
               WHERE name > ? AND (? OR files.status <> ?) ORDER BY name LIMIT ?""",
            (after, withdrawn, FileStatus.WITHDRAWN, limit),
        )
        return tuple(_file(row) for row in rows)

    def sources(self) -> dict[str, str]:
        """Accepted names of files of members, each with the digest of its contents."""
        rows = self._db.execute(
            """SELECT name, digest FROM files JOIN contents USING (digest)
               WHERE files.status = ? AND kind = ? ORDER BY name""",
            (FileStatus.ACCEPTED, ContentKind.MEMBERS),
        )
        return {row["name"]: row["digest"] for row in rows}

    def last_file_change(self) -> float:
        """Unix time of the newest change of any file that can change a dataset; 0 where there is none."""
        newest = self._db.value(
            """SELECT max(changed_at) FROM files LEFT JOIN contents USING (digest)
               WHERE kind IS NULL OR kind <> ?""",
            (ContentKind.FEEDBACK,),
        )
        return float(newest or 0.0)

    # Datasets

    def members_files(self, digests: Sequence[str]) -> tuple[Path, ...]:
        """The members file of each content, in order of digest."""
        wanted = sorted(set(digests))
        rows = self._db.execute("SELECT digest, members_file FROM contents")
        found = {row["digest"]: Path(row["members_file"]) for row in rows}
        return tuple(found[digest] for digest in wanted)

    def dataset_of(self, sources: Mapping[str, str]) -> Dataset | None:
        """The union of these sources, where it was made before."""
        if not sources:
            return Dataset("", 0)
        row = self._db.one("SELECT * FROM datasets WHERE contents_key = ?", (contents_key(sources),))
        return None if row is None else Dataset(row["digest"], row["members"])

    def record_dataset(self, sources: Mapping[str, str], dataset: Dataset) -> None:
        """Remember the union of these sources."""
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO datasets VALUES (?, ?, ?) ON CONFLICT (contents_key) DO NOTHING",
                (contents_key(sources), dataset.digest, dataset.members),
            )

    # Runs

    def create_run(
        self,
        preset: str,
        *,
        dataset: Dataset,
        sources: Mapping[str, str],
        request_id: str | None = None,
    ) -> Run:
        """Queue a run. A ``request_id`` that was used before returns the run it started."""
        with self._db.transaction():
            if request_id is not None:
                row = self._db.one("SELECT * FROM runs WHERE request_id = ?", (request_id,))
                if row is not None:
                    return _run(row)
            now = self._clock()
            run_id = f"run-{secrets.token_hex(8)}"
            self._db.execute(
                """INSERT INTO runs (run_id, request_id, stage, preset, dataset_digest, members, sources,
                                     created_at, stage_entered_at, failures, not_before,
                                     micro_batch_divisor, cancel_requested, reason)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 1, 0, '')""",
                (
                    *(run_id, request_id, Stage.QUEUED, preset),
                    *(dataset.digest, dataset.members, json.dumps(dict(sources), sort_keys=True)),
                    *(now, now),
                ),
            )
            return _run(self._db.execute("SELECT * FROM runs WHERE run_id = ?", (run_id,))[0])

    def run_of_request(self, request_id: str) -> Run | None:
        """The run that a request started."""
        row = self._db.one("SELECT * FROM runs WHERE request_id = ?", (request_id,))
        return None if row is None else _run(row)

    def run(self, run_id: str) -> Run | None:
        """One run."""
        row = self._db.one("SELECT * FROM runs WHERE run_id = ?", (run_id,))
        return None if row is None else _run(row)

    def runs(self, *, before: int | None = None, limit: int = 50) -> tuple[Run, ...]:
        """Runs with a number below ``before``, newest first."""
        rows = self._db.execute(
            "SELECT * FROM runs WHERE number < ? ORDER BY number DESC LIMIT ?",
            (before if before is not None else 2**62, limit),
        )
        return tuple(_run(row) for row in rows)

    def queued_runs(self) -> int:
        """How many wait for their turn."""
        row = self._db.one("SELECT count(*) FROM runs WHERE stage = ?", (Stage.QUEUED,))
        return 0 if row is None else int(row[0])

    def current_run(self) -> Run | None:
        """The oldest run that has not ended: the only one that may be worked on."""
        row = self._db.one("SELECT * FROM runs WHERE stage NOT IN (?, ?, ?, ?) ORDER BY number LIMIT 1", ENDS)
        return None if row is None else _run(row)

    def cancelled_in_queue(self) -> tuple[Run, ...]:
        """Queued runs that were asked to stop before their turn came."""
        rows = self._db.execute(
            "SELECT * FROM runs WHERE stage = ? AND cancel_requested ORDER BY number", (Stage.QUEUED,)
        )
        return tuple(_run(row) for row in rows)

    def last_finished_run(self) -> Run | None:
        """The newest run that ended, in whatever way."""
        row = self._db.one(
            "SELECT * FROM runs WHERE stage IN (?, ?, ?, ?) ORDER BY number DESC LIMIT 1", ENDS
        )
        return None if row is None else _run(row)

    def last_success_at(self) -> float:
        """Unix time at which a run last succeeded; 0 for never."""
        newest = self._db.value("SELECT max(finished_at) FROM runs WHERE stage = ?", (Stage.SUCCEEDED,))
        return float(newest or 0.0)

    def last_trained_dataset(self) -> str:
        """Digest of the dataset of the newest run that succeeded; empty where there is none."""
        run = self._db.one(
            "SELECT * FROM runs WHERE stage = ? ORDER BY number DESC LIMIT 1", (Stage.SUCCEEDED,)
        )
        return "" if run is None else _run(run).dataset_digest

    def fix_dataset(
        self, run: Run, *, dataset: Dataset, sources: Mapping[str, str], parent: str | None
    ) -> Run:
        """QUEUED -> PREPARING with the dataset as it is now."""
        with self._db.transaction():
            self._move(run, Stage.PREPARING)
            self._db.execute(
                "UPDATE runs SET dataset_digest = ?, members = ?, sources = ?, parent = ? WHERE run_id = ?",
                (
                    *(dataset.digest, dataset.members, json.dumps(dict(sources), sort_keys=True)),
                    *(parent, run.run_id),
                ),
            )
        return self._fresh(run)

    def advance(self, run: Run, to: Stage) -> Run:
        """The present stage is done; enter the next."""
        with self._db.transaction():
            self._move(run, to)
        return self._fresh(run)

    def end(self, run: Run, to: Stage, *, reason: str = "", version: str | None = None) -> Run:
        """Enter one of the four ends."""
        with self._db.transaction():
            self._move(run, to, detail=reason)
            self._db.execute(
                "UPDATE runs SET finished_at = ?, reason = ?, version = ? WHERE run_id = ?",
                (self._clock(), reason, version, run.run_id),
            )
        return self._fresh(run)

    def start_attempt(self, run: Run) -> Attempt:
        """Work on the present stage begins, or begins again after a crash of the daemon."""
        with self._db.transaction():
            self._close_attempt(run, "INTERRUPTED", "")
            self._open_attempt(run.run_id, run.stage)
        return self.attempts(run.run_id)[-1]

    def retry(
        self,
        run: Run,
        *,
        reason: str,
        pause_seconds: float,
        halve_micro_batch: bool = False,
        counts: bool = True,
    ) -> Run:
        """An attempt failed and there will be another; one that ``counts`` brings the run nearer its end."""
        with self._db.transaction():
            self._require(run)
            self._close_attempt(run, "FAILED", reason)
            self._db.execute(
                """UPDATE runs SET failures = failures + ?, not_before = ?, reason = ?,
                                   micro_batch_divisor = micro_batch_divisor * ? WHERE run_id = ?""",
                (
                    *(int(counts), self._clock() + pause_seconds, reason),
                    *(2 if halve_micro_batch else 1, run.run_id),
                ),
            )
        return self._fresh(run)

    def request_cancel(self, run_id: str) -> Run | None:
        """Ask a run to stop; has no effect on one that has ended."""
        with self._db.transaction():
            self._db.execute("UPDATE runs SET cancel_requested = 1 WHERE run_id = ?", (run_id,))
        return self.run(run_id)

    def attempts(self, run_id: str) -> tuple[Attempt, ...]:
        """Every attempt of a run, oldest first."""
        rows = self._db.execute("SELECT * FROM attempts WHERE run_id = ? ORDER BY rowid", (run_id,))
        return tuple(Attempt(**{**dict(row), "stage": Stage(row["stage"])}) for row in rows)

    # Inside a transaction

    def _put_file(
        self, name: str, signature: Signature, status: FileStatus, reason: str, digest: str | None
    ) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(name, digest, status, reason),
                *(signature.size, signature.mtime_ns, signature.inode, self._clock()),
            ),
        )

    def _forget_attempts(self, name: str) -> None:
        self._db.execute("DELETE FROM readings WHERE name = ?", (name,))

    def _require(self, run: Run) -> None:
        stage = self._db.value("SELECT stage FROM runs WHERE run_id = ?", (run.run_id,))
        if stage != run.stage:
            raise StaleRunError(f"{run.run_id} is {stage}, not {run.stage}")

    def _move(self, run: Run, to: Stage, *, detail: str = "") -> None:
        self._require(run)
        if to not in FOLLOWERS[run.stage]:
            raise StaleRunError(f"{run.run_id} cannot go from {run.stage} to {to}")
        self._close_attempt(run, "DONE" if not to.is_end or to is Stage.SUCCEEDED else to.value, detail)
        self._db.execute(
            """UPDATE runs SET stage = ?, stage_entered_at = ?, failures = 0, not_before = 0, reason = ''
               WHERE run_id = ?""",
            (to, self._clock(), run.run_id),
        )

    def _open_attempt(self, run_id: str, stage: Stage) -> None:
        self._db.execute(
            """INSERT INTO attempts
               SELECT ?, ?, count(*) + 1, ?, NULL, '', '' FROM attempts WHERE run_id = ? AND stage = ?""",
            (run_id, stage, self._clock(), run_id, stage),
        )

    def _close_attempt(self, run: Run, outcome: str, detail: str) -> None:
        self._db.execute(
            """UPDATE attempts SET finished_at = ?, outcome = ?, detail = ?
               WHERE run_id = ? AND finished_at IS NULL""",
            (self._clock(), outcome, detail, run.run_id),
        )

    def _fresh(self, run: Run) -> Run:
        fresh = self.run(run.run_id)
        if fresh is None:
            raise StaleRunError(f"{run.run_id} is not in the ledger")
        return fresh


def contents_key(sources: Mapping[str, str]) -> str:
    """Identity of a set of contents, whatever their names are and however often each occurs."""
    return hashlib.sha256("\n".join(sorted(set(sources.values()))).encode()).hexdigest()


def _signature(row: Row) -> Signature:
    return Signature(row["size"], row["mtime_ns"], row["inode"])


def _file(row: Row) -> FileRecord:
    content = None
    if row["digest"] is not None:
        content = Content(
            digest=row["digest"],
            status=FileStatus(row["c_status"]),
            reason=row["c_reason"],
            rows_accepted=row["rows_accepted"],
            rows_rejected=row["rows_rejected"],
            rows_duplicate=row["rows_duplicate"],
            members_file=Path(row["members_file"]),
            kind=ContentKind(row["kind"]),
        )
    return FileRecord(
        name=row["name"],
        status=FileStatus(row["status"]),
        reason=row["reason"],
        signature=_signature(row),
        changed_at=row["changed_at"],
        content=content,
    )


def _run(row: Row) -> Run:
    values: dict[str, Any] = dict(row)
    values["stage"] = Stage(values["stage"])
    values["sources"] = json.loads(values["sources"])
    values["cancel_requested"] = bool(values["cancel_requested"])
    return Run(**values)
