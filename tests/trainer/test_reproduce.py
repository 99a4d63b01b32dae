"""A version is trained again from its own record: the same bytes, or a refusal that says why."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fitbox_client import cli as client_cli
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.data import examples
from fitbox_trainer.data.dataset import assemble
from fitbox_trainer.finetune import __main__ as finetune
from fitbox_trainer.intake.validate import member_id
from fitbox_trainer.release.publish import settle
from fitbox_trainer.reproduce import record as records
from fitbox_trainer.reproduce import replay, whole
from fitbox_trainer.reproduce.cli import _in_words
from fitbox_trainer.reproduce.compare import TOLERANCE, Tolerance, Verdict, compare
from fitbox_trainer.reproduce.record import Inputs, Record, read_record
from fitbox_trainer.reproduce.replay import config_of
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import load_preset
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

from fitbox.chat import CHAT_DATE
from fitbox.errors import AdapterInvalidError, BaseModelError, ConfigurationError, DatasetError, TrainingError
from fitbox.registry import Registry
from tests.scripted_training import evaluation
from tests.tiny_llama import write_tiny_base

pytestmark = pytest.mark.integration

RATES = (1e-3, 9e-3, 7e-3, 2e-3)
"""As a clock might have shaped them: no schedule gives these, and more steps were planned."""


class Shop:
    """A registry with one version that a real, short training made."""

    def __init__(self, root: Path) -> None:
        self.root, self.models, self.work = root, root / "models", root / ".work"
        self.registry = Registry(self.models)

    @property
    def dataset(self) -> Path:
        """The file of the version's dataset."""
        (version,) = self.registry.versions()
        return self.work / "datasets" / f"{version.dataset_digest}.jsonl"

    def reproduce(self, **options: Any) -> whole.Reproduction:
        """The version once more."""
        return whole.reproduce("active", models=self.models, work=self.work, **options)

    def change_record(self, **changes: Any) -> None:
        """Let the version's record say something else."""
        (version,) = self.registry.versions()
        path = version.path / "training_metadata.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def train_a_version(root: Path, compute: str = "float32") -> Shop:
    """Four steps; accepted and published."""
    shop = Shop(root)
    base = write_tiny_base(shop.models / "base" / "tiny")
    members = root / "members.jsonl"
    lines = []
    for number in range(8):
        profile = {"age_years": 20 + number, "height_cm": 170.0, "sex": "MALE", "weight_kg": 70.0 + number}
        text = json.dumps(profile, sort_keys=True, separators=(",", ":"))
        lines.append(f'{{"line":{number + 2},"member_id":"{member_id(text)}","profile":{text}}}\n')
    members.write_text("".join(lines))
    dataset = assemble([members], shop.work / "datasets")
    preset = load_preset("cpu-quick").model_dump(mode="json")
    preset |= {"threads": 1, "device": "cpu", "checkpoint_seconds": 1e6}
    preset["quantization"] |= {"compute": compute}
    preset["lora"] |= {"rank": 2, "alpha": 4}
    preset["batch"] |= {"examples": 2}
    preset["data"] |= {"epochs": 1.0, "max_length": 4096, "held_out_share": 0.0}
    run_dir = root / "run"
    run_dir.mkdir()
    path = shop.work / "datasets" / f"{dataset.digest}.jsonl"
    config = {"preset": preset, "base_model": str(base), "members": [str(path)], "learning_rates": RATES}
    (run_dir / "config.json").write_text(json.dumps(config))
    assert finetune.main(["--run-dir", str(run_dir)]) == 0
    (run_dir / "candidate" / "evaluation.json").write_text(json.dumps(evaluation()))
    ledger = Ledger(shop.work / "ledger.sqlite3")
    run = ledger.create_run("cpu-quick", dataset=dataset, sources={"a.csv": "e" * 64})
    ledger.close()
    model = shop.registry.base_model("tiny")
    outcome = settle(run, run_dir, registry=shop.registry, base=model, gate=GateSettings())
    assert outcome.version is not None, outcome.reason
    return shop


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained once; each test gets a copy."""
    return train_a_version(tmp_path_factory.mktemp("made")).root


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Shop:
    """Everything in its place."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Shop(tmp_path)


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal must come before any training."""

    def fail(*_: Any) -> Path:
        raise AssertionError("it trained")

    monkeypatch.setattr(whole, "replay", fail)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same training without a process of its own, which would take most of the time."""

    def train(record: Record, inputs: Inputs, folder: Path, _: Any) -> Path:
        RunFolder(folder).write_config(config_of(record, inputs))
        assert finetune.main(["--run-dir", str(folder)]) == 0
        return folder / "candidate"

    monkeypatch.setattr(whole, "replay", train)


def test_a_version_is_trained_again_to_the_same_bytes(shop: Shop) -> None:
    """On a CPU in float32, in a process of its own, whatever the clock says."""
    steps = []
    found = shop.reproduce(tell=lambda progress: steps.append(progress.step))
    assert found.comparison.verdict is Verdict.IDENTICAL
    assert found.comparison.exact
    assert found.comparison.digest == found.comparison.digest_again
    assert (found.comparison.loss_distance, found.comparison.update_distance) == (0.0, 0.0)
    assert _in_words(found).splitlines()[:2] == [
        f"{found.version}: identical",
        f"  weights {found.comparison.digest}",
    ]
    assert steps[-1] == len(RATES)


@pytest.mark.usefixtures("in_process")
def test_the_same_processor_gives_the_same_bytes_in_bfloat16_too(tmp_path: Path) -> None:
    """Another one may round differently, so no more than agreement is asked for."""
    found = train_a_version(tmp_path, "bfloat16").reproduce()
    assert found.comparison.verdict is Verdict.IDENTICAL
    assert not found.comparison.exact


@pytest.mark.usefixtures("in_process")
def test_a_record_that_names_another_seed_is_found_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repetition is a training of the record, not a copy of the result."""
    monkeypatch.setattr(Registry, "verify", lambda *_: None)  # the altered record would be refused already
    shop.change_record(seed=7)
    found = shop.reproduce(keep=shop.root / "kept")
    assert found.comparison.verdict is Verdict.DIFFERENT
    assert found.comparison.update_distance > 0.1
    assert (shop.root / "kept" / "candidate" / "adapter_model.safetensors").is_file()


@pytest.mark.usefixtures("untrained")
def test_prompts_of_another_day_are_not_repeated(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day that prompts are written on is recorded; examples of another one would not be the same."""
    monkeypatch.setattr(Registry, "verify", lambda *_: None)
    (version,) = shop.registry.versions()
    assert version.metadata["chat_date"] == CHAT_DATE
    shop.change_record(chat_date="01 Jan 2025")
    with pytest.raises(ConfigurationError, match="written on 01 Jan 2025"):
        shop.reproduce()


def altered_profile(path: Path) -> None:
    """Somebody is a year older."""
    path.write_text(path.read_text().replace('"age_years":23', '"age_years":24'))


def another_coach_text(path: Path) -> None:
    """Somebody gets a target."""
    lines = path.read_text().splitlines(keepends=True)
    lines[0] = lines[0].rstrip("\n}") + '},"targets":{"advice":"rest"}}\n'
    path.write_text("".join(lines))


def shuffled_lines(path: Path) -> None:
    """The same members in another order would be other batches."""
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))


def lost_member(path: Path) -> None:
    """One line is gone."""
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


@pytest.mark.usefixtures("in_process")
def test_other_code_is_told_from_other_rounding(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planner that writes other targets by now shows in the first step, and the report says so."""
    monkeypatch.setattr(examples, "_planned", lambda *_: "!" * 99)
    found = shop.reproduce()
    assert found.comparison.verdict is Verdict.DIFFERENT
    assert found.comparison.first_loss_distance > TOLERANCE.first_loss
    assert "other examples of the data now" in _in_words(found)


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (altered_profile, "not the one that its id was made from"),
        (another_coach_text, "is not the dataset"),
        (shuffled_lines, "not in the order"),
        (lost_member, "is not the dataset"),
        (Path.unlink, "any more"),
        (lambda path: path.write_text("{}\n"), "not a member"),
    ],
)
def test_another_dataset_is_refused(shop: Shop, damage: Callable[[Path], None], message: str) -> None:
    """Profile, target, order, number: each is seen before anything is trained."""
    damage(shop.dataset)
    with pytest.raises(DatasetError, match=message):
        shop.reproduce()


@pytest.mark.usefixtures("untrained")
def test_another_base_model_is_refused(shop: Shop) -> None:
    """Whether its manifest says so or its bytes do."""
    path = shop.models / "base" / "tiny" / "manifest.json"
    manifest = json.loads(path.read_text())
    weights = {"files": {"hf/model.safetensors": manifest["digest"]}}
    path.write_text(json.dumps(manifest | weights))
    file = path.parent / "hf" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(BaseModelError, match="altered"):
        shop.reproduce()
    path.write_text(json.dumps(manifest | {"digest": "0" * 64}))
    with pytest.raises(AdapterInvalidError, match="trained on tiny"):
        shop.reproduce()


@pytest.mark.usefixtures("in_process")
def test_other_libraries_are_refused_unless_it_is_to_go_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then they are remarks beside the result."""
    installed = records.library_versions() | {"torch": "1.0", "openvino-genai": "1.0"}
    monkeypatch.setattr(records, "library_versions", lambda: installed)
    with pytest.raises(ConfigurationError, match=r"torch was .*, is 1\.0\. Install those"):
        shop.reproduce()
    found = shop.reproduce(anyway=True)
    assert any(remark.startswith("torch was") for remark in found.remarks)
    assert not any("openvino" in remark for remark in found.remarks)
    assert found.comparison.verdict is Verdict.IDENTICAL


@pytest.mark.usefixtures("untrained")
def test_a_version_without_a_record_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is missing is named."""
    monkeypatch.setattr(Registry, "verify", lambda *_: None)
    shop.change_record(learning_rates=None, provenance={})
    with pytest.raises(ConfigurationError, match=r"learning_rates, provenance\.config"):
        shop.reproduce()


@pytest.mark.usefixtures("untrained")
def test_a_starting_point_that_is_gone_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was continued from must be there, and be what it was."""
    monkeypatch.setattr(Registry, "verify", lambda *_: None)
    (version,) = shop.registry.versions()
    preset = read_record(version).metadata["preset"]
    shop.change_record(starting_point="starting_adapter", preset=preset | {"start": "shipped"})
    with pytest.raises(ConfigurationError, match="no starting adapter ships"):
        shop.reproduce()
    shop.change_record(preset=preset | {"start": "active"})
    with pytest.raises(ConfigurationError, match="cannot be had"):
        shop.reproduce()
    provenance = dict(read_record(version).provenance) | {"parent": version.name}
    shop.change_record(provenance=provenance, starting_point_digest="0" * 64)
    with pytest.raises(ConfigurationError, match="another one now"):
        shop.reproduce()


def test_a_training_that_fails_says_what_it_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of leaving it in a log that is deleted."""
    complaint = "import sys; print('no memory for that'); sys.exit(3)"
    monkeypatch.setattr(replay, "_launcher", lambda _: (sys.executable, "-c", complaint))
    with pytest.raises(TrainingError, match="exit code 3: no memory for that"):
        shop.reproduce()


def test_the_command_is_added_to_the_clients_own_group(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """``fitbox runs`` is the client's; the trainer adds ``reproduce`` where it is installed."""
    shop.dataset.unlink()
    points = {
        "fitbox.commands": [EntryPoint("runs", "fitbox_client.commands:runs", "fitbox.commands")],
        "fitbox.commands.runs": [
            EntryPoint("reproduce", "fitbox_trainer.reproduce.cli:reproduce", "fitbox.commands.runs"),
            EntryPoint("absent", "fitbox_trainer.no_such:module", "fitbox.commands.runs"),
        ],
    }
    monkeypatch.setattr(client_cli, "entry_points", lambda group: points.get(group, []))
    app = client_cli.build_app()
    listed = CliRunner().invoke(app, ["runs", "--help"]).output
    assert all(name in listed for name in ("watch", "reproduce", "absent"))
    options = ["--models", str(shop.models), "--work", str(shop.work)]
    refused = CliRunner().invoke(app, ["runs", "reproduce", "active", *options])
    assert (refused.exit_code, "any more" in refused.output) == (2, True)
    missing = CliRunner().invoke(app, ["runs", "absent"])
    assert "fitbox runs absent needs more: pip install 'fitbox[trainer]'" in missing.output


def test_within_rounding_is_told_from_different(shop: Shop, tmp_path: Path) -> None:
    """Where the same bytes cannot be expected, small differences pass and large ones do not."""
    (version,) = shop.registry.versions()
    folders = {name: tmp_path / name for name in ("original", "rounded", "other")}
    for folder in folders.values():
        shutil.copytree(version.path, folder)
    for name, size in (("rounded", 1e-3), ("other", 1.0)):
        path = folders[name] / "adapter_model.safetensors"
        tensors = load_file(path)
        noise = np.random.default_rng(0)
        save_file(
            {
                key: (t + size * t.std() * noise.standard_normal(t.shape)).astype(t.dtype)
                for key, t in tensors.items()
            },
            path,
        )
    assert compare(folders["original"], folders["rounded"]).verdict is Verdict.DIFFERENT  # float32 on a CPU
    for folder in folders.values():
        path = folder / "training_metadata.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"device": "cuda"}))
    near = compare(folders["original"], folders["rounded"])
    assert near.verdict is Verdict.WITHIN_TOLERANCE
    assert 0 < near.update_distance < 0.01
    assert compare(folders["original"], folders["other"]).verdict is Verdict.DIFFERENT
    strict = compare(folders["original"], folders["rounded"], Tolerance(update=0.0))
    assert strict.verdict is Verdict.DIFFERENT
    (folders["rounded"] / "training_log.jsonl").write_text("")
    assert compare(folders["original"], folders["rounded"]).to_dict()["loss_distance"] is None
