"""The frozen base split over processes, which are played here one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bitsandbytes
import pytest
import torch
from fitbox_trainer.data.examples import Encoded, Example
from fitbox_trainer.data.packing import Row, pack
from fitbox_trainer.finetune import sharded
from fitbox_trainer.finetune.model import load_model, trainable
from fitbox_trainer.finetune.sharded import ShardedWeight, shard
from fitbox_trainer.finetune.step import RowBatch, Stepper, completion_loss
from fitbox_trainer.run.presets import Preset, parse_preset

from fitbox.tasks import TaskName
from tests.tiny_llama import write_tiny_base

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
PROCESSES = 3


def weight(four_bits: bool, rows: int = 30) -> torch.Tensor:
    """A frozen weight whose bytes do not divide by the number of processes."""
    layer = bitsandbytes.nn.Linear4bit(64, rows, bias=False, quant_type="nf4", compute_dtype=torch.float32)
    if four_bits:
        return layer.to(CPU).weight  # type: ignore[no-any-return]
    return torch.nn.Linear(64, rows, bias=False).weight


@pytest.mark.parametrize("four_bits", [True, False])
def test_the_parts_make_up_the_whole(four_bits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the bit, and each process holds no more than its share."""
    frozen = weight(four_bits)
    monkeypatch.setattr(sharded.distributed, "get_world_size", lambda: PROCESSES)
    parts = []
    for process in range(PROCESSES):
        monkeypatch.setattr(sharded.distributed, "get_rank", lambda process=process: process)
        parts.append(ShardedWeight(frozen, CPU))
    monkeypatch.setattr(
        sharded, "_gather", lambda out, _: out.copy_(torch.cat([each.part for each in parts]))
    )
    held = [each.part.numel() for each in parts]
    size = frozen.numel() * frozen.element_size()
    assert max(held) == min(held) <= size / PROCESSES + 1
    state = getattr(frozen, "quant_state", None)
    expected = frozen if state is None else bitsandbytes.functional.dequantize_4bit(frozen, state)
    assert all(torch.equal(each.whole(torch.float32), expected) for each in parts)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tiny base for the module."""
    return write_tiny_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A group of one process; the sizes of what was gathered."""
    gathered: list[int] = []

    def gather(out: torch.Tensor, part: torch.Tensor) -> None:
        gathered.append(part.numel())
        out.copy_(part)

    monkeypatch.setattr(sharded.distributed, "get_world_size", lambda: 1)
    monkeypatch.setattr(sharded.distributed, "get_rank", lambda: 0)
    monkeypatch.setattr(sharded, "_gather", gather)
    return gathered


def preset(quantization: str, dropout: float) -> Preset:
    """In float32."""
    return parse_preset(
        {
            "name": "test",
            "description": "test",
            "quantization": {"type": quantization, "compute": "float32"},
            # One projection without an adapter: it is sharded all the same.
            "lora": {"rank": 4, "alpha": 8, "dropout": dropout, "targets": ["q_proj", "up_proj"]},
            "optimizer": {"learning_rate": 1e-2},
        }
    )


def row() -> Row:
    """One short example."""
    ids = tuple(3 + index * 7 % 250 for index in range(20))
    encoded = Encoded(Example("m", TaskName.WORKOUT, (), "", "planner"), ids, 8)
    return pack([encoded], bucket_tokens=8, pad_id=0)


def with_random_adapter(base: Path, settings: Preset) -> Any:
    """LoRA's B starts at zero, which would hide half of every error."""
    model = load_model(base, settings, CPU, parent=None, seed=1)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in trainable(model).values():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model


@pytest.mark.parametrize("quantization", ["nf4", "none"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_sharded_base_computes_what_a_whole_one_does(
    base: Path, alone: list[int], quantization: str, dropout: float
) -> None:
    """Loss and every gradient, through fused layers, PEFT's own (dropout) and layers without an adapter."""
    results = []
    for sharding in (False, True):
        model = with_random_adapter(base, preset(quantization, dropout))
        if sharding:
            assert shard(model, CPU) == 14
        torch.manual_seed(3)  # for the dropout
        loss = completion_loss(model, RowBatch.of(row(), CPU))
        loss.backward()
        results.append([loss, *(p.grad for p in trainable(model).values())])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
    assert len(alone) > 14  # each layer was gathered forward, and most again backward


class OneProcess:
    """What a stepper asks of accelerate."""

    device = CPU
    num_processes = 1


def test_a_pass_that_only_keeps_company_changes_nothing(base: Path) -> None:
    """A process without rows left runs one for the others' sake."""
    losses: list[float] = []
    weights: list[torch.Tensor] = []
    make: Callable[[Any], Any] = lambda parameters: torch.optim.SGD(parameters, lr=1.0)  # noqa: E731
    for rows, idle in (([row()], 0), ([row(), row()], 1)):
        model = with_random_adapter(base, preset("none", 0.0))
        parameters = list(trainable(model).values())
        stepper = Stepper(OneProcess(), model, parameters, make(parameters), max_gradient_norm=1.0)
        loss, _ = stepper.run(rows, 12, 0.1, idle)
        losses.append(loss)
        weights.append(torch.cat([p.detach().flatten() for p in parameters]))
    assert losses[0] == losses[1]
    assert torch.equal(weights[0], weights[1])
