"""The model of a run: the base in NF4, frozen, and the adapter on top of it, in 32 bits."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch

# bitsandbytes recommends a kernel package for 4-bit inference; training does not use it.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)

import bitsandbytes  # noqa: E402 - its logger must be quiet before the import
from peft import LoraConfig, PeftModel, get_peft_model  # noqa: E402
from transformers import AutoModelForCausalLM, BitsAndBytesConfig  # noqa: E402
from transformers.utils import logging as transformers_logging  # noqa: E402

from fitbox.errors import ConfigurationError  # noqa: E402
from fitbox_trainer.finetune import attention  # noqa: E402
from fitbox_trainer.finetune.fused import fuse  # noqa: E402
from fitbox_trainer.finetune.sharded import shard  # noqa: E402
from fitbox_trainer.run.presets import Optimizer, Preset  # noqa: E402


def compute_dtype(requested: str, device: torch.device) -> torch.dtype:
    """The type of the matrix products; ``auto`` takes bfloat16 where the hardware multiplies it natively."""
    if requested != "auto":
        return torch.bfloat16 if requested == "bfloat16" else torch.float32
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return torch.bfloat16 if native else torch.float32


def load_model(base: Path, preset: Preset, device: torch.device, *, parent: Path | None, seed: int) -> Any:
    """A PeftModel ready to train: base frozen, adapter in float32, packed attention, in training mode.

    Raises:
        ConfigurationError: ``parent`` is an adapter of another shape, or a target names no layer.
    """
    transformers_logging.disable_progress_bar()
    sharding = preset.shard_base and torch.distributed.is_initialized()
    dtype = compute_dtype(preset.quantization.compute, device)
    quantization = (
        BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=preset.quantization.double,
            bnb_4bit_compute_dtype=dtype,
        )
        if preset.quantization.type == "nf4"
        else None
    )
    model = AutoModelForCausalLM.from_pretrained(
        base / "hf",
        dtype=dtype,
        quantization_config=quantization,
        device_map={"": torch.device("cpu") if sharding else device},
        attn_implementation=attention.register(),
        local_files_only=True,
    )
    model.config.use_cache = False
    _keep_four_bit_layers_trainable(model)
    if preset.batch.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    torch.manual_seed(seed)
    adapted = _start(model, preset) if parent is None else _continue(model, parent, preset)
    adapted.train()
    fuse(adapted)
    if sharding:
        shard(adapted, device)
    return adapted


def _keep_four_bit_layers_trainable(model: Any) -> None:
    """Let no pass in evaluation mode repack the 4-bit weights.

    On processors with AVX-512 BF16, bitsandbytes 0.50 does so for a faster product that has no backward pass:
    what is trained after an evaluation would silently get wrong gradients, or none.
    """
    for layer in model.modules():
        if isinstance(layer, bitsandbytes.nn.Linear4bit):
            layer.support_avx512bf16_for_cpu = False


def _start(model: Any, preset: Preset) -> Any:
    config = LoraConfig(
        r=preset.lora.rank,
        lora_alpha=preset.lora.alpha,
        lora_dropout=preset.lora.dropout,
        target_modules=list(preset.lora.targets),
        bias="none",
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(model, config)
    except ValueError as error:
        raise ConfigurationError(f"lora.targets: {error}") from None


def _continue(model: Any, parent: Path, preset: Preset) -> Any:
    adapted = PeftModel.from_pretrained(model, parent, is_trainable=True, local_files_only=True)
    config = adapted.peft_config["default"]
    found = (config.r, config.lora_alpha, set(config.target_modules))
    if found != (preset.lora.rank, preset.lora.alpha, set(preset.lora.targets)):
        raise ConfigurationError(
            f"{parent} is an adapter of another shape than preset {preset.name!r} trains"
        )
    return adapted


def trainable(model: Any) -> dict[str, torch.nn.Parameter]:
    """The adapter's parameters by name, in a fixed order."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def make_optimizer(parameters: list[torch.nn.Parameter], settings: Optimizer, device: torch.device) -> Any:
    """The preset's optimizer. Paging is a GPU feature; on a CPU the same 8-bit states stay in memory."""
    arguments: dict[str, Any] = {
        "lr": settings.learning_rate,
        "betas": settings.betas,
        "weight_decay": settings.weight_decay,
    }
    if settings.name == "adamw":
        return torch.optim.AdamW(parameters, fused=device.type == "cuda", **arguments)
    kind = bitsandbytes.optim.PagedAdamW8bit if device.type == "cuda" else bitsandbytes.optim.AdamW8bit
    return kind(parameters, **arguments)
