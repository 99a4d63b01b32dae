"""Two trainings of one record: are they the same, to the byte or within rounding?"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from fitbox.durable import sha256_of

Matrices = Mapping[str, NDArray[np.float32]]


class Verdict(StrEnum):
    """How a repetition came out."""

    IDENTICAL = "identical"
    """The weights have the same digest."""
    WITHIN_TOLERANCE = "within_tolerance"
    """Not the same bytes, which was not to be expected, but the same training."""
    DIFFERENT = "different"
    """Not what the record says."""


@dataclass(frozen=True)
class Tolerance:
    """How far a repetition may be off where the same bytes cannot be expected."""

    loss: float = 0.01
    """Of the losses step by step: mean absolute difference, as a share of the mean loss."""
    first_loss: float = 1e-3
    """The same of the first step alone; measured were 1e-5 between one GPU and two."""
    update: float = 0.5
    """Of what the adapter adds to the base's weights: norm of the difference, as a share of the norm."""


TOLERANCE = Tolerance()


@dataclass(frozen=True)
class Comparison:
    """The repetition beside the original."""

    verdict: Verdict
    exact: bool
    """Whether only the same bytes count: both were trained on a CPU in float32."""
    digest: str
    """SHA-256 of the original's weights."""
    digest_again: str
    first_loss_distance: float
    """Of the first step alone: nothing was learnt by then, so it tells other examples from other rounding."""
    loss_distance: float
    update_distance: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; a distance that could not be taken is ``null``."""
        values = asdict(self)
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
        }


def compare(original: Path, again: Path, tolerance: Tolerance = TOLERANCE) -> Comparison:
    """Compare two folders with an adapter, its metadata and its ``training_log.jsonl``."""
    digests = [sha256_of(folder / "adapter_model.safetensors") for folder in (original, again)]
    records = [
        json.loads((folder / "training_metadata.json").read_text("utf-8")) for folder in (original, again)
    ]
    exact = all((record["device"], record["compute_dtype"]) == ("cpu", "float32") for record in records)
    one, other = _losses(original), _losses(again)
    first, losses = _loss_distance(one[:1], other[:1]), _loss_distance(one, other)
    updates = _update_distance(original, again)
    if digests[0] == digests[1]:
        verdict = Verdict.IDENTICAL
    elif not exact and (
        first <= tolerance.first_loss and losses <= tolerance.loss and updates <= tolerance.update
    ):
        verdict = Verdict.WITHIN_TOLERANCE
    else:
        verdict = Verdict.DIFFERENT
    return Comparison(verdict, exact, digests[0], digests[1], first, losses, updates)


def _losses(folder: Path) -> NDArray[np.float64]:
    lines = (folder / "training_log.jsonl").read_text("utf-8").splitlines()
    return np.asarray([json.loads(line)["loss"] for line in lines], dtype=np.float64)


def _loss_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if one.shape != other.shape or one.size == 0:
        return math.inf
    return float(np.abs(one - other).mean() / max(np.abs(one).mean(), 1e-12))


def _update_distance(original: Path, again: Path) -> float:
    """``|B'A' - BA| / |BA|`` over all layers (Frobenius). The factors alone may differ where the product,
    which is all that the model sees, does not.
    """
    one, other = (load_file(folder / "adapter_model.safetensors") for folder in (original, again))
    if {name: tensor.shape for name, tensor in one.items()} != {n: t.shape for n, t in other.items()}:
        return math.inf
    difference = norm = 0.0
    for name in one:
        if ".lora_A." not in name:
            continue
        partner = name.replace(".lora_A.", ".lora_B.")
        # B'A' - BA = [B' -B] [A' A], so no product larger than the rank is ever formed.
        left = np.concatenate([other[partner], -one[partner]], axis=1).astype(np.float64)
        right = np.concatenate([other[name], one[name]], axis=0).astype(np.float64)
        difference += _squared_norm(left, right)
        norm += _squared_norm(one[partner].astype(np.float64), one[name].astype(np.float64))
    return math.sqrt(max(difference, 0.0) / norm) if norm > 0 else math.inf


def _squared_norm(b: NDArray[np.float64], a: NDArray[np.float64]) -> float:
    """``|BA|²`` for B ``[out, rank]`` and A ``[rank, in]``: the trace of ``(BᵀB)(AAᵀ)``."""
    return float(np.sum((b.T @ b) * (a @ a.T).T))
