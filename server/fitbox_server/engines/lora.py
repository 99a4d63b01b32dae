"""The scale of a LoRA adapter, for engines that do not read ``adapter_config.json`` themselves.

OpenVINO GenAI multiplies the product B·A by a weight that its caller passes, and knows nothing of the other
variations that PEFT can save. An adapter that uses one of those would load without a word and answer wrongly,
so it is refused here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fitbox.errors import AdapterInvalidError

_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "bias": ("none",),
    "rank_pattern": ({}, None),
    "alpha_pattern": ({}, None),
    "modules_to_save": ([], None),
    "trainable_token_indices": ([], None),
    "layer_replication": ([], None),
    "target_parameters": ([], None),
    "alora_invocation_tokens": ([], None),
    "use_dora": (False,),
    "use_qalora": (False,),
    "lora_bias": (False,),
    "fan_in_fan_out": (False,),
    "init_lora_weights": (True, False, "gaussian", "orthogonal"),
}
"""Settings of PEFT's LoraConfig whose other values change more than the scale: which values are plain LoRA.
The initialisations left out (PiSSA, OLoRA, ...) also change the base weights."""


def adapter_weight(adapter: Path) -> float:
    """The factor of B·A: lora_alpha / r (Hu et al., 2021), or lora_alpha / sqrt(r) for rsLoRA (Kalajdzievski,
    2023).

    Raises:
        AdapterInvalidError: ``unreadable_config`` or ``unsupported_lora``.
    """
    try:
        config = json.loads((adapter / "adapter_config.json").read_text())
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AdapterInvalidError(
            "unreadable_config", f"{adapter.name}: adapter_config.json: {error!r}"
        ) from None
    if rank < 1:
        raise AdapterInvalidError("unreadable_config", f"{adapter.name}: rank {rank}")
    for name, plain in _PLAIN.items():
        if name in config and config[name] not in plain:
            raise AdapterInvalidError(
                "unsupported_lora", f"{adapter.name}: {name}={config[name]!r} is not supported by this engine"
            )
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank
