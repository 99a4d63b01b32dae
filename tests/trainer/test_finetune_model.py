"""The model of a run: packing changes nothing, fusing changes nothing, gradients are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from fitbox_trainer.data.examples import Encoded, Example
from fitbox_trainer.data.packing import pack
from fitbox_trainer.finetune.fused import fuse
from fitbox_trainer.finetune.model import load_model, trainable
from fitbox_trainer.finetune.step import RowBatch, completion_logits, completion_loss
from fitbox_trainer.run.presets import Preset, parse_preset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from fitbox.tasks import TaskName
from tests.tiny_llama import write_tiny_base

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tiny base for the module."""
    return write_tiny_base(tmp_path_factory.mktemp("base") / "tiny")


def preset(quantization: str = "none", compute: str = "float32", **batch: Any) -> Preset:
    """A small preset in full precision unless told otherwise."""
    return parse_preset(
        {
            "name": "test",
            "description": "test",
            "quantization": {"type": quantization, "compute": compute},
            "lora": {"rank": 4, "alpha": 8},
            "optimizer": {"learning_rate": 1e-2},
            "batch": batch,
        }
    )


def example(prompt: int, completion: int, start: int) -> Encoded:
    """Ids within the tiny vocabulary."""
    ids = tuple(3 + (start + index * 7) % 250 for index in range(prompt + completion))
    return Encoded(Example("m", TaskName.WORKOUT, (), "", "planner"), ids, prompt)


EXAMPLES = [example(5, 9, 1), example(17, 30, 50), example(3, 4, 90)]


def model_with_random_adapter(base: Path, settings: Preset) -> Any:
    """LoRA's B starts at zero, which would hide half of every error."""
    model = load_model(base, settings, CPU, parent=None, seed=1)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in trainable(model).values():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model


def row(examples: list[Encoded], bucket: int = 16) -> RowBatch:
    """A packed row on the CPU."""
    return RowBatch.of(pack(examples, bucket_tokens=bucket, pad_id=0), CPU)


def gradients(model: Any) -> dict[str, torch.Tensor]:
    """Copies of all gradients; clears them."""
    found = {}
    for name, parameter in trainable(model).items():
        assert parameter.grad is not None, name
        found[name] = parameter.grad.clone()
        parameter.grad = None
    return found


def test_packed_and_separate_losses_and_gradients_agree(base: Path) -> None:
    """Three examples in one padded row, or each in its own, in float32."""
    model = model_with_random_adapter(base, preset())
    together = completion_loss(model, row(EXAMPLES))
    together.backward()
    packed = gradients(model)
    apart = [completion_loss(model, row([one], bucket=1)) for one in EXAMPLES]
    total = sum(apart[1:], apart[0])
    total.backward()
    torch.testing.assert_close(together, total, rtol=1e-5, atol=1e-5)
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(packed[name], gradient, rtol=1e-4, atol=1e-5)


def test_a_neighbour_in_the_row_changes_no_logits(base: Path) -> None:
    """The same example beside two different ones."""
    model = model_with_random_adapter(base, preset())
    mine = EXAMPLES[0].completion_tokens
    beside_one = completion_logits(model, row([EXAMPLES[0], EXAMPLES[1]]))[:mine]
    beside_other = completion_logits(model, row([EXAMPLES[0], EXAMPLES[2]]))[:mine]
    torch.testing.assert_close(beside_one, beside_other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_a_neighbour_says_changes_no_bit_of_the_logits(base: Path, place: int) -> None:
    """In front, in between and at the end, beside neighbours of the same lengths with other tokens."""
    model = model_with_random_adapter(base, preset())
    mine = example(17, 30, 50)

    def logits(first: int, second: int) -> torch.Tensor:
        examples = [example(5, 9, first), example(3, 4, second)]
        examples.insert(place, mine)
        start = sum(one.completion_tokens for one in examples[:place])
        return completion_logits(model, row(examples))[start : start + mine.completion_tokens]

    torch.testing.assert_close(logits(1, 90), logits(120, 7), rtol=0, atol=0)


def test_packed_attention_agrees_with_a_plain_causal_model(base: Path) -> None:
    """transformers' own forward pass over the single example is the reference."""
    model = model_with_random_adapter(base, preset())
    reference = AutoModelForCausalLM.from_pretrained(
        base / "hf", dtype=torch.float32, attn_implementation="eager"
    )
    for parameter in trainable(model).values():
        parameter.data.zero_()
    one = EXAMPLES[1]
    expected = reference(torch.tensor([one.token_ids])).logits[0, one.prompt_tokens - 1 : -1]
    found = completion_logits(model, row([EXAMPLES[0], one]))[EXAMPLES[0].completion_tokens :]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_fused_layers_compute_what_peft_computes(base: Path, quantization: str) -> None:
    """Loss and every gradient, over a frozen base in full precision and in four bits."""
    fused = model_with_random_adapter(base, preset(quantization))
    plain = model_with_random_adapter(base, preset(quantization))
    for module in plain.modules():
        module.__dict__.pop("forward", None)  # what fuse() has set
    losses = [completion_loss(model, row(EXAMPLES)) for model in (fused, plain)]
    for loss in losses:
        loss.backward()
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-5, atol=1e-4)
    expected = gradients(plain)
    for name, gradient in gradients(fused).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-3, atol=1e-4)


def test_every_projection_is_fused(base: Path) -> None:
    """Seven a layer; a layer with dropout is left to PEFT."""
    config = LoraConfig(r=2, target_modules=["q_proj"], lora_dropout=0.5, task_type="CAUSAL_LM")
    plain: Any = AutoModelForCausalLM.from_pretrained(base / "hf")
    assert fuse(get_peft_model(plain, config)) == 0
    assert fuse(load_model(base, preset(), CPU, parent=None, seed=1)) == 14


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
@pytest.mark.parametrize("dropout", [0.0, 0.05])
def test_an_evaluation_leaves_the_gradients_of_four_bit_layers_as_they_are(
    base: Path, compute: str, checkpointing: bool, dropout: float
) -> None:
    """bitsandbytes repacks its weights at a forward pass in evaluation mode on AVX-512 BF16 processors.

    With dropout the layers are PEFT's own, which go through bitsandbytes' product, without it the fused ones.
    """
    settings = preset("nf4", compute, gradient_checkpointing=checkpointing)
    settings = settings.model_copy(update={"lora": settings.lora.model_copy(update={"dropout": dropout})})
    model = model_with_random_adapter(base, settings)

    def trained() -> dict[str, torch.Tensor]:
        torch.manual_seed(3)  # the same inputs are dropped
        completion_loss(model, row(EXAMPLES)).backward()
        return gradients(model)

    before = trained()
    model.eval()
    with torch.no_grad():
        completion_loss(model, row(EXAMPLES))
    model.train()
    for name, gradient in trained().items():
        assert gradient.abs().max() > 0, name
        torch.testing.assert_close(gradient, before[name], rtol=0, atol=0)


def test_only_the_adapter_trains_and_in_float32(base: Path) -> None:
    """Whatever the base is held in."""
    model = load_model(base, preset("nf4", "bfloat16"), CPU, parent=None, seed=1)
    parameters = trainable(model)
    assert len(parameters) == 2 * 7 * 2
    assert all("lora_" in name and p.dtype == torch.float32 for name, p in parameters.items())
