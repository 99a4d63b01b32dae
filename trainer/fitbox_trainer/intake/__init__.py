"""Intake: a CSV file that somebody dropped becomes members in the store, and a report that explains the rest.

::

    headers.py      which column is what            reader.py    encoding, separator, rows in batches
    cells.py        text -> typed columns           validate.py  rules generated from Profile
    members.py      one batch -> members            pipeline.py  one file -> store and report
    feedback.py     rows of feedback -> events
    targets.py      coach texts -> targets          report.py    the report's values
    files.py        copies that are whole or absent
    synth.py, preferences.py, layouts.py            synthetic members
    frames.py       members -> columns      drift.py      how they differ from the dataset in use
    describe.py, charts.py, console.py, html.py, cli.py     for people

Names are imported on first use, so that the command line can offer its help without loading polars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fitbox_trainer.intake.files import FileChangedError
    from fitbox_trainer.intake.pipeline import ingest
    from fitbox_trainer.intake.report import IntakeReport, IntakeStatus

__all__ = ["FileChangedError", "IntakeReport", "IntakeStatus", "ingest"]


def __getattr__(name: str) -> Any:
    if name == "ingest":
        from fitbox_trainer.intake.pipeline import ingest

        return ingest
    if name == "FileChangedError":
        from fitbox_trainer.intake.files import FileChangedError

        return FileChangedError
    if name in {"IntakeReport", "IntakeStatus"}:
        from fitbox_trainer.intake import report

        return getattr(report, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
