"""What the presets for a GPU need of the code, as far as a machine without one can tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.evaluation import run as evaluation_run
from fitbox_trainer.evaluation.decode import Decoded, Text
from fitbox_trainer.evaluation.engine import chosen, with_engine
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.evaluation.run import Evaluator
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.evaluation.texts import TextCache
from fitbox_trainer.finetune import likelihood
from fitbox_trainer.finetune.attention import packed_attention, takes_flash
from fitbox_trainer.release.gate import decide
from fitbox_trainer.run.presets import Evaluation, Preset, load_named, preset_names
from fitbox_trainer.run.runconfig import RunConfig

from demo.__main__ import phases
from fitbox.engine.choice import choose_engine
from fitbox.engine.kinds import Machine
from fitbox.engine.types import EngineSpec
from fitbox.errors import ConfigurationError

pytestmark = pytest.mark.slow

WITH_GPU = Machine(
    nvidia_gpus=1,
    versions={"torch": "2.11.0+cu130", "transformers": "5.5.4", "xgrammar": "0.2.8", "openvino_genai": "1"},
    vllm=False,
)
"""It could run OpenVINO too."""


@pytest.mark.parametrize("native", [True, False])
def test_the_likelihood_is_measured_in_16_bits_on_a_gpu(
    monkeypatch: pytest.MonkeyPatch, native: bool
) -> None:
    """The flash attention of packed rows takes nothing else; on a CPU it is float32."""
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: native)
    found = likelihood.loading_dtype(torch.device("cuda"))
    assert found is (torch.bfloat16 if native else torch.float16)
    assert takes_flash("cuda", found)
    assert likelihood.loading_dtype(torch.device("cpu")) is torch.float32


def test_no_other_type_ever_gets_to_the_flash_attention() -> None:
    """A preset may compute in float32, on a GPU too."""
    assert not takes_flash("cuda", torch.float32)
    assert not takes_flash("cpu", torch.bfloat16)


def test_boundaries_of_a_gpu_are_understood_segment_by_segment() -> None:
    """Where they are a tensor and the flash attention cannot be taken, the result is the same."""
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, heads, 14, 8) for heads in (6, 2, 2))
    module = torch.nn.Identity()
    one, _ = packed_attention(module, query, key, value, None, segment_boundaries=(0, 5, 6, 14))
    other, _ = packed_attention(
        module, query, key, value, None, segment_boundaries=torch.tensor((0, 5, 6, 14), dtype=torch.int32)
    )
    assert torch.equal(one, other)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_judged_on_the_engine_that_would_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """On a machine with a GPU that is torch, whatever else is there: as the server chooses."""
    (tmp_path / "openvino").mkdir()
    (tmp_path / "openvino" / "openvino_model.xml").touch()
    monkeypatch.setattr(Machine, "look", lambda: WITH_GPU)
    config = RunConfig(preset=load_named(name), base_model=tmp_path, members=(tmp_path,))
    assert chosen(config).engine == "torch" == choose_engine("auto", tmp_path, WITH_GPU)[0]


def preset_with(**evaluation: Any) -> Preset:
    """``llama-3.2-qlora`` with another evaluation."""
    values = load_named("llama-3.2-qlora").model_dump(mode="json")
    values["evaluation"] |= evaluation
    return Preset.model_validate(values)


def test_the_operator_is_heard_before_the_preset(tmp_path: Path) -> None:
    """Engine, options and size; an option that the engine does not have is refused."""
    preset = preset_with(engine="openvino", options={"reproducible": "true"}, members=64)
    config = RunConfig(preset=preset, base_model=tmp_path, members=(tmp_path,))
    assert (chosen(config).engine, chosen(config).options) == ("openvino", {"reproducible": "true"})
    told = config.model_copy(
        update={"engine": "torch", "engine_options": {"load_in_4bit": "true"}, "evaluation_members": 8}
    )
    found = chosen(told)
    assert (found.engine, found.options, found.members) == ("torch", {"load_in_4bit": "true"}, 8)
    with pytest.raises(ConfigurationError, match="no option load_in_5bit"):
        with_engine(Evaluation(), "torch", {"load_in_5bit": "true"}, tmp_path)


def test_the_options_reach_the_worker_and_the_record(tmp_path: Path) -> None:
    """Quantisation changes texts, so it must be that of the server."""
    asked: list[EngineSpec] = []

    class Cache(TextCache):
        def decode(self, spec: EngineSpec, requests: Any, members: Any) -> Decoded:
            asked.append(spec)
            return Decoded(tuple(Text("t", True, 1, 0.1) for _ in requests), 1.0)

    settings = Evaluation(engine="torch", options={"load_in_4bit": "true", "device": "cuda"}, threads=3)
    evaluator = Evaluator(make_items(synthetic_members(1)), tmp_path, settings, Cache(None))
    arm = evaluator.engine_arm("candidate", tmp_path)
    assert asked[0].options == (("device", "cuda"), ("load_in_4bit", "true"))
    assert (asked[0].engine, asked[0].threads) == ("torch", 3)
    report = evaluator.report({"candidate": arm}, ours=evaluation_run.CANDIDATE)
    assert (report["engine"], report["engine_options"]) == ("torch", settings.options)


def test_a_base_that_has_learnt_nothing_can_be_taken_through_the_gate_on_purpose() -> None:
    """By a setting that says so; never past what the constraints forbid."""
    items = [{"member_id": f"m{i // 3}", "slices": {}} for i in range(24)]

    def arm(score: float, violations: int = 0) -> dict[str, Any]:
        scores = [score + 0.01 * (i % 3) for i in range(24)]
        return {"scores": scores, "violations": violations, "parse_rate": 0.3, "unanswered": 0}

    arms = {"candidate": arm(0.1), "base": arm(0.1), "random": arm(0.3)}
    assert not decide({"arms": arms, "items": items}, GateSettings()).promote
    lenient = GateSettings(min_gain=-1, min_parse_rate=0)
    assert decide({"arms": arms, "items": items}, lenient).promote
    assert not decide({"arms": arms | {"candidate": arm(0.1, 1)}, "items": items}, lenient).promote


def test_the_demo_tells_how_long_each_phase_took(tmp_path: Path) -> None:
    """From what the children of the run told, in the order of the loop."""
    run = tmp_path / ".work" / "runs" / "r1"
    run.mkdir(parents=True)
    told = [
        {"event": "stage", "stage": "load", "time": 1.0},
        {"event": "step", "step": 1, "time": 2.0},
        {"event": "stage", "stage": "train", "time": 3.0},
        {"event": "done", "time": 63.5},
        {"event": "stage", "stage": "evaluating base", "time": 80.0},
        {"event": "done", "time": 95.25},
    ]
    (run / "progress.jsonl").write_text("".join(json.dumps(event) + "\n" for event in told) + '{"torn')
    assert phases(tmp_path) == {"load": 2.0, "train": 60.5, "evaluating_base": 15.2}
