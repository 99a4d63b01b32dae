"""TrainingService through a real channel, on a daemon with scripted children."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.server import SERVICE_NAME, TrainingServer
from fitbox_trainer.daemon.service import TrainingService
from fitbox_trainer.daemon.stages import Stage
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from prometheus_client import CollectorRegistry

from fitbox.v1 import training_pb2 as pb
from fitbox.v1 import training_pb2_grpc
from tests.scripted_training import Workshop

pytestmark = pytest.mark.slow


class Served:
    """A running daemon, its server, and a stub."""

    def __init__(self, workshop: Workshop, ledger: Ledger, channel: grpc.aio.Channel, port: int) -> None:
        self.workshop = workshop
        self.ledger = ledger
        self.channel = channel
        self.port = port
        self.metrics = CollectorRegistry()
        self.stub: Any = training_pb2_grpc.TrainingServiceStub(channel)

    async def run_ended(self) -> None:
        """Wait until a run was made and all have ended."""
        await self.workshop.until(lambda: bool(self.ledger.runs()) and self.ledger.current_run() is None)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A daemon that runs and answers."""
    workshop = Workshop(tmp_path)
    ledger = workshop.open_ledger()
    daemon = workshop.daemon(ledger)
    service = TrainingService(daemon, workshop.changes, workshop.settings)
    server = TrainingServer(service, workshop.settings, CollectorRegistry())
    await server.start()
    stop = asyncio.Event()
    task = asyncio.create_task(daemon.run(stop))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield Served(workshop, ledger, channel, server.port)
    stop.set()
    async with asyncio.timeout(30):
        await task
    await server.stop(0)
    ledger.close()


def details(error: grpc.aio.AioRpcError) -> tuple[status_pb2.Status, str]:
    """The rich status of a refused call, and the reason of its one ErrorInfo."""
    metadata = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    infos = [any_ for any_ in status.details if any_.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)]
    assert len(infos) == 1
    info = error_details_pb2.ErrorInfo()
    infos[0].Unpack(info)
    assert info.domain == "fitbox"
    return status, info.reason


async def test_a_run_can_be_started_watched_and_found(served: Served) -> None:
    """The stream shows each stage in order and ends with the run; the reply names the version."""
    served.workshop.script(steps=10, step_seconds=0.02)
    served.workshop.put("members.csv", "ada", "ben")
    await served.run_ended()
    started = await served.stub.StartTraining(pb.StartTrainingRequest(request_id="again"))
    seen = [event.run async for event in served.stub.WatchRun(pb.WatchRunRequest(run_id=started.run.run_id))]
    stages = list(dict.fromkeys(run.progress.stage for run in seen))
    assert stages == sorted(stages)
    assert stages[-1] == pb.RUN_STAGE_SUCCEEDED
    assert any(run.progress.step > 0 and run.progress.total_steps == 10 for run in seen)
    found = (await served.stub.GetRun(pb.GetRunRequest(run_id=started.run.run_id))).run
    assert found == seen[-1]
    assert found.adapter_version == served.workshop.registry.active().version
    assert found.members == 2


async def test_the_same_request_starts_one_run(served: Served) -> None:
    """With another preset it is another request, and refused."""
    served.workshop.put("members.csv", "ada")
    await served.run_ended()
    first = await served.stub.StartTraining(pb.StartTrainingRequest(request_id="x"))
    second = await served.stub.StartTraining(pb.StartTrainingRequest(request_id="x"))
    assert first.run.run_id == second.run.run_id
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.stub.StartTraining(pb.StartTrainingRequest(request_id="x", preset="cpu-full"))
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert details(caught.value)[1] == "REQUEST_ID_REUSED"
    await served.run_ended()
    assert len(served.ledger.runs()) == 2


async def test_cancelling_stops_the_child_and_publishes_nothing(served: Served) -> None:
    """The reply comes when the run has ended; cancelling it again changes nothing."""
    served.workshop.script(finetune=["hang"])
    served.workshop.put("members.csv", "ada")
    workshop, ledger = served.workshop, served.ledger
    await workshop.until(lambda: bool(ledger.runs()) and ledger.runs()[0].stage is Stage.TRAINING)
    run_id = ledger.runs()[0].run_id
    for _ in range(2):
        reply = await served.stub.CancelRun(pb.CancelRunRequest(run_id=run_id), timeout=30)
        assert reply.run.progress.stage == pb.RUN_STAGE_CANCELLED
    assert workshop.registry.versions() == ()


async def test_a_run_that_waits_for_its_turn_can_be_cancelled(served: Served) -> None:
    """It never starts, and the run before it goes on."""
    served.workshop.script(finetune=["hang"])
    served.workshop.put("members.csv", "ada")
    workshop, ledger = served.workshop, served.ledger
    await workshop.until(lambda: bool(ledger.runs()) and ledger.runs()[0].stage is Stage.TRAINING)
    queued = await served.stub.StartTraining(pb.StartTrainingRequest())
    reply = await served.stub.CancelRun(pb.CancelRunRequest(run_id=queued.run.run_id), timeout=30)
    assert reply.run.progress.stage == pb.RUN_STAGE_CANCELLED
    current = ledger.current_run()
    assert current is not None
    assert current.stage is Stage.TRAINING


async def test_runs_are_paged_newest_first(served: Served) -> None:
    """Walking the pages gives every run once."""
    served.workshop.put("members.csv", "ada")
    await served.run_ended()
    for number in range(3):
        await served.stub.StartTraining(pb.StartTrainingRequest(request_id=f"r{number}"))
    await served.run_ended()
    walked: list[str] = []
    token = ""
    while True:
        page = await served.stub.ListRuns(pb.ListRunsRequest(page_size=2, page_token=token))
        walked += [run.run_id for run in page.runs]
        token = page.next_page_token
        if not token:
            break
    assert walked == [run.run_id for run in served.ledger.runs()]
    assert len(walked) == 4


async def test_datasets_list_every_file_with_its_reason(served: Served) -> None:
    """Accepted, rejected and never read; rows set aside come with the path of their copy."""
    served.workshop.put("good.csv", "ada", "ben", "ben", "bad")
    served.workshop.put("bad.csv", "bad")
    served.workshop.put("notes.txt", "x")
    await served.run_ended()
    reply = await served.stub.ListDatasets(pb.ListDatasetsRequest())
    files = {dataset.file_name: dataset for dataset in reply.datasets}
    good = files["good.csv"]
    assert (good.rows_accepted, good.rows_rejected, good.rows_duplicate) == (2, 1, 1)
    assert good.status == pb.DATASET_STATUS_ACCEPTED
    assert f"quarantine/{good.digest}.csv" in good.reason
    assert files["bad.csv"].status == files["notes.txt"].status == pb.DATASET_STATUS_REJECTED
    assert "no usable row" in files["bad.csv"].reason
    assert (reply.members, reply.dataset_digest) == (2, served.ledger.runs()[0].dataset_digest)


@pytest.mark.parametrize(
    ("method", "request_", "code", "reason"),
    [
        ("GetRun", pb.GetRunRequest(run_id="none"), grpc.StatusCode.NOT_FOUND, "RUN_NOT_FOUND"),
        ("CancelRun", pb.CancelRunRequest(run_id="none"), grpc.StatusCode.NOT_FOUND, "RUN_NOT_FOUND"),
        ("StartTraining", pb.StartTrainingRequest(), grpc.StatusCode.FAILED_PRECONDITION, "NO_MEMBERS"),
        (
            "StartTraining",
            pb.StartTrainingRequest(preset="none"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
        ),
        (
            "StartTraining",
            pb.StartTrainingRequest(request_id="x" * 129),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
        ),
        ("ListRuns", pb.ListRunsRequest(page_size=-1), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"),
        ("ListRuns", pb.ListRunsRequest(page_size=1001), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"),
        ("ListRuns", pb.ListRunsRequest(page_token="%"), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"),
    ],
)
async def test_what_cannot_be_served_is_refused_with_code_and_details(
    served: Served, method: str, request_: Any, code: grpc.StatusCode, reason: str
) -> None:
    """One ErrorInfo each; a BadRequest that names the field where a field is wrong."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(served.stub, method)(request_)
    assert caught.value.code() is code
    status, found = details(caught.value)
    assert found == reason
    bad_request = error_details_pb2.BadRequest()
    named = [bad_request for any_ in status.details if any_.Unpack(bad_request)]
    assert bool(named) is (code is grpc.StatusCode.INVALID_ARGUMENT)
    assert all(violation.field for violation in bad_request.field_violations)


async def test_watching_no_run_is_not_found(served: Served) -> None:
    """The stream fails instead of waiting for ever."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        _ = [event async for event in served.stub.WatchRun(pb.WatchRunRequest(run_id="none"))]
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_health_and_reflection_are_on(served: Served) -> None:
    """As a load balancer and a generic client ask for them."""
    stub: Any = health_pb2_grpc.HealthStub(served.channel)
    for name in ("", SERVICE_NAME):
        reply = await stub.Check(health_pb2.HealthCheckRequest(service=name))
        assert reply.status == health_pb2.HealthCheckResponse.SERVING

    def methods() -> list[str]:
        with grpc.insecure_channel(f"127.0.0.1:{served.port}") as channel:
            pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
            return [method.name for method in pool.FindServiceByName(SERVICE_NAME).methods]

    assert "WatchRun" in await asyncio.to_thread(methods)
