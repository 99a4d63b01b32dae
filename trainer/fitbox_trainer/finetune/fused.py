"""LoRA linear layers as one operation each, in the base's compute type.

PEFT computes ``base(x) + scaling * B(A(x))`` as separate operations, with the adapter's two in float32: on
a CPU that costs as much again in copies and thin products as the frozen layer itself. Here the two products
of the adapter accumulate into the base's output, in its type, and the backward pass dequantises the frozen
weight again instead of keeping it. Parameters and their gradients stay float32.

Same mathematics as PEFT's layers (a test holds them together); only layers without dropout are replaced.
"""

from __future__ import annotations

from typing import Any

import bitsandbytes
import torch
from peft.tuners.lora.layer import LoraLayer


class _LoraLinear(torch.autograd.Function):  # type: ignore[misc]  # torch is Any to mypy here
    """``x W^T + scaling * (x A^T) B^T`` for x ``[..., in]``, W ``[out, in]`` frozen, A ``[rank, in]``, B
    ``[out, rank]``.
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, a: torch.Tensor, b: torch.Tensor, base: Any, scaling: float
    ) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        a, scaled_b = a.to(x.dtype), (b * scaling).to(x.dtype)
        inner = flat @ a.t()
        output = flat @ _weight(base, x.dtype).t()
        output.addmm_(inner, scaled_b.t())
        ctx.save_for_backward(flat, inner, a, scaled_b)
        ctx.base, ctx.scaling, ctx.shape = base, scaling, x.shape
        return output.view(*x.shape[:-1], output.shape[-1])

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        flat, inner, a, scaled_b = ctx.saved_tensors
        gradient = gradients[0].reshape(-1, gradients[0].shape[-1])
        inner_gradient = gradient @ scaled_b
        a_gradient = (inner_gradient.t() @ flat).float()
        b_gradient = (gradient.t() @ inner).float() * ctx.scaling
        x_gradient = None
        if ctx.needs_input_grad[0]:
            x_gradient = gradient @ _weight(ctx.base, gradient.dtype)
            x_gradient.addmm_(inner_gradient, a)
            x_gradient = x_gradient.view(ctx.shape)
        return x_gradient, a_gradient, b_gradient, None, None


def _weight(base: Any, dtype: torch.dtype) -> torch.Tensor:
    """The frozen weight ``[out, in]``, gathered if it is sharded, dequantised if it is held in four bits."""
    sharded = getattr(base, "sharded", None)
    if sharded is not None:
        whole: torch.Tensor = sharded.whole(dtype)
        return whole
    state = getattr(base.weight, "quant_state", None)
    if state is None:
        return base.weight.to(dtype)
    return bitsandbytes.functional.dequantize_4bit(base.weight, state).to(dtype)


def fuse(model: Any, adapter: str = "default") -> int:
    """Replace the forward pass of every LoRA linear layer that has neither dropout nor bias; returns how
    many.
    """
    count = 0
    for layer in model.modules():
        if not isinstance(layer, LoraLayer) or adapter not in layer.lora_A:
            continue
        base = layer.get_base_layer()
        dropout = layer.lora_dropout[adapter]
        if base.bias is None and isinstance(dropout, torch.nn.Identity):
            layer.forward = _forward(layer, base, adapter)
            count += 1
    return count


def _forward(layer: Any, base: Any, adapter: str) -> Any:
    a, b, scaling = layer.lora_A[adapter].weight, layer.lora_B[adapter].weight, float(layer.scaling[adapter])

    def forward(x: torch.Tensor, *_: Any, **__: Any) -> Any:
        return _LoraLinear.apply(x, a, b, base, scaling)

    return forward
