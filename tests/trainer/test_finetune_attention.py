"""The GPU's branch of packed attention, with the kernel of two PyTorch versions played on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from fitbox_trainer.finetune.attention import packed_attention, varlen
from torch.nn.attention import varlen as kernels

pytestmark = pytest.mark.slow

BOUNDARIES = (0, 5, 6, 14)
HEADS, KEY_VALUE_HEADS, SIZE = 6, 2, 8


def with_shared_heads(
    q: Any, k: Any, v: Any, cu_seq_q: Any, cu_seq_k: Any, max_q: int, max_k: int,
    *, scale: Any, window_size: Any, enable_gqa: bool = False,
) -> torch.Tensor:  # fmt: skip
    """PyTorch 2.13: refuses fewer key-value heads unless it was asked to share them."""
    assert enable_gqa or q.shape[1] == k.shape[1]
    assert (window_size, max_q, max_k) == ((-1, 0), 8, 8)
    assert cu_seq_q is cu_seq_k
    parts = [
        torch.nn.functional.scaled_dot_product_attention(
            *(tensor[start:end].transpose(0, 1)[None] for tensor in (q, k, v)),
            is_causal=True, scale=scale, enable_gqa=enable_gqa,
        )[0].transpose(0, 1)
        for start, end in pairwise(cu_seq_q.tolist())
    ]  # fmt: skip
    return torch.cat(parts)


def without_shared_heads(
    q: Any, k: Any, v: Any, cu_seq_q: Any, cu_seq_k: Any, max_q: int, max_k: int,
    *, scale: Any, window_size: Any,
) -> torch.Tensor:  # fmt: skip
    """PyTorch 2.11: every query head brings its own key-value head."""
    return with_shared_heads(q, k, v, cu_seq_q, cu_seq_k, max_q, max_k, scale=scale, window_size=window_size)


@pytest.mark.parametrize("kernel", [with_shared_heads, without_shared_heads])
def test_both_kernels_of_a_gpu_compute_what_a_cpu_computes(
    kernel: Callable[..., torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values and gradients, with three query heads for each key-value head."""
    monkeypatch.setattr(kernels, "varlen_attn", kernel)
    generator = torch.Generator().manual_seed(0)
    query, key, value = (
        torch.randn(1, heads, BOUNDARIES[-1], SIZE, generator=generator, requires_grad=True)
        for heads in (HEADS, KEY_VALUE_HEADS, KEY_VALUE_HEADS)
    )
    expected, _ = packed_attention(
        torch.nn.Identity(), query, key, value, None, scaling=0.3, segment_boundaries=BOUNDARIES
    )
    q, k, v = (tensor.transpose(1, 2)[0] for tensor in (query, key, value))
    found = varlen(q, k, v, torch.tensor(BOUNDARIES, dtype=torch.int32), 8, 0.3)
    torch.testing.assert_close(found[None], expected, rtol=1e-5, atol=1e-6)
    seen = torch.autograd.grad(found.sum(), (query, key, value))
    wanted = torch.autograd.grad(expected.sum(), (query, key, value))
    for one, other in zip(seen, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
