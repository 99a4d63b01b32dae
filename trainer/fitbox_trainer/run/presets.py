"""Presets: how a fine-tuning run is done, as small TOML files checked against one model.

The packaged ones are in ``presets/``. On the command line any path to a TOML file works as well; a caller of
the training service names packaged ones alone, for a path would let it look for files of the host.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fitbox.errors import ConfigurationError, UnusableFileError
from fitbox.files import read_file, shown
from fitbox.tasks import TaskName

MAX_PRESET_BYTES = 64 << 10
"""The packaged ones have about one KiB."""

LLAMA_PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The seven linear layers of a Llama decoder block."""

_MANY = 1 << 24
"""More steps, or tokens in a row, than any run has; a bound, so that no figure overflows later."""


class _Section(BaseModel):
    """Frozen, and an unknown key is an error: a misspelt setting must not be ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Quantization(_Section):
    """How the frozen base is held. NF4 and double quantisation: Dettmers et al., 2023, QLoRA, NeurIPS."""

    type: Literal["nf4", "none"] = "nf4"
    """``nf4``, or ``none`` for 16- or 32-bit LoRA."""
    double: bool = True
    """Quantise the quantisation constants too (saves about 0.4 bit a weight)."""
    compute: Literal["auto", "bfloat16", "float32"] = "auto"
    """Type of the matrix products. ``auto``: bfloat16 where the processor or GPU multiplies it natively."""


class Lora(_Section):
    """The adapter (Hu et al., 2022, LoRA, ICLR)."""

    rank: int = Field(default=16, ge=1, le=256)
    """Inner dimension of every pair of matrices."""
    alpha: int = Field(default=32, ge=1, le=65_536)
    """The adapter's output is scaled by ``alpha / rank``."""
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of the adapter's inputs dropped while training."""
    targets: tuple[str, ...] = Field(default=LLAMA_PROJECTIONS, min_length=1, max_length=64)
    """Names of the linear layers that get a pair."""


class Optimizer(_Section):
    """The optimizer and its schedule."""

    name: Literal["paged_adamw_8bit", "adamw"] = "paged_adamw_8bit"
    """8-bit AdamW of bitsandbytes (its state is paged out on a GPU), or AdamW of torch."""
    learning_rate: float = Field(gt=0.0, lt=1.0)
    """The peak, after warm-up."""
    warmup_steps: int = Field(default=0, ge=0, le=_MANY)
    """Steps of linear warm-up; taken where ``warmup_share`` is not given."""
    warmup_share: float | None = Field(default=None, ge=0.0, lt=1.0)
    """Warm-up as a share of the whole run."""
    weight_decay: float = Field(default=0.0, ge=0.0)
    """Decoupled weight decay."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of the gradient's running mean and of its running square."""
    max_gradient_norm: float = Field(default=1.0, gt=0.0)
    """Global L2 norm that gradients are clipped to."""


class Batch(_Section):
    """What one optimizer step sees and how much of it is in memory at once."""

    examples: int = Field(default=4, ge=1, le=65_536)
    """Examples a step over all processes: the effective batch."""
    micro_tokens: int = Field(default=4096, ge=64, le=_MANY)
    """Most tokens packed into one forward pass. A smaller figure changes memory, never the gradient."""
    bucket_tokens: int = Field(default=64, ge=1, le=65_536)
    """Packed rows are padded to a multiple of this, so that few distinct shapes occur."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, about a third more time."""


class Data(_Section):
    """Which examples are seen."""

    tasks: tuple[TaskName, ...] = Field(default=tuple(TaskName), min_length=1, max_length=64)
    """Tasks to train."""
    epochs: float = Field(default=1.0, gt=0.0, le=1000.0)
    """Passes over the training examples; a time budget may end a run before that."""
    max_length: int = Field(default=1024, ge=32, le=_MANY)
    """Examples longer than this, in tokens, are left out and counted."""
    held_out_share: float = Field(default=0.1, ge=0.0, lt=0.9)
    """Share of members kept out of training, chosen by a hash of the member id."""


class Evaluation(_Section):
    """How a candidate is judged (``fitbox_trainer.evaluation``)."""

    members: int = Field(default=32, ge=4, le=10_000)
    """Held-out members, each asked for one plan a task."""
    engine: str = "auto"
    """The engine that serves; ``auto`` chooses as ``fitbox serve --engine auto`` does on this machine."""
    options: dict[str, str] = Field(default={}, max_length=64)
    """Options of that engine, as the server is given them: quantisation, device and so on."""
    threads: int | None = Field(default=None, ge=1, le=4096)
    """CPU threads of the worker; ``None`` leaves it to the engine."""
    golden_members: int = Field(default=12, ge=0, le=10_000)
    """Most members of each earlier version's golden set that a candidate is asked about again; 0: none."""
    likelihood: bool = False
    """Measure the held-out negative log-likelihood too, which loads the model once more, in torch."""


class Preset(_Section):
    """One way to train."""

    name: str
    """Name in the registry and on the command line."""
    description: str
    """One sentence: for whom, on what."""
    time_budget_seconds: float | None = Field(default=None, gt=0.0)
    """Wall time of the training process, imports and saving included; ``None``: until the epochs are done."""
    seed: int = Field(default=42, ge=0, lt=2**63)
    """Seeds initialisation, order of the data, dropout."""
    checkpoint_seconds: float = Field(default=45.0, gt=0.0)
    """Time between checkpoints: the most work that a crash can cost."""
    start: Literal["zero", "shipped", "active"] = "zero"
    """Where training starts: a fresh adapter, the one that ships with FitBox, or the active version.

    Without an adapter of that kind for the base in use, a run starts from zero, and its metadata say so.
    """
    threads: int | None = Field(default=None, ge=1, le=4096)
    """CPU threads; ``None``: all cores this process may use."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """``auto`` takes a GPU where there is one."""
    shard_base: bool = False
    """With several processes: split the frozen base over them, instead of a whole copy in each."""
    quantization: Quantization = Quantization()
    """How the base is held."""
    lora: Lora = Lora()
    """The adapter."""
    optimizer: Optimizer
    """The optimizer and its schedule."""
    batch: Batch = Batch()
    """Effective batch and memory."""
    data: Data = Data()
    """Which examples."""
    evaluation: Evaluation = Evaluation()
    """How the candidate is judged."""


def preset_names() -> tuple[str, ...]:
    """Names of the packaged presets, sorted."""
    folder = resources.files("fitbox_trainer.run") / "presets"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_named(name: str) -> Preset:
    """A packaged preset; never opens a file that a caller could choose.

    Raises:
        ConfigurationError: there is none of that name.
    """
    if name not in preset_names():
        raise ConfigurationError(f"no preset {shown(name)!r}: use one of {', '.join(preset_names())}")
    folder = resources.files("fitbox_trainer.run") / "presets"
    return _parsed((folder / f"{name}.toml").read_bytes(), name)


def load_preset(name_or_path: str) -> Preset:
    """A packaged preset by name, or a TOML file by path.

    Raises:
        ConfigurationError: no such preset, not a regular file of text, not TOML, or keys and values that
            cannot be used, each named.
    """
    if name_or_path in preset_names():
        return load_named(name_or_path)
    try:
        content = read_file(Path(name_or_path), max_bytes=MAX_PRESET_BYTES, links=True)
    except UnusableFileError as error:
        known = f"use one of {', '.join(preset_names())}, or the path of a TOML file"
        raise ConfigurationError(f"no preset {shown(name_or_path)!r} ({error}): {known}") from None
    return _parsed(content, name_or_path)


def _parsed(content: bytes, source: str) -> Preset:
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is {error.object[error.start]:#x}"
        raise ConfigurationError(f"preset {shown(source)!r} is not UTF-8 text: {where}") from None
    except (ValueError, RecursionError) as error:  # also a whole number of thousands of digits
        raise ConfigurationError(f"preset {shown(source)!r} is not TOML: {shown(str(error))}") from None
    return parse_preset(values, source=source)


def parse_preset(values: object, *, source: str = "config.json") -> Preset:
    """Check loose values. Raises ConfigurationError naming every key that cannot be used."""
    try:
        return Preset.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(f"preset {shown(source)!r}: {all_problems(error)}") from None


def all_problems(error: ValidationError) -> str:
    """Pydantic's complaints in one line, each with the key and without the value; twenty at most."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)[:20]
    return "; ".join(
        shown(f"{'.'.join(map(str, each['loc'])) or 'preset'}: {each['msg']}") for each in problems
    )
