"""QLoRA configuration: is the model that gets trained what the preset says it is?

Judges what a probe built and did, not what the configuration hopes: types of the real layers, ranks of the
real matrices, gradients of real steps (Dettmers et al., 2023, QLoRA, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fitbox_trainer.run.presets import LLAMA_PROJECTIONS, Preset
from fitbox_trainer.validator.results import CheckName, CheckResult, Finding, Level, finding


def check_qlora(preset: Preset, found: Mapping[str, Any]) -> CheckResult:
    """Compare a probe's ``inspection`` with the preset."""
    inspection: Mapping[str, Any] = found["inspection"]
    findings = [
        _quantised(preset, inspection),
        _kept(inspection),
        _targets(preset, inspection),
        _coverage(preset, inspection),
        _rank(preset, inspection),
        _trainable(inspection),
        finding(
            inspection["gradient_checkpointing"] == preset.batch.gradient_checkpointing,
            "gradient checkpointing",
            "on" if inspection["gradient_checkpointing"] else "off",
        ),
        _gradients(inspection),
        finding(
            bool(inspection["base_unchanged"]) and bool(inspection["adapter_changed"]),
            "what a step changes",
            f"the base {'stays' if inspection['base_unchanged'] else 'CHANGES'}, "
            f"the adapter {'moves' if inspection['adapter_changed'] else 'STAYS'}",
        ),
        _optimizer(preset, inspection),
    ]
    measured = found["measurement"]
    return CheckResult(CheckName.QLORA, tuple(findings), {**inspection, "measured": dict(measured)})


def _quantised(preset: Preset, inspection: Mapping[str, Any]) -> Finding:
    layers: Mapping[str, Mapping[str, int]] = inspection["linear_layers"]
    targets = [name for name in layers if name in preset.lora.targets]
    kinds = {kind for name in targets for kind in layers[name]}
    if preset.quantization.type == "none":
        text = f"none: this is LoRA on {', '.join(sorted(kinds))}, not QLoRA"
        return finding("Linear4bit" not in kinds, "quantisation", text, otherwise=Level.FAIL)
    wanted = "double" if preset.quantization.double else "single"
    formats = list(inspection["quantisation"])
    ok = kinds == {"Linear4bit"} and all(text.startswith(f"nf4, {wanted},") for text in formats)
    count = sum(inspection["quantisation"].values())
    return finding(ok, "quantisation", f"{count} layers {', '.join(sorted(kinds))}: {'; '.join(formats)}")


def _kept(inspection: Mapping[str, Any]) -> Finding:
    """The output layer decides between tokens; it is never held in four bits."""
    head = dict(inspection["linear_layers"].get("lm_head", {}))
    return finding("Linear4bit" not in head, "output layer", ", ".join(head) or "tied to the embeddings")


def _targets(preset: Preset, inspection: Mapping[str, Any]) -> Finding:
    depth = inspection["decoder_layers"]
    found = {name: entry["layers"] for name, entry in inspection["adapters"].items()}
    ok = found == dict.fromkeys(preset.lora.targets, depth)
    text = ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
    return finding(ok, "adapted layers", f"{text}; of {depth} decoder layers")


def _coverage(preset: Preset, inspection: Mapping[str, Any]) -> Finding:
    """QLoRA needs every linear layer of a block to match full fine-tuning (figure 2 of the paper)."""
    missing = [
        name
        for name in LLAMA_PROJECTIONS
        if name in inspection["linear_layers"] and name not in preset.lora.targets
    ]
    text = f"without {', '.join(missing)}" if missing else "every linear layer of a block"
    return finding(not missing, "coverage", text, otherwise=Level.WARN)


def _rank(preset: Preset, inspection: Mapping[str, Any]) -> Finding:
    entries = inspection["adapters"].values()
    ranks = sorted({rank for entry in entries for rank in entry["ranks"]})
    scalings = sorted({value for entry in entries for value in entry["scalings"]})
    wanted = preset.lora.alpha / preset.lora.rank
    ok = ranks == [preset.lora.rank] and len(scalings) == 1 and abs(scalings[0] - wanted) < 1e-9
    return finding(ok, "rank and scale", f"rank {ranks}, alpha / rank {scalings}, wanted {wanted:g}")


def _trainable(inspection: Mapping[str, Any]) -> Finding:
    outside = inspection["trainable_outside_adapter"]
    types = sorted({kind for entry in inspection["adapters"].values() for kind in entry["types"]})
    count, total = inspection["trainable_parameters"], inspection["total_parameters"]
    share = count / max(total, 1)
    text = f"{count:,} of {total:,} parameters ({share:.2%}), {', '.join(types)}"
    text += f"; outside the adapter: {', '.join(outside[:3])}" if outside else ""
    return finding(count > 0 and not outside and types == ["float32"], "what trains", text)


def _gradients(inspection: Mapping[str, Any]) -> Finding:
    """On some processors 4-bit layers lose their gradients silently; a preset cannot show that."""
    seen = inspection["gradients"]
    ok = seen["matrices"] > 0 and seen["with_gradient"] == seen["matrices"] and not seen["not_finite"]
    text = f"{seen['with_gradient']} of {seen['matrices']} matrices got one, {seen['not_finite']} not finite"
    return finding(ok, "gradients of a step", text)


def _optimizer(preset: Preset, inspection: Mapping[str, Any]) -> Finding:
    types = inspection["optimizer_state"]
    eight = preset.optimizer.name == "paged_adamw_8bit"
    ok = not types or ("uint8" in types) == eight
    held = ", ".join(f"{count} tensors in {kind}" for kind, count in types.items()) or "nothing large enough"
    text = f"{inspection['optimizer']}: {held}"
    return finding(ok, "optimizer state", text, otherwise=Level.WARN)
