"""A run folder for a few steps of the tiny model, as the daemon hands one to the process that trains."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from fitbox_trainer.run.presets import load_preset

from tests.tiny_llama import write_members

STEPS = 6


def make_run(folder: Path, base: Path, *, preset: dict[str, Any] | None = None, **config: Any) -> Path:
    """A run folder for ``STEPS`` steps in float32; ``preset`` and ``config`` override."""
    folder.mkdir()
    write_members(folder / "members.jsonl", 12)
    values = load_preset("cpu-quick").model_dump(mode="json")
    values |= {"time_budget_seconds": None, "threads": 1, "device": "cpu", "checkpoint_seconds": 1e-6}
    values["quantization"] |= {"compute": "float32"}
    values["lora"] |= {"rank": 4, "alpha": 8}
    values["batch"] |= {"examples": 3, "micro_tokens": 4096}
    values["data"] |= {"epochs": STEPS * 3 / 36, "held_out_share": 0.0, "max_length": 4096}
    for section, overrides in (preset or {}).items():
        values[section] = values[section] | overrides if isinstance(overrides, dict) else overrides
    content = {"run_id": folder.name, "preset": values, "base_model": str(base), "members": ["members.jsonl"]}
    (folder / "config.json").write_text(json.dumps(content | config))
    return folder


def adapter_digest(folder: Path) -> str:
    """SHA-256 of the adapter's weights."""
    return hashlib.sha256((folder / "candidate" / "adapter_model.safetensors").read_bytes()).hexdigest()
