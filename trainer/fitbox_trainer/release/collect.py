"""``fitbox gc``: retention without a daemon."""

from __future__ import annotations

from contextlib import ExitStack

from fitbox.registry import Registry
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.workfolder import exclusive
from fitbox_trainer.release.retention import Collected, Live, collect, plan, read_live


def collect_garbage(settings: TrainerSettings, *, dry_run: bool) -> Collected:
    """Delete what retention does not keep; with ``dry_run`` only say what that is.

    Raises:
        ConfigurationError: a daemon is at work, which collects by itself. A dry run is allowed beside it.
        OSError: the disk refused.
    """
    registry, work = Registry(settings.models), settings.work_dir
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(exclusive(work))
        removals = plan(_live(settings), registry, work, settings.retention)
        return Collected(removals, ()) if dry_run else collect(removals, registry, work)


def _live(settings: TrainerSettings) -> Live:
    path = settings.work_dir / "ledger.sqlite3"
    if not path.exists():  # models without a trainer's state, on a server for instance
        nothing: frozenset[str] = frozenset()
        return Live(nothing, (), nothing, {}, nothing)
    ledger = Ledger(path)
    try:
        return read_live(ledger, settings.work_dir)
    finally:
        ledger.close()
