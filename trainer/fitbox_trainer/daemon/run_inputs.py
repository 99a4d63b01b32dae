"""What goes into a run: its configuration, and later whom its candidate is to beat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fitbox.errors import RegistryError, UnusableFileError
from fitbox.files import FileFault
from fitbox.registry import BaseModel, Registry
from fitbox_trainer.daemon.records import Run
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.intake.reviewed import released
from fitbox_trainer.release.publish import golden_versions
from fitbox_trainer.run.presets import Preset, load_named, load_preset
from fitbox_trainer.run.runconfig import RunConfig


@dataclass(frozen=True)
class RunInputs:
    """Makes configurations of what the operator set and what the registry holds."""

    settings: TrainerSettings
    registry: Registry

    def config(self, run: Run, base: BaseModel) -> RunConfig:
        """``config.json``: everything that decides what comes out of the training."""
        parent, _ = self._adapter_folder(run.parent, base.digest)
        return RunConfig(
            run_id=run.run_id,
            preset=self.preset(run),
            base_model=base.path.absolute(),
            base_model_digest=base.digest,
            members=(dataset_path(self.settings, run.dataset_digest).absolute(),),
            dataset_digest=run.dataset_digest,
            seed=self.settings.seed,
            time_budget_seconds=self.settings.time_budget_seconds,
            vocabulary=released(self.settings.work_dir).to_values(),
            parent=run.parent,
            parent_adapter=parent,
        )

    def preset(self, run: Run) -> Preset:
        """The operator's may be a file; a caller of the service can only name a packaged one."""
        return load_preset(run.preset) if run.preset == self.settings.preset else load_named(run.preset)

    def _adapter_folder(self, version: str | None, base_digest: str) -> tuple[Path | None, str | None]:
        """Where a version lies, if it can be loaded on this base; else why it cannot.

        Raises:
            RegistryError: nobody can tell now, for want of descriptors or of a disk that answers.
        """
        if version is None:
            return None, None
        try:
            found = self.registry.get(version)
        except RegistryError as error:
            if _is_unreadable_now(error):
                raise
            return None, str(error)  # deleted or damaged: nothing to continue from, or to compare with
        if found.base_model_digest != base_digest:
            return None, f"it belongs to another base model, {found.base_model}"
        return found.path.absolute(), None

    def with_rivals(self, config: RunConfig) -> RunConfig:
        """Whoever serves now is to be beaten, not whoever served when the run began; on the engine of now."""
        digest = config.base_model_digest or ""
        champion = self.registry.active().version
        folder, unusable = self._adapter_folder(champion, digest)
        earlier = golden_versions(self.registry, digest)
        return config.model_copy(
            update={
                "champion": champion,
                "champion_adapter": folder,
                "champion_unusable": unusable,
                "golden_versions": tuple(version.path.absolute() for version in earlier),
                "engine": self.settings.engine,
                "engine_options": self.settings.engine_options,
                "evaluation_members": self.settings.evaluation_members,
            }
        )


def _is_unreadable_now(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UnusableFileError) and cause.reason == FileFault.UNREADABLE:
            return True
        cause = cause.__cause__
    return False


def dataset_path(settings: TrainerSettings, digest: str) -> Path:
    """The file of a dataset."""
    return settings.work_dir / "datasets" / f"{digest}.jsonl"
