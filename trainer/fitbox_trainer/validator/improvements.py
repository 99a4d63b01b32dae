"""Improvements: what QLoRA, gradient checkpointing and rank cost and save, measured here.

Four probes of the same first steps, each in a process of its own: QLoRA at rank 16, the same on a 16-bit
base, with checkpointing, and at rank 32. Nothing else differs, so each difference has one cause. A saving
that this machine does not show is a warning that says so, never a figure from elsewhere.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fitbox.errors import TrainingError
from fitbox_trainer.run.presets import Preset
from fitbox_trainer.validator.measure import Probe, ProbeRequest
from fitbox_trainer.validator.results import CheckName, CheckResult, Finding, Level, finding

QLORA, SIXTEEN_BIT, CHECKPOINTED, RANK_32 = (
    "QLoRA, rank 16",
    "16-bit LoRA, rank 16",
    "QLoRA, rank 16, checkpointing",
    "QLoRA, rank 32",
)

_WORDS = {"model_mib": "weights", "peak_mib": "peak memory", "median_step_seconds": "step time"}
_BOTH = ("model_mib", "peak_mib")


def arms(preset: Preset) -> dict[str, Preset]:
    """The four variants of a preset; all start from a fresh adapter, since their shapes differ."""

    def variant(rank: int, *, quantised: bool = True, checkpointing: bool = False) -> Preset:
        kept = preset.quantization.model_copy(update={"type": "nf4"})
        sixteen = preset.quantization.model_copy(update={"type": "none", "compute": "bfloat16"})
        scale = preset.lora.alpha / preset.lora.rank
        return preset.model_copy(
            update={
                "start": "zero",
                "quantization": kept if quantised else sixteen,
                "lora": preset.lora.model_copy(update={"rank": rank, "alpha": max(1, round(rank * scale))}),
                "batch": preset.batch.model_copy(update={"gradient_checkpointing": checkpointing}),
            }
        )

    return {
        QLORA: variant(16),
        SIXTEEN_BIT: variant(16, quantised=False),
        CHECKPOINTED: variant(16, checkpointing=True),
        RANK_32: variant(32),
    }


def check_improvements(
    preset: Preset,
    base_model: Path,
    members: Path,
    *,
    steps: int,
    probe: Probe,
    tell: Callable[[str], None] = lambda _: None,
) -> CheckResult:
    """Measure every arm and compare."""
    measured: dict[str, dict[str, Any]] = {}
    findings: list[Finding] = []
    for name, variant in arms(preset).items():
        tell(name)
        try:
            found = probe(ProbeRequest(base_model, variant, members, steps))
        except TrainingError as error:
            findings.append(Finding(Level.FAIL, name, str(error)))
            continue
        measured[name] = _figures(found)
        findings.append(Finding(Level.PASS, name, _in_words(measured[name])))
    findings += _comparisons(measured)
    return CheckResult(CheckName.IMPROVEMENTS, tuple(findings), {"steps": steps, "arms": measured})


def _figures(found: Mapping[str, Any]) -> dict[str, Any]:
    measurement = dict(found["measurement"])
    seconds = measurement["step_seconds"]
    middle = statistics.median(seconds) if seconds else 0.0
    speed = measurement["tokens_per_step"] / middle if middle else 0.0
    return {
        **measurement,
        "median_step_seconds": middle,
        "tokens_per_second": round(speed, 1),
        "trainable_parameters": found["inspection"]["trainable_parameters"],
    }


def _in_words(figures: Mapping[str, Any]) -> str:
    return (
        f"weights {figures['model_mib']:.0f} MiB, peak {figures['peak_mib']:.0f} MiB, "
        f"{figures['median_step_seconds']:.2f} s a step, {figures['tokens_per_second']:.0f} tokens/s, "
        f"{figures['trainable_parameters']:,} parameters trained"
    )


def _comparisons(measured: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """One finding for each pair that was measured whole."""
    if QLORA in measured and SIXTEEN_BIT in measured:
        yield _compare("QLoRA against 16-bit LoRA", measured[QLORA], measured[SIXTEEN_BIT], *_BOTH)
    if QLORA in measured and CHECKPOINTED in measured:
        yield _compare("checkpointing on against off", measured[CHECKPOINTED], measured[QLORA], "peak_mib")
    if QLORA in measured and RANK_32 in measured:
        pair = [measured[name]["trainable_parameters"] for name in (RANK_32, QLORA)]
        yield finding(
            pair[0] == 2 * pair[1],
            "rank 32 against 16",
            f"{pair[0] / max(pair[1], 1):.2f} times the trained parameters, "
            + _differences(measured[RANK_32], measured[QLORA]),
        )


def _compare(what: str, new: Mapping[str, Any], old: Mapping[str, Any], *saved: str) -> Finding:
    """A saving of memory is what both are for; time is told beside it."""
    missing = [_WORDS[key] for key in saved if new[key] >= old[key]]
    text = _differences(new, old)
    text += f": no {' and no '.join(missing)} saved on this machine" if missing else ""
    return finding(not missing, what, text, otherwise=Level.WARN)


def _differences(new: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    parts = [f"{words} {(new[key] / old[key] - 1):+.0%}" for key, words in _WORDS.items() if old[key] > 0]
    return ", ".join(parts)
