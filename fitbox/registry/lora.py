"""Which LoRA adapters there may be: those that every engine applies alike, as B·A times alpha / r.

The registry asks before it publishes or loads a version, each engine before it loads an adapter. PEFT can
save many variations; OpenVINO GenAI knows none of them and would load such an adapter without a word and
answer wrongly. So an option passes only if it is known to change nothing, or is at its default; of an option
that is not known here, only a value that means "off" passes.

LoRA: Hu et al. (2021), https://arxiv.org/abs/2106.09685. Options: ``LoraConfig`` of PEFT 0.21.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from fitbox.errors import AdapterInvalidError, UnusableFileError
from fitbox.files import read_object
from fitbox.registry.invalid import InvalidReason, invalid, of_file

ADAPTER_CONFIG = "adapter_config.json"
MAX_CONFIG_BYTES = 1 << 20
MAX_RANK = 1024
MAX_ALPHA = 1e6

LLAMA_MODULES = frozenset({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"})

_OURS = frozenset({"peft_type", "r", "lora_alpha", "target_modules"})
_HARMLESS = frozenset(
    {"auto_mapping", "base_model_name_or_path", "inference_mode", "lora_dropout", "peft_version", "revision"}
)
"""Whatever they say, the product is the same: where it came from, and what acts in training only."""
_DEFAULTS: Mapping[str, tuple[JsonValue, ...]] = {
    "task_type": ("CAUSAL_LM", None),
    "bias": ("none",),
    "init_lora_weights": (True, False, "gaussian", "orthogonal"),
    "megatron_core": ("megatron.core", None),
    "qalora_group_size": (16, None),
}
"""Options whose default is more than "off". Initialisations that are not here (PiSSA, OLoRA, EVA, ...) change
the base model's weights too."""
_OFF: tuple[JsonValue, ...] = (None, False, "", [], {})


@dataclass(frozen=True)
class Lora:
    """A plain LoRA adapter."""

    rank: int
    alpha: float
    modules: frozenset[str]
    """Linear modules of a Llama layer that it changes."""

    @property
    def weight(self) -> float:
        """The factor of B·A: alpha / r."""
        return self.alpha / self.rank


def read(folder: Path) -> Lora:
    """The adapter in a folder.

    Raises:
        AdapterInvalidError: ``adapter_config``, ``file_missing`` or ``unreadable``.
    """
    try:
        config = read_object(folder / ADAPTER_CONFIG, max_bytes=MAX_CONFIG_BYTES)
    except UnusableFileError as error:
        raise of_file(error, ADAPTER_CONFIG, InvalidReason.ADAPTER_CONFIG) from None
    return parse(config)


def parse(config: Mapping[str, JsonValue]) -> Lora:
    """The adapter that a configuration describes. Raises AdapterInvalidError (``adapter_config``)."""
    if config.get("peft_type") != "LORA":
        raise _refusal(f"peft_type is {config.get('peft_type')!r}, not LORA")
    rank, alpha, modules = config.get("r"), config.get("lora_alpha"), config.get("target_modules")
    if type(rank) is not int or not 1 <= rank <= MAX_RANK:
        raise _refusal(f"r must be a whole number from 1 to {MAX_RANK}")
    if type(alpha) not in (int, float) or not 0 < alpha <= MAX_ALPHA:  # type: ignore[operator] # NaN fails
        raise _refusal("lora_alpha must be a positive number")
    if not isinstance(modules, list) or not modules:
        raise _refusal("target_modules must list module names")
    if unknown := [name for name in modules if not isinstance(name, str) or name not in LLAMA_MODULES]:
        raise _refusal(f"target_modules: {unknown[:3]} are no linear modules of a Llama layer")
    for name, value in config.items():
        if name not in _OURS | _HARMLESS and not _is_default(name, value):
            raise _refusal(
                f"{name}={value!r} is not supported: engines would apply it differently or not at all"
            )
    return Lora(rank, float(alpha), frozenset(str(name) for name in modules))  # type: ignore[arg-type]


def _is_default(name: str, value: JsonValue) -> bool:
    # By type too: 0 and 1 equal False and True, and are neither.
    return any(type(value) is type(plain) and value == plain for plain in _DEFAULTS.get(name, _OFF))


def _refusal(problem: str) -> AdapterInvalidError:
    return invalid(InvalidReason.ADAPTER_CONFIG, f"{ADAPTER_CONFIG}: {problem}")
