"""``fitbox data synth|check|report``, the page that the last one draws, and drift."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fitbox_trainer.intake.describe import describe_file
from fitbox_trainer.intake.drift import compare
from fitbox_trainer.intake.html import render_html
from fitbox_trainer.intake.synth import write_synthetic

from fitbox.errors import DatasetError

HEADER = "Age,Gender,Weight (kg),Height (m)\n"
Run = Callable[[list[str]], Any]


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Two hundred synthetic members."""
    write_synthetic(tmp_path / "sample.csv", 200, 7)
    return tmp_path / "sample.csv"


@pytest.fixture(scope="module")
def run() -> Run:
    """Invokes ``fitbox data`` with arguments."""
    with warnings.catch_warnings():
        # typer 0.25 imports a name that click 8.5 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        from fitbox_trainer.intake.cli import app
        from typer.testing import CliRunner
    return partial(CliRunner().invoke, app)


class Balanced(HTMLParser):
    """Fails where a page does not close what it opens, or loads anything."""

    void = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {name for name, _ in attrs} & {"src", "href"}
        assert tag != "script"
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_whole_page(page: str) -> None:
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []


@pytest.mark.slow
def test_synth_writes_the_layout_asked_for(run: Run, tmp_path: Path) -> None:
    """Layout names are understood in lower case, and --json says what was written."""
    out = tmp_path / "own.csv"
    options = ["--rows", "5", "--header", "fitbox", "--preferences", "--json"]
    result = run(["synth", *options, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output) == {"out": str(out), "rows": 5, "seed": 42, "header": "fitbox"}
    assert {"age_years", "equipment"} <= set(pl.read_csv(out).columns)


def test_synth_prints_csv_without_a_file_name(run: Run) -> None:
    """Standard output carries the same text as a file would."""
    result = run(["synth", "--rows", "3", "--header", "cleaned"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 4
    assert result.output.startswith("Age,Gender,")


def test_check_shows_a_usable_file(run: Run, sample: Path) -> None:
    """The verdict, the counts and what each column was read as."""
    result = run(["check", str(sample)])
    assert result.exit_code == 0
    assert "ACCEPTED" in result.output
    assert "200 members" in result.output
    assert "weight_kg" in result.output


def test_check_lists_what_is_wrong_and_where(run: Run, tmp_path: Path) -> None:
    """Bad cells appear with line, column, value and reason; markup in a cell is shown, not obeyed."""
    path = tmp_path / "bad.csv"
    path.write_text(HEADER + "30,Male,80,1.8\n31,[red]x,80,1.8\n")
    result = run(["check", str(path)])
    assert result.exit_code == 0
    assert "[red]x" in result.output
    assert "Gender" in result.output


def test_check_of_an_unusable_file_ends_with_an_error_code(run: Run, tmp_path: Path) -> None:
    """A script can tell a rejected file by the exit code, and why by the JSON."""
    path = tmp_path / "empty.csv"
    path.touch()
    result = run(["check", str(path), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.output)["status"] == "REJECTED"
    assert run(["check", str(tmp_path / "gone.csv")]).exit_code == 2


def test_check_leaves_the_folder_as_it_was(run: Run, sample: Path) -> None:
    """Checking writes nothing beside the file."""
    run(["check", str(sample)])
    assert [path.name for path in sample.parent.iterdir()] == ["sample.csv"]


@pytest.mark.slow
def test_report_draws_a_page_of_its_own(run: Run, sample: Path, tmp_path: Path) -> None:
    """One page with charts and drift that loads nothing from elsewhere."""
    write_synthetic(tmp_path / "other.csv", 300, 8)
    page = tmp_path / "report.html"
    options = ["--html", str(page), "--against", str(tmp_path / "other.csv"), "--json"]
    result = run(["report", str(sample), *options])
    assert result.exit_code == 0, result.output
    assert {item["column"] for item in json.loads(result.output)["drift"]} >= {"age_years", "sex", "bmi"}
    text = page.read_text(encoding="utf-8")
    assert_whole_page(text)
    for part in ("Distributions", "Correlations", "Drift", "<svg", "Worth a look"):
        assert part in text


def test_the_page_shows_rejections_and_escapes_what_people_typed(tmp_path: Path) -> None:
    """Cells of a member's file are text, never markup."""
    path = tmp_path / "<b>.csv"
    path.write_text(HEADER + "30,<script>alert(1)</script>,80,1.8\n31,Male,80,1.8\n")
    text = render_html(describe_file(path))
    assert_whole_page(text)
    assert "&lt;script&gt;alert(1)" in text
    assert "Rejected, and why" in text


def test_a_rejected_file_still_has_a_page(tmp_path: Path) -> None:
    """Without members there is nothing to draw, but the reason is there."""
    path = tmp_path / "missing.csv"
    path.write_text("Age,Sex\n30,m\n")
    text = render_html(describe_file(path))
    assert_whole_page(text)
    assert "required columns are missing" in text


def test_nothing_can_be_compared_with_an_unusable_file(sample: Path, tmp_path: Path) -> None:
    """The file to compare with must have members."""
    (tmp_path / "empty.csv").touch()
    with pytest.raises(DatasetError, match=r"empty\.csv cannot be compared with"):
        describe_file(sample, tmp_path / "empty.csv")


@pytest.mark.slow
def test_the_same_distribution_does_not_drift(tmp_path: Path) -> None:
    """Two draws of the same generator show no notable drift; heavier members do, in weight."""
    write_synthetic(tmp_path / "one.csv", 600, 1)
    write_synthetic(tmp_path / "two.csv", 600, 2)
    same = describe_file(tmp_path / "one.csv", tmp_path / "two.csv")
    assert [item.column for item in same.drift if item.is_notable] == []
    heavier = same.members.with_columns(pl.col("weight_kg") + 15, sex=pl.lit("MALE"))
    found = {item.column: item for item in compare(heavier, same.members)}
    assert found["weight_kg"].is_notable
    assert found["weight_kg"].test == "KS"
    assert found["sex"].is_notable
    assert found["sex"].test == "chi-squared"
    assert "drift" in found["sex"].sentence()
    assert not found["age_years"].is_notable
    assert found["age_years"].effect == pytest.approx(0)
