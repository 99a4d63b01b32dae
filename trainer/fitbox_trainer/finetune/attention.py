"""Attention over packed rows: causal inside each example, nothing across examples.

Registered with transformers under the name ``fitbox_packed``. A dense block-diagonal mask would cost the
square of the row; this costs the squares of the examples. Each segment is one call of PyTorch's fused
attention; on a GPU, in 16 bits, one call of its variable-length flash attention does them all.
"""

from __future__ import annotations

import inspect
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

PACKED_ATTENTION = "fitbox_packed"


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    segment_boundaries: Any = None,
    longest_segment: int = 0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """One row: query ``[1, heads, tokens, size]``, key and value ``[1, kv_heads, tokens, size]``.

    ``segment_boundaries`` are cumulative lengths: integers on a CPU, an int32 tensor on a GPU. Returns
    ``[1, tokens, heads, size]``.
    """
    if attention_mask is not None or query.shape[0] != 1:
        raise ValueError("packed rows come one at a time and carry boundaries, not a mask")
    if takes_flash(query.device.type, query.dtype):
        q, k, v = (tensor.transpose(1, 2)[0] for tensor in (query, key, value))
        return varlen(q, k, v, segment_boundaries, longest_segment, scaling)[None], None
    boundaries = segment_boundaries.tolist() if torch.is_tensor(segment_boundaries) else segment_boundaries
    parts = [
        torch.nn.functional.scaled_dot_product_attention(
            query[:, :, start:end], key[:, :, start:end], value[:, :, start:end],
            is_causal=True, scale=scaling, enable_gqa=True,
        ).transpose(1, 2)
        for start, end in pairwise(boundaries)
    ]  # fmt: skip
    return torch.cat(parts, dim=1), None


def takes_flash(device: str, dtype: torch.dtype) -> bool:
    """Whether the flash attention of a GPU can do it: it multiplies 16 bits only."""
    return device == "cuda" and dtype in (torch.bfloat16, torch.float16)


def varlen(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    boundaries: torch.Tensor,
    longest: int,
    scaling: float | None,
) -> torch.Tensor:
    """All segments in one call: q ``[tokens, heads, size]``, k and v ``[tokens, kv_heads, size]``, boundaries
    int32. Returns ``[tokens, heads, size]``.
    """
    from torch.nn.attention.varlen import varlen_attn

    options: dict[str, Any] = {"scale": scaling, "window_size": (-1, 0)}
    if _shares_heads(varlen_attn):
        options["enable_gqa"] = True
    else:
        k, v = (tensor.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for tensor in (k, v))
    output: torch.Tensor = varlen_attn(q, k, v, boundaries, boundaries, longest, longest, **options)
    return output


@cache
def _shares_heads(kernel: Any) -> bool:
    """Whether the kernel lets several query heads share a key-value head; PyTorch 2.11's does not say so."""
    return "enable_gqa" in inspect.signature(kernel).parameters


def register() -> str:
    """Make the implementation known to transformers; returns its name."""
    AttentionInterface.register(PACKED_ATTENTION, packed_attention)
    # No mask is built: the boundaries say it all.
    ALL_MASK_ATTENTION_FUNCTIONS.register(PACKED_ATTENTION, lambda *_, **__: None)
    return PACKED_ATTENTION
