"""Tables of the ledger, as the list of migrations that made them.

``PRAGMA user_version`` counts the migrations that a database has. A released migration is never edited; a
change is a new one at the end.
"""

from __future__ import annotations

from fitbox.errors import ConfigurationError
from fitbox_trainer.daemon.database import Database

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # What was read, once for each distinct content.
        """CREATE TABLE contents (
            digest TEXT PRIMARY KEY,
            status TEXT NOT NULL,
            reason TEXT NOT NULL,
            rows_accepted INTEGER NOT NULL,
            rows_rejected INTEGER NOT NULL,
            rows_duplicate INTEGER NOT NULL,
            members_file TEXT NOT NULL,
            ingested_at REAL NOT NULL
        ) STRICT""",
        # What each name in the data folder holds now. A withdrawn name stays, for people to see.
        """CREATE TABLE files (
            name TEXT PRIMARY KEY,
            digest TEXT REFERENCES contents (digest),
            status TEXT NOT NULL,
            reason TEXT NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            changed_at REAL NOT NULL
        ) STRICT""",
        # The union of each set of contents that was ever looked at.
        """CREATE TABLE datasets (
            contents_key TEXT PRIMARY KEY,
            digest TEXT NOT NULL,
            members INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE runs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            run_id TEXT NOT NULL UNIQUE,
            request_id TEXT UNIQUE,
            stage TEXT NOT NULL,
            preset TEXT NOT NULL,
            dataset_digest TEXT NOT NULL,
            members INTEGER NOT NULL,
            sources TEXT NOT NULL,
            parent TEXT,
            created_at REAL NOT NULL,
            stage_entered_at REAL NOT NULL,
            finished_at REAL,
            failures INTEGER NOT NULL,
            not_before REAL NOT NULL,
            micro_batch_divisor INTEGER NOT NULL,
            cancel_requested INTEGER NOT NULL,
            version TEXT,
            reason TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX runs_by_stage ON runs (stage)",
        # One row for each time that work on a stage began; finished_at is null while it goes on.
        """CREATE TABLE attempts (
            run_id TEXT NOT NULL REFERENCES runs (run_id),
            stage TEXT NOT NULL,
            number INTEGER NOT NULL,
            started_at REAL NOT NULL,
            finished_at REAL,
            outcome TEXT NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (run_id, stage, number)
        ) STRICT""",
    ),
    (
        # Files whose reader has begun and not ended: one that is found at a start killed it, or us.
        """CREATE TABLE readings (
            name TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            attempts INTEGER NOT NULL
        ) STRICT""",
    ),
    (
        # What a content is about: feedback is kept, and is in no dataset of members.
        "ALTER TABLE contents ADD COLUMN kind TEXT NOT NULL DEFAULT 'MEMBERS'",
    ),
)


def migrate(database: Database) -> None:
    """Bring a database up to date, one transaction for each migration.

    Raises:
        ConfigurationError: a newer FitBox wrote this ledger.
        LedgerError: SQLite refuses.
    """
    version = database.value("PRAGMA user_version")
    if version > len(MIGRATIONS):
        raise ConfigurationError(
            f"the ledger has schema {version}, this FitBox knows {len(MIGRATIONS)}; use the newer FitBox"
        )
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        with database.transaction():
            for statement in statements:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
