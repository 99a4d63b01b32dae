"""Plots of a run, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402 - the backend must be chosen first


def plot_loss(log: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Loss a completion token (nats) and learning rate over the steps of a run."""
    steps = [line["step"] for line in log]
    losses = [line["loss"] for line in log]
    figure, axis = plt.subplots(figsize=(8, 4.5), layout="constrained")
    axis.plot(steps, losses, color="tab:blue", alpha=0.3, label="loss")
    axis.plot(steps, smoothed(losses), color="tab:blue", label="smoothed")
    axis.set(xlabel="step", ylabel="loss (nats a completion token)", title="Fine-tuning")
    if losses and min(losses) > 0:
        axis.set_yscale("log")
    rates = axis.twinx()
    rates.plot(steps, [line["learning_rate"] for line in log], color="tab:orange", linestyle=":", label="learning rate")
    rates.set_ylabel("learning rate")
    axis.legend(loc="upper right")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def smoothed(values: Sequence[float], weight: float = 0.9) -> list[float]:
    """Exponential moving average with the start corrected (Kingma and Ba, 2015, section 3)."""
    average, result = 0.0, []
    for count, value in enumerate(values, start=1):
        average = weight * average + (1 - weight) * value
        result.append(average / (1 - weight**count))
    return result
