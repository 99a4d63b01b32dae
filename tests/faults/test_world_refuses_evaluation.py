"""Workers that die, hang or do not start while a candidate is judged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.evaluation import __main__ as command
from fitbox_trainer.evaluation import decode as decoding
from fitbox_trainer.evaluation.arms import decoded_arm
from fitbox_trainer.evaluation.decode import decode, requests_for
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.evaluation.texts import TextCache
from fitbox_trainer.release.gate import decide
from fitbox_trainer.run.presets import load_preset

from fitbox.engine.types import EngineSpec, FinishReason, Generation, GenerationRequest
from fitbox.errors import EngineDiedError, EngineRefusedError, EngineStartError
from tests.tiny_llama import write_members

pytestmark = pytest.mark.slow

Behaviour = Callable[["Worker", int], None]
"""What a worker does before it answers its nth request; may raise."""


class Worker:
    """An engine worker that answers by script."""

    def __init__(self, spec: EngineSpec, behave: Behaviour) -> None:
        self.spec, self.behave = spec, behave
        self.asked = 0
        self.pid = 1
        self.hangs = False
        self.killed = asyncio.Event()

    async def generate(self, _: GenerationRequest) -> Generation:
        self.asked += 1
        self.behave(self, self.asked)
        if self.hangs:
            await self.killed.wait()
            raise EngineDiedError("killed")
        return Generation("text", FinishReason.STOP, 5, 3, 0.1, 0.2)

    async def ping(self, *, timeout_seconds: float) -> None:
        if self.hangs:
            raise TimeoutError

    async def kill(self) -> None:
        self.killed.set()

    async def stop(self) -> None:
        pass


class Engines:
    """Takes the place of ``EngineProcess``; counts starts by version."""

    def __init__(self) -> None:
        self.starts: list[str] = []
        self.behaviours: dict[str, list[Behaviour]] = {}
        """By version: of its first start, its second, ...; all further ones are well."""
        self.does_not_load: set[str] = set()

    async def start(self, spec: EngineSpec, *, timeout_seconds: float) -> Worker:
        version = spec.adapter_version
        number = self.starts.count(version)
        self.starts.append(version)
        if version in self.does_not_load:
            raise EngineStartError(f"{version} does not load")
        given = self.behaviours.get(version, [])
        return Worker(spec, given[number] if number < len(given) else lambda worker, asked: None)


def dies_at(request: int) -> Behaviour:
    """Dead from this request on."""

    def behave(_: Worker, asked: int) -> None:
        if asked >= request:
            raise EngineDiedError("worker 7 ended with code -9")

    return behave


def refuses(request: int) -> Behaviour:
    """One request only."""

    def behave(_: Worker, asked: int) -> None:
        if asked == request:
            raise EngineRefusedError("bad_grammar", "not this one")

    return behave


def hangs_at(request: int) -> Behaviour:
    """From this request on no answer comes."""

    def behave(worker: Worker, asked: int) -> None:
        worker.hangs = worker.hangs or asked >= request

    return behave


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    """Workers by script."""
    found = Engines()
    monkeypatch.setattr(decoding, "EngineProcess", found)
    return found


@pytest.fixture
def spec(tmp_path: Path) -> EngineSpec:
    """The base model alone."""
    (tmp_path / "manifest.json").write_text("{}")
    return EngineSpec("scripted", tmp_path, None, "base")


@pytest.fixture(scope="module")
def requests() -> list[GenerationRequest]:
    """Plans for three members."""
    return requests_for(make_items(synthetic_members(3)))


async def test_a_worker_that_dies_is_no_answer_and_another_one_is_asked_everything(
    engines: Engines, spec: EngineSpec, requests: list[GenerationRequest]
) -> None:
    """Nothing of the first counts."""
    engines.behaviours["base"] = [dies_at(4)]
    decoded = await decode(spec, requests)
    assert decoded.whole
    assert all(text.text == "text" for text in decoded.texts)
    assert engines.starts == ["base", "base"]


@pytest.mark.parametrize("second", [dies_at(1), hangs_at(2)])
async def test_two_dead_workers_fail_the_arm(
    engines: Engines,
    spec: EngineSpec,
    requests: list[GenerationRequest],
    second: Behaviour,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dead or hung; the reason is the engine's."""
    monkeypatch.setattr(decoding, "PING_SECONDS", 0.0)
    engines.behaviours["base"] = [hangs_at(1), second]
    with pytest.raises(EngineDiedError):
        await decode(spec, requests)
    assert len(engines.starts) == 2


async def test_a_request_that_the_engine_refuses_is_an_answer(
    engines: Engines, spec: EngineSpec, requests: list[GenerationRequest]
) -> None:
    """A poor one: it counts as unanswered, the others stand, and no other worker is asked."""
    engines.behaviours["base"] = [refuses(2)]
    decoded = await decode(spec, requests)
    assert (decoded.answered, decoded.whole) == (len(requests) - 1, False)
    assert len(engines.starts) == 1
    arm = decoded_arm("base", make_items(synthetic_members(3)), decoded)
    assert (arm.unanswered, arm.whole) == (1, False)


def test_what_is_not_whole_is_never_kept(
    engines: Engines, spec: EngineSpec, requests: list[GenerationRequest], tmp_path: Path
) -> None:
    """Neither the texts of dead workers nor those with a refusal; the whole ones are."""
    cache = TextCache(tmp_path / "cache")
    engines.behaviours["base"] = [dies_at(3), dies_at(3), refuses(1)]
    with pytest.raises(EngineDiedError):
        cache.decode(spec, requests, ())
    assert not cache.decode(spec, requests, ()).whole
    assert not list(tmp_path.glob("cache/*"))
    assert cache.decode(spec, requests, ()) == cache.decode(spec, requests, ())
    assert len(engines.starts) == 4


@pytest.fixture
def run_dir(tmp_path: Path, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with a champion."""
    base = tmp_path / "base" / "tiny"
    base.mkdir(parents=True)
    (base / "manifest.json").write_text('{"digest": "d"}')
    run = tmp_path / "runs" / "r1"
    for folder in (run / "candidate", tmp_path / "v000007-abcdef12"):
        folder.mkdir(parents=True)
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            (folder / name).write_text(folder.name)
    write_members(run / "members.jsonl", 40)
    preset = load_preset("cpu-quick").model_dump(mode="json")
    preset["evaluation"] = {"members": 4, "engine": "scripted"}
    config = {
        "preset": preset,
        "base_model": str(base),
        "members": ["members.jsonl"],
        "champion": "v000007-abcdef12",
        "champion_adapter": str(tmp_path / "v000007-abcdef12"),
    }
    (run / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr(command, "shipped_adapter", lambda _: None)
    return run


def evaluation_of(run_dir: Path) -> dict[str, Any]:
    """What was written."""
    found: dict[str, Any] = json.loads((run_dir / "candidate" / "evaluation.json").read_text())
    return found


def test_a_champion_that_does_not_load_is_judged_without_and_said_so(
    run_dir: Path, engines: Engines, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the evaluation, in the verdict of the gate, and in the log."""
    engines.does_not_load = {"champion"}
    assert command.main(["--run-dir", str(run_dir)]) == 0
    found = evaluation_of(run_dir)
    assert set(found["arms"]) == {"candidate", "base", "random", "planner"}
    assert "v000007-abcdef12 does not load" in found["without"]["champion"]
    (note,) = decide(found, GateSettings()).notes
    assert note.startswith("judged without the champion: v000007-abcdef12")
    assert "judged without the champion" in capfd.readouterr().err
    # Blamed only after the engine had loaded the base once more, and the champion again had not loaded.
    assert engines.starts[-3:] == ["champion", "base", "champion"]


def test_a_champion_whose_files_are_gone_is_judged_without(run_dir: Path, tmp_path: Path) -> None:
    """Deleted while the run trained."""
    (tmp_path / "v000007-abcdef12" / "adapter_model.safetensors").unlink()
    assert command.main(["--run-dir", str(run_dir)]) == 0
    assert "v000007-abcdef12" in evaluation_of(run_dir)["without"]["champion"]


def test_an_engine_that_loads_nothing_blames_nobody(run_dir: Path, engines: Engines) -> None:
    """The run is tried again; no evaluation is written."""
    engines.does_not_load = {"candidate", "champion", "base"}
    assert command.main(["--run-dir", str(run_dir)]) == 1
    assert not (run_dir / "candidate" / "evaluation.json").exists()


def test_a_start_that_was_refused_in_passing_costs_nobody_anything(run_dir: Path, engines: Engines) -> None:
    """The candidate loads once the base has: it is judged."""
    real, refused = engines.start, iter(["candidate"])

    async def start(spec: EngineSpec, *, timeout_seconds: float) -> Worker:
        if next(refused, None) == spec.adapter_version:
            raise EngineStartError("too many open files")
        return await real(spec, timeout_seconds=timeout_seconds)

    engines.start = start  # type: ignore[method-assign]
    assert command.main(["--run-dir", str(run_dir)]) == 0
    assert "load_error" not in evaluation_of(run_dir)
    assert "candidate" in evaluation_of(run_dir)["arms"]


def test_a_champion_whose_workers_die_is_not_beaten_by_that(run_dir: Path, engines: Engines) -> None:
    """Nothing is judged at all; the next attempt asks again, with what was whole from the cache."""
    engines.behaviours["champion"] = [dies_at(2), dies_at(2)]
    assert command.main(["--run-dir", str(run_dir)]) == 1
    assert not (run_dir / "candidate" / "evaluation.json").exists()
    asked = len(engines.starts)
    assert command.main(["--run-dir", str(run_dir)]) == 0
    assert engines.starts[asked:] == ["champion"]
    assert "champion" in evaluation_of(run_dir)["arms"]


@pytest.mark.parametrize("arm", ["candidate", "base", "champion"])
def test_the_gate_holds_every_arm_to_the_same_rule_of_answers(arm: str) -> None:
    """A champion at 0.94 of which one plan in thirty came back is not beaten with 0.40."""
    items = [{"member_id": f"m{i // 3}", "slices": {}} for i in range(30)]

    def made(score: float, unanswered: int = 0) -> dict[str, Any]:
        scores = [0.0] * unanswered + [score] * (30 - unanswered)
        return {"scores": scores, "violations": 0, "parse_rate": 1.0, "unanswered": unanswered}

    scores = {"candidate": 0.95, "base": 0.2, "random": 0.1, "champion": 0.94}
    whole = {name: made(score) for name, score in scores.items()}
    assert decide({"arms": whole, "items": items}, GateSettings()).promote
    lame = whole | {arm: made(scores[arm], unanswered=29) | {"parse_rate": 1.0}}
    decision = decide({"arms": lame, "items": items}, GateSettings())
    assert not decision.promote
    assert "does_not_answer" in {reason.code for reason in decision.reasons}
    assert any(reason.detail.startswith(f"{arm}: 29 of 30") for reason in decision.reasons)
