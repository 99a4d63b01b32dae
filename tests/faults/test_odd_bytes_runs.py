"""Odd bytes in presets, configurations, progress and evaluations of a run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fitbox_trainer.daemon.run_inputs import RunInputs
from fitbox_trainer.daemon.settings import GateSettings, TrainerSettings
from fitbox_trainer.evaluation.texts import TextCache
from fitbox_trainer.release.gate import decide
from fitbox_trainer.run import presets
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import load_named, load_preset, parse_preset, preset_names
from fitbox_trainer.run.progress import Progress, ProgressReader
from fitbox_trainer.run.runconfig import RunConfig, base_model_digest

from fitbox.errors import ConfigurationError
from fitbox.registry import Registry

GOOD = load_named("cpu-quick")


def pipe(path: Path) -> None:
    """Nobody ever writes to it."""
    os.mkfifo(path)


ODD_FILES: dict[str, Any] = {
    "no UTF-8": b"name = '\xff'\n",
    "another code page": "description = 'été'\n".encode("cp1252"),
    "UTF-16": "name = 'x'\n".encode("utf-16"),
    "a pipe": pipe,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "far too large": b"#" * 10_000_000,
    "nested lists": b"name = " + b"[" * 20_000 + b"]" * 20_000,
    "nested tables": b"[" + b"a." * 20_000 + b"a]\n",
    "a number of many digits": b"seed = " + b"9" * 20_000,
    "no TOML": b"name = ",
    "a NUL": b"name = 'a\0b'\n",
    "an unknown key": b'password = "hunter2"\nname = 5\n',
}


@pytest.mark.slow
@pytest.mark.parametrize("content", ODD_FILES.values(), ids=ODD_FILES)
def test_a_preset_file_that_cannot_be_used_is_a_clear_error(tmp_path: Path, content: Any) -> None:
    """At once, and in one line that can be printed; what stands in the file is not in it."""
    path = tmp_path / "odd.toml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)
    with pytest.raises(ConfigurationError) as raised:
        load_preset(str(path))
    message = str(raised.value)
    assert "odd.toml" in message
    assert "\n" not in message
    assert "hunter2" not in message
    assert len(message.encode()) < 4000


@pytest.mark.parametrize(
    "name", ["", "a\0b", "x" * 5000, "\x1b[2J\n[red]", "/etc", "../../etc/passwd", "\udcff"]
)
def test_a_name_that_is_no_preset_is_a_clear_error(name: str) -> None:
    """Whatever it is; it is shown escaped."""
    for load in (load_preset, load_named):
        with pytest.raises(ConfigurationError) as raised:
            load(name)
        assert "\x1b" not in str(raised.value)
        str(raised.value).encode()


def test_a_preset_by_name_opens_no_file_of_the_callers_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may start a run is told neither which files there are nor what is in them."""
    (tmp_path / "mine.toml").write_text("name = 5\n")
    monkeypatch.setattr(presets, "read_file", lambda *_, **__: pytest.fail("opened a file"))
    messages = set()
    for path in (tmp_path / "mine.toml", tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigurationError) as raised:
            load_named(str(path))
        messages.add(str(raised.value).replace(repr(str(path)), "IT"))
    assert len(messages) == 1
    assert {load_named(name).name for name in preset_names()} == set(preset_names())


def test_a_run_that_somebody_asked_for_is_prepared_by_name_alone(tmp_path: Path) -> None:
    """A path in the ledger opens no file, unless it is the operator's own setting."""
    path = tmp_path / "mine.toml"
    path.write_bytes((Path(presets.__file__).parent / "presets" / "cpu-quick.toml").read_bytes())
    run: Any = SimpleNamespace(preset=str(path))
    registry = Registry(tmp_path / "models")
    assert RunInputs(TrainerSettings(preset=str(path)), registry).preset(run).name == "cpu-quick"
    with pytest.raises(ConfigurationError, match="no preset"):
        RunInputs(TrainerSettings(), registry).preset(run)


ODD_FIGURES = {
    "epochs without end": ("data", "epochs", float("inf")),
    "no number of epochs": ("data", "epochs", float("nan")),
    "a budget without end": (None, "time_budget_seconds", float("inf")),
    "an alpha of 400 digits": ("lora", "alpha", 10**400),
    "a seed below 0": (None, "seed", -1),
    "a seed beyond 64 bits": (None, "seed", 2**64),
    "more members than there are": ("evaluation", "members", 10**12),
    "no target at all": ("lora", "targets", []),
    "no task": ("data", "tasks", []),
    "rows without end": ("batch", "micro_tokens", 2**62),
    "text for a number": ("lora", "rank", "eight"),
}


@pytest.mark.parametrize("case", ODD_FIGURES.values(), ids=ODD_FIGURES)
def test_a_figure_that_no_run_can_have_is_refused_by_its_key(case: tuple[str | None, str, Any]) -> None:
    """Before anything is trained; later it would overflow somewhere."""
    section, key, value = case
    values = GOOD.model_dump(mode="json")
    (values if section is None else values[section])[key] = value
    with pytest.raises(ConfigurationError, match=key):
        parse_preset(values)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"preset": ' + b"[" * 9000 + b"]" * 9000 + b"}", b'{"members": []}'],
)
def test_a_config_of_another_form_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    """Of the run, not a traceback."""
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(Exception, match=r"config\.json") as raised:
        RunFolder(tmp_path).config()
    assert type(raised.value).__module__ == "fitbox.errors"


def test_what_is_written_of_a_run_is_read_again(tmp_path: Path) -> None:
    """The same, whatever is set; one writer, one reader."""
    (tmp_path / "base").mkdir()
    (tmp_path / "m.jsonl").touch()
    config = RunConfig(
        run_id="r1",
        preset=GOOD,
        base_model=tmp_path / "base",
        members=(tmp_path / "m.jsonl",),
        champion="v000001-ab",
        engine_options={"device": "cpu"},
        learning_rates=(1e-3, 2e-3),
    )
    folder = RunFolder(tmp_path / "run")
    folder.write_config(config)
    assert folder.config() == config


ODD_EVENTS = [
    b'{"event": "step", "step": Infinity, "loss": -Infinity}',
    b'{"event": "step", "step": 1e400}',
    b'{"event": "step", "step": 1' + b"0" * 400 + b"}",
    b'{"event": "step", "step": 1' + b"0" * 5000 + b"}",
    b'{"event": "step", "step": 18446744073709551615, "total_steps": 1e300}',
    b'{"event": "step", "step": -5}',
    b'{"event": "step", "step": true, "total_steps": "9", "loss": null}',
    b'{"event": "stage", "stage": {"a": 1}}',
    b'{"event": "stage", "stage": "\\ud800"}',
    b'{"event": ["step"]}',
    b"[" * 5000 + b"]" * 5000,
    b"\xff\xfe\x00",
    b'"step"',
    b"null",
]


@pytest.mark.parametrize("line", ODD_EVENTS)
def test_an_odd_line_of_progress_costs_at_most_itself(tmp_path: Path, line: bytes) -> None:
    """Figures stay such that a call can carry them, and the next line counts."""
    path = tmp_path / "progress.jsonl"
    path.write_bytes(line + b"\n" + b'{"event": "step", "loss": 0.5}\n')
    found = ProgressReader(path).read()
    assert found.loss == 0.5
    assert 0 <= found.step < 2**31
    assert 0 <= found.total_steps < 2**31
    found.activity.encode()


def test_a_line_without_end_is_left_out(tmp_path: Path) -> None:
    """It is taken in pieces, never as a whole; what follows is read."""
    path = tmp_path / "progress.jsonl"
    path.write_bytes(b"x" * 5_000_000 + b'\n{"event": "stage", "stage": "train"}\n')
    reader = ProgressReader(path)
    for _ in range(7):
        reader.read()
    assert reader.latest == Progress(activity="train")


def sound() -> dict[str, Any]:
    """An evaluation that passes."""
    items = [{"member_id": f"m{i // 3}", "slices": {"sex": "MALE"}} for i in range(30)]

    def arm(score: float) -> dict[str, Any]:
        return {"scores": [score] * 30, "violations": 0, "parse_rate": 1.0, "unanswered": 0}

    return {"arms": {"candidate": arm(0.9), "base": arm(0.2), "random": arm(0.1)}, "items": items}


ODD_EVALUATIONS: dict[str, dict[str, Any]] = {
    "arms that are a list": {"arms": [1]},
    "scores beyond all numbers": {"arms": sound()["arms"] | {"candidate": {"scores": [10**400] * 30}}},
    "scores of texts": {"arms": sound()["arms"] | {"candidate": {"scores": ["a"] * 30}}},
    "scores in scores": {"arms": sound()["arms"] | {"candidate": {"scores": [[1], [2, 3]]}}},
    "a base of huge scores": {"arms": sound()["arms"] | {"base": {"scores": [10**400] * 30}}},
    "unanswered that is a text": {
        "arms": sound()["arms"] | {"base": sound()["arms"]["base"] | {"unanswered": "no"}}
    },
    "unanswered that is no number": {
        "arms": sound()["arms"] | {"candidate": sound()["arms"]["candidate"] | {"unanswered": float("nan")}}
    },
    "golden sets of texts": {"golden": {"v1": {"candidate": "x", "reference": None, "members": 3}}},
    "golden sets beyond all numbers": {
        "golden": {"v1": {"candidate": [10**400], "reference": [1], "members": ["m"]}}
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("changes", ODD_EVALUATIONS.values(), ids=ODD_EVALUATIONS)
def test_the_gate_refuses_an_evaluation_of_another_form(changes: dict[str, Any]) -> None:
    """With a reason, whatever it holds."""
    assert decide(sound(), GateSettings()).promote
    decision = decide(sound() | changes, GateSettings())
    assert not decision.promote
    assert decision.summary


@pytest.mark.slow
@pytest.mark.parametrize("slices", [None, [], "x", 5])
def test_slices_of_another_form_are_left_out(slices: Any) -> None:
    """They only ever speak against a candidate."""
    evaluation = sound()
    evaluation["items"][0]["slices"] = slices
    assert decide(evaluation, GateSettings()).promote


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b'{"digest": 5}', b'{"digest": null}', b"\xff", b"[" * 9999]
)
def test_a_manifest_of_another_form_names_no_digest(tmp_path: Path, content: bytes) -> None:
    """Nothing is compared with it then."""
    (tmp_path / "manifest.json").write_bytes(content)
    assert base_model_digest(tmp_path) is None
    assert base_model_digest(tmp_path / "nowhere") is None


def test_odd_files_among_the_texts_are_asked_again(tmp_path: Path) -> None:
    """A cache is only a cache."""
    from fitbox_trainer.evaluation import texts

    for number, content in enumerate((b"[]", b"{}", b'{"texts": 5, "seconds": 1}', b"[" * 9999, b"\xff")):
        path = tmp_path / f"{number}.json"
        path.write_bytes(content)
        assert texts._read(path) is None
    (tmp_path / "7.json").write_text(json.dumps({"texts": [{"text": "a"}], "seconds": 1, "members": 9}))
    assert texts._read(tmp_path / "7.json") is None
    assert texts.forget_all_but(tmp_path, {"m1"}) == 6
    assert TextCache(None)
