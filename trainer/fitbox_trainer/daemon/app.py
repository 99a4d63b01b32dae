"""The composition of the daemon process, its start and its ordered stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from fitbox.errors import ConfigurationError
from fitbox.registry import Registry
from fitbox.rpc.address import endpoint
from fitbox.telemetry.host import Host
from fitbox.telemetry.metrics_server import MetricsServer
from fitbox_trainer.daemon.active_data import active_dataset
from fitbox_trainer.daemon.daemon import Daemon
from fitbox_trainer.daemon.display import Display, logging_to
from fitbox_trainer.daemon.hooks import Changes, HookList, Hooks
from fitbox_trainer.daemon.inbox import IngestFile
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.metrics import TrainerMetrics
from fitbox_trainer.daemon.server import TrainingServer
from fitbox_trainer.daemon.service import TrainingService
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.daemon.workfolder import exclusive
from fitbox_trainer.intake.process import Reader
from fitbox_trainer.run.presets import load_preset

if TYPE_CHECKING:
    from fitbox_trainer.intake import IntakeReport

CALL_GRACE_SECONDS = 2.0
"""Time for open calls (watchers, above all) to end once the daemon stops."""


def serve(settings: TrainerSettings, display: Display, *, once: bool = False) -> bool:
    """Run the daemon until it is asked to stop; with ``once``, until there is nothing left to do.

    Returns whether no run ended as REJECTED or FAILED meanwhile.

    Raises:
        ConfigurationError: a setting cannot work, or another daemon has the work folder.
    """
    load_preset(settings.preset)  # a wrong name should stop the start, not the first run
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the data folder {settings.data} cannot be used: {error}") from error
    with exclusive(settings.work_dir), display, logging_to(display):
        return asyncio.run(_serve(settings, display, once=once))


async def _serve(settings: TrainerSettings, display: Display, *, once: bool) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ledger = Ledger(settings.work_dir / "ledger.sqlite3")
    reader = Reader(settings.max_training_memory_mib)
    try:
        newest = ledger.runs(limit=1)
        metrics_registry = CollectorRegistry()
        metrics = TrainerMetrics(metrics_registry)
        metrics.restore(
            current=ledger.current_run(),
            last_success=ledger.last_success_at(),
            trained=ledger.last_trained_dataset(),
            changed_at=ledger.last_file_change(),
        )
        folders = {"data": settings.data, "models": settings.models, "work": settings.work_dir}
        host = Host(metrics_registry, folders, settings.tls_certificate)
        changes = Changes()
        hooks = HookList([metrics, changes, display])
        comparing = compare_with_active(settings, hooks, loop, reader.ingest)
        daemon = Daemon(settings, ledger, Registry(settings.models), comparing, hooks)
        service = TrainingService(daemon, changes, settings)
        server = TrainingServer(service, settings, metrics_registry)
        address = settings.metrics_host, settings.metrics_port
        with host.beating(), MetricsServer(metrics_registry, *address) as exposed:
            await server.start()
            display.started(settings, endpoint(settings.host, server.port), exposed.address)
            try:
                await daemon.run(stop, once=once)
            finally:
                # Calls go first: what they read (ledger, worker) must outlive them.
                await server.stop(CALL_GRACE_SECONDS)
        seen = newest[0].number if newest else 0
        ended = [run for run in ledger.runs(limit=1000) if run.number > seen]
        return not any(run.stage in {Stage.REJECTED, Stage.FAILED} for run in ended)
    finally:
        await asyncio.to_thread(reader.close)
        ledger.close()


def compare_with_active(
    settings: TrainerSettings,
    hooks: Hooks,
    loop: asyncio.AbstractEventLoop,
    ingest: Callable[..., IntakeReport] | None = None,
) -> IngestFile:
    """Intake that compares each file with the dataset behind the active version; called in a thread.

    ``ingest`` takes what :func:`fitbox_trainer.intake.ingest` takes, which it is where there is none.
    """
    from fitbox_trainer import intake

    read = ingest or intake.ingest

    def compared(path: Path, store: Path) -> IntakeReport:
        report: IntakeReport = read(path, store, dataset=active_dataset(settings.models, settings.work_dir))
        if report.drift:
            loop.call_soon_threadsafe(hooks.file_drifted, report.file_name, report.drift)
        return report

    return compared
