"""The input of a run, ``config.json``; :class:`fitbox_trainer.run.folder.RunFolder` writes and reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.chat import CHAT_DATE
from fitbox.errors import ConfigurationError, UnusableFileError
from fitbox.files import read_object, to_json
from fitbox_trainer.run.presets import Preset

MAX_MANIFEST_BYTES = 1 << 20


class RunConfig(BaseModel):
    """What one run is to do. Keys this version does not know are kept out of its way, not refused."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    run_id: str = "run"
    """Name of the run in logs and metadata."""
    preset: Preset
    """How to train, resolved."""
    base_model: Path
    """The folder ``models/base/<name>``."""
    base_model_digest: str | None = None
    """What the base's manifest said when the run was prepared."""
    members: tuple[Path, ...] = Field(min_length=1)
    """JSON-lines files of accepted members; relative paths start at the run folder."""
    dataset_digest: str | None = None
    """Of the members, all together."""
    chat_date: str = CHAT_DATE
    """The day that prompts are written on, for the record: see :mod:`fitbox.chat`."""
    seed: int | None = None
    """In place of the preset's."""
    time_budget_seconds: float | None = Field(default=None, gt=0)
    """In place of the preset's."""
    parent: str | None = None
    """Name of the version that was active when the run began."""
    parent_adapter: Path | None = None
    """Its folder; a preset with ``start = "active"`` continues from it."""
    champion: str | None = None
    """Name of the version that is active now, and to be beaten."""
    champion_adapter: Path | None = None
    """Its folder, which the evaluation compares with."""
    champion_unusable: str | None = None
    """Why there is nothing to compare with, though a version is active."""
    engine: str | None = None
    """The engine that serves, in place of the preset's."""
    engine_options: dict[str, str] | None = None
    """Its options, in place of the preset's."""
    evaluation_members: int | None = Field(default=None, ge=4)
    """Most members evaluated, where the preset says more."""
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

    def below(self, folder: Path) -> Self:
        """The same with relative paths taken from ``folder``."""

        def under(path: Path | None) -> Path | None:
            return path and folder / path

        return self.model_copy(
            update={
                "base_model": folder / self.base_model,
                "members": tuple(folder / member for member in self.members),
                "parent_adapter": under(self.parent_adapter),
                "champion_adapter": under(self.champion_adapter),
                "golden_versions": tuple(folder / version for version in self.golden_versions),
            }
        )


def shipped_adapter(base_model: Path) -> Path | None:
    """The starting adapter in this package, if it was made for exactly this base model."""
    folder = Path(__file__).parents[1] / "starting_adapter"
    made_for = _digest_in(folder / "origin.json", "base_model_digest")
    return folder if made_for is not None and made_for == base_model_digest(base_model) else None


def base_model_digest(base_model: Path) -> str | None:
    """What the manifest of a base model says it is; ``None`` where it has none."""
    return _digest_in(base_model / "manifest.json", "digest")


def _digest_in(path: Path, name: str) -> str | None:
    try:
        digest = read_object(path, max_bytes=MAX_MANIFEST_BYTES, links=True).get(name)
    except UnusableFileError:
        return None
    return digest if isinstance(digest, str) else None
