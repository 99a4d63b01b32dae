"""Data preparation: are the files usable, and do their members make sound examples?

Works on the data folder as intake and training would, in a temporary store, and leaves nothing behind.
"""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitbox.errors import DatasetError, PlanInfeasibleError, PlanTextError
from fitbox.tasks import Task, TaskName, task
from fitbox_trainer.data.dataset import assemble
from fitbox_trainer.data.examples import (
    COACH,
    Example,
    Member,
    build_example,
    constraints_of,
    encode,
    read_members,
)
from fitbox_trainer.data.split import is_held_out, member_hash
from fitbox_trainer.intake import ingest
from fitbox_trainer.intake.report import IntakeReport, IntakeStatus, WarningCode
from fitbox_trainer.intake.synth import write_synthetic
from fitbox_trainer.run.presets import Preset
from fitbox_trainer.validator.results import CheckName, CheckResult, Finding, Level, finding

SYNTHETIC_MEMBERS = 200
"""Made up for the other checks where the folder holds nobody."""
MEMBERS_ENCODED = 40
"""Members whose examples are built and encoded; chosen by a hash, so the same each time."""
FEWEST_MEMBERS = 30
"""Below this a run learns names, not a task, and too few are left to judge it by."""
FEWEST_OF_A_SEX_SHARE = 0.1


@dataclass(frozen=True)
class Prepared:
    """The dataset of a folder, for the checks that follow."""

    members: Path
    count: int
    training_members: int
    is_synthetic: bool
    median_tokens: float
    """Of an example, prompt included."""


def check_data(folder: Path, work: Path, preset: Preset, tokenizer: Any) -> tuple[CheckResult, Prepared]:
    """Examine ``folder``; files are written to ``work`` only."""
    reports = [ingest(path, work) for path in sorted(folder.glob("*.csv"))] if folder.is_dir() else []
    findings = [*_files(folder, reports)]
    accepted = [report.members for report in reports if report.members is not None]
    dataset = assemble(accepted, work / "datasets")
    if dataset.members:
        path = work / "datasets" / f"{dataset.digest}.jsonl"
    else:
        path = _synthetic(work)
        found = f"none; the checks below use {SYNTHETIC_MEMBERS} made-up members instead"
        findings.append(Finding(Level.FAIL, "members", found))
    members = read_members([path])
    share = preset.data.held_out_share
    training = [member for member in members if not is_held_out(member.member_id, share)]
    held_out = len(members) - len(training)
    figures: dict[str, Any] = {
        "files": [
            {"file": report.file_name, "status": report.status, "reason": report.reason}
            | {name: getattr(report, f"rows_{name}") for name in ("accepted", "rejected", "duplicate")}
            for report in reports
        ],
        "members": dataset.members,
        "training_members": len(training) if dataset.members else 0,
        "held_out_members": held_out if dataset.members else 0,
    }
    if dataset.members:
        findings += _population(members, held_out, preset)
    example_findings, example_figures = _examples(training or members, preset, tokenizer)
    findings += example_findings
    figures |= example_figures
    prepared = Prepared(
        members=path,
        count=len(members),
        training_members=len(training),
        is_synthetic=not dataset.members,
        median_tokens=float(example_figures["median_tokens"]),
    )
    return CheckResult(CheckName.DATA, tuple(findings), figures), prepared


def _files(folder: Path, reports: Sequence[IntakeReport]) -> list[Finding]:
    findings = [finding(bool(reports), "CSV files", f"{len(reports)} in {folder}")]
    for report in reports:
        taken = f"{report.rows_accepted} members, {report.rows_rejected} of {report.rows_total} rows rejected"
        if report.status is IntakeStatus.REJECTED:
            findings.append(Finding(Level.WARN, report.file_name, f"not used: {report.reason}"))
        else:
            findings.append(finding(not report.rows_rejected, report.file_name, taken, otherwise=Level.WARN))
        findings += [
            Finding(Level.WARN, report.file_name, f"{warning.count}: {warning.message}")
            for warning in report.warnings
            if warning.code is WarningCode.BMI_CONTRADICTS_MEASURES
        ]
    return findings


def _population(members: Sequence[Member], held_out: int, preset: Preset) -> list[Finding]:
    sexes = Counter(member.profile.sex.value for member in members)
    rarest = min(sexes.values()) / len(members) if len(sexes) > 1 else 0.0
    wanted = preset.evaluation.members
    return [
        finding(len(members) >= FEWEST_MEMBERS, "members", f"{len(members)} distinct", otherwise=Level.WARN),
        finding(
            rarest >= FEWEST_OF_A_SEX_SHARE,
            "balance",
            ", ".join(f"{count} {name.lower()}" for name, count in sorted(sexes.items())),
            otherwise=Level.WARN,
        ),
        finding(
            held_out < len(members),
            "split",
            f"{len(members) - held_out} to train on, {held_out} held out, by member",
        ),
        finding(
            held_out >= wanted,
            "evaluation",
            f"{held_out} held out, {wanted} wanted"
            + ("" if held_out >= wanted else "; made-up members fill up"),
            otherwise=Level.WARN,
        ),
    ]


def _examples(
    members: Sequence[Member], preset: Preset, tokenizer: Any
) -> tuple[list[Finding], dict[str, Any]]:
    """Build and encode the examples of some members, and read every target back as a server would."""
    chosen = sorted(members, key=lambda member: member_hash(member.member_id, "validate"))[:MEMBERS_ENCODED]
    lengths: list[int] = []
    completions: list[int] = []
    problems: list[str] = []
    coach = without = 0
    for member in chosen:
        for name in preset.data.tasks:
            example = build_example(member, task(name))
            if example is None:
                without += 1
                continue
            coach += example.source == COACH
            problems += _read_back(member, example)
            try:
                encoded = encode(example, tokenizer)
            except DatasetError as error:
                problems.append(str(error))
                continue
            lengths.append(len(encoded.token_ids))
            completions.append(encoded.completion_tokens)
    if not lengths:
        lengths, completions = [0], [0]
        problems.append("no example could be made")
    too_long = sum(length > preset.data.max_length for length in lengths)
    share = too_long / len(lengths)
    findings = [
        finding(
            not problems,
            "targets",
            problems[0] if problems else f"{len(lengths)} read back whole, none violates a constraint",
        ),
        finding(
            too_long == 0,
            "length",
            f"at most {max(lengths)} tokens, median {statistics.median(lengths):.0f}; "
            f"{too_long} of {len(lengths)} are longer than max_length = {preset.data.max_length}",
            otherwise=Level.FAIL if share > 0.5 else Level.WARN,
        ),
    ]
    figures = {
        "examples_built": len(lengths),
        "examples_by_coach": coach,
        "examples_without_plan": without,
        "median_tokens": statistics.median(lengths),
        "median_completion_tokens": statistics.median(completions),
        "longest_tokens": max(lengths),
        "too_long_share": share,
    }
    return findings, figures


def _read_back(member: Member, example: Example) -> list[str]:
    """What a server would say of the target: nothing, if it is a whole plan without violations."""
    implementation: Task[Any, Any, Any] = task(TaskName(example.task))
    constraints = constraints_of(member, implementation)
    try:
        plan = implementation.finish(implementation.parse(example.target, constraints), constraints)
    except (PlanTextError, PlanInfeasibleError) as error:
        return [f"{example.task.value} target of {member.member_id[:12]}: {error}"]
    return [
        f"{example.task.value} target of {member.member_id[:12]}: {violation.detail}"
        for violation in implementation.check(plan, constraints)
    ]


def _synthetic(work: Path) -> Path:
    path = work / "made-up.csv"
    write_synthetic(path, SYNTHETIC_MEMBERS, 42)
    report = ingest(path, work)
    if report.members is None:
        raise DatasetError(f"made-up members were refused: {json.dumps(report.reason)}")
    return report.members
