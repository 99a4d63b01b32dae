"""Stand-ins with the real interfaces: a tiny Llama and its adapters on disk, an engine that answers by
script."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from fitbox.registry import AdapterVersion, Registry

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
