"""Real ``fitbox serve`` processes with real workers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio
import psutil
import pytest
from fitbox_client import AsyncFitBoxClient
from fitbox_client.convert import profile_to_proto
from prometheus_client.parser import text_string_to_metric_families

from fitbox.plan import PlanSource
from fitbox.profile import Profile
from fitbox.tasks import TaskName, task
from fitbox.v1 import adapter_pb2, adapter_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc
from tests import fakes

pytestmark = pytest.mark.integration


@dataclass
class Server:
    """A running process."""

    process: asyncio.subprocess.Process
    address: str
    metrics: str

    async def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            return await self.process.wait()

    def family(self) -> list[psutil.Process]:
        """The process and its workers."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


@contextlib.asynccontextmanager
async def running(models: Path, *arguments: str, **environment: str) -> AsyncIterator[Server]:
    """Start, wait for the ready line, and make sure that nothing is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "fitbox_client", "serve", "--models", str(models), "--port", "0", "--metrics-port", "0"),
        *("--json", *arguments),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "FITBOX_POLL_SECONDS": "0.05", "FITBOX_TAKE_FEEDBACK": "0", **environment},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(180):
            line = await process.stdout.readline()
        ready = json.loads(line)
        yield Server(process, ready["address"], ready["metrics"])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def replies_file(path: Path, versions: list[str]) -> dict[str, str]:
    """A script in which every version gives different, valid advice; version -> its tips."""
    advice = task(TaskName.ADVICE)
    constraints = advice.constrain(fakes.MEMBER)
    texts: dict[str, str] = {}
    seed = 0
    for version in versions:
        while (text := advice.render(advice.plan(constraints, seed))) in texts.values():
            seed += 1
        texts[version] = text
    path.write_text(json.dumps({f"{version}/any": text for version, text in texts.items()}))
    finished = {
        version: advice.finish(advice.parse(text, constraints), constraints)
        for version, text in texts.items()
    }
    return {version: repr([tip.text for tip in plan.tips]) for version, plan in finished.items()}


async def test_swaps_under_load_fail_no_call_and_mix_no_reply(tmp_path: Path) -> None:
    """Every reply's text is the one that the version it names would give, streams included."""
    registry = fakes.write_models(tmp_path / "models")
    versions = [fakes.publish(registry, seed).name for seed in range(1, 4)]
    expected = replies_file(tmp_path / "replies.json", ["base", *versions])
    arguments = ["--model", fakes.BASE_NAME, "--engine", "scripted"]
    arguments += ["--engine-option", f"replies_file={tmp_path / 'replies.json'}"]
    arguments += ["--engine-option", "step_ms=2", "--engine-option", "tokens=8"]
    seen: list[tuple[str, str]] = []
    swapping = True

    async with (
        running(registry.root, *arguments) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        recommend = recommendation_pb2_grpc.RecommendationServiceStub(channel)
        adapters = adapter_pb2_grpc.AdapterServiceStub(channel)
        profile = profile_to_proto(fakes.MEMBER)

        def keep(reply: recommendation_pb2.RecommendAdviceResponse) -> None:
            texts = repr([tip.text for tip in reply.advice.tips])
            seen.append((reply.provenance.adapter_version, texts))

        async def call() -> None:
            while swapping:
                keep(
                    await recommend.RecommendAdvice(
                        recommendation_pb2.RecommendAdviceRequest(profile=profile)
                    )
                )

        async def stream() -> None:
            while swapping:
                request = recommendation_pb2.StreamAdviceRequest(profile=profile)
                events = [event async for event in recommend.StreamAdvice(request)]
                assert [event.WhichOneof("event") for event in events].count("result") == 1
                keep(events[-1].result)

        callers = [asyncio.create_task(work()) for work in (call, call, call, stream)]
        for name in [*versions, versions[0], "base", versions[2]]:
            await adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=name))
        swapping = False
        await asyncio.gather(*callers)
        assert await server.terminate() == 0

    assert {version for version, _ in seen} == set(expected)
    assert [pair for pair in seen if expected[pair[0]] != pair[1]] == []


async def test_a_killed_worker_is_replaced_and_the_front_survives(tmp_path: Path) -> None:
    """Calls in between get UNAVAILABLE at worst; nothing is left running in the end."""
    registry = fakes.write_models(tmp_path / "models")
    async with running(registry.root, "--model", fakes.BASE_NAME, "--engine", "scripted") as server:
        front, *workers = server.family()
        for worker in workers:
            worker.kill()
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
            request = recommendation_pb2.RecommendAdviceRequest(profile=profile_to_proto(fakes.MEMBER))
            codes: list[grpc.StatusCode] = []
            async with asyncio.timeout(60):
                while not codes or codes[-1] is not grpc.StatusCode.OK:
                    call = stub.RecommendAdvice(request)
                    codes.append(await call.code())
            assert set(codes) <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
        text = await asyncio.to_thread(scrape, server)
        samples = {
            sample.name: sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        assert samples["fitbox_worker_restarts_total"] == 1
        family = server.family()
        assert front.pid == server.process.pid
        assert await server.terminate() == 0
        assert not any(process.is_running() for process in family)


async def test_a_killed_front_takes_its_workers_with_it(tmp_path: Path) -> None:
    """And the next one is right at once."""
    registry = fakes.write_models(tmp_path / "models")
    arguments = ["--model", fakes.BASE_NAME, "--engine", "scripted"]
    async with running(registry.root, *arguments) as server:
        _, *workers = server.family()
        server.process.kill()
        await server.process.wait()
        _, alive = await asyncio.to_thread(psutil.wait_procs, workers, 20)
        assert alive == []
    async with running(registry.root, *arguments) as server:
        assert await server.terminate() == 0


def scrape(server: Server) -> str:
    """The text of ``/metrics``."""
    with urllib.request.urlopen(f"http://{server.metrics}/metrics") as reply:
        return str(reply.read().decode())


@pytest.mark.slow
async def test_the_base_model_answers_through_openvino(base_model: Path) -> None:
    """A real call through a real worker: typed, checked, and from the model or openly from the planner."""
    member = Profile.model_validate({**fakes.MEMBER.model_dump(), "workout_days_per_week": 1})
    models = base_model.parents[1]
    async with running(models, "--no-adapter", "--engine", "openvino") as server:
        mapped = {region.path for region in psutil.Process(server.process.pid).memory_maps()}
        assert not [path for path in mapped if "torch" in path or "openvino" in path]
        async with AsyncFitBoxClient(server.address) as client:
            reply = await client.recommend_workout(member)
        assert reply.provenance.adapter_version == "base"
        assert reply.provenance.engine.startswith("openvino")
        assert reply.provenance.source in set(PlanSource)
        assert reply.provenance.completion_tokens > 0
        workout = task(TaskName.WORKOUT)
        assert workout.check(reply.plan, workout.constrain(member)) == ()
        assert await server.terminate() == 0
