"""The frozen base split over processes: each holds one part of every linear layer, and all of them together
one copy.

This is the full sharding of ZeRO (Rajbhandari et al., 2020, SC20) and FSDP (Zhao et al., 2023, VLDB 16(12))
for what QLoRA leaves frozen. A frozen weight has no gradient and no optimizer state, so all that remains of
it is to gather a layer where it is used, forward and backward, and to drop it again. What is gathered is
packed in four bits, an eighth of the traffic of float32. The adapters are small and stay whole in each
process; their gradients are summed as without sharding (``step.py``). Embeddings, the output layer, norms and
the constants of the quantisation stay whole as well.

Each gather is a meeting of all processes, so each must run as many forward passes as all others: the loop
fills up with passes that count nothing.
"""

from __future__ import annotations

from typing import Any

import bitsandbytes
import torch
from torch import distributed

# PyTorch 2.13 renamed it.
_gather: Any = getattr(distributed, "all_gather_single", None) or distributed.all_gather_into_tensor


class ShardedWeight:
    """This process's part of one frozen weight ``[out, in]``."""

    def __init__(self, weight: torch.Tensor, device: torch.device) -> None:
        """Keep a part of ``weight``, held in four bits or not, on ``device``; the caller drops the rest."""
        state = getattr(weight, "quant_state", None)
        if state is not None:
            state.to(device)
        self._state = state
        self._dtype, self._shape = weight.dtype, weight.shape
        content = weight.detach().contiguous().view(-1).view(torch.uint8)
        self._bytes = content.numel()
        processes, process = distributed.get_world_size(), distributed.get_rank()
        share = -(-self._bytes // processes)
        padded = torch.nn.functional.pad(content, (0, share * processes - self._bytes))
        self.part = padded[process * share : (process + 1) * share].clone().to(device)

    def whole(self, dtype: torch.dtype) -> torch.Tensor:
        """The weight ``[out, in]`` in ``dtype``, for as long as the caller holds it."""
        gathered = self.part.new_empty(self.part.numel() * distributed.get_world_size())
        _gather(gathered, self.part)
        packed = gathered[: self._bytes].view(self._dtype).view(self._shape)
        if self._state is None:
            return packed.to(dtype)
        weight: torch.Tensor = bitsandbytes.functional.dequantize_4bit(packed, self._state)
        return weight.to(dtype)


class _FrozenLinear(torch.autograd.Function):  # type: ignore[misc]  # torch is Any to mypy here
    """``x W^T`` for x ``[..., in]``; W is gathered again for the backward pass instead of kept."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: ShardedWeight) -> torch.Tensor:
        ctx.weight = weight
        return x @ weight.whole(x.dtype).t()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, None]:
        if not ctx.needs_input_grad[0]:
            return None, None
        return gradients[0] @ ctx.weight.whole(gradients[0].dtype), None


def shard(model: Any, device: torch.device) -> int:
    """Split every frozen linear layer of the decoder and move the model to ``device``; returns how many.

    Load the model on the CPU before, so that no device ever holds the whole of it. Fused LoRA layers find the
    weight as ``layer.sharded``; all others get a forward pass that gathers it.
    """
    layers = [
        module
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and "lora_" not in name and not name.endswith("lm_head")
    ]
    for layer in layers:
        layer.sharded = ShardedWeight(layer.weight, device)
        layer.weight = torch.nn.Parameter(torch.empty(0), requires_grad=False)
        layer.forward = _forward(layer)
    torch.nn.Module.to(model, device)
    return len(layers)


def _forward(layer: Any) -> Any:
    def forward(x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = _FrozenLinear.apply(x, layer.sharded)
        return output if layer.bias is None else output + layer.bias

    return forward
