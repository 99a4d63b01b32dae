"""TrainingService: what a client may see and ask of the daemon. It reads the ledger and wakes the daemon.

Errors of FitBox leave as they are; :class:`fitbox.rpc.calls.CallInterceptor` maps them.
"""

# ruff: noqa: N802 - gRPC names the methods

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fitbox.errors import (
    DatasetDamagedError,
    DatasetError,
    InvalidFieldError,
    NoMembersError,
    RequestIdReusedError,
    RunNotFoundError,
)
from fitbox.rpc.callers import CALLER
from fitbox.rpc.status import cut, overloaded
from fitbox.v1 import training_pb2 as pb
from fitbox.v1 import training_pb2_grpc
from fitbox_trainer.daemon import paging
from fitbox_trainer.daemon.daemon import Daemon
from fitbox_trainer.daemon.hooks import Changes
from fitbox_trainer.daemon.messages import dataset_message, run_message
from fitbox_trainer.daemon.records import Dataset, Run
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.run.presets import preset_names
from fitbox_trainer.run.progress import Progress

DEFAULT_PAGE_SIZE = 50
MAX_REQUEST_ID_CHARACTERS = 128
MAX_QUEUED_RUNS = 16
"""Runs that wait for their turn; each trains on the whole dataset, so more of them would say nothing new."""
QUEUE_RETRY_SECONDS = 60.0


class TrainingService(training_pb2_grpc.TrainingServiceServicer):
    """Serves one daemon. Lives in the daemon's event loop, so it may read its ledger."""

    def __init__(self, daemon: Daemon, changes: Changes, settings: TrainerSettings) -> None:
        self._daemon = daemon
        self._ledger = daemon.ledger
        self._changes = changes
        self._settings = settings

    async def StartTraining(self, request: pb.StartTrainingRequest, context: Any) -> pb.StartTrainingResponse:
        """Queue a run; the same request_id of the same caller answers with the run that it queued before."""
        if len(request.request_id) > MAX_REQUEST_ID_CHARACTERS:
            raise InvalidFieldError("request_id", f"at most {MAX_REQUEST_ID_CHARACTERS} characters")
        # By name alone: a path would tell a caller which files there are on this machine.
        if request.preset and request.preset not in preset_names():
            raise InvalidFieldError("preset", f"one of {', '.join(preset_names())}, or empty")
        preset = request.preset or self._settings.preset
        key = f"{CALLER.get()}\n{request.request_id}" if request.request_id else None
        earlier = self._ledger.run_of_request(key) if key else None
        if earlier is not None:
            if earlier.preset != preset:
                raise RequestIdReusedError("request_id was used for a run with another preset")
            return pb.StartTrainingResponse(run=self._run(earlier))
        sources = self._ledger.sources()
        if not sources:
            raise NoMembersError("there is no accepted data; put a CSV file into the data folder")
        if self._ledger.queued_runs() >= MAX_QUEUED_RUNS:
            raise overloaded(f"{MAX_QUEUED_RUNS} runs wait already", QUEUE_RETRY_SECONDS)
        run = self._ledger.create_run(
            preset,
            dataset=self._ledger.dataset_of(sources) or Dataset("", 0),
            sources=sources,
            request_id=key,
        )
        self._daemon.wake()
        return pb.StartTrainingResponse(run=self._run(run))

    async def ListRuns(self, request: pb.ListRunsRequest, context: Any) -> pb.ListRunsResponse:
        """Runs, newest first; runs that start between two pages change neither (keyset paging)."""
        size = paging.page_size(request.page_size, DEFAULT_PAGE_SIZE)
        runs = self._ledger.runs(before=paging.number_of("runs", request.page_token), limit=size + 1)
        page = paging.fitting([self._run(run) for run in runs], size)
        more = len(page) < len(runs)
        token = paging.token("runs", str(runs[len(page) - 1].number)) if more else ""
        return pb.ListRunsResponse(runs=page, next_page_token=token)

    async def GetRun(self, request: pb.GetRunRequest, context: Any) -> pb.GetRunResponse:
        """One run."""
        return pb.GetRunResponse(run=self._run(self._find(request.run_id)))

    async def CancelRun(self, request: pb.CancelRunRequest, context: Any) -> pb.CancelRunResponse:
        """Ask a run to stop and return once it has ended; one that has ended stays as it is."""
        run = self._find(request.run_id)
        if not run.stage.is_end:
            self._ledger.request_cancel(run.run_id)
            self._daemon.wake()
        while not run.stage.is_end:
            upcoming = self._changes.upcoming()
            run = self._find(request.run_id)
            if not run.stage.is_end:
                await upcoming.wait()
        return pb.CancelRunResponse(run=self._run(run))

    async def WatchRun(self, request: pb.WatchRunRequest, context: Any) -> AsyncIterator[pb.WatchRunResponse]:
        """The run at once, then each change; a slow reader skips states, never the last one."""
        shown: pb.Run | None = None
        while True:
            upcoming = self._changes.upcoming()
            run = self._find(request.run_id)
            message = self._run(run)
            if message != shown:
                shown = message
                yield pb.WatchRunResponse(run=message)
            if run.stage.is_end:
                return
            await upcoming.wait()

    async def ListDatasets(self, request: pb.ListDatasetsRequest, context: Any) -> pb.ListDatasetsResponse:
        """Files by name, and the dataset that a run would train on now."""
        size = paging.page_size(request.page_size, paging.MAX_PAGE_SIZE)
        after = paging.key_of("datasets", request.page_token) or ""
        try:
            dataset = await self._daemon.dataset()
        except DatasetError as error:
            raise DatasetDamagedError(str(error)) from error
        files = self._ledger.page_of_files(after=after, limit=size + 1, withdrawn=request.include_withdrawn)
        page = paging.fitting([dataset_message(record, self._settings.work_dir) for record in files], size)
        more = len(page) < len(files)
        return pb.ListDatasetsResponse(
            datasets=page,
            dataset_digest=dataset.digest,
            members=dataset.members,
            next_page_token=paging.token("datasets", files[len(page) - 1].name) if more else "",
        )

    def _find(self, run_id: str) -> Run:
        run = self._ledger.run(run_id)
        if run is None:
            raise RunNotFoundError(f"no run {cut(run_id, 64)}")
        return run

    def _run(self, run: Run) -> pb.Run:
        current = self._ledger.current_run()
        working = current is not None and current.run_id == run.run_id
        progress = self._daemon.worker.progress if working else Progress()
        return run_message(run, progress)
