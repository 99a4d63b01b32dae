"""A server and a trainer, in processes of their own, through a busy while with every kind of trouble.

The engine and the children of runs are scripted; the rest is real: calls over TLS, intake, the gate, swaps
from version to version, and the metrics of it all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio
import psutil
from fitbox_client.convert import profile_to_proto
from fitbox_server.engines.scripted import prompt_digest
from fitbox_trainer.intake.synth import write_synthetic

from fitbox.profile import Goal, Profile, Sex
from fitbox.tasks import TASKS
from fitbox.v1 import (
    adapter_pb2,
    adapter_pb2_grpc,
    feedback_pb2,
    feedback_pb2_grpc,
    recommendation_pb2,
    recommendation_pb2_grpc,
)
from tests import certificates, fakes
from tests.operations.prometheus import free_port
from tests.scripted_training import Workshop

ROWS = 60
_MEMBERS = (
    fakes.MEMBER,
    Profile(age_years=52, sex=Sex.MALE, weight_kg=88, height_cm=181, goal=Goal.WEIGHT_LOSS),
    Profile(age_years=27, sex=Sex.MALE, weight_kg=74, height_cm=178, goal=Goal.MUSCLE_GAIN),
)
_STRANGER = Profile(age_years=61, sex=Sex.FEMALE, weight_kg=64, height_cm=163)
"""The scripted model writes nothing usable for her, so the planner does."""
_DAEMON = "import sys, typer; from fitbox_trainer.cli import train; typer.run(train)"
_SECONDS = 120.0
"""For anything that is waited for, on a busy machine."""


@dataclass
class Gym:
    """The two processes, and what is done to them."""

    workshop: Workshop
    server: psutil.Process
    channel: grpc.aio.Channel
    targets: dict[str, str]

    def __post_init__(self) -> None:
        self.recommend = recommendation_pb2_grpc.RecommendationServiceStub(self.channel)
        self.adapters = adapter_pb2_grpc.AdapterServiceStub(self.channel)
        self.feedback = feedback_pb2_grpc.FeedbackServiceStub(self.channel)
        self._chance = random.Random(7)

    async def call(self, *, patience: float = 30.0) -> str:
        """One call of some kind for some member; returns the name of its code."""
        member = self._chance.choice((*_MEMBERS, *_MEMBERS, *_MEMBERS, _STRANGER))
        kind = self._chance.choice(("Workout", "Nutrition", "Advice", "Advice"))
        request = getattr(recommendation_pb2, f"Recommend{kind}Request")(profile=profile_to_proto(member))
        if self._chance.random() < 0.7:  # the others may come from the cache
            request.decoding.seed = self._chance.getrandbits(31)
        code: grpc.StatusCode = await getattr(self.recommend, f"Recommend{kind}")(
            request, timeout=patience
        ).code()
        return code.name

    async def comment(self) -> None:
        """Feedback on a reply that the server made, and on one that nobody did."""
        reply = await self.recommend.RecommendAdvice(
            recommendation_pb2.RecommendAdviceRequest(profile=profile_to_proto(fakes.MEMBER))
        )
        accepted = feedback_pb2.FeedbackEvent(kind=feedback_pb2.FEEDBACK_KIND_ACCEPTED)
        for reply_id in (reply.provenance.reply_id, "nobody's"):
            request = feedback_pb2.SubmitFeedbackRequest(reply_id=reply_id, events=[accepted])
            await self.feedback.SubmitFeedback(request).code()

    async def calls(self, callers: int) -> None:
        """Of so many callers, until cancelled."""

        async def caller() -> None:
            await self.comment()
            while True:
                await self.call()
                await asyncio.sleep(self._chance.uniform(0.0, 0.3))

        await asyncio.gather(*(caller() for _ in range(callers)))

    async def serving(self) -> str:
        """The version that serves."""
        reply = await self.adapters.ListAdapters(adapter_pb2.ListAdaptersRequest())
        return str(reply.serving_version)

    def drop(self, name: str, text: str) -> None:
        """Put a file into the data folder, whole."""
        partial = self.workshop.root / f"{name}.partial"
        partial.write_text(text)
        partial.replace(self.workshop.data / name)

    def members(self, name: str, seed: int, *, spoilt: int = 0, heavier: float = 0.0) -> None:
        """A file of members, some of whom have a weight that is none; ``heavier`` in kg than most."""
        path = self.workshop.root / name
        write_synthetic(path, ROWS, seed=seed)
        header, *lines = path.read_text().splitlines()
        column = next(n for n, title in enumerate(header.split(",")) if "weight" in title.casefold())
        for number, line in enumerate(lines):
            cells = line.split(",")
            cells[column] = "heavy" if number < spoilt else str(round(float(cells[column]) + heavier, 1))
            lines[number] = ",".join(cells)
        self.drop(name, "\n".join([header, *lines]) + "\n")

    def kill_worker(self) -> None:
        """As the kernel does when memory runs out."""
        for child in self.server.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()

    def break_a_version(self) -> None:
        """``active.json`` names a version whose file was altered."""
        version = fakes.publish(self.workshop.registry, seed=random.getrandbits(16))
        weights = version.path / "adapter_model.safetensors"
        weights.chmod(0o600)
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
        active = self.workshop.models / "active.json"
        state = json.loads(active.read_text())
        state["version"], state["previous"] = version.name, state["version"]
        partial = active.with_suffix(".partial")
        partial.write_text(json.dumps(state))
        partial.replace(active)


@contextlib.asynccontextmanager
async def gym(root: Path) -> AsyncIterator[Gym]:
    """Both processes, started; ended with the body."""
    server_port, trainer_port = free_port(), free_port()
    workshop = Workshop(root / "gym", metrics_port=trainer_port, debounce_seconds=0.5)
    finetune = ["ok", "ok", "crash", "ok"]
    workshop.script(steps=30, step_seconds=0.1, evaluate_seconds=1.0, finetune=finetune)
    pair = certificates.make(root, "server")
    replies = root / "replies.json"
    replies.write_text(json.dumps(_replies()))
    options = (f"replies_file={replies}", "step_ms=4", "tokens=24", "compile_ms=15")
    async with contextlib.AsyncExitStack() as stack:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fitbox_client", "serve", "--json", "--port", "0"),
            *("--models", str(workshop.models), "--model", fakes.BASE_NAME, "--engine", "scripted"),
            *("--metrics-port", str(server_port), "--log-level", "error"),
            *("--tls-certificate", str(pair.certificate), "--tls-key", str(pair.key)),
            *(part for option in options for part in ("--engine-option", option)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={
                **os.environ,
                "FITBOX_POLL_SECONDS": "0.1",
                "FITBOX_IN_FLIGHT": "4",
                "FITBOX_QUEUE": "6",
                "FITBOX_CANDIDATE_TEXTS": "4",
                "FITBOX_REPLY_CACHE_BYTES": str(1 << 20),
                "FITBOX_TRIAL_REPLIES": "0",
                "FITBOX_FEEDBACK": str(workshop.root / "feedback"),
            },
        )
        stack.push_async_callback(_ended, server)
        trainer = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _DAEMON, "--json"),
            stdout=asyncio.subprocess.DEVNULL,
            env=workshop.environment(),
        )
        stack.push_async_callback(_ended, trainer)
        assert server.stdout is not None
        async with asyncio.timeout(_SECONDS):
            ready = json.loads(await server.stdout.readline())
        port = ready["address"].rpartition(":")[2]
        credentials = grpc.ssl_channel_credentials(pair.pem)
        channel = await stack.enter_async_context(grpc.aio.secure_channel(f"localhost:{port}", credentials))
        targets = {
            "fitbox-server": f"127.0.0.1:{server_port}",
            "fitbox-trainer": f"127.0.0.1:{trainer_port}",
        }
        yield Gym(workshop, psutil.Process(server.pid), channel, targets)


async def busy_while(place: Gym, *, pause: float) -> None:
    """Files of every kind, two versions that serve and one that is broken, a killed worker, too many calls,
    callers that leave; ``pause`` seconds between them."""
    callers = asyncio.create_task(place.calls(3))
    try:
        place.members("first.csv", seed=1)
        await until(lambda: _serves_another(place, "base"))
        await asyncio.sleep(pause)
        first = await place.serving()
        place.members("second.csv", seed=2, spoilt=7, heavier=25.0)
        place.drop("notes.csv", "remember to water the plants\n")
        place.drop("picture.png", "no table")
        await asyncio.sleep(pause)
        burst = await asyncio.gather(*(place.call() for _ in range(40)))
        assert "RESOURCE_EXHAUSTED" in burst
        await asyncio.gather(*(place.call(patience=0.02) for _ in range(8)))
        await until(lambda: _serves_another(place, first))
        await asyncio.sleep(pause)
        place.kill_worker()
        await until(lambda: _is(place.call(), "OK"))
        (place.workshop.data / "first.csv").unlink()
        await asyncio.sleep(pause)
        place.break_a_version()
        await asyncio.sleep(pause)
    finally:
        callers.cancel()
        await asyncio.gather(callers, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that no event announces to this process."""
    async with asyncio.timeout(_SECONDS):
        while not await condition():  # noqa: ASYNC110 - see the docstring
            await asyncio.sleep(0.2)


async def _serves_another(place: Gym, version: str) -> bool:
    return await place.serving() != version


async def _is(code: Awaitable[str], wanted: str) -> bool:
    return await code == wanted


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(30):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _replies() -> dict[str, str]:
    """What a well-trained model would answer the members, by prompt."""
    texts = {}
    for task in TASKS.values():
        for member in _MEMBERS:
            prepared = task.prepare(member)
            constraints = task.constrain(member)
            texts[prompt_digest(prepared.messages)] = task.render(task.plan(constraints, 1))
    return texts
