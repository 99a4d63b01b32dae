"""``fitbox validate``: each check on sound and on broken subjects; real steps on a tiny model."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.cli import EXIT_BAD_SETTING, EXIT_INVALID, validate
from fitbox_trainer.intake.synth import write_synthetic
from fitbox_trainer.run.presets import Preset, load_preset, parse_preset
from fitbox_trainer.validator import data as data_check
from fitbox_trainer.validator.data import Prepared
from fitbox_trainer.validator.hyperparameters import RANGES, check_hyperparameters
from fitbox_trainer.validator.improvements import (
    CHECKPOINTED,
    QLORA,
    RANK_32,
    SIXTEEN_BIT,
    arms,
    check_improvements,
)
from fitbox_trainer.validator.measure import ProbeRequest, probe_in_child
from fitbox_trainer.validator.probe import probe
from fitbox_trainer.validator.qlora import check_qlora
from fitbox_trainer.validator.results import CheckName, CheckResult, Level
from fitbox_trainer.validator.run import Subject, run_all
from typer import Typer
from typer.testing import CliRunner

from fitbox.errors import ConfigurationError, TrainingError
from tests.tiny_llama import write_members, write_tiny_base

pytestmark = pytest.mark.slow

PRESET = parse_preset(
    {
        "name": "tiny",
        "description": "for tests",
        "device": "cpu",
        "threads": 1,
        "quantization": {"type": "nf4", "compute": "float32"},
        "lora": {"rank": 4, "alpha": 8},
        "optimizer": {"learning_rate": 1e-3, "warmup_share": 0.05},
        "batch": {"examples": 4, "micro_tokens": 8192},
        "data": {"max_length": 4096, "epochs": 1},
    }
)


@pytest.fixture(autouse=True)
def few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning examples takes most of the time of these tests; a few show the same."""
    monkeypatch.setattr(data_check, "MEMBERS_ENCODED", 4)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with the tiny base."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_base(folder / "base" / "tiny")
    return folder


@pytest.fixture(scope="module")
def found(models: Path) -> dict[str, Any]:
    """What a probe of the preset finds."""
    members = write_members(models / "members.jsonl", 12)
    return probe(models / "base" / "tiny", PRESET, members, steps=2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a sound file and one that is none."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_synthetic(folder / "members.csv", 60, 5)
    (folder / "broken.csv").write_text("Name,Shoe size\nAda,40\n")
    return folder


def changed(found: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The same finding with other values in its inspection."""
    other = copy.deepcopy(found)
    other["inspection"].update(values)
    return other


def level_of(result: CheckResult, what: str) -> Level:
    """The level of one finding."""
    (level,) = (item.level for item in result.findings if item.what == what)
    return level


def scripted_probe(request: ProbeRequest) -> dict[str, Any]:
    """A machine on which everything helps: memory and time follow from the preset."""
    four_bit = request.preset.quantization.type == "nf4"
    model = 100.0 if four_bit else 300.0
    return {
        "inspection": {"trainable_parameters": 1000 * request.preset.lora.rank},
        "measurement": {
            "model_mib": model,
            "peak_mib": model + (50 if request.preset.batch.gradient_checkpointing else 200),
            "step_seconds": [1.0] * request.steps,
            "tokens_per_step": 400.0,
        },
    }


def test_a_probe_takes_real_steps_and_measures_them(found: dict[str, Any]) -> None:
    """Memory, time and losses of steps that moved the adapter and nothing else."""
    measurement = found["measurement"]
    assert len(measurement["step_seconds"]) == 2
    assert len(measurement["losses"]) == 3
    assert measurement["tokens_per_step"] > 0
    # The peak of so small a model drowns in pages that the allocator gives back; it may be negative.
    assert abs(measurement["peak_mib"]) < 500
    # 74k weights in half a byte, 17k of the embeddings and the adapter in four; all in four would be 0.4.
    assert 0.05 < measurement["model_mib"] < 0.3
    assert found["inspection"]["base_unchanged"]
    assert found["inspection"]["adapter_changed"]


def test_the_model_that_a_preset_builds_passes(found: dict[str, Any]) -> None:
    """Types of layers, ranks, targets and gradients, as found on the model."""
    result = check_qlora(PRESET, found)
    assert [item for item in result.findings if item.level is not Level.PASS] == []
    inspection = result.figures
    assert inspection["linear_layers"]["q_proj"] == {"Linear4bit": 2}
    assert inspection["adapters"]["down_proj"]["ranks"] == [4]
    assert inspection["gradients"] == {"matrices": 14, "with_gradient": 14, "not_finite": 0}
    (how,) = inspection["quantisation"]
    assert how.startswith("nf4, double, blocks of")


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("quantisation", {"linear_layers": {"q_proj": {"Linear": 2}}}),
        ("quantisation", {"quantisation": {"nf4, single, blocks of 64": 14}}),
        ("output layer", {"linear_layers": {"lm_head": {"Linear4bit": 1}}}),
        ("adapted layers", {"decoder_layers": 3}),
        ("what trains", {"trainable_outside_adapter": ["lm_head.weight"]}),
        ("gradient checkpointing", {"gradient_checkpointing": True}),
        ("gradients of a step", {"gradients": {"matrices": 14, "with_gradient": 13, "not_finite": 0}}),
        ("gradients of a step", {"gradients": {"matrices": 14, "with_gradient": 14, "not_finite": 1}}),
        ("what a step changes", {"base_unchanged": False}),
        ("what a step changes", {"adapter_changed": False}),
    ],
)
def test_a_model_that_is_not_what_the_preset_says_fails(
    found: dict[str, Any], what: str, values: dict[str, Any]
) -> None:
    """Each departure by itself."""
    result = check_qlora(PRESET, changed(found, **values))
    assert level_of(result, what) is Level.FAIL
    assert result.level is Level.FAIL


def test_leaving_out_layers_is_a_warning(found: dict[str, Any]) -> None:
    """It works; the paper found it to cost quality."""
    lora = PRESET.lora.model_copy(update={"targets": ("q_proj", "v_proj")})
    result = check_qlora(PRESET.model_copy(update={"lora": lora}), found)
    assert level_of(result, "coverage") is Level.WARN


def prepared(training_members: int) -> Prepared:
    """A dataset of a size."""
    return Prepared(Path("members.jsonl"), training_members, training_members, False, 160.0)


def judged(preset: Preset, members: int, step_seconds: float = 0.5) -> CheckResult:
    """Hyperparameters for so many members at such a speed."""
    return check_hyperparameters(
        preset, prepared(members), {"measurement": {"step_seconds": [step_seconds] * 3}}
    )


def test_every_packaged_preset_is_in_the_documented_ranges() -> None:
    """With the data that each is meant for."""
    for name in ("cpu-quick", "cpu-full", "llama-3.2-qlora"):
        result = judged(load_preset(name), 900)
        assert result.level is not Level.FAIL, name
        assert {item.what for item in result.findings} >= RANGES.keys()


def test_a_warm_up_that_outlasts_the_run_fails() -> None:
    """200 steps of warm-up need more than 60 members."""
    result = judged(load_preset("llama-3.2-qlora"), 60)
    assert level_of(result, "warm-up") is Level.FAIL
    assert result.figures["planned_steps"] == 180
    assert result.figures["warmup_share"] == 1.0


def test_steps_and_time_follow_from_data_speed_and_budget() -> None:
    """27 examples an epoch of 4 a step, at half a second a step."""
    result = judged(PRESET, 9)
    assert result.figures["planned_steps"] == 6
    assert result.figures["all_epochs_seconds"] == pytest.approx(3.0)
    assert level_of(result, "steps") is Level.WARN
    short = PRESET.model_copy(update={"time_budget_seconds": 5.0})
    assert level_of(judged(short, 900, step_seconds=4.0), "time") is Level.FAIL
    assert judged(short, 900, step_seconds=0.1).figures["steps_within_budget"] == 10


@pytest.mark.parametrize(
    ("section", "values", "what"),
    [
        ("optimizer", {"learning_rate": 0.1}, "optimizer.learning_rate"),
        ("lora", {"rank": 128, "alpha": 128}, "lora.rank"),
        ("data", {"epochs": 40.0}, "data.epochs"),
    ],
)
def test_an_unusual_value_is_named_with_its_source(section: str, values: dict[str, Any], what: str) -> None:
    """A person may know better, so it is a warning."""
    preset = PRESET.model_copy(update={section: getattr(PRESET, section).model_copy(update=values)})
    (item,) = (item for item in judged(preset, 300).findings if item.what == what)
    assert item.level is Level.WARN
    assert RANGES[what].source in item.found


def test_the_four_variants_differ_in_one_thing_each() -> None:
    """So every difference has one cause."""
    variants = arms(load_preset("cpu-quick"))
    reference = variants[QLORA]
    assert (reference.lora.rank, reference.lora.alpha, reference.start) == (16, 32, "zero")
    for name, section in ((SIXTEEN_BIT, "quantization"), (CHECKPOINTED, "batch"), (RANK_32, "lora")):
        own = variants[name].model_dump(exclude={section})
        assert own == reference.model_dump(exclude={section})
        assert variants[name] != reference


def test_savings_are_told_as_measured() -> None:
    """And one that this machine does not show is a warning."""
    result = check_improvements(PRESET, Path("base"), Path("m"), steps=3, probe=scripted_probe)
    assert result.level is Level.PASS
    texts = {item.what: item.found for item in result.findings}
    assert "weights -67%" in texts["QLoRA against 16-bit LoRA"]
    assert "peak memory -50%" in texts["checkpointing on against off"]
    assert "2.00 times the trained parameters" in texts["rank 32 against 16"]

    def no_savings(request: ProbeRequest) -> dict[str, Any]:
        found = scripted_probe(request)
        found["measurement"] |= {"model_mib": 100.0, "peak_mib": 100.0}
        return found

    result = check_improvements(PRESET, Path("base"), Path("m"), steps=3, probe=no_savings)
    assert level_of(result, "QLoRA against 16-bit LoRA") is Level.WARN
    assert "no weights and no peak memory saved" in str(result.findings)


def test_a_measurement_that_fails_is_a_failure_and_stops_no_other() -> None:
    """Out of memory in one variant says something about that variant."""

    def failing(request: ProbeRequest) -> dict[str, Any]:
        if request.preset.quantization.type == "none":
            raise TrainingError("out of memory: 16-bit weights")
        return scripted_probe(request)

    result = check_improvements(PRESET, Path("base"), Path("m"), steps=1, probe=failing)
    assert level_of(result, SIXTEEN_BIT) is Level.FAIL
    assert {CHECKPOINTED, RANK_32} <= result.figures["arms"].keys()


def test_a_child_that_fails_says_why(models: Path, tmp_path: Path) -> None:
    """Its last words, and that memory ran out where it did."""
    request = ProbeRequest(models / "base" / "tiny", PRESET, tmp_path / "none.jsonl", 1)
    code = "import sys; print('DefaultCPUAllocator: can\\'t allocate memory', file=sys.stderr); sys.exit(1)"
    with pytest.raises(TrainingError, match="out of memory: DefaultCPUAllocator"):
        probe_in_child(request, command=(sys.executable, "-c", code))


def test_all_checks_run_and_the_report_holds_everything(models: Path, data: Path) -> None:
    """Progress is told for each; a file that is no table is named and not used."""
    told: list[CheckName] = []

    def probed(request: ProbeRequest) -> dict[str, Any]:
        if request.preset == PRESET:
            return probe(request.base_model, request.preset, request.members, request.steps)
        return scripted_probe(request)

    subject = Subject(data, models, PRESET, "tiny")
    report = run_all(subject, steps=1, tell=lambda check, doing: told.append(check), probe=probed)
    values = json.loads(report.to_json())
    assert list(values["checks"]) == [name.value for name in CheckName]
    assert list(dict.fromkeys(told)) == [CheckName.DATA, CheckName.QLORA, CheckName.IMPROVEMENTS]
    found = values["checks"]["data"]
    assert found["figures"]["members"] == 60
    assert "required columns are missing" in str(found["findings"])
    assert values["level"] == report.level
    assert report.level is not Level.FAIL, [
        item for check in report.checks for item in check.findings if item.level is Level.FAIL
    ]


def test_an_empty_folder_fails_and_the_model_is_checked_all_the_same(models: Path, tmp_path: Path) -> None:
    """On members that are made up, which the finding says."""
    subject = Subject(tmp_path / "none", models, PRESET, "tiny")
    report = run_all(subject, checks={CheckName.DATA, CheckName.IMPROVEMENTS}, steps=1, probe=scripted_probe)
    data_check, improvements = report.checks
    assert data_check.level is Level.FAIL
    assert "made-up members" in str(data_check.findings)
    assert improvements.level is Level.PASS


def test_a_check_that_cannot_be_done_is_a_failed_one(models: Path, data: Path) -> None:
    """With the reason; the others are done."""

    def failing(request: ProbeRequest) -> dict[str, Any]:
        raise TrainingError("no such instruction")

    subject = Subject(data, models, PRESET, "tiny")
    report = run_all(subject, checks={CheckName.DATA, CheckName.QLORA}, probe=failing)
    assert [check.level for check in report.checks][1] is Level.FAIL
    assert "no such instruction" in str(report.checks[1].findings)


def test_a_base_model_that_is_missing_is_named_with_the_command(tmp_path: Path) -> None:
    """Instead of four failures."""
    with pytest.raises(ConfigurationError, match="fitbox model prepare"):
        run_all(Subject(tmp_path, tmp_path, PRESET, "tiny"))


def test_the_command_writes_the_report_and_ends_with_the_verdict(
    models: Path, data: Path, tmp_path: Path
) -> None:
    """0 where nothing failed, 1 where a check failed, 2 for a setting that cannot be used."""
    app = Typer()
    app.command()(validate)
    path = tmp_path / "report.json"
    options = ["--models", str(models), "--base-model", "tiny", "--check", "data", "--report", str(path)]
    good = CliRunner().invoke(app, [*options, "--data", str(data)])
    assert good.exit_code == 0, good.output
    assert "ready to train" in good.output
    assert json.loads(path.read_text())["checks"]["data"]["figures"]["members"] == 60
    bad = CliRunner().invoke(app, [*options, "--data", str(tmp_path / "none"), "--json"])
    assert bad.exit_code == EXIT_INVALID
    assert json.loads(bad.stdout)["level"] == "FAIL"
    assert CliRunner().invoke(app, [*options, "--preset", "none"]).exit_code == EXIT_BAD_SETTING
