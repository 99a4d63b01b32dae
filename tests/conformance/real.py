"""Part ``real``: swaps on an engine with a model, whose greedy texts were decoded beforehand, one by one."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, FinishReason
from fitbox.errors import PlanTextError
from fitbox.registry import AdapterVersion, Registry
from fitbox.tasks import TaskName, task
from tests import fakes
from tests.conformance.oracle import TableOracle, advice_request, member
from tests.conformance.report import Report
from tests.conformance.stub import ROOM
from tests.conformance.swap import under_swaps
from tests.conformance.target import running

OPTIONS: Mapping[str, Mapping[str, str]] = {
    engine: {"reproducible": "true"} for engine in ("openvino", "torch")
}
"""So that a text does not depend on its company in a step."""
TINY = "tiny-reciter"
RANK, ALPHA = 4, 8
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
STRENGTH = 0.1
"""Standard deviation of the random adapters' B: enough to change most texts, too little to garble them."""
MEMBERS = 32
LEAST_MEMBERS = 4
START_SECONDS = 300.0


async def real(
    folder: Path, *, engine: str, base: Path | None, calls: int, swaps: int, load_share: float
) -> Report:
    """Alternate between two random adapters on a tiny model, or on the base model at ``base``."""
    models = folder / "models"
    name = await asyncio.to_thread(place_base, folder, models, base)
    registry = Registry(models)
    versions = [_publish_random(registry, name, seed) for seed in (1, 2)]
    texts = {}
    for version in versions:
        texts |= await _offline(registry, engine, name, version)
    names = [version.name for version in versions]
    members = [
        number
        for number in range(MEMBERS)
        if all((one, number) in texts for one in names) and texts[names[0], number] != texts[names[1], number]
    ]
    if len(members) < LEAST_MEMBERS:
        raise RuntimeError(f"the adapters of {engine} tell apart {len(members)} members only")
    registry.activate(names[0], reason="conformance")
    async with running(models, model=name, engine=engine, options=OPTIONS[engine], **ROOM) as server:
        report = await under_swaps(
            server,
            TableOracle(texts),
            names,
            part="real",
            engine=engine,
            calls=calls,
            swaps=swaps,
            concurrency=16,
            members=members,
            load_share=load_share,
        )
        await server.terminate()
    lengths = [len(texts[one, number]) for one in names for number in members]
    more = {"base": name, "members": len(members), "characters": int(np.mean(lengths))}
    return Report("real", engine, {**report.figures, **more}, report.bars)


def place_base(folder: Path, models: Path, base: Path | None) -> str:
    """Copy a prepared base model, or make the tiny one; returns its name."""
    if base is not None:
        shutil.copytree(base, models / "base" / base.name)
        return base.name
    import subprocess

    source = folder / TINY
    # Processes of their own: both import torch, whose memory should not stand beside the server's.
    for command in (
        [sys.executable, "-m", "tests.conformance.tiny_base", str(source)],
        [
            *(sys.executable, "-m", "fitbox_client", "model", "prepare"),
            *(str(source), "--models", str(models)),
        ],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command[2:])}:\n{done.stderr[-2000:]}")
    return TINY


def _publish_random(registry: Registry, base: str, seed: int) -> AdapterVersion:
    """A version with random weights, strong enough to change what the model says."""
    config = json.loads((registry.base_model(base).path / "hf" / "config.json").read_text())
    staging = registry.root / "adapters" / f".staging-{seed}"
    staging.mkdir(parents=True)
    (staging / "adapter_model.safetensors").write_bytes(fakes.safetensors(_tensors(config, seed)))
    (staging / "adapter_config.json").write_text(
        json.dumps(fakes.adapter_config(r=RANK, lora_alpha=ALPHA, target_modules=list(MODULES)))
    )
    (staging / "evaluation.json").write_text("{}")
    lora = {"rank": RANK, "alpha": ALPHA, "target_modules": list(MODULES)}
    metadata = {
        "base_model": base,
        "base_model_digest": registry.base_model(base).digest,
        "dataset_digest": "d" * 64,
        "evaluation_score": None,
        "lora": lora,
    }
    return registry.publish(staging, metadata=metadata)


def _tensors(config: Mapping[str, Any], seed: int) -> dict[str, np.ndarray[Any, Any]]:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    head = config.get("head_dim") or hidden // config["num_attention_heads"]
    queries, keys = head * config["num_attention_heads"], head * config["num_key_value_heads"]
    shapes = {
        "self_attn.q_proj": (hidden, queries),
        "self_attn.k_proj": (hidden, keys),
        "self_attn.v_proj": (hidden, keys),
        "self_attn.o_proj": (queries, hidden),
        "mlp.gate_proj": (hidden, inner),
        "mlp.up_proj": (hidden, inner),
        "mlp.down_proj": (inner, hidden),
    }
    generator = np.random.default_rng(seed)
    tensors = {}
    for layer in range(config["num_hidden_layers"]):
        for module, (wide_in, wide_out) in shapes.items():
            stem = f"base_model.model.model.layers.{layer}.{module}"
            a = generator.normal(0, wide_in**-0.5, (RANK, wide_in))
            b = generator.normal(0, STRENGTH, (wide_out, RANK))
            tensors[f"{stem}.lora_A.weight"] = a.astype(np.float32)
            tensors[f"{stem}.lora_B.weight"] = b.astype(np.float32)
    return tensors


async def _offline(
    registry: Registry, engine: str, base: str, version: AdapterVersion
) -> dict[tuple[str, int], str]:
    """Greedy texts of a version, each decoded alone; only those that the server would give out unchanged."""
    spec = EngineSpec(
        engine=engine,
        base_model=registry.base_model(base).path,
        adapter=version.path,
        adapter_version=version.name,
        options=tuple(OPTIONS[engine].items()),
    )
    advice = task(TaskName.ADVICE)
    texts = {}
    worker = await EngineProcess.start(spec, timeout_seconds=START_SECONDS)
    try:
        for number in range(MEMBERS):
            made = await worker.generate(advice_request(number))
            constraints = advice.constrain(member(number))
            try:
                plan = advice.finish(advice.parse(made.text, constraints), constraints)
            except PlanTextError:
                continue
            if made.finish_reason is FinishReason.STOP and not advice.check(plan, constraints):
                texts[version.name, number] = made.text
    finally:
        await worker.stop()
    return texts
