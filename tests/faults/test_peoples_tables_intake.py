"""People's tables: what spreadsheets save and people type is read as it is meant, or refused with a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.intake import IntakeReport, IntakeStatus, ingest
from fitbox_trainer.intake.headers import recognise
from fitbox_trainer.intake.units import FACTORS, UNITS, units_of
from fitbox_trainer.intake.values import synonyms

from fitbox.profile import Profile
from tests.examples import every
from tests.faults.tables import ERRORS, TABLES, Table, beside, excel_utf8

SHARED = next(
    (found for folder in Path(__file__).parents if (found := folder / "shared" / "faults").is_dir()),
    Path("shared"),
)


def take(
    folder: Path, content: bytes, name: str = "members.csv"
) -> tuple[IntakeReport, list[dict[str, Any]]]:
    """The report of a file, and its members."""
    (folder / name).write_bytes(content)
    report = ingest(folder / name, folder / "store")
    lines = report.members.read_text().splitlines() if report.members else []
    return report, [json.loads(line)["profile"] for line in lines]


@pytest.mark.parametrize("table", every(3, TABLES), ids=lambda table: table.name)
def test_a_table_comes_to_what_its_author_meant(tmp_path: Path, table: Table) -> None:
    """Members, refused rows, columns left alone, and the words that explain what was concluded."""
    report, members = take(tmp_path, table.content)
    assert (len(members), report.rows_rejected) == (table.members, table.rejected), (
        report.reason,
        report.rejected,
    )
    assert (report.status is IntakeStatus.ACCEPTED) == bool(table.members)
    if members:
        assert {name: members[0][name] for name in table.first} == table.first
    assert set(table.ignored) <= set(report.ignored)
    assert table.said in report.reason + " ".join(warning.message for warning in report.warnings)


@pytest.mark.parametrize("cell", ERRORS)
@pytest.mark.parametrize(
    "title",
    every(
        7,
        [
            "Fat_Percentage",
            "Experience_Level",
            "Session_Duration (hours)",
            "BMI",
            "Goal",
            "Diet",
            "Allergies",
        ],
    ),
)
def test_no_value_is_no_value_in_any_optional_column(tmp_path: Path, title: str, cell: str) -> None:
    """Error values and words for "nothing" are empty cells, and cost neither the row nor a warning."""
    report, members = take(tmp_path, excel_utf8(beside(title, cell, cell, cell)))
    assert (len(members), report.rows_rejected, report.left_out) == (3, 0, ())


@pytest.mark.parametrize("field", sorted(FACTORS.keys() & Profile.model_fields.keys()))
def test_a_unit_counts_for_the_fields_that_have_it(field: str) -> None:
    """In brackets, a unit of another quantity makes another column, or one whose cells are refused."""
    name = field.rsplit("_", 1)[0]
    for unit in set(UNITS):
        found = recognise(f"{name} ({unit})")
        if unit in units_of(field):
            assert found is not None, unit
            assert found[0] == field, unit
        elif found is not None:
            assert Profile.model_fields[field].is_required(), unit
            assert found == (field, unit)


def test_every_synonym_is_a_value() -> None:
    """A spelling that led to a value which Profile does not have would cost its row."""
    for field in (
        "sex",
        "level",
        "goal",
        "workout_type",
        "diet",
        "language",
        "conditions",
        "allergies",
        "equipment",
    ):
        allowed = str(Profile.model_json_schema()["$defs"])
        for value in synonyms(field).values():
            assert all(f"'{part}'" in allowed for part in value.split(";")), (field, value)


@pytest.mark.parametrize(
    ("case", "members"),
    [
        *(("cp1252-quotes/heights.csv", 12), ("cp1252-quotes/heights_utf8.csv", 12)),
        *(("excel-error-values/members.csv", 12), ("header-line-break/members.csv", 6)),
        *(("header-line-break/optional.csv", 6), ("level-two-decimals/members.csv", 6)),
        *(("quoted-sep/members.csv", 6), ("workout-hr-header/members.csv", 6)),
    ],
)
def test_published_cases_are_taken_whole(tmp_path: Path, case: str, members: int) -> None:
    """The files of the collected faults give all their members."""
    if not (SHARED / case).exists():
        pytest.skip(f"the shared case {case} is not on this machine")
    report, found = take(tmp_path, (SHARED / case).read_bytes())
    assert (len(found), report.rows_rejected) == (members, 0)


def test_quotes_of_code_page_1252_are_those_of_unicode(tmp_path: Path) -> None:
    """The same table in the code page of Windows and in UTF-8 has the same members; so has each odd byte."""
    text = "Name,Age,Gender,Weight (lb),Height\r\nRen\u00e9,24,Male,180,5\u201910\u201d\r\n"
    _, in_windows = take(tmp_path, text.encode("cp1252"))
    _, in_utf8 = take(tmp_path, text.encode())
    assert in_windows == in_utf8 != []
    odd = bytes(range(0x80, 0x100))
    report, members = take(tmp_path, b"Name,Age,Sex,Weight (kg),Height (cm)\n" + odd + b",34,F,62,168\n" * 40)
    assert report.encoding == "cp1252"
    assert len(members) == 1
