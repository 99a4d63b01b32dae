"""An examination for people: a table of figures, a table of checks, and the offending plans in short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from fitbox_trainer.examine.examination import Examination

FIRST = (
    "weeks",
    "days",
    "tips",
    "hard_violations",
    "dangerous",
    "wrong",
    "impractical",
    "hei_2020_mean",
    "dash_mean",
    "days_within_limits",
    "days_within_limits_or_said",
    "limits_met",
    "human_distance",
    "distinct_foods",
    "commonest_food_share",
    "lunch_dinner_shared",
    "nonsense_tips",
)
MOST_EXAMPLES = 5
"""Of each check."""


def show(summary: Mapping[str, Any]) -> None:
    """Print the tables."""
    console = Console()
    table = Table("", "", title=f"{summary['members']} members", title_justify="left")
    for name in FIRST:
        table.add_row(name.replace("_", " "), _figure(summary[name]))
    console.print(table)
    for ruler, why in summary["absent"].items():
        console.print(f"{ruler}: {why}")
    checks = Table("check", "severity", "of", "count", "share")
    for code, one in summary["checks"].items():
        checks.add_row(code, one["severity"], str(one["of"]), str(one["count"]), _figure(one["share"]))
    console.print(checks)
    if summary["limits"]:
        inside = Table("limit", "days", "inside", "")
        for code, one in summary["limits"].items():
            kind = "reference" if one["reference"] else ""
            inside.add_row(code, str(one["judged"]), _figure(one["share"]), kind)
        console.print(inside)


def examples(examination: Examination, *, most: int = MOST_EXAMPLES) -> list[dict[str, Any]]:
    """The offending plans in short: the first of each check that struck."""
    told = []
    for found in examination.found:
        struck = [(case, text) for case, text in zip(examination.cases, found.by_case, strict=True) if text]
        for case, text in struck[:most]:
            profile = case.profile
            told.append(
                {
                    "check": found.check.code,
                    "severity": found.check.severity.value,
                    "member": f"{profile.age_years} {profile.sex.value[0]} BMI {case.bmi:.1f} "
                    f"{profile.level.value.lower()} {(profile.workout_type or 'any').lower()}",
                    "plan": text,
                }
            )
    return told


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
