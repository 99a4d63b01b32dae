"""Whole runs on a tiny model: artefacts, repeatability, resuming, refusals."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from fitbox_trainer.data.split import is_held_out
from fitbox_trainer.finetune import __main__ as command
from fitbox_trainer.finetune import checkpoint, run
from fitbox_trainer.finetune.step import Stepper
from peft import PeftModel
from transformers import AutoModelForCausalLM

from tests.examples import thoroughly
from tests.tiny_llama import write_members, write_tiny_base
from tests.tiny_run import STEPS, adapter_digest, make_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tiny base for the module."""
    return write_tiny_base(tmp_path_factory.mktemp("base") / "tiny")


def train(folder: Path) -> int:
    """Run in this process; the exit code."""
    return command.main(["--run-dir", str(folder)])


def events(folder: Path) -> list[dict[str, Any]]:
    """``progress.jsonl``."""
    return [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = make_run(tmp_path_factory.mktemp("trained") / "run", base)
    assert train(folder) == 0
    return folder


def test_a_candidate_holds_everything_a_version_needs(trained: Path) -> None:
    """PEFT's files, the tokenizer, the record and the plot; no checkpoint stays."""
    names = {path.name for path in (trained / "candidate").iterdir()}
    assert names >= {
        "adapter_config.json",
        "adapter_model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "training_metadata.json",
        "training_log.jsonl",
        "loss.png",
    }
    assert not (trained / "checkpoints").exists()


def test_the_metadata_says_what_was_done(trained: Path) -> None:
    """Enough to repeat it: steps, rates, seed, shape, versions, counts."""
    metadata = json.loads((trained / "candidate" / "training_metadata.json").read_text())
    assert metadata["steps"] == len(metadata["learning_rates"]) == STEPS
    assert metadata["lora"]["rank"] == 4
    assert metadata["data"]["examples"] == 36
    assert metadata["adapted_layers"] == {"Linear4bit": 14}
    assert metadata["compute_dtype"] == "float32"
    assert set(metadata["versions"]) >= {"torch", "peft", "bitsandbytes"}


def test_the_metadata_says_on_whom_and_from_where(trained: Path, base: Path, tmp_path: Path) -> None:
    """Digests of files, of the ids on either side of the split, of the base and of the starting point."""
    folder = make_run(
        tmp_path / "run",
        base,
        preset={"start": "active", "data": {"held_out_share": 0.4}},
        parent_adapter=str(trained / "candidate"),
    )
    assert train(folder) == 0
    metadata = json.loads((folder / "candidate" / "training_metadata.json").read_text())
    members = (folder / "members.jsonl").read_bytes()
    assert metadata["members_files"] == {"members.jsonl": hashlib.sha256(members).hexdigest()}
    assert metadata["starting_point_digest"] == adapter_digest(trained)
    assert metadata["base_model_digest"] == json.loads((base / "manifest.json").read_text())["digest"]
    names = sorted(json.loads(line)["member_id"] for line in members.splitlines())
    for field, held_out in (("training_ids_sha256", False), ("held_out_ids_sha256", True)):
        ids = "".join(f"{name}\n" for name in names if is_held_out(name, 0.4) is held_out)
        assert metadata["data"][field] == hashlib.sha256(ids.encode()).hexdigest()
    assert metadata["data"]["held_out_members"] > 0


def test_peft_loads_the_candidate_as_it_stands(trained: Path, base: Path) -> None:
    """And it changes what the base says."""
    plain: Any = AutoModelForCausalLM.from_pretrained(base / "hf")
    ids = torch.tensor([[5, 9, 20]])
    before = plain(ids).logits
    adapted = PeftModel.from_pretrained(plain, trained / "candidate")
    assert (adapted(ids).logits - before).abs().max() > 1e-4


def test_progress_tells_stages_steps_and_the_end(trained: Path) -> None:
    """In order, with rate and time left on the steps."""
    told = events(trained)
    assert [event["stage"] for event in told if event["event"] == "stage"] == [
        "examples",
        "load",
        "train",
        "save",
    ]
    last = [event for event in told if event["event"] == "step"][-1]
    assert (last["step"], last["total_steps"]) == (STEPS, STEPS)
    assert last["tokens_per_second"] > 0
    assert "seconds_left" in last
    assert told[-1]["event"] == "done"


def test_the_loss_falls(base: Path, tmp_path: Path) -> None:
    """Even a tiny model learns which bytes occur, by more than members differ from one another."""
    run = make_run(tmp_path / "run", base, preset={"optimizer": {"learning_rate": 0.02}})
    assert train(run) == 0
    log = [json.loads(line) for line in (run / "candidate" / "training_log.jsonl").read_text().splitlines()]
    assert log[-1]["loss"] < log[0]["loss"] - 0.05


def test_the_same_run_gives_the_same_adapter(trained: Path, base: Path, tmp_path: Path) -> None:
    """Bit for bit, and another seed another one."""
    again, other = make_run(tmp_path / "again", base), make_run(tmp_path / "other", base, seed=7)
    assert (train(again), train(other)) == (0, 0)
    assert adapter_digest(again) == adapter_digest(trained)
    assert adapter_digest(other) != adapter_digest(trained)


def test_a_smaller_micro_batch_leaves_the_gradient_as_it_is(
    trained: Path, base: Path, tmp_path: Path
) -> None:
    """What is retried after running out of memory is the same run, up to the order of sums."""
    small = make_run(tmp_path / "small", base, micro_tokens=64)
    assert train(small) == 0
    logs = [
        [
            json.loads(line)["loss"]
            for line in (folder / "candidate" / "training_log.jsonl").read_text().splitlines()
        ]
        for folder in (small, trained)
    ]
    assert logs[0] == pytest.approx(logs[1], rel=2e-3)


def test_a_run_under_a_time_budget_can_be_replayed(base: Path, tmp_path: Path) -> None:
    """The recorded learning rates stand in for the clock."""
    timed = make_run(tmp_path / "timed", base, time_budget_seconds=1e6)
    assert train(timed) == 0
    rates = json.loads((timed / "candidate" / "training_metadata.json").read_text())["learning_rates"]
    replay = make_run(tmp_path / "replay", base, learning_rates=rates)
    assert train(replay) == 0
    assert adapter_digest(replay) == adapter_digest(timed)


@pytest.mark.parametrize(("damaged", "resumed_at"), [((), 3), ((3,), 2), ((3, 2), None)])
def test_an_interrupted_run_resumes_to_the_same_adapter(
    trained: Path,
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damaged: tuple[int, ...],
    resumed_at: int | None,
) -> None:
    """It crashes in its fourth step; the next start goes on from the newest checkpoint that is intact."""
    folder = make_run(tmp_path / "run", base)
    with monkeypatch.context() as patch:
        calls = iter(range(3))
        real = Stepper.run

        def crash_later(self: Stepper, *arguments: Any) -> tuple[float, float]:
            if next(calls, None) is None:
                raise RuntimeError("pulled the plug")
            return real(self, *arguments)

        patch.setattr(Stepper, "run", crash_later)
        assert train(folder) == 1
    assert [path.name for path in checkpoint.complete(folder / "checkpoints")] == ["step-3", "step-2"]
    (folder / "checkpoints" / "step-9").mkdir()  # torn: no marker
    for step in damaged:
        weights = folder / "checkpoints" / f"step-{step}" / "adapter.safetensors"
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
    assert train(folder) == 0
    resumed = [event["step"] for event in events(folder) if event["event"] == "resumed"]
    assert resumed == ([] if resumed_at is None else [resumed_at])
    assert adapter_digest(folder) == adapter_digest(trained)


def test_a_run_that_was_finished_already_is_not_trained_again(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon was killed before it noted the end; the next one is told at once."""
    folder = make_run(tmp_path / "run", base)
    assert train(folder) == 0
    digest = adapter_digest(folder)
    monkeypatch.setattr(Stepper, "run", fail_with(RuntimeError("trained twice")))
    assert train(folder) == 0
    assert events(folder)[-1]["event"] == "done"
    assert adapter_digest(folder) == digest


def test_a_checkpoint_of_other_data_is_not_resumed(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another dataset in the same folder starts from the beginning."""
    folder = make_run(tmp_path / "run", base)
    with monkeypatch.context() as patch:
        patch.setattr(run, "_write_candidate", fail_with(RuntimeError("disk full")))
        assert train(folder) == 1
    assert checkpoint.complete(folder / "checkpoints")
    write_members(folder / "members.jsonl", 13)
    assert train(folder) == 0
    assert not [event for event in events(folder) if event["event"] == "resumed"]


def fail_with(error: Exception) -> Callable[..., Any]:
    """A function that only raises."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def test_a_warm_start_continues_from_the_parent(trained: Path, base: Path, tmp_path: Path) -> None:
    """On the examples with which the parent began, its loss is lower than the base's was."""
    warm = make_run(
        tmp_path / "warm", base, preset={"start": "active"}, parent_adapter=str(trained / "candidate")
    )
    assert train(warm) == 0
    first = json.loads((warm / "candidate" / "training_log.jsonl").read_text().splitlines()[0])["loss"]
    log = [
        json.loads(line)["loss"]
        for line in (trained / "candidate" / "training_log.jsonl").read_text().splitlines()
    ]
    assert first < log[0]


@pytest.mark.parametrize(
    ("preset", "config", "message"),
    [
        ({"lora": {"targets": ["no_such_layer"]}}, {}, "lora.targets"),
        ({"optimizer": {"learning_rate": 7}}, {}, "optimizer.learning_rate"),
        ({"data": {"max_length": 32}}, {}, "no example to train on"),
        ({"device": "cuda"}, {}, "there is no GPU here"),
        ({"data": {"held_out_share": 0.89}}, {"members": ["few.jsonl"]}, "not there"),
        ({}, {"base_model": "nowhere"}, "not there"),
    ],
)
def test_what_cannot_be_used_ends_with_code_4_and_says_why(
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    preset: dict[str, Any],
    config: dict[str, Any],
    message: str,
) -> None:
    """Trying again would not help, so the code differs from a crash."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    folder = make_run(tmp_path / "run", base, preset=preset, **config)
    assert train(folder) == 4
    assert message in events(folder)[-1]["message"]
    assert events(folder)[-1]["exit_code"] == 4


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), 3),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"), 3),
        (torch.OutOfMemoryError("CUDA out of memory"), 3),
        (RuntimeError("shapes do not match"), 1),
    ],
)
def test_running_out_of_memory_has_a_code_of_its_own(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    """The daemon then tries a smaller micro-batch."""
    monkeypatch.setattr(Stepper, "run", fail_with(error))
    assert train(make_run(tmp_path / "run", base)) == code


def test_a_loss_that_is_not_a_number_ends_the_run(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left that could be published."""
    monkeypatch.setattr(Stepper, "run", lambda *_: (float("nan"), 1.0))
    folder = make_run(tmp_path / "run", base)
    assert train(folder) == 1
    assert not (folder / "candidate").exists()


ACCELERATE = (
    *("accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"),
    *("--main_process_port", "0", "--mixed_precision", "no", "--dynamo_backend", "no"),
)
"""``--multi_gpu`` is what makes it start several processes; with ``--cpu`` it would start one."""
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc_per_node", "2")


@pytest.mark.slow
@pytest.mark.parametrize(("launcher", "shard_base"), [(ACCELERATE, False), thoroughly(TORCHRUN, True)])
def test_two_processes_train_what_one_does(
    trained: Path, base: Path, tmp_path: Path, launcher: tuple[str, ...], shard_base: bool
) -> None:
    """On a CPU, each with the whole base or with half of it: the same effective batch, the same losses up to
    the order of sums. With so small rows one process has more of them in some steps than the other.
    """
    preset = {"shard_base": shard_base, "device": "auto"}
    folder = make_run(tmp_path / "run", base, preset=preset, micro_tokens=64)
    launch = [sys.executable, "-m", *launcher, "-m", "fitbox_trainer.finetune", "--run-dir", str(folder)]
    no_gpu = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(launch, capture_output=True, text=True, timeout=300, check=False, env=no_gpu)
    assert done.returncode == 0, done.stderr[-3000:]
    logs = [
        [
            json.loads(line)["loss"]
            for line in (run / "candidate" / "training_log.jsonl").read_text().splitlines()
        ]
        for run in (folder, trained)
    ]
    assert logs[0] == pytest.approx(logs[1], rel=2e-3)
    metadata = json.loads((folder / "candidate" / "training_metadata.json").read_text())
    assert metadata["processes"] == 2
