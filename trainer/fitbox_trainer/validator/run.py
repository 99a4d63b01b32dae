"""Run the checks one after the other; a later one uses what an earlier one found."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fitbox.errors import BaseModelError, ConfigurationError, FitBoxError
from fitbox.registry import Registry
from fitbox_trainer.release.base_model import prepared
from fitbox_trainer.release.publish import library_versions
from fitbox_trainer.run.presets import Preset
from fitbox_trainer.validator.data import Prepared, check_data
from fitbox_trainer.validator.hyperparameters import check_hyperparameters
from fitbox_trainer.validator.improvements import check_improvements
from fitbox_trainer.validator.measure import Probe, ProbeRequest, probe_in_child
from fitbox_trainer.validator.qlora import check_qlora
from fitbox_trainer.validator.results import CheckName, CheckResult, Finding, Level, ValidationReport

PROBE_STEPS = 2
"""Steps that are timed to estimate a run's duration."""


@dataclass(frozen=True)
class Subject:
    """What is validated."""

    data: Path
    models: Path
    preset: Preset
    base_model: str
    """A name that ``fitbox model prepare`` knows."""


Tell = Callable[[CheckName, str], None]
"""Told what is being done, for whoever watches."""


def run_all(
    subject: Subject,
    *,
    checks: Collection[CheckName] = tuple(CheckName),
    steps: int = 5,
    tell: Tell = lambda check, doing: None,
    probe: Probe = probe_in_child,
) -> ValidationReport:
    """Run the named checks, all by default. A check that cannot be done is a failed one, with the reason.

    Raises:
        ConfigurationError: the base model is not prepared.
    """
    base = _base_folder(subject)
    with tempfile.TemporaryDirectory(prefix="fitbox-validate-") as work:
        session = _Session(subject, base, Path(work), steps, tell, probe)
        done = tuple(_guarded(name, session) for name in CheckName if name in checks)
    context = {
        "preset": subject.preset.name,
        "base_model": base.name,
        "data": str(subject.data),
        "libraries": library_versions(),
    }
    return ValidationReport(context, done)


class _Session:
    """What the checks share: the prepared data and the preset's own probe, each made once."""

    def __init__(
        self, subject: Subject, base: Path, work: Path, steps: int, tell: Tell, probe: Probe
    ) -> None:
        self._subject, self._base, self._work, self._steps = subject, base, work, steps
        self._tell, self._probe = tell, probe
        self._data: tuple[CheckResult, Prepared] | None = None
        self._probed: dict[str, Any] | None = None

    def check(self, name: CheckName) -> CheckResult:
        """Do one check."""
        preset = self._subject.preset
        if name is CheckName.DATA:
            return self._prepared(name)[0]
        members = self._prepared(name)[1]
        if name is CheckName.QLORA:
            return check_qlora(preset, self._own_probe(name))
        if name is CheckName.HYPERPARAMETERS:
            return check_hyperparameters(preset, members, self._own_probe(name))
        return check_improvements(
            preset,
            self._base,
            members.members,
            steps=self._steps,
            probe=self._probe,
            tell=lambda arm: self._tell(name, arm),
        )

    def _prepared(self, name: CheckName) -> tuple[CheckResult, Prepared]:
        if self._data is None:
            self._tell(name, "reading the data folder")
            from transformers import AutoTokenizer  # takes seconds to import

            tokenizer = AutoTokenizer.from_pretrained(self._base / "hf", local_files_only=True)
            self._data = check_data(self._subject.data, self._work, self._subject.preset, tokenizer)
        return self._data

    def _own_probe(self, name: CheckName) -> dict[str, Any]:
        if self._probed is None:
            members = self._prepared(name)[1].members
            self._tell(name, "building the model and taking steps")
            request = ProbeRequest(self._base, self._subject.preset, members, PROBE_STEPS)
            self._probed = self._probe(request)
        return self._probed


def _guarded(name: CheckName, session: _Session) -> CheckResult:
    started = time.perf_counter()
    try:
        result = session.check(name)
    except (FitBoxError, OSError) as error:
        result = CheckResult(name, (Finding(Level.FAIL, "the check itself", str(error)),))
    return replace(result, seconds=round(time.perf_counter() - started, 2))


def _base_folder(subject: Subject) -> Path:
    try:
        base = prepared(subject.base_model, Registry(subject.models))
    except BaseModelError as error:
        command = f"fitbox model prepare {subject.base_model} --models {subject.models}"
        raise ConfigurationError(f"{error}; run `{command}` first") from None
    return base.path
