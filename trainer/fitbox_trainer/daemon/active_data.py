"""The dataset behind the active version: what a new file is compared with."""

from __future__ import annotations

from pathlib import Path

from fitbox.errors import RegistryError
from fitbox.registry import Registry
from fitbox_trainer.daemon.settings import default_work_dir


def active_dataset(models: Path, work: Path | None = None) -> Path | None:
    """Its members file; ``None`` while the base model is active, or where the file is not on this machine."""
    try:
        version = Registry(models).get("active")
    except RegistryError:
        return None
    path = (work or default_work_dir(models)) / "datasets" / f"{version.dataset_digest}.jsonl"
    return path if path.is_file() else None
