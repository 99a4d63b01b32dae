"""One training step: forward and backward over packed rows, clipping, update. The whole of it is
``Stepper.run``.

This is the eager path: what a CPU runs, and the reference for a faster one. A row's tensors all live in one
``RowBatch`` whose shapes depend on its bucket alone, so a GPU can capture the same step once a bucket and
replay it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from accelerate import Accelerator

from fitbox_trainer.data.packing import Row


@dataclass(frozen=True)
class RowBatch:
    """A packed row on the device; see :class:`fitbox_trainer.data.packing.Row` for the fields."""

    token_ids: torch.Tensor
    positions: torch.Tensor
    boundaries: Any
    longest_segment: int
    predicting: torch.Tensor
    labels: torch.Tensor

    @classmethod
    def of(cls, row: Row, device: torch.device) -> RowBatch:
        """Move a row to a device: ids and positions ``[1, tokens]``, the rest flat."""
        boundaries: Any = row.boundaries
        if device.type == "cuda":
            boundaries = torch.tensor(row.boundaries, dtype=torch.int32, device=device)
        return cls(
            token_ids=torch.tensor([row.token_ids], device=device),
            positions=torch.tensor([row.positions], device=device),
            boundaries=boundaries,
            longest_segment=max(end - start for start, end in pairwise(row.boundaries)),
            predicting=torch.tensor(row.predicting, device=device),
            labels=torch.tensor(row.labels, device=device),
        )


def completion_logits(model: Any, batch: RowBatch) -> torch.Tensor:
    """Logits ``[completion tokens, vocabulary]`` in float32; no other row meets the output layer."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = base.model(
        input_ids=batch.token_ids,
        position_ids=batch.positions,
        segment_boundaries=batch.boundaries,
        longest_segment=batch.longest_segment,
        use_cache=False,
    ).last_hidden_state
    logits: torch.Tensor = base.lm_head(hidden[0].index_select(0, batch.predicting)).float()
    return logits


def completion_loss(model: Any, batch: RowBatch) -> torch.Tensor:
    """Sum of the negative log-likelihoods (nats) of the completion tokens."""
    return torch.nn.functional.cross_entropy(completion_logits(model, batch), batch.labels, reduction="sum")


class Stepper:
    """Owns model, optimizer and gradients of one process."""

    def __init__(
        self,
        accelerator: Accelerator,
        model: Any,
        parameters: Sequence[torch.nn.Parameter],
        optimizer: Any,
        *,
        max_gradient_norm: float,
    ) -> None:
        self._accelerator = accelerator
        self._model = model
        self._parameters = list(parameters)
        self._optimizer = optimizer
        self._max_gradient_norm = max_gradient_norm

    def run(
        self, rows: Sequence[Row], completion_tokens: int, learning_rate: float, idle: int = 0
    ) -> tuple[float, float]:
        """One optimizer step over this process's rows.

        Args:
            rows: This process's share of the step; may be empty where there are more processes than rows.
            completion_tokens: Of the whole step, over all processes: the loss is their mean.
            learning_rate: For this step.
            idle: That many rows, the last ones, are passed through the model and count nothing.

        Returns:
            Mean loss a completion token over the whole step, and the gradient's norm before clipping.
        """
        total = torch.zeros((), device=self._accelerator.device)
        for number, row in enumerate(rows):
            loss = (
                completion_loss(self._model, RowBatch.of(row, self._accelerator.device)) / completion_tokens
            )
            if number >= len(rows) - idle:
                loss = loss * 0.0
            loss.backward()
            total += loss.detach()
        total = self._add_over_processes(total)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, self._max_gradient_norm)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return float(total), float(norm)

    def _add_over_processes(self, total: torch.Tensor) -> torch.Tensor:
        """Sum gradients and loss over the processes: one message for all of them."""
        if self._accelerator.num_processes == 1:
            return total
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self._parameters]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients] + [total.reshape(1)])
        flat = self._accelerator.reduce(flat, reduction="sum")
        offset = 0
        for parameter in self._parameters:
            parameter.grad = flat[offset : offset + parameter.numel()].view_as(parameter).clone()
            offset += parameter.numel()
        return flat[-1]
