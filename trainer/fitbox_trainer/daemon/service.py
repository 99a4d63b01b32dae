"""TrainingService: what a client may see and ask of the daemon. It reads the ledger and wakes the daemon."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import grpc
import grpc.aio
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry

from fitbox.errors import ConfigurationError, DatasetError, FieldViolation
from fitbox.rpc.listening import auth_interceptors, open_port, server_options
from fitbox.rpc.status import ErrorStatus
from fitbox.telemetry.grpc_metrics import GrpcMetricsInterceptor, GrpcServerMetrics
from fitbox.v1 import training_pb2 as pb
from fitbox.v1 import training_pb2_grpc
from fitbox_trainer.daemon.daemon import Daemon
from fitbox_trainer.daemon.hooks import Changes
from fitbox_trainer.daemon.records import Dataset, FileRecord, Run
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.run.presets import load_preset
from fitbox_trainer.run.progress import Progress

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["TrainingService"].full_name
DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000
MAX_REQUEST_ID_CHARACTERS = 128


class TrainingService(training_pb2_grpc.TrainingServiceServicer):
    """Serves one daemon. Lives in the daemon's event loop, so it may read its ledger."""

    def __init__(self, daemon: Daemon, changes: Changes, settings: TrainerSettings) -> None:
        self._daemon = daemon
        self._ledger = daemon.ledger
        self._changes = changes
        self.settings = settings

    async def StartTraining(  # noqa: N802  # named by the proto
        self, request: pb.StartTrainingRequest, context: Any
    ) -> pb.StartTrainingResponse:
        """Queue a run; the same request_id answers with the run that it queued before."""
        if len(request.request_id) > MAX_REQUEST_ID_CHARACTERS:
            problem = f"at most {MAX_REQUEST_ID_CHARACTERS} characters"
            await _refuse_field(context, "request_id", problem)
        earlier = self._ledger.run_of_request(request.request_id) if request.request_id else None
        if earlier is not None:
            return pb.StartTrainingResponse(run=self._run(earlier))
        preset = request.preset or self.settings.preset
        try:
            load_preset(preset)
        except ConfigurationError as error:
            await _refuse_field(context, "preset", str(error))
        sources = self._ledger.sources()
        if not sources:
            await _refuse(
                context,
                grpc.StatusCode.FAILED_PRECONDITION,
                "NO_MEMBERS",
                "there is no accepted data; put a CSV file into the data folder",
            )
        run = self._ledger.create_run(
            preset,
            dataset=self._ledger.dataset_of(sources) or Dataset("", 0),
            sources=sources,
            request_id=request.request_id or None,
        )
        self._daemon.wake()
        return pb.StartTrainingResponse(run=self._run(run))

    async def ListRuns(  # noqa: N802  # named by the proto
        self, request: pb.ListRunsRequest, context: Any
    ) -> pb.ListRunsResponse:
        """Runs, newest first; runs that start between two pages change neither (keyset paging)."""
        if not 0 <= request.page_size <= MAX_PAGE_SIZE:
            await _refuse_field(context, "page_size", f"0 to {MAX_PAGE_SIZE}")
        before = _decode_token(request.page_token)
        if request.page_token and before is None:
            await _refuse_field(context, "page_token", "not a token of this method")
        size = request.page_size or DEFAULT_PAGE_SIZE
        runs = self._ledger.runs(before=before, limit=size + 1)
        token = _encode_token(runs[size - 1].number) if len(runs) > size else ""
        return pb.ListRunsResponse(runs=[self._run(run) for run in runs[:size]], next_page_token=token)

    async def GetRun(  # noqa: N802  # named by the proto
        self, request: pb.GetRunRequest, context: Any
    ) -> pb.GetRunResponse:
        """One run."""
        return pb.GetRunResponse(run=self._run(await self._find(request.run_id, context)))

    async def CancelRun(  # noqa: N802  # named by the proto
        self, request: pb.CancelRunRequest, context: Any
    ) -> pb.CancelRunResponse:
        """Ask a run to stop and return once it has ended; one that has ended stays as it is."""
        run = await self._find(request.run_id, context)
        if not run.stage.is_end:
            self._ledger.request_cancel(run.run_id)
            self._daemon.wake()
        while not run.stage.is_end:
            upcoming = self._changes.upcoming()
            run = await self._find(request.run_id, context)
            if not run.stage.is_end:
                await upcoming.wait()
        return pb.CancelRunResponse(run=self._run(run))

    async def WatchRun(  # noqa: N802  # named by the proto
        self, request: pb.WatchRunRequest, context: Any
    ) -> AsyncIterator[pb.WatchRunResponse]:
        """The run at once, then each change; a slow reader skips states, never the last one."""
        run = await self._find(request.run_id, context)
        shown: pb.Run | None = None
        while True:
            upcoming = self._changes.upcoming()
            run = await self._find(request.run_id, context)
            message = self._run(run)
            if message != shown:
                shown = message
                yield pb.WatchRunResponse(run=message)
            if run.stage.is_end:
                return
            await upcoming.wait()

    async def ListDatasets(  # noqa: N802  # named by the proto
        self, request: pb.ListDatasetsRequest, context: Any
    ) -> pb.ListDatasetsResponse:
        """Every file, and the dataset that a run would train on now."""
        try:
            dataset = await self._daemon.dataset()
        except DatasetError as error:
            await _refuse(context, grpc.StatusCode.FAILED_PRECONDITION, "DATASET_DAMAGED", str(error))
        return pb.ListDatasetsResponse(
            datasets=[self._dataset(record) for record in self._ledger.files()],
            dataset_digest=dataset.digest,
            members=dataset.members,
        )

    async def _find(self, run_id: str, context: Any) -> Run:
        run = self._ledger.run(run_id)
        if run is None:
            await _refuse(context, grpc.StatusCode.NOT_FOUND, "RUN_NOT_FOUND", f"no run {run_id!r}")
        return run

    def _run(self, run: Run) -> pb.Run:
        current = self._ledger.current_run()
        working = current is not None and current.run_id == run.run_id
        progress = self._daemon.worker.progress if working else Progress()
        return run_message(run, progress)

    def _dataset(self, record: FileRecord) -> pb.Dataset:
        message = dataset_message(record)
        content = record.content
        if content is not None and content.rows_rejected:
            copy = self.settings.work_dir.absolute() / "quarantine" / f"{content.digest}.csv"
            note = f"{content.rows_rejected} rows were set aside with their reasons: {copy}"
            message.reason = f"{message.reason}; {note}" if message.reason else note
        return message


def run_message(run: Run, progress: Progress) -> pb.Run:
    """A run as the API shows it."""
    return pb.Run(
        run_id=run.run_id,
        progress=pb.RunProgress(
            stage=pb.RunStage.Value(f"RUN_STAGE_{run.stage}"),
            step=progress.step,
            total_steps=progress.total_steps,
            loss=progress.loss,
            learning_rate=progress.learning_rate,
            tokens_per_second=progress.tokens_per_second,
            time_left=_duration(progress.seconds_left),
        ),
        preset=run.preset,
        dataset_digest=run.dataset_digest,
        members=run.members,
        created_at=_timestamp(run.created_at),
        finished_at=None if run.finished_at is None else _timestamp(run.finished_at),
        adapter_version=run.version or "",
        reason=run.reason,
    )


def dataset_message(record: FileRecord) -> pb.Dataset:
    """A file as the API shows it."""
    content = record.content
    return pb.Dataset(
        file_name=record.name,
        digest=content.digest if content else "",
        status=pb.DatasetStatus.Value(f"DATASET_STATUS_{record.status}"),
        rows_accepted=content.rows_accepted if content else 0,
        rows_rejected=content.rows_rejected if content else 0,
        rows_duplicate=content.rows_duplicate if content else 0,
        reason=record.reason,
        ingested_at=_timestamp(record.changed_at),
    )


class TrainingServer:
    """The daemon's gRPC server: TrainingService, health and reflection, on one port."""

    def __init__(self, service: TrainingService, registry: CollectorRegistry, host: str, port: int) -> None:
        settings = service.settings.model_copy(update={"host": host, "port": port})
        self._server = grpc.aio.server(
            interceptors=[
                GrpcMetricsInterceptor(GrpcServerMetrics(registry)),
                *auth_interceptors(settings),
            ],
            options=server_options(settings),
        )
        self._health = health.aio.HealthServicer()
        training_pb2_grpc.add_TrainingServiceServicer_to_server(service, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (SERVICE_NAME, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        self.port = open_port(self._server, settings)

    async def start(self) -> None:
        """Accept calls."""
        await self._server.start()
        for name in ("", SERVICE_NAME):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_seconds: float) -> None:
        """Say that we go, then end the calls that are still open after the grace time."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_seconds)


async def _refuse_field(context: Any, field: str, description: str) -> NoReturn:
    violations = (FieldViolation(field, description),)
    await _abort(
        context,
        ErrorStatus(
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            f"{field}: {description}",
            violations=violations,
        ),
    )


async def _refuse(context: Any, code: grpc.StatusCode, reason: str, message: str) -> NoReturn:
    await _abort(context, ErrorStatus(code, reason, message))


async def _abort(context: Any, status: ErrorStatus) -> NoReturn:
    await context.abort(status.code, status.message, status.trailers())
    raise AssertionError("abort always raises")


def _encode_token(number: int) -> str:
    return base64.urlsafe_b64encode(f"runs<{number}".encode()).decode().rstrip("=")


def _decode_token(token: str) -> int | None:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    prefix, _, number = text.partition("<")
    return int(number) if prefix == "runs" and number.isascii() and number.isdigit() else None


def _timestamp(unix_seconds: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromMicroseconds(round(unix_seconds * 1e6))
    return stamp


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(round(seconds * 1e3))
    return duration
