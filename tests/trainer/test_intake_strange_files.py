"""Files as people really send them: encodings, separators, units, rubbish."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import pytest
from fitbox_trainer.intake import IntakeReport, IntakeStatus, ingest
from fitbox_trainer.intake.reader import BATCH_ROWS, Table
from fitbox_trainer.intake.synth import write_synthetic
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples

TEXT = "Age,Gender,Weight (kg),Height (m)\n30,Male,80.5,1.80\n31,Female,60,1.65\n32,Male,82,1.81\n"


def take(folder: Path, content: bytes | str) -> IntakeReport:
    path = folder / "members.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return ingest(path, folder / "store")


def profiles_of(report: IntakeReport) -> list[dict[str, object]]:
    assert report.members is not None, (report.reason, report.rejected)
    return [json.loads(line)["profile"] for line in report.members.read_text().splitlines()]


def one(folder: Path, header: str, row: str) -> dict[str, object]:
    (profile,) = profiles_of(take(folder, f"{header}\n{row}\n"))
    return profile


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.rstrip("\n").encode(),
        TEXT.replace(",", ";").replace(".", ",").encode(),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", "|").replace(".", ",").encode(),
        ("sep=;\n" + TEXT.replace(",", ";")).encode(),
        ("\n\n" + TEXT.replace("\n", "\n\n")).encode(),
        TEXT.replace("80.5", '"80,5"').encode(),
        TEXT.replace("Age", ' " AGE " ').replace("Male", " mAlE ").encode(),
        TEXT.replace("Gender", "Gender\\t").replace("Male", "Male\\t\\n").encode(),
        TEXT.replace("\n", ",,\n").encode(),
        (TEXT + ",,,\n  ,\t,,\n").encode(),
        (TEXT + "Age,Gender,Weight (kg),Height (m)\n").encode(),
        TEXT.replace("Gender", "Prénom,Gender")
        .replace("Male", "Zoé,Male")
        .replace("Fem", "Zoé,Fem")
        .encode("latin-1"),
    ],
)
def test_spelling_does_not_change_the_members(tmp_path: Path, content: bytes) -> None:
    """Encoding, separator, line ends, decimal commas, quotes, case and stray markers make no difference."""
    report = take(tmp_path, content)
    assert report.rows_rejected == 0, report.rejected
    assert profiles_of(report) == profiles_of(take(tmp_path, TEXT))


@pytest.mark.parametrize(
    ("header", "row", "weight_kg", "height_cm"),
    [
        ("age,sex,weight_lb,height_ft_in", "30,m,180,5'11\"", 81.65, 180.34),
        ("age,sex,weight,height", "30,m,180 lbs,5 ft 11 in", 81.65, 180.34),
        ("age,sex,weight,height", "30,m,80 kg,1.8 m", 80.0, 180.0),
        ("age,sex,weight,height", "30,m,80,180cm", 80.0, 180.0),
        ("age,sex,weight,height", "30,m,80,1.8", 80.0, 180.0),
        ("age,sex,weight,height (in)", "30,m,80,71", 80.0, 180.34),
        ("age,sex,weight (kg),height (ft)", "30,m,80,6", 80.0, 182.88),
        ("age,sex,weight (lb),height", "30,m,80 kg,6\u2032", 80.0, 182.88),
    ],
)
def test_units_are_converted(
    tmp_path: Path, header: str, row: str, weight_kg: float, height_cm: float
) -> None:
    """Units come from the header, or from the cell, which wins; metres and centimetres differ in size."""
    profile = one(tmp_path, header, row)
    assert (profile["weight_kg"], profile["height_cm"]) == (weight_kg, height_cm)


@pytest.mark.parametrize(
    ("header", "cell", "minutes"),
    [
        ("Session_Duration (hours)", "1.69", 100),
        ("Session_Duration (hours)", "0,5", 30),
        ("session_minutes", "47", 47),
        ("session", "1.5", 90),
        ("session", "75 min", 75),
        ("session", "1 h", 60),
    ],
)
def test_session_lengths_become_minutes(tmp_path: Path, header: str, cell: str, minutes: int) -> None:
    """Hours become multiples of five minutes, minutes stay exact."""
    assert (
        one(tmp_path, f"age;sex;weight;height;{header}", f"30;m;80;180;{cell}")["session_minutes"] == minutes
    )


def test_lists_may_be_empty_unstated_or_loosely_written(tmp_path: Path) -> None:
    """An empty equipment cell means a full gym, ``none`` means bodyweight only."""
    header = "age,sex,weight,height,equipment,allergies"
    rows = '30,f,60,165,,\n31,f,60,165,none,None\n32,f,60,165,pull-up bar | Dumbbell,"nuts, Milk"\n'
    found = profiles_of(take(tmp_path, f"{header}\n{rows}"))
    assert [profile["equipment"] for profile in found] == [None, [], ["DUMBBELL", "PULL_UP_BAR"]]
    assert [profile["allergies"] for profile in found] == [[], [], ["MILK", "NUTS"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"Age,Gender,Weight (kg),Height (m)\n", "no member"),
        (random.Random(1).randbytes(4000), "not text"),
        (b"Age,Gender\x00\x00\x00\n" * 20, "not text"),
        (b"PK\x03\x04rest", "Excel"),
        (b"%PDF-1.7 rest", "PDF"),
        (b"\x1f\x8brest", "gzip"),
        (b"Age,Gender,Wieght,Height (m)\n30,Male,80,1.8\n", "did you mean 'Wieght'"),
        (b"30,Male,80,1.8\n31,Male,80,1.8\n", "first line must name the columns"),
        (b"Age,Gender,Weight (kg),Height (m)\n30,Male,80,1,80\n31,Male,81,1,81\n", "decimal commas"),
        (b"Age,Gender,Weight (stone),Height (m)\n30,Male,12,1.80\n", "units kg, lb"),
    ],
)
def test_unusable_files_are_rejected_with_advice(tmp_path: Path, content: bytes, said: str) -> None:
    """A file that cannot be used never raises: it is rejected, copied to quarantine, and the reason helps."""
    report = take(tmp_path, content)
    assert report.status is IntakeStatus.REJECTED
    assert said in report.reason
    assert report.members is None
    assert (tmp_path / "store" / "reports" / f"{report.digest}.json").exists()


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ("abc,Male,80,1.8", "Age", "is not a whole number"),
        ("30.5,Male,80,1.8", "Age", "is not a whole number"),
        ("1e400,Male,80,1.8", "Age", "is not a whole number"),
        (",Male,80,1.8", "Age", "is missing"),
        ("13,Male,80,1.8", "Age", "must be between 14 and 100 years"),
        ("30,,80,1.8", "Gender", "is missing"),
        ("30,Robot,80,1.8", "Gender", "must be one of FEMALE, MALE"),
        ("30,Male,inf,1.8", "Weight (kg)", "is not a number"),
        ("30,Male,80 stone,1.8", "Weight (kg)", "is not a number in one of the units kg, lb"),
        ("30,Male,80,180", "Height (m)", "must be between 120 and 230 cm"),
        ("30,Male,80", "", "the line ends after 3 of 4 cells"),
        ("30,Male,80,1.8,9", "", "the line has 5 cells where the header has 4"),
    ],
)
def test_a_bad_row_is_explained_and_the_others_are_used(
    tmp_path: Path, cells: str, column: str, reason: str
) -> None:
    """Line, column, value and reason of what is wrong; the rest of the file is taken."""
    report = take(tmp_path, TEXT + cells + "\n")
    assert (report.rows_accepted, report.rows_rejected) == (3, 1)
    (cell,) = report.rejected
    assert (cell.line, cell.column) == (5, column)
    assert cell.reason.startswith(reason)


@pytest.mark.parametrize("stray", ['33,Male,"80,1.8\n', '"33,Male,80,1.8\n', '33,Male,80,"1.8\n'])
def test_an_unclosed_quote_costs_one_row_at_most(tmp_path: Path, stray: str) -> None:
    """Members after a quote that is never closed are not swallowed by it."""
    head, body = TEXT.split("\n", 1)
    report = take(tmp_path, f"{head}\n{stray}{body}")
    assert report.rows_accepted >= 3
    assert report.rows_rejected <= 1
    assert report.rows_total == 4


def test_rules_that_span_fields_hold(tmp_path: Path) -> None:
    """Profile's own rules across fields reject a row and name the column they begin with."""
    header = "age,sex,weight,height,resting_bpm,max_bpm,conditions"
    rows = "30,f,60,165,100,110,\n31,m,60,165,,,pregnancy\n32,f,60,165,60,180,pregnancy\n33,f,60,165,,,\n"
    report = take(tmp_path, f"{header}\n{rows}")
    assert [(cell.line, cell.column, cell.value) for cell in report.rejected] == [
        (2, "resting_bpm", "100"),
        (3, "conditions", "pregnancy"),
    ]


def test_contradictions_are_warnings(tmp_path: Path) -> None:
    """BMI against weight and height, and average against maximum heart rate, reject nothing."""
    text = "Age,Sex,Weight,Height,BMI,Avg_BPM,Max_BPM\n30,m,80,1.8,24.7,120,180\n31,m,80,1.8,31,180,170\n"
    report = take(tmp_path, text)
    assert report.rows_accepted == 2
    assert {warning.code.value: warning.lines for warning in report.warnings} == {
        "BMI_CONTRADICTS_MEASURES": (3,),
        "AVERAGE_HEART_RATE_NOT_BELOW_MAXIMUM": (3,),
    }


def test_lines_are_those_of_the_file_across_batches(tmp_path: Path) -> None:
    """Batches are an inner matter: line numbers and rows go on from one to the next."""
    write_synthetic(tmp_path / "big.csv", 50, 4)
    with Table(tmp_path / "big.csv") as table:
        batches = list(table.batches(rows=20))
    assert [len(batch.rows) for batch in batches] == [20, 20, 10]
    assert [line for batch in batches for line in batch.lines] == list(range(2, 52))


@pytest.mark.slow
def test_a_file_longer_than_a_batch_is_taken_whole(tmp_path: Path) -> None:
    """Nothing is lost or repeated where one batch ends and the next begins."""
    path = tmp_path / "long.csv"
    write_synthetic(path, BATCH_ROWS + 100, 5)
    report = ingest(path, tmp_path / "store")
    assert report.rows_accepted + report.rows_duplicate == BATCH_ROWS + 100
    assert report.rows_rejected == 0


@pytest.mark.slow
@examples(30)
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
def test_no_content_raises(content: bytes) -> None:
    """Whatever the bytes, the outcome is a report."""
    with tempfile.TemporaryDirectory() as folder:
        assert take(Path(folder), content).status is IntakeStatus.REJECTED


@pytest.mark.slow
@examples(30)
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=4, max_size=4),
        max_size=5,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_strange_cells_never_cost_a_good_row(rows: list[list[str]], separator: str) -> None:
    """Whatever stands in other rows, the good rows are taken and every other row is accounted for."""
    quoted = [separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    good = TEXT.replace(",", separator).splitlines()
    with tempfile.TemporaryDirectory() as folder:
        content = "\n".join([good[0], *good[1:] * 40, *quoted]) + "\n"
        report = take(Path(folder), content.encode())
    assert report.status is IntakeStatus.ACCEPTED
    assert report.rows_accepted + report.rows_duplicate >= 120
