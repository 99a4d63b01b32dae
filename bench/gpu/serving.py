"""A worker for each GPU behind one front: calls a second, a lost worker, a swap over all of them.

    python -m bench.gpu.serving [--shape 1b] [--workers 1 2] [--clients 8 64] [--seconds 20]

Makes a base of Llama's shape with random weights and two versions of random adapters, serves them with
``fitbox serve --engine torch --workers N`` and calls RecommendWorkout for different members, each client
again as soon as it was answered. One JSON object for each number of workers and of clients: calls and tokens
a second, how busy each card was. With the last number of workers it then kills one worker (SIGKILL) under
load, and later activates the second version under load: a line each says how many calls failed and how, and
how long it took until all workers were there again, or until each version's last and first reply. ``--shape
tiny`` is the same path on a CPU.

Texts are cut at random by random weights, so most plans are the planner's: what is measured is the way there.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import psutil
from fitbox_client.convert import profile_to_proto
from fitbox_trainer.evaluation.synthetic import synthetic_members

from bench.finetune_memory import SHAPES
from bench.gpu.demo_recipe import ROOT, card, write_base
from fitbox.engine.process import WORKER_MODULE
from fitbox.registry import Registry
from fitbox.rpc.address import local_channel_options
from fitbox.v1 import adapter_pb2, adapter_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc

RANK = 16
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass
class Replies:
    """What clients got, in the order of their ends."""

    ended_at: list[float] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    tokens: int = 0
    seconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)


def write_versions(models: Path, base: str) -> list[str]:
    """Two versions of random weights, the first of them active."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    registry = Registry(models)
    found = registry.base_model(base)
    model: Any = AutoModelForCausalLM.from_pretrained(found.path / "hf", dtype=torch.bfloat16)
    lora: Any = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=list(TARGETS), task_type="CAUSAL_LM")
    adapted = get_peft_model(model, lora)
    names = []
    for seed in range(2):
        torch.manual_seed(seed)
        with torch.no_grad():
            for name, tensor in adapted.named_parameters():
                if "lora_B" in name:
                    tensor.normal_(std=0.01)
        with registry.staging(f"version-{seed}") as staging:
            adapted.save_pretrained(staging)
            for extra in staging.glob("README*"):
                extra.unlink()
            (staging / "evaluation.json").write_text("{}", encoding="utf-8")
            facts = {"base_model": base, "base_model_digest": found.digest, "dataset_digest": "0" * 64}
            names.append(registry.publish(staging, metadata=facts | {"seed": seed}).name)
    registry.activate(names[0], reason="the first")
    return names


@contextlib.asynccontextmanager
async def served(models: Path, base: str, workers: int) -> AsyncIterator[tuple[str, psutil.Process, float]]:
    """A server with so many workers: its address, its process, and seconds until it was ready."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import typer; from fitbox_server.cli import serve; typer.run(serve)"),
        *("--models", str(models), "--model", base, "--engine", "torch", "--workers", str(workers)),
        *("--port", "0", "--metrics-port", "0", "--json", "--log-level", "error"),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"FITBOX_TRIAL_REPLIES": "0", "FITBOX_QUEUE": "512"},
    )
    try:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line:
            raise SystemExit("the server did not start")
        ready = time.perf_counter() - began
        yield json.loads(line)["address"], psutil.Process(process.pid), round(ready, 1)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def calls(address: str, clients: int) -> AsyncIterator[Replies]:
    """So many clients, each calling again once it was answered, until the block ends."""
    replies, end = Replies(), asyncio.Event()
    members = [profile_to_proto(member.profile) for member in synthetic_members(64)]
    options = [("grpc.use_local_subchannel_pool", 1), *local_channel_options(address)]

    async def client(number: int) -> None:
        async with grpc.aio.insecure_channel(address, options) as channel:
            stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
            turn = number
            while not end.is_set():
                turn += clients
                request = recommendation_pb2.RecommendWorkoutRequest(profile=members[turn % len(members)])
                began = time.perf_counter()
                try:
                    reply = await stub.RecommendWorkout(request)
                except grpc.aio.AioRpcError as error:
                    replies.failed[error.code().name] += 1
                    continue
                replies.ended_at.append(time.perf_counter())
                replies.seconds.append(replies.ended_at[-1] - began)
                replies.versions.append(reply.provenance.adapter_version)
                replies.tokens += reply.provenance.completion_tokens

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))
        try:
            yield replies
        finally:
            end.set()


async def speed(address: str, workers: int, clients: int, seconds: float) -> dict[str, Any]:
    """A window under load, after a warm-up of a quarter of it."""
    async with calls(address, clients) as replies:
        await asyncio.sleep(seconds / 4)
        first, before, began = len(replies.ended_at), replies.tokens, time.perf_counter()
        busy = asyncio.create_task(_busy(seconds))
        await asyncio.sleep(seconds)
        lasted = time.perf_counter() - began
        took = replies.seconds[first:]
        return {
            "case": "speed",
            "workers": workers,
            "clients": clients,
            "calls": len(took),
            "calls_per_second": round(len(took) / lasted, 2),
            "tokens_per_second": round((replies.tokens - before) / lasted, 1),
            "p50_seconds": round(statistics.median(took), 3) if took else None,
            "failed": dict(replies.failed),
            "cards_busy_percent": await busy,
        }


async def lost_worker(address: str, server: psutil.Process, clients: int, seconds: float) -> dict[str, Any]:
    """SIGKILL to one worker under load."""
    workers = _workers(server)
    async with calls(address, clients) as replies:
        await asyncio.sleep(seconds / 2)
        before = len(replies.ended_at)
        os.kill(workers[-1], signal.SIGKILL)
        struck = time.perf_counter()
        while len(found := _workers(server)) < len(workers) or found == workers:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
        back = time.perf_counter() - struck
        await asyncio.sleep(seconds)
        pauses = [
            later - earlier
            for earlier, later in zip(
                [struck, *replies.ended_at[before:]], replies.ended_at[before:], strict=False
            )
        ]
        return {
            "case": "lost_worker",
            "workers": len(workers),
            "clients": clients,
            "failed": dict(replies.failed),
            "answered_after": len(replies.ended_at) - before,
            "seconds_until_all_are_started": round(back, 2),
            "longest_pause_seconds": round(max(pauses, default=0.0), 2),
        }


async def swap(
    address: str, workers: int, clients: int, seconds: float, names: Sequence[str]
) -> dict[str, Any]:
    """Activate the second version under load."""
    options = [("grpc.use_local_subchannel_pool", 1), *local_channel_options(address)]
    async with calls(address, clients) as replies, grpc.aio.insecure_channel(address, options) as channel:
        await asyncio.sleep(seconds / 4)
        began = time.perf_counter()
        adapters = adapter_pb2_grpc.AdapterServiceStub(channel)
        await adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=names[1]), timeout=300)
        active = time.perf_counter() - began
        await asyncio.sleep(seconds)
        ends = list(zip(replies.ended_at, replies.versions, strict=True))
        return {
            "case": "swap",
            "workers": workers,
            "clients": clients,
            "failed": dict(replies.failed),
            "seconds_to_active": round(active, 2),
            "seconds_to_first_reply": round(min(at for at, name in ends if name == names[1]) - began, 2),
            "seconds_to_last_old_reply": round(max(at for at, name in ends if name == names[0]) - began, 2),
            "replies": dict(Counter(replies.versions)),
        }


def _workers(server: psutil.Process) -> list[int]:
    """Process ids of the server's workers."""
    found = []
    for child in server.children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if WORKER_MODULE in child.cmdline():
                found.append(child.pid)
    return found


async def _busy(seconds: float) -> list[float]:
    """Mean use of each card over a time, as the driver has it."""
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    samples: list[list[float]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return []
        samples.append([float(line) for line in done.stdout.split()])
        await asyncio.sleep(0.5)
    return [round(statistics.mean(each), 0) for each in zip(*samples, strict=True)]


async def measure(given: argparse.Namespace) -> None:
    """Everything, a line each."""
    models = ROOT / ".work" / "gpu-serving"
    base = f"llama-{given.shape}"
    if not (models / "base" / base / "manifest.json").is_file():
        write_base(given.shape, models, given.tokenizer)
    names = [version.name for version in Registry(models).versions()] or write_versions(models, base)
    Registry(models).activate(names[0], reason="the first")
    about = {"card": card(), "base": base}
    for workers in given.workers:
        async with served(models, base, workers) as (address, server, ready):
            for clients in given.clients:
                line = await speed(address, workers, clients, given.seconds)
                _tell(about | {"ready_seconds": ready} | line)
            if workers == given.workers[-1] and workers > 1:
                _tell(about | await lost_worker(address, server, given.clients[-1], given.seconds))
                _tell(about | await swap(address, workers, given.clients[-1], given.seconds, names))


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Parse and measure."""
    parser = argparse.ArgumentParser(prog="bench.gpu.serving", description=__doc__)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="1b")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--clients", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each window")
    parser.add_argument("--tokenizer", type=Path, help="folder of a tokenizer, not the embedded default's")
    asyncio.run(measure(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
