"""Plots of a run, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt


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
    rates.plot(
        steps,
        [line["learning_rate"] for line in log],
        color="tab:orange",
        linestyle=":",
        label="learning rate",
    )
    rates.set_ylabel("learning rate")
    axis.legend(loc="upper right")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def plot_evaluation(evaluation: Mapping[str, Any], path: Path) -> None:
    """Mean quality of every arm, over all plans and by task, and the gain over each other arm."""
    arms = evaluation["arms"]
    tasks = sorted({task for arm in arms.values() for task in arm["quality_by_task"]})
    labels = ["overall", *tasks]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained", width_ratios=(3, 2))
    width = 0.8 / len(arms)
    for place, (name, arm) in enumerate(arms.items()):
        heights = [arm["mean"], *(arm["quality_by_task"].get(task, 0.0) for task in tasks)]
        left.bar([index + place * width for index in range(len(labels))], heights, width, label=name)
    left.set_xticks([index + 0.4 - width / 2 for index in range(len(labels))], labels)
    left.set(ylim=(0, 1), ylabel="quality (1 is best)", title=f"{evaluation['n']} plans")
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=len(arms), frameon=False)
    others = list(evaluation["against"].items())
    for place, (_, comparison) in enumerate(others):
        gain = comparison["difference"]
        right.plot([gain["low"], gain["high"]], [place, place], color="tab:blue", linewidth=3)
        right.plot(gain["mean"], place, "o", color="tab:blue")
    right.axvline(0, color="grey", linewidth=1)
    right.set_yticks(range(len(others)), [name for name, _ in others])
    right.set(xlabel="difference in quality, 95 % interval", title=f"{evaluation['arm']} against")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def smoothed(values: Sequence[float], weight: float = 0.9) -> list[float]:
    """Exponential moving average with the start corrected (Kingma and Ba, 2015, section 3)."""
    average, result = 0.0, []
    for count, value in enumerate(values, start=1):
        average = weight * average + (1 - weight) * value
        result.append(average / (1 - weight**count))
    return result
