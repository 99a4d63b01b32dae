"""Drift: the statistics, pinned; and what a report says about a file that differs from the data in use."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import polars as pl
import pytest
from fitbox_trainer.daemon.active_data import active_dataset
from fitbox_trainer.daemon.app import compare_with_active
from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.metrics import TrainerMetrics
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.data.dataset import assemble
from fitbox_trainer.intake import ingest
from fitbox_trainer.intake.drift import compare
from fitbox_trainer.intake.frames import load_members, sample_members
from fitbox_trainer.intake.report import ColumnDrift, IntakeStatus, WarningCode
from fitbox_trainer.intake.synth import write_synthetic
from prometheus_client import CollectorRegistry

from fitbox.registry import Registry
from tests import fakes

HEADER = "Age,Gender,Weight (kg),Height (m),BMI\n"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Three hundred members in use."""
    write_synthetic(tmp_path / "old.csv", 300, 1)
    report = ingest(tmp_path / "old.csv", tmp_path / "store")
    assert report.members is not None
    digest = assemble([report.members], tmp_path / "store" / "datasets").digest
    return tmp_path / "store" / "datasets" / f"{digest}.jsonl"


def heavy_men(path: Path, rows: int = 60) -> Path:
    """A file of a quite different kind of members, one of whom contradicts himself."""
    lines = [f"{20 + row % 40},Male,{120 + row % 10},1.80,\n" for row in range(rows)]
    path.write_text(HEADER + "".join(lines) + "30,Male,80,1.80,50\n")
    return path


def test_numbers_are_compared_as_scipy_does() -> None:
    """scipy 1.16, ``ks_2samp(range(20), range(5, 30), method="asymp")``; D = 8/20 by hand."""
    new = pl.DataFrame({"age": [float(value) for value in range(20)]})
    old = pl.DataFrame({"age": [float(value) for value in range(5, 30)]})
    (found,) = compare(new, old)
    assert (found.column, found.test) == ("age", "KS")
    assert found.statistic == found.effect == pytest.approx(0.4, abs=1e-12)
    assert found.p_value == pytest.approx(0.04226721861243199, rel=1e-9)
    assert not found.is_notable


def test_categories_are_compared_as_scipy_does() -> None:
    """scipy 1.16, ``chi2_contingency([[30, 10, 5], [20, 20, 15]], correction=False)``; V by hand."""
    new = pl.DataFrame({"level": ["A"] * 30 + ["B"] * 10 + ["C"] * 5})
    old = pl.DataFrame({"level": ["A"] * 20 + ["B"] * 20 + ["C"] * 15})
    (found,) = compare(new, old)
    assert (found.column, found.test) == ("level", "chi-squared")
    assert found.statistic == pytest.approx(9.427609427609427, rel=1e-9)
    assert found.p_value == pytest.approx(0.0089705820741722, rel=1e-9)
    assert found.effect == pytest.approx((9.427609427609427 / 100) ** 0.5, rel=1e-9)
    assert found.is_notable


@pytest.mark.parametrize(
    ("p_value", "effect", "notable"), [(0.001, 0.2, True), (0.001, 0.05, False), (0.02, 0.6, False)]
)
def test_drift_must_be_both_certain_and_large(p_value: float, effect: float, notable: bool) -> None:
    """With many members every difference is significant; with few, every difference is large."""
    assert ColumnDrift("age", "KS", effect, p_value, effect).is_notable is notable


def test_too_few_values_and_equal_columns_are_no_drift() -> None:
    """Nine members say nothing, and one category cannot differ from itself."""
    few = pl.DataFrame({"age": [1.0] * 9})
    assert compare(few, pl.DataFrame({"age": [9.0] * 100})) == ()
    same = pl.DataFrame({"sex": ["MALE"] * 20})
    assert [(item.effect, item.p_value) for item in compare(same, same)] == [(0.0, 1.0)]


def test_a_file_that_differs_says_so_in_its_report(tmp_path: Path, dataset: Path) -> None:
    """As a warning with effect sizes, beside contradictions, and in the JSON with every column."""
    report = ingest(heavy_men(tmp_path / "new.csv"), tmp_path / "store", dataset=dataset)
    assert report.status is IntakeStatus.ACCEPTED
    warnings = {warning.code: warning for warning in report.warnings}
    assert WarningCode.BMI_CONTRADICTS_MEASURES in warnings
    drifted = warnings[WarningCode.DRIFT]
    assert "weight_kg (KS 0." in drifted.message or "weight_kg (KS 1." in drifted.message
    assert "sex (chi-squared" in drifted.message
    stored = json.loads((tmp_path / "store" / "reports" / f"{report.digest}.json").read_text())
    assert stored["drift_against"] == dataset.stem
    columns = {item["column"]: item for item in stored["drift"]}
    assert columns["weight_kg"]["notable"]
    assert columns["weight_kg"]["effect"] > 0.5
    assert {"statistic", "p_value", "test"} <= columns["age_years"].keys()


def test_a_file_of_the_same_kind_warns_of_nothing(tmp_path: Path, dataset: Path) -> None:
    """It is compared all the same."""
    write_synthetic(tmp_path / "new.csv", 200, 5)
    report = ingest(tmp_path / "new.csv", tmp_path / "store", dataset=dataset)
    assert report.drift
    assert WarningCode.DRIFT not in {warning.code for warning in report.warnings}


def test_a_dataset_that_cannot_be_read_refuses_no_file(tmp_path: Path) -> None:
    """Neither a missing one nor a damaged one."""
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_text("{")
    for path in (tmp_path / "gone.jsonl", damaged):
        report = ingest(heavy_men(tmp_path / "new.csv"), tmp_path / "store", dataset=path)
        assert (report.status, report.drift) == (IntakeStatus.ACCEPTED, ())


@pytest.mark.parametrize("most", [1, 7, 299, 300, 1000])
def test_a_sample_is_spread_evenly_and_never_larger_than_asked(dataset: Path, most: int) -> None:
    """A small file is taken whole."""
    sample, whole = sample_members(dataset, most), load_members(dataset)
    assert sample.height == min(most, 300)
    assert sample.join(whole, on=sample.columns, nulls_equal=True).height >= sample.height


async def test_the_daemon_compares_with_the_dataset_of_the_active_version(
    tmp_path: Path, dataset: Path
) -> None:
    """And tells its listeners; with no version active, a file is compared with nothing."""
    models = tmp_path / "models"
    registry: Registry = fakes.write_models(models)
    settings = TrainerSettings(models=models, work=tmp_path / "store")
    metrics_registry = CollectorRegistry()
    metrics = TrainerMetrics(metrics_registry)
    told: asyncio.Queue[str] = asyncio.Queue()

    class Listener(Hooks):
        def file_drifted(self, name: str, drift: object) -> None:
            metrics.file_drifted(name, drift)  # type: ignore[arg-type]
            told.put_nowait(name)

    compared = compare_with_active(settings, Listener(), asyncio.get_running_loop())
    new = heavy_men(tmp_path / "new.csv")
    before = await asyncio.to_thread(compared, new, settings.work_dir)
    assert before.drift == ()  # type: ignore[attr-defined]
    base = registry.base_model(fakes.BASE_NAME)
    metadata = fakes.metadata(base.digest, dataset_digest=dataset.stem)
    version = registry.publish(fakes.write_staging(models, 1), metadata=metadata)
    assert active_dataset(models, settings.work_dir) is None
    registry.activate(version.name, reason="test")
    assert active_dataset(models, settings.work_dir) == dataset
    await asyncio.to_thread(compared, new, settings.work_dir)
    async with asyncio.timeout(30):
        assert await told.get() == "new.csv"
    value = metrics_registry.get_sample_value
    assert value("fitbox_trainer_files_drifted_total") == 1
    assert (value("fitbox_trainer_drift_effect", {"column": "weight_kg"}) or 0) > 0.5
