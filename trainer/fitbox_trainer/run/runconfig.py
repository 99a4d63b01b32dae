"""The input of a run: ``config.json`` in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.errors import ConfigurationError, UnusableFileError
from fitbox.files import to_json
from fitbox_trainer.run.presets import Preset


class RunConfig(BaseModel):
    """What one run is to do. Keys this version does not know are kept out of its way, not refused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run_id: str = "run"
    """Name of the run in logs and metadata."""
    preset: Preset
    """How to train, resolved."""
    base_model: Path
    """The folder ``models/base/<name>``."""
    members: tuple[Path, ...] = Field(min_length=1)
    """JSON-lines files of accepted members; relative paths start at the run folder."""
    seed: int | None = None
    """In place of the preset's."""
    time_budget_seconds: float | None = Field(default=None, gt=0)
    """In place of the preset's."""
    parent_adapter: Path | None = None
    """The active version; a preset with ``start = "active"`` continues from it."""
    champion_adapter: Path | None = None
    """The version that the evaluation compares with."""
    golden_versions: tuple[Path, ...] = ()
    """Earlier versions' folders; the evaluation measures what the candidate forgot of what they could do."""
    vocabulary: dict[str, JsonValue] | None = None
    """Sentences of coaches that were released when the run began, as ``vocabulary.json`` holds them."""
    learning_rates: tuple[float, ...] | None = None
    """Replay a finished run: exactly these steps, whatever the clock says."""
    micro_tokens: int | None = Field(default=None, ge=64)
    """In place of the preset's, after a run ended for want of memory; the gradient stays the same."""

    @property
    def resolved_seed(self) -> int:
        """The seed in force."""
        return self.preset.seed if self.seed is None else self.seed

    @property
    def starting_point(self) -> Path | None:
        """The adapter folder that training continues from; ``None``: a fresh adapter."""
        if self.preset.start == "active":
            return self.parent_adapter
        return shipped_adapter(self.base_model) if self.preset.start == "shipped" else None

    @property
    def released(self) -> Vocabulary:
        """What coaches may say beside the planner's sentences. Raises ConfigurationError."""
        if self.vocabulary is None:
            return NOTHING
        try:
            return Vocabulary.from_json(to_json(self.vocabulary), "vocabulary in config.json")
        except UnusableFileError as error:
            raise ConfigurationError(str(error)) from None

    @property
    def resolved_budget(self) -> float | None:
        """The wall-time budget in force, in seconds; a replay has none."""
        if self.learning_rates is not None:
            return None
        return self.time_budget_seconds or self.preset.time_budget_seconds


def shipped_adapter(base_model: Path) -> Path | None:
    """The starting adapter in this package, if it was made for exactly this base model."""
    folder = Path(__file__).parents[1] / "starting_adapter"
    try:
        origin = json.loads((folder / "origin.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return folder if base_model_digest(base_model) == origin["base_model_digest"] else None


def base_model_digest(base_model: Path) -> str | None:
    """What the manifest of a base model says it is; ``None`` where it has none."""
    try:
        digest = json.loads((base_model / "manifest.json").read_text("utf-8"))["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(digest)


def read_config(run_dir: Path) -> RunConfig:
    """Read ``config.json``; relative paths are taken from the run folder.

    Raises:
        ConfigurationError: missing, not JSON, or not a run configuration; names every key at fault.
    """
    path = run_dir / "config.json"
    try:
        values: dict[str, Any] = json.loads(path.read_text("utf-8"))
        config = RunConfig.model_validate(values)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)
        )
        raise ConfigurationError(f"{path}: {problems}") from None
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}") from None
    missing = [str(p) for p in (config.base_model, *config.members) if not (run_dir / p).exists()]
    if missing:
        raise ConfigurationError(f"{path} names what is not there: {', '.join(missing)}")
    return config.model_copy(
        update={
            "base_model": run_dir / config.base_model,
            "members": tuple(run_dir / member for member in config.members),
            "parent_adapter": config.parent_adapter and run_dir / config.parent_adapter,
            "golden_versions": tuple(run_dir / version for version in config.golden_versions),
            "champion_adapter": config.champion_adapter and run_dir / config.champion_adapter,
        }
    )
