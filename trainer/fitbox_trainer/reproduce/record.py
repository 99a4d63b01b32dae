"""What a version says about how it was made, and what of that is not so any more."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitbox.chat import CHAT_DATE
from fitbox.durable import sha256_of
from fitbox.errors import ConfigurationError, DatasetError, RegistryError, UnusableFileError
from fitbox.files import read_object
from fitbox.registry import AdapterVersion, BaseModel, Registry
from fitbox_trainer.data.dataset import dataset_digest, identity
from fitbox_trainer.intake.validate import member_id
from fitbox_trainer.release.publish import git_commit, library_versions
from fitbox_trainer.run.runconfig import shipped_adapter

MAX_RECORD_BYTES = 64 << 20

TRAINING_LIBRARIES = ("torch", "transformers", "peft", "bitsandbytes", "accelerate", "numpy")
"""Another version of one of these may give other numbers; those that only serve or evaluate do not matter."""


@dataclass(frozen=True)
class Record:
    """One version's ``training_metadata.json``, as far as a repetition needs it."""

    version: AdapterVersion
    metadata: Mapping[str, Any]

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What publishing added: sources, configuration, libraries."""
        return dict(self.metadata["provenance"])

    @property
    def config(self) -> Mapping[str, Any]:
        """The run's ``config.json``."""
        return dict(self.provenance["config"])

    @property
    def learning_rates(self) -> tuple[float, ...]:
        """The rate of every step that was taken."""
        return tuple(float(rate) for rate in self.metadata["learning_rates"])


@dataclass(frozen=True)
class Inputs:
    """What the training of a record started from, found again and checked."""

    base: BaseModel
    dataset: Path
    starting_point: Path | None


def read_record(version: AdapterVersion) -> Record:
    """The record of a version.

    Raises:
        ConfigurationError: it does not say enough for a repetition; names what is missing.
    """
    try:
        metadata = read_object(version.path / "training_metadata.json", max_bytes=MAX_RECORD_BYTES, nan=True)
    except UnusableFileError as error:
        raise ConfigurationError(str(error)) from error
    wanted = (
        "seed",
        "preset",
        "learning_rates",
        "threads",
        "processes",
        "compute_dtype",
        "device",
        "versions",
    )
    missing = [name for name in wanted if metadata.get(name) is None]
    provenance = metadata.get("provenance")
    if not isinstance(provenance, dict) or not isinstance(provenance.get("config"), dict):
        missing.append("provenance.config")
    if missing:
        raise ConfigurationError(
            f"{version.name} cannot be repeated: its record does not name {', '.join(missing)}"
        )
    dated = metadata.get("chat_date", CHAT_DATE)  # before dates were fixed, most templates wrote none
    if dated != CHAT_DATE:
        raise ConfigurationError(
            f"{version.name} cannot be repeated: its prompts were written on {dated}, they are on {CHAT_DATE}"
        )
    return Record(version, metadata)


def find_inputs(record: Record, registry: Registry, work: Path) -> Inputs:
    """Base model, dataset and starting point, each exactly the recorded one.

    That the version belongs to the base model of that name, ``Registry.verify`` has checked.

    Raises:
        BaseModelError: the base model is missing or damaged.
        DatasetError: the dataset is missing, damaged, or another one.
        ConfigurationError: the adapter that training started from is missing, or another one.
    """
    version = record.version
    base = registry.base_model(version.base_model)
    registry.verify_base(base)
    dataset = work / "datasets" / f"{version.dataset_digest}.jsonl"
    check_dataset(dataset, version.dataset_digest)
    return Inputs(base, dataset, _starting_point(record, registry, base))


def check_dataset(path: Path, digest: str) -> None:
    """Refuse a file of members that is not the dataset ``digest``, byte of content for byte.

    Each id must be the hash of its profile, the ids in order, and the digest that of all of them.

    Raises:
        DatasetError: names the file, and the line where there is one.
    """
    identities: list[str] = []
    before = ""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                member = _checked_member(line, f"{path.name}:{number}")
                if member["member_id"] <= before:
                    raise DatasetError(f"{path.name}:{number}: members are not in the order they were in")
                before = member["member_id"]
                identities.append(identity(member))
    except FileNotFoundError:
        raise DatasetError(f"the dataset {digest[:12]} is not in {path.parent} any more") from None
    found = dataset_digest(identities)
    if found != digest:
        raise DatasetError(f"{path} is not the dataset {digest[:12]} any more: it is {found[:12]}")


def changed_environment(record: Record) -> tuple[str, ...]:
    """Libraries that are not the recorded ones, in words."""
    recorded = {**record.provenance.get("libraries", {}), **record.metadata["versions"]}
    installed = library_versions()
    return tuple(
        f"{name} was {recorded[name]}, is {installed.get(name, 'not installed')}"
        for name in TRAINING_LIBRARIES
        if name in recorded and recorded[name] != installed.get(name)
    )


def remarks(record: Record) -> tuple[str, ...]:
    """What else is not as it was, and may or may not matter: Python, machine, commit."""
    now = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git_commit": git_commit(Path(__file__).parent),
    }
    recorded = record.provenance
    return tuple(
        f"{name} was {recorded[name]}, is {value}"
        for name, value in now.items()
        if recorded.get(name) is not None and recorded[name] != value
    )


def _checked_member(line: str, where: str) -> dict[str, Any]:
    try:
        member = json.loads(line)
        # The id is the hash of the profile as it stands in the file, to the letter.
        start = line.index('"profile":') + len('"profile":')
        _, end = json.JSONDecoder().raw_decode(line, start)
        hashed = member_id(line[start:end])
    except (ValueError, TypeError) as error:
        raise DatasetError(f"{where}: not a member: {error}") from None
    if not isinstance(member, dict) or member.get("member_id") != hashed:
        raise DatasetError(f"{where}: the profile is not the one that its id was made from")
    return member


def _starting_point(record: Record, registry: Registry, base: BaseModel) -> Path | None:
    """The adapter that training continued from; ``None``: it began with a fresh one."""
    if record.metadata.get("starting_point") is None:
        return None
    start = record.metadata["preset"].get("start")
    if start == "shipped":
        folder = shipped_adapter(base.path)
        if folder is None:
            raise ConfigurationError("no starting adapter ships for this base model any more")
    else:
        parent = record.provenance.get("parent")
        try:
            folder = registry.get(str(parent)).path
        except RegistryError as error:
            raise ConfigurationError(
                f"training continued from {parent}, which cannot be had: {error}"
            ) from error
    recorded = record.metadata.get("starting_point_digest")
    if recorded is not None and sha256_of(folder / "adapter_model.safetensors") != recorded:
        raise ConfigurationError(f"the adapter that training continued from ({folder}) is another one now")
    return folder
