"""Hyperparameters: do they lie in the documented ranges, and do they fit the data and the clock?

A range is a warning, for somebody may know better; what cannot work with this many examples is a failure.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fitbox_trainer.finetune.schedule import SAVING_SECONDS, warmup_share
from fitbox_trainer.run.presets import Preset
from fitbox_trainer.validator.data import Prepared
from fitbox_trainer.validator.results import CheckName, CheckResult, Finding, Level, finding


@dataclass(frozen=True)
class Range:
    """What is usual for one setting, and who says so."""

    low: float
    high: float
    source: str


RANGES: Mapping[str, Range] = {
    "lora.rank": Range(4, 64, "Hu et al. 2022, table 6: 1 to 64; Dettmers et al. 2023: 64"),
    "lora.alpha / rank": Range(0.25, 4, "Dettmers et al. 2023: 16 / 64; practice is 1 to 2"),
    "lora.dropout": Range(0, 0.1, "Dettmers et al. 2023: 0.1 up to 13B, 0.05 above"),
    "optimizer.learning_rate": Range(
        1e-5, 5e-3, "Dettmers et al. 2023: 1e-4 to 2e-4 for 7B to 65B; LoRA on small models bears ten times"
    ),
    "optimizer.max_gradient_norm": Range(0.3, 1.0, "Dettmers et al. 2023: 0.3; commonly 1"),
    "optimizer.weight_decay": Range(0, 0.1, "Loshchilov and Hutter 2019; 0 for adapters"),
    "batch.examples": Range(4, 128, "Dettmers et al. 2023: 16 and 64"),
    "data.epochs": Range(0.1, 5, "Muennighoff et al. 2023: repetition is nearly free up to 4 epochs"),
    "warm-up share": Range(0.0, 0.1, "Dettmers et al. 2023: 0.03"),
}
"""See ``docs/validation.md``."""

FEWEST_STEPS = 20
MOST_WARMUP_SHARE = 0.5
HOURS_WORTH_A_WORD = 24.0


def check_hyperparameters(preset: Preset, data: Prepared, found: Mapping[str, Any]) -> CheckResult:
    """Judge a preset for a dataset, with the step time that a probe measured."""
    examples = data.training_members * len(preset.data.tasks)
    epochs_steps = round(examples * preset.data.epochs) // preset.batch.examples
    planned = max(epochs_steps, 1)
    share = warmup_share(
        steps=preset.optimizer.warmup_steps, share=preset.optimizer.warmup_share, planned_steps=planned
    )
    measured = found["measurement"]
    step_seconds = statistics.median(measured["step_seconds"]) if measured["step_seconds"] else 0.0
    whole_seconds = planned * step_seconds
    budget = preset.time_budget_seconds
    steps = planned
    if budget is not None and step_seconds > 0:
        steps = min(planned, int(max(0.0, budget - SAVING_SECONDS) / step_seconds))
    values = {
        "lora.rank": preset.lora.rank,
        "lora.alpha / rank": preset.lora.alpha / preset.lora.rank,
        "lora.dropout": preset.lora.dropout,
        "optimizer.learning_rate": preset.optimizer.learning_rate,
        "optimizer.max_gradient_norm": preset.optimizer.max_gradient_norm,
        "optimizer.weight_decay": preset.optimizer.weight_decay,
        "batch.examples": preset.batch.examples,
        "data.epochs": preset.data.epochs,
        "warm-up share": share,
    }
    findings = [_in_range(name, value) for name, value in values.items()]
    findings += [
        finding(
            share < MOST_WARMUP_SHARE,
            "warm-up",
            f"{share:.0%} of {planned} steps"
            + ("" if share < MOST_WARMUP_SHARE else ": the run ends before the learning rate is up"),
        ),
        finding(
            steps >= FEWEST_STEPS,
            "steps",
            f"{steps} of {preset.batch.examples} examples; {examples} in all, {preset.data.epochs:g} times",
            otherwise=Level.WARN if steps else Level.FAIL,
        ),
        _time(step_seconds, whole_seconds, budget, seen=steps / planned),
    ]
    figures = {
        "examples": examples,
        "planned_steps": planned,
        "steps_within_budget": steps,
        "warmup_share": share,
        "step_seconds": step_seconds,
        "all_epochs_seconds": whole_seconds,
        "time_budget_seconds": budget,
        "values": values,
        "ranges": {name: [usual.low, usual.high, usual.source] for name, usual in RANGES.items()},
    }
    return CheckResult(CheckName.HYPERPARAMETERS, tuple(findings), figures)


def _in_range(name: str, value: float) -> Finding:
    usual = RANGES[name]
    text = f"{value:g}, usual {usual.low:g} to {usual.high:g}"
    within = usual.low <= value <= usual.high
    return finding(within, name, text if within else f"{text} ({usual.source})", otherwise=Level.WARN)


def _time(step_seconds: float, whole_seconds: float, budget: float | None, *, seen: float) -> Finding:
    text = f"{step_seconds:.2f} s a step, all epochs {_clock(whole_seconds)}"
    if budget is None:
        return finding(whole_seconds < HOURS_WORTH_A_WORD * 3600, "time", text, otherwise=Level.WARN)
    text += f"; the budget of {_clock(budget)} sees {min(seen, 1.0):.0%} of them"
    return finding(step_seconds * 2 < budget, "time", text)


def _clock(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
