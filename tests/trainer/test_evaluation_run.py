"""Evaluating a run through real worker processes, with an engine that answers by script."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.data.examples import Member
from fitbox_trainer.evaluation import __main__ as command
from fitbox_trainer.evaluation import cli, texts
from fitbox_trainer.evaluation.decode import Decoded, Text, requests_for
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.evaluation.texts import TextCache
from fitbox_trainer.intake.synth import write_synthetic
from fitbox_trainer.run.presets import load_preset

from fitbox.engine.types import EngineSpec
from fitbox.errors import ConfigurationError
from tests.tiny_llama import write_members

pytestmark = pytest.mark.integration


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A run whose candidate only exists; the scripted engine needs no weights."""
    base = tmp_path / "base" / "tiny"
    base.mkdir(parents=True)
    (base / "manifest.json").write_text('{"digest": "d"}')
    run = tmp_path / "runs" / "r1"
    (run / "candidate").mkdir(parents=True)
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (run / "candidate" / name).write_text("{}")
    write_members(run / "members.jsonl", 40)
    preset = load_preset("cpu-quick").model_dump(mode="json")
    preset["evaluation"] = {"members": 4, "engine": "scripted"}
    config = {"preset": preset, "base_model": str(base), "members": ["members.jsonl"]}
    (run / "config.json").write_text(json.dumps(config))
    return run


def test_an_evaluation_is_written_with_every_arm(run_dir: Path) -> None:
    """Scores item by item, for the gate; a plot; the stages as events. A scripted text is no plan."""
    assert command.main(["--run-dir", str(run_dir)]) == 0
    evaluation = json.loads((run_dir / "candidate" / "evaluation.json").read_text())
    assert set(evaluation["arms"]) == {"candidate", "base", "random", "planner"}
    assert evaluation["n"] == len(evaluation["items"]) == 12
    assert all(len(arm["scores"]) == 12 for arm in evaluation["arms"].values())
    assert (evaluation["quality_score"], evaluation["parse_rate"], evaluation["violations"]) == (0, 0, 0)
    assert evaluation["arms"]["planner"]["mean"] > 0.8
    planned = evaluation["arms"]["planner"]["examined"]
    assert [row["plans"] for row in planned] == [3] * 4
    assert [row["plans"] for row in evaluation["arms"]["candidate"]["examined"]] == [0] * 4
    assert (run_dir / "candidate" / "evaluation.png").stat().st_size > 1000
    events = [json.loads(line) for line in (run_dir / "progress.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["stage", "stage", "done"]


@pytest.fixture
def starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starting adapter that ships for the base in use."""
    folder = tmp_path / "starting"
    folder.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (folder / name).write_text('{"starting": true}')
    monkeypatch.setattr(command, "shipped_adapter", lambda _: folder)
    monkeypatch.setattr(cli, "shipped_adapter", lambda _: folder)
    return folder


def test_what_a_run_adds_over_the_starting_adapter_is_reported(run_dir: Path, starting: Path) -> None:
    """The adapter that ships is an arm of its own, decoded by the same engine."""
    assert command.main(["--run-dir", str(run_dir)]) == 0
    evaluation = json.loads((run_dir / "candidate" / "evaluation.json").read_text())
    assert evaluation["against"]["starting"]["difference"]["mean"] == 0
    assert len(evaluation["arms"]["starting"]["scores"]) == 12
    events = [json.loads(line) for line in (run_dir / "progress.jsonl").read_text().splitlines()]
    assert "evaluating starting adapter" in {event.get("stage") for event in events}


def test_the_starting_adapter_can_be_evaluated_on_any_file(
    tmp_path: Path, starting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``fitbox eval --arm starting``; for a base that none ships for, the message says so."""
    monkeypatch.setattr(cli.Registry, "base_model", lambda *_: None)
    monkeypatch.setattr(cli.Registry, "verify_base", lambda *_: None)
    (tmp_path / "models" / "base" / "tiny").mkdir(parents=True)
    (tmp_path / "models" / "base" / "tiny" / "manifest.json").write_text("{}")
    write_synthetic(tmp_path / "members.csv", 20, 5)

    def evaluate() -> dict[str, Any]:
        return cli.evaluate(
            profiles=tmp_path / "members.csv",
            arms=("starting", "random"),
            n=2,
            models=tmp_path / "models",
            engine="scripted",
            base_model="tiny",
        )

    assert evaluate()["arms"]["starting"]["tokens_per_plan"] > 0
    monkeypatch.setattr(cli, "shipped_adapter", lambda _: None)
    with pytest.raises(ConfigurationError, match="no starting adapter ships for the base model tiny"):
        evaluate()


def test_a_run_without_a_candidate_ends_with_code_4(run_dir: Path) -> None:
    """There is nothing to evaluate."""
    (run_dir / "candidate" / "adapter_config.json").unlink()
    assert command.main(["--run-dir", str(run_dir)]) == 4


def test_texts_are_decoded_once_for_equal_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another grammar or other weights miss; a torn file is decoded again."""
    base = tmp_path / "base"
    base.mkdir()
    (base / "manifest.json").write_text("{}")
    spec = EngineSpec(engine="scripted", base_model=base, adapter=None, adapter_version="base")
    requests = requests_for(make_items(synthetic_members(2)))
    calls = []

    async def fake(_: EngineSpec, asked: list[object]) -> Decoded:
        calls.append(len(asked))
        return Decoded(tuple(Text("t", True, 1, 0.1) for _ in asked), 1.0)

    monkeypatch.setattr(texts, "decode", fake)
    cache = TextCache(tmp_path / "cache")
    assert cache.decode(spec, requests, ()) == cache.decode(spec, requests, ())
    assert len(calls) == 1
    cache.decode(spec, requests[1:], ())
    (base / "manifest.json").write_text('{"other": 1}')
    cache.decode(spec, requests, ())
    assert len(calls) == 3
    for path in (tmp_path / "cache").iterdir():
        path.write_text(path.read_text()[:-5])
    cache.decode(spec, requests, ())
    assert len(calls) == 4


def test_only_the_decodings_used_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for with each run stays, what was asked for once goes."""

    async def fake(_: EngineSpec, asked: list[object]) -> Decoded:
        return Decoded(tuple(Text("t", True, 1, 0.1) for _ in asked), 1.0)

    monkeypatch.setattr(texts, "decode", fake)
    monkeypatch.setattr(texts, "KEPT_DECODINGS", 2)
    (tmp_path / "manifest.json").write_text("{}")
    requests = requests_for(make_items(synthetic_members(2)))
    specs = [
        EngineSpec(
            engine="scripted", base_model=tmp_path, adapter=None, adapter_version="base", options=options
        )
        for options in ((), (("tokens", "1"),), (("tokens", "2"),))
    ]
    folder = tmp_path / "cache"
    cache = TextCache(folder)
    cache.decode(specs[0], requests, ())
    (first,) = folder.iterdir()
    cache.decode(specs[1], requests, ())
    (second,) = set(folder.iterdir()) - {first}
    os.utime(first, ns=(1, 1))
    os.utime(second, ns=(2, 2))
    cache.decode(specs[0], requests, ())
    cache.decode(specs[2], requests, ())
    assert first.exists()
    assert not second.exists()
    assert len(list(folder.iterdir())) == 2


def test_arms_of_a_file_are_compared(tmp_path: Path) -> None:
    """``fitbox eval`` for the arms that need no engine."""
    csv = tmp_path / "members.csv"
    write_synthetic(csv, 20, 5)
    (tmp_path / "models" / "base" / "tiny").mkdir(parents=True)
    result = cli.evaluate(profiles=csv, arms=("planner", "random"), n=6, models=tmp_path / "models")
    assert result["arm"] == "planner"
    assert result["quality_score"] > 0.9
    assert (result["violations"], result["parse_rate"], result["members"]) == (0, 1.0, 6)
    assert result["against"]["random"]["difference"]["low"] > 0


def test_likelihood_and_plot_are_made_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only arms that are models have a likelihood, measured on members that no training saw."""
    asked = []

    def fake(base: Path, adapter: Path | None, members: tuple[Member, ...]) -> float:
        asked.append((base.name, adapter, len(members)))
        return 1.25

    monkeypatch.setattr(cli, "held_out_nll", fake)
    monkeypatch.setattr(cli.Registry, "base_model", lambda *_: None)
    monkeypatch.setattr(cli.Registry, "verify_base", lambda *_: None)
    (tmp_path / "models" / "base" / "tiny").mkdir(parents=True)
    write_synthetic(tmp_path / "members.csv", 60, 5)
    result = cli.evaluate(
        profiles=tmp_path / "members.csv",
        arms=("base", "random"),
        n=3,
        models=tmp_path / "models",
        engine="scripted",
        base_model="tiny",
        likelihood=True,
        plot=tmp_path / "plot.png",
    )
    assert asked == [("tiny", None, result["held_out_members"])]
    assert result["held_out_nll"] == result["arms"]["base"]["nll"] == 1.25
    assert "nll" not in result["arms"]["random"]
    assert (tmp_path / "plot.png").stat().st_size > 1000


def test_an_arm_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """By name, with what there is."""
    with pytest.raises(ConfigurationError, match="champion"):
        cli.evaluate(profiles=tmp_path / "x.csv", arms=("champion",), n=1, models=tmp_path)
