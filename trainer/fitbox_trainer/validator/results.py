"""What checks return, and the report they make together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad a finding is; the worst one is the check's."""

    PASS = "PASS"  # noqa: S105 - no password
    """As it should be."""
    WARN = "WARN"
    """Works, but a person should know."""
    FAIL = "FAIL"
    """Training like this would fail, or would not be what it says."""


_ORDER = (Level.PASS, Level.WARN, Level.FAIL)


class CheckName(StrEnum):
    """The four checks, in the order in which they run."""

    DATA = "data"
    QLORA = "qlora"
    HYPERPARAMETERS = "hyperparameters"
    IMPROVEMENTS = "improvements"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what, and what was found, in words."""

    level: Level
    what: str
    found: str


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check; ``figures`` is what it measured, as JSON values."""

    name: CheckName
    findings: tuple[Finding, ...]
    figures: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def level(self) -> Level:
        """The worst finding's."""
        return max((finding.level for finding in self.findings), key=_ORDER.index, default=Level.PASS)


@dataclass(frozen=True)
class ValidationReport:
    """Every check that ran, and on what."""

    context: Mapping[str, Any]
    """Preset, base model, data folder, device, library versions."""
    checks: tuple[CheckResult, ...]

    @property
    def level(self) -> Level:
        """The worst check's."""
        return max((check.level for check in self.checks), key=_ORDER.index, default=Level.PASS)

    def to_json(self) -> str:
        """The report as indented JSON."""
        checks = {check.name.value: asdict(check) | {"level": check.level} for check in self.checks}
        values = {"level": self.level, "context": dict(self.context), "checks": checks}
        return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def finding(ok: bool, what: str, found: str, *, otherwise: Level = Level.FAIL) -> Finding:
    """PASS where ``ok``, else ``otherwise``."""
    return Finding(Level.PASS if ok else otherwise, what, found)
