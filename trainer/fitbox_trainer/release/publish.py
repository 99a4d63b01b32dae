"""From a trained candidate to a version that serves, or to a kept refusal.

Every step may be killed and done again. What was published is recognised by the run's id in its metadata,
so a run never becomes two versions; the gate is a pure function of the evaluation, so it decides the same
again.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import math
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fitbox.errors import AdapterInvalidError, AdapterPinnedError, RegistryError, UnusableFileError
from fitbox.files import FileFault, read_object
from fitbox.registry import AdapterVersion, BaseModel, InvalidReason, Registry
from fitbox.registry.manifest import METADATA
from fitbox.registry.verify import check_adapter
from fitbox_trainer.daemon.records import Run
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.release.gate import Decision, Reason, decide

_LIBRARIES = (
    *("fitbox", "torch", "transformers", "peft", "bitsandbytes", "accelerate", "openvino-genai"),
    *("optimum-intel", "xgrammar", "polars", "numpy"),
)
MAX_RECORD_BYTES = 64 << 20
"""Of an evaluation or a training record; an evaluation of a thousand members has some megabytes."""


@dataclass(frozen=True)
class Outcome:
    """What became of a candidate: a version, or the reasons why not."""

    version: str | None
    reason: str
    decision: Decision


def settle(run: Run, run_dir: Path, *, registry: Registry, base: BaseModel, gate: GateSettings) -> Outcome:
    """Let the gate decide, then publish and activate, or keep the refused candidate.

    Raises:
        RegistryError, OSError: the disk failed or is full; nothing half done is visible.
    """
    evaluation = read_record(run_dir / "candidate" / "evaluation.json")
    decision = decide(evaluation, gate)
    version = find_version(registry, run.run_id)
    if version is None:
        faults = inspect(run_dir / "candidate", base)
        decision = replace(
            decision, promote=decision.promote and not faults, reasons=(*faults, *decision.reasons)
        )
    if version is None and not decision.promote:
        return _reject(run, run_dir, registry, base, evaluation, decision)
    if version is None:
        metadata = _metadata(run, run_dir, base, evaluation, decision)
        try:
            with _staged(run, run_dir, registry) as staging:
                version = registry.publish(staging, metadata=metadata)
        except AdapterInvalidError as error:
            if error.passing:  # nothing is wrong with the candidate
                raise
            refused = Decision(False, (Reason(error.reason, str(error)),), decision.figures)
            return _reject(run, run_dir, registry, base, evaluation, refused)
    told = (_activate(registry, version, run), *decision.notes)
    return Outcome(version.name, "; ".join(filter(None, told)), decision)


def inspect(candidate: Path, base: BaseModel) -> tuple[Reason, ...]:
    """What forbids a candidate's files to serve on ``base``, however well it scored.

    The base that it says it was trained on must be this one, and its weights a finite LoRA that fits it. The
    registry checks the latter again when it publishes; here, the refusal gets to name it beside all others.
    """
    faults = []
    trained_on = read_record(candidate / "training_metadata.json").get("base_model_digest")
    if trained_on != base.digest:
        detail = f"trained on the base model {str(trained_on)[:8]}, {base.name} is {base.digest[:8]}"
        faults.append(Reason(InvalidReason.BASE_MISMATCH, detail))
    try:
        check_adapter(candidate, base)
    except AdapterInvalidError as error:
        if error.passing:  # nothing is wrong with the candidate: it cannot be read at the moment
            raise
        faults.append(Reason(error.reason, str(error)))
    return tuple(faults)


GOLDEN_VERSIONS = 4
"""More would cost more plans than they prove."""


def golden_versions(registry: Registry, base_digest: str) -> tuple[AdapterVersion, ...]:
    """Versions of which a candidate must forget nothing: the oldest that is kept, and the newest.

    The newest alone would let quality slip away, a little less than the tolerance with each version.
    """
    versions = [version for version in registry.versions() if version.base_model_digest == base_digest]
    return tuple(
        versions if len(versions) <= GOLDEN_VERSIONS else [versions[0], *versions[1 - GOLDEN_VERSIONS :]]
    )


def find_version(registry: Registry, run_id: str) -> AdapterVersion | None:
    """The version that a run published, if it came that far.

    Raises:
        RegistryError: it may be one of those that cannot be read now, and a run never becomes two versions.
    """
    found = registry.survey()
    version = next((v for v in found.versions if v.metadata.get("run_id") == run_id), None)
    if version is None and found.unreadable:
        names = ", ".join(found.unreadable)
        raise RegistryError(f"{registry.root / 'adapters'}: {names} cannot be read", passing=True)
    return version


def find_rejected(registry: Registry, run_id: str) -> Path | None:
    """The folder that keeps a run's refused candidate, if it came that far."""
    for folder in registry.rejected():
        if read_record(folder / METADATA).get("run_id") == run_id:
            return folder
    return None


def _activate(registry: Registry, version: AdapterVersion, run: Run) -> str:
    """Make it the active version once; returns why it is not, where a person pinned another."""
    active = registry.active()
    if version.name in (active.version, active.previous):
        return ""  # done before a crash; whoever switched away since then meant it
    try:
        registry.activate(version.name, reason=f"trained by {run.run_id}")
    except AdapterPinnedError as error:
        return f"published but not activated: {error}"
    return ""


def _reject(
    run: Run,
    run_dir: Path,
    registry: Registry,
    base: BaseModel,
    evaluation: Mapping[str, Any],
    decision: Decision,
) -> Outcome:
    if find_rejected(registry, run.run_id) is None:
        metadata = _metadata(run, run_dir, base, evaluation, decision)
        with _staged(run, run_dir, registry) as staging:
            registry.reject(staging, metadata)
    return Outcome(None, decision.summary, decision)


@contextlib.contextmanager
def _staged(run: Run, run_dir: Path, registry: Registry) -> Iterator[Path]:
    """A fresh copy of the candidate on the registry's file system, for the registry to take."""
    with registry.staging(run.run_id) as staging:
        shutil.copytree(run_dir / "candidate", staging, symlinks=True, dirs_exist_ok=True)
        yield staging


def _metadata(
    run: Run, run_dir: Path, base: BaseModel, evaluation: Mapping[str, Any], decision: Decision
) -> dict[str, Any]:
    """``training_metadata.json``: what the training wrote, and everything needed to trace and repeat it."""
    score = evaluation.get("quality_score")
    config = read_record(run_dir / "config.json")
    trained = read_record(run_dir / "candidate" / "training_metadata.json")
    return {
        **trained,
        "run_id": run.run_id,
        "base_model": base.name,
        "base_model_digest": trained.get("base_model_digest", base.digest),
        "dataset_digest": run.dataset_digest,
        "evaluation_score": score if isinstance(score, (int, float)) and math.isfinite(score) else None,
        "provenance": {
            "sources": dict(run.sources),
            "members": run.members,
            "parent": run.parent,
            "seed": trained.get("seed", config.get("seed")),
            "config": config,
            "gate": {
                "promote": decision.promote,
                "reasons": [asdict(reason) for reason in decision.reasons],
                "figures": dict(decision.figures),
                "notes": list(decision.notes),
            },
            "libraries": library_versions(),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "git_commit": git_commit(Path(__file__).parent),
        },
    }


def library_versions() -> dict[str, str]:
    """Installed versions of what shapes an adapter."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def git_commit(folder: Path) -> str | None:
    """Commit of the checkout that runs, with ``-dirty`` where it was changed; ``None`` outside a checkout."""
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def read_record(path: Path) -> dict[str, Any]:
    """A JSON object, or an empty one where there is none: the gate refuses what lacks its figures.

    Raises:
        OSError: it is there and cannot be read now.
    """
    try:
        return read_object(path, max_bytes=MAX_RECORD_BYTES, nan=True)
    except UnusableFileError as error:
        if isinstance(error.__cause__, OSError) and error.reason != FileFault.MISSING:
            raise error.__cause__ from None
        return {}
