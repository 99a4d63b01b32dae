"""Part ``refused``: system calls of a serving process that fail once each, while it swaps and answers.

The scenario is that of ``make test-faults`` (:mod:`tests.injection`), which also has the others.
"""

from __future__ import annotations

from pathlib import Path

from tests.conformance.report import Report
from tests.conformance.stub import ENGINE
from tests.injection.rig import Tally, Tried
from tests.injection.server import serving


async def refused(folder: Path, *, of: int, errors: int) -> Report:
    """Every ``of``-th call site, with ``errors`` errors each."""
    tally = Tally()
    await serving(folder, Tried(errors, share=(0, of)), tally)
    return Report(
        "refused",
        ENGINE,
        {"sites": tally.sites, "injections": tally.injections, "unmade": tally.unmade},
        {
            "something_was_refused": tally.injections > 0,
            "nothing_ended": not tally.troubles["ended"],
            "nothing_hung": not tally.troubles["hung"],
            "nothing_wrong": not tally.troubles["wrong"],
            "nothing_lost": not tally.troubles["lost"],
        },
    )
