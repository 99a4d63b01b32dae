"""Stand-ins with the real interfaces: a tiny Llama and its adapters on disk, an engine that answers by
script."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import struct
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import numpy as np

from fitbox.engine.types import EngineSpec, FinishReason, Generation, GenerationRequest, TokenChunk
from fitbox.engine.wire import PROTOCOL_VERSION, Ready, WorkerStats
from fitbox.errors import EngineDiedError, EngineStartError
from fitbox.profile import Profile, Sex
from fitbox.registry import AdapterVersion, Registry
from fitbox.tasks import TaskName, task

BASE_NAME = "tiny-llama"
HIDDEN, HEADS, KEY_VALUE_HEADS, INNER, LAYERS = 16, 4, 2, 32, 2
RANK, ALPHA, TARGETS = 4, 8, ("q_proj", "v_proj")


def write_base(models: Path, name: str = BASE_NAME) -> str:
    """A base model of two layers with a valid manifest; returns its digest."""
    folder = models / "base" / name
    (folder / "hf").mkdir(parents=True)
    config = {
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_VALUE_HEADS,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
    }
    (folder / "hf" / "config.json").write_text(json.dumps(config))
    (folder / "hf" / "model.safetensors").write_bytes(safetensors({"w": np.zeros(3, np.float32)}))
    files = {
        f"hf/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest() for file in (folder / "hf").iterdir()
    }
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    manifest = {"name": name, "source": "test", "digest": digest, "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return digest


def safetensors(tensors: dict[str, np.ndarray[Any, Any]]) -> bytes:
    """The bytes of a safetensors file of float32 tensors."""
    header, body = {}, b""
    for name, tensor in tensors.items():
        content = tensor.astype("<f4").tobytes()
        offsets = [len(body), len(body) + len(content)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        body += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def lora_tensors(rank: int = RANK, seed: int = 0) -> dict[str, np.ndarray[Any, Any]]:
    """Both matrices of every target module of the tiny base, in PEFT's names."""
    generator = np.random.default_rng(seed)
    width_out = {"q_proj": HIDDEN, "v_proj": HIDDEN // HEADS * KEY_VALUE_HEADS}
    tensors = {}
    for layer in range(LAYERS):
        for module in TARGETS:
            stem = f"base_model.model.model.layers.{layer}.self_attn.{module}"
            tensors[f"{stem}.lora_A.weight"] = generator.normal(size=(rank, HIDDEN)).astype(np.float32)
            tensors[f"{stem}.lora_B.weight"] = generator.normal(size=(width_out[module], rank)).astype(
                np.float32
            )
    return tensors


def adapter_config(**changes: Any) -> dict[str, Any]:
    """``adapter_config.json`` as PEFT writes it, cut to what matters."""
    config = {
        "peft_type": "LORA",
        "r": RANK,
        "lora_alpha": ALPHA,
        "target_modules": list(TARGETS),
        "bias": "none",
        "use_rslora": False,
        "modules_to_save": None,
        "rank_pattern": {},
    }
    return {**config, **changes}


def metadata(base_digest: str, **changes: Any) -> dict[str, Any]:
    """``training_metadata.json`` of a run."""
    values = {
        "base_model": BASE_NAME,
        "base_model_digest": base_digest,
        "dataset_digest": "d" * 64,
        "evaluation_score": 0.75,
        "lora": {"rank": RANK, "alpha": ALPHA, "target_modules": list(TARGETS)},
    }
    return {**values, **changes}


def write_staging(models: Path, seed: int = 0) -> Path:
    """A finished run's folder, ready to publish."""
    folder = models / "adapters" / f".staging-{seed}"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps(adapter_config()))
    (folder / "adapter_model.safetensors").write_bytes(safetensors(lora_tensors(seed=seed)))
    (folder / "evaluation.json").write_text(json.dumps({"quality": 0.75}))
    return folder


def write_models(root: Path) -> Registry:
    """A ``models`` folder with the tiny base and no version."""
    write_base(root)
    return Registry(root)


def publish(registry: Registry, seed: int = 0) -> AdapterVersion:
    """Publish a version; different seeds give different weights."""
    digest = registry.base_model(BASE_NAME).digest
    return registry.publish(write_staging(registry.root, seed), metadata=metadata(digest, seed=seed))


class FakeWorker:
    """An engine worker without a process: answers by script, waits at a gate, dies on demand."""

    def __init__(self, launcher: FakeLauncher, spec: EngineSpec) -> None:
        self.spec = spec
        self.on_exit = asyncio.Event()
        self.ready = Ready(
            protocol=PROTOCOL_VERSION, engine="fake 1", pid=0, load_seconds=0.0, context_tokens=2048
        )
        self.requests: list[GenerationRequest] = []
        self.in_flight = 0
        self.promoted = False
        self.hangs = False
        """Whether it is alive and answers nothing."""
        self.exit_code: int | None = None
        self.log_tail = ""
        self._launcher = launcher

    @property
    def alive(self) -> bool:
        """Whether it takes calls."""
        return not self.on_exit.is_set()

    async def ping(self, *, timeout_seconds: float) -> WorkerStats:
        """At once, or never while it hangs."""
        if self.on_exit.is_set():
            raise EngineDiedError("dead")
        if self.hangs:
            async with asyncio.timeout(timeout_seconds):
                await self.on_exit.wait()
        return WorkerStats(running=self.in_flight, cache_usage=0.25, resident_bytes=1 << 20)

    async def kill(self) -> None:
        """As SIGKILL would."""
        self.die()

    async def generate(self, request: GenerationRequest) -> Generation:
        """The scripted text, once the gate is open."""
        async with contextlib.aclosing(self.stream(request)) as items:
            async for item in items:
                if isinstance(item, Generation):
                    return item
        raise AssertionError("a stream ends with its generation")

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[TokenChunk | Generation, None]:
        """The scripted text word by word."""
        if self.on_exit.is_set():
            raise EngineDiedError("dead")
        self.requests.append(request)
        self.in_flight += 1
        try:
            await self._wait_at_the_gate()
            answer = self._launcher.script(self.spec, request)
            if isinstance(answer, Exception):
                raise answer
            pieces = answer.splitlines(keepends=True)
            for piece in pieces:
                yield TokenChunk(piece, 1)
            yield Generation(answer, self._launcher.finish_reason, 7, len(pieces), 0.01, 0.02)
        finally:
            self.in_flight -= 1

    def promote(self) -> None:
        """Noted."""
        self.promoted = True

    async def stop(self, *, drain_seconds: float = 0.0) -> None:
        """Ends at once; what is in flight fails."""
        self.die()

    def die(self) -> None:
        """The process ended."""
        self.on_exit.set()

    async def _wait_at_the_gate(self) -> None:
        gate = asyncio.ensure_future(self._launcher.gate.wait())
        death = asyncio.ensure_future(self.on_exit.wait())
        try:
            await asyncio.wait({gate, death}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gate.cancel()
            death.cancel()
        if self.on_exit.is_set():
            raise EngineDiedError("died while generating")


Script = Callable[[EngineSpec, GenerationRequest], str | Exception]


class FakeLauncher:
    """Starts :class:`FakeWorker`; ``fail`` holds versions that do not load, ``loads`` gates the loading."""

    def __init__(self, script: Script = lambda spec, request: spec.adapter_version) -> None:
        self.script = script
        self.workers: list[FakeWorker] = []
        self.fail: set[str] = set()
        self.refuse: Exception | None = None
        """Raised instead of any start."""
        self.starts = 0
        """Tries, whether they succeeded or not."""
        self.finish_reason = FinishReason.STOP
        self.gate = asyncio.Event()
        self.gate.set()
        self.loads = asyncio.Event()
        self.loads.set()

    async def __call__(self, spec: EngineSpec, *, timeout_seconds: float) -> FakeWorker:
        """As ``EngineProcess.start``."""
        self.starts += 1
        await self.loads.wait()
        if self.refuse is not None:
            raise self.refuse
        if spec.adapter_version in self.fail:
            raise EngineStartError(f"{spec.adapter_version} does not load")
        worker = FakeWorker(self, spec)
        self.workers.append(worker)
        return worker

    @property
    def alive(self) -> list[str]:
        """Versions of the workers that still run."""
        return [worker.spec.adapter_version for worker in self.workers if not worker.on_exit.is_set()]


MEMBER = Profile(age_years=34, sex=Sex.FEMALE, weight_kg=70, height_cm=168)


def model_text(request: GenerationRequest, profile: Profile = MEMBER, seed: int = 1) -> str:
    """What a well-trained model would answer for ``profile``: the expert planner's draft as text."""
    for name in TaskName:
        implementation = task(name)
        constraints = implementation.constrain(profile)
        if implementation.messages(constraints) == request.messages:
            return implementation.render(implementation.plan(constraints, seed))
    return "no plan at all"
