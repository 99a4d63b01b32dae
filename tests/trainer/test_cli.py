"""Commands of the trainer."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import typer
from fitbox_trainer.cli import EXIT_BAD_SETTING, model, train
from fitbox_trainer.daemon.display import Display, JsonDisplay, TerminalDisplay, display_for
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Content, Dataset, FileStatus
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.intake.report import ColumnDrift
from fitbox_trainer.release.retention import Collected, Kind, Removal
from fitbox_trainer.run.progress import Progress
from typer.testing import CliRunner

app = typer.Typer()
app.command()(train)


@pytest.mark.slow
def test_importing_the_commands_loads_nothing_heavy() -> None:
    """``fitbox --help`` must answer at once."""
    heavy = "torch transformers polars matplotlib scipy grpc openvino numpy watchdog"
    code = f"import sys, fitbox_trainer.cli; print(sorted(set('{heavy}'.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_preset_that_does_not_exist_stops_the_start(tmp_path: Path) -> None:
    """With the names of those that do."""
    options = ["--data", str(tmp_path), "--models", str(tmp_path / "models"), "--preset", "none"]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == EXIT_BAD_SETTING
    assert "cpu-quick" in result.output


def test_a_setting_out_of_range_is_named(tmp_path: Path) -> None:
    """Instead of a traceback."""
    result = CliRunner().invoke(app, ["--data", str(tmp_path), "--port", "70000"])
    assert result.exit_code == EXIT_BAD_SETTING
    assert "port" in result.output


def test_half_a_pair_of_tls_files_stops_the_start(tmp_path: Path) -> None:
    """As with the server, whose options these are too."""
    folders = ["--data", str(tmp_path / "data"), "--models", str(tmp_path / "models")]
    result = CliRunner().invoke(app, [*folders, "--tls-certificate", str(tmp_path / "server.pem")])
    assert result.exit_code == EXIT_BAD_SETTING
    assert "tls_key" in result.output


def test_settings_come_from_the_environment_and_options_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nested ones with two underscores."""
    monkeypatch.setenv("FITBOX_TRAINER_PRESET", "from-environment")
    monkeypatch.setenv("FITBOX_TRAINER_GATE__MIN_ITEMS", "99")
    assert TrainerSettings().preset == "from-environment"
    assert TrainerSettings().gate.min_items == 99
    assert TrainerSettings(preset="given").preset == "given"
    assert TrainerSettings(models=Path("/srv/models")).work_dir == Path("/srv/.work")


def test_a_model_that_is_none_is_refused_with_a_reason(tmp_path: Path) -> None:
    """No name is left of it."""
    wrapper = typer.Typer()
    wrapper.add_typer(model, name="model")
    result = CliRunner().invoke(wrapper, ["model", "prepare", "///", "--models", str(tmp_path)])
    assert result.exit_code == EXIT_BAD_SETTING
    assert "names no model" in result.output


def drive(display: Display, root: Path) -> None:
    """A short life of a daemon."""
    ledger = Ledger(root / "ledger.sqlite3")
    run = ledger.create_run("cpu-quick", dataset=Dataset("d", 1), sources={})
    ledger.close()
    with display:
        display.started(TrainerSettings(models=root / "models"), 1, 2)
        display.file_read("a.csv", Content("d", FileStatus.ACCEPTED, "", 1, 1, 0, Path()), new=True)
        display.stage_entered(run)
        display.progressed(run, Progress(activity="train", step=1, total_steps=2, loss=0.5))
        same = ColumnDrift("age_years", "KS", 0.01, 0.9, 0.01)
        display.file_drifted("a.csv", [same])
        display.file_drifted("b.csv", [ColumnDrift("weight_kg", "KS", 0.4, 1e-9, 0.4), same])
        gone = Removal(Kind.VERSION, root / "v000001-aaaaaaaa", 2 << 20)
        held = Removal(Kind.VERSION, root / "v000002-bbbbbbbb", 1)
        display.collected(Collected((gone, gone), (held,)))


def test_json_output_is_one_object_a_line(tmp_path: Path) -> None:
    """Every event, progress included, under its name."""
    out = StringIO()
    drive(JsonDisplay(out), tmp_path)
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [event["event"] for event in events] == [
        *("started", "file accepted", "run", "progress"),
        *("file differs from the active dataset", "old data deleted"),
    ]
    assert events[4]["columns"].startswith("weight_kg: medium drift (KS, effect 0.40")
    assert (events[5]["removed"], events[5]["mib"]) == ("2 versions", 4.0)
    assert events[5]["in_use"] == "v000002-bbbbbbbb"
    assert events[1]["quarantine"].endswith("/.work/quarantine/d.csv")
    assert (events[3]["step"], events[3]["loss"]) == (1, 0.5)


def test_a_terminal_and_a_log_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both name the file, the copy of its bad rows and the run's stage; standard output stays free."""
    for display in (TerminalDisplay(), display_for(json=False)):
        drive(display, tmp_path)
        shown = capsys.readouterr()
        assert shown.out == ""
        words = "".join(shown.err.split())
        assert all(word in words for word in ("a.csv", "quarantine/d.csv", "queued"))
