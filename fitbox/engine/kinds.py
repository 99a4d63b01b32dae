"""The kinds of engine: one line each, which everything that asks "which engines are there?" reads.

The choices of the command line, the automatic choice, the names of options, the interpreter and the class
that a worker loads, and the version that an evaluation remembers all come from :data:`KINDS`. So a new engine
is two files: its module, and a line here. This module imports no engine and none of their libraries: server
and trainer both start without them.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fitbox.engine.interpreter import vllm_python
from fitbox.errors import ConfigurationError

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Machine:
    """What decides whether an engine can run: hardware, and what is installed."""

    nvidia_gpus: int
    versions: Mapping[str, str]
    """Of the packages that are importable, by their import name; empty for one without a known version."""
    vllm: bool
    """An interpreter that has vLLM, or vLLM beside FitBox."""

    @classmethod
    def look(cls, devices: Path = Path("/dev"), environment: Environment = os.environ) -> Machine:
        """This machine. Imports nothing, because the front must start without torch."""
        names = ("openvino_genai", "torch", "transformers", "xgrammar", "vllm")
        versions = {name: distribution_version(name) for name in names if _importable(name)}
        return cls(
            nvidia_gpus=len(visible_gpus(devices, environment)),
            versions=versions,
            vllm=vllm_python(environment) is not None or "vllm" in versions,
        )

    @property
    def torch(self) -> bool:
        """Whether the torch engine has all that it imports."""
        return all(name in self.versions for name in ("torch", "transformers", "xgrammar"))

    @property
    def torch_with_cuda(self) -> bool:
        """Likewise, and not the build of torch for CPUs."""
        return self.torch and not self.versions["torch"].endswith("+cpu")


def visible_gpus(devices: Path = Path("/dev"), environment: Environment = os.environ) -> tuple[str, ...]:
    """The NVIDIA GPUs that a process would see, each as ``CUDA_VISIBLE_DEVICES`` names it alone."""
    present = len(list(devices.glob("nvidia[0-9]*")))
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(str(number) for number in range(present))
    # CUDA takes the names up to the first that is none, such as -1.
    named = itertools.takewhile(lambda name: name not in ("", "-1"), map(str.strip, visible.split(",")))
    return tuple(named)[:present]


@dataclass(frozen=True)
class Fit:
    """How well an engine suits a machine and a base model, and why."""

    rank: int
    """The greatest is chosen; 0 cannot run."""
    because: str = ""
    """What speaks for it."""
    lacks: str = ""
    """What is missing for it to run, or to rank higher."""


@dataclass(frozen=True)
class EngineKind:
    """One engine, before any of its libraries is imported."""

    name: str
    factory: str
    """``module:class`` of the engine, imported by its worker only."""
    package: str
    """The distribution whose version decides texts; evaluations remember it."""
    needs: str = "nothing more"
    """How its libraries are installed."""
    options: tuple[str, ...] = ()
    """Names that ``--engine-option`` may give it; its module says what they mean."""
    fit: Callable[[Machine, Path], Fit] = lambda machine, base_model: Fit(0)
    """How it suits, given the folder ``models/base/<name>``; without it only who asks for it gets it."""
    python: Callable[[Environment], str] = lambda environment: sys.executable
    """The interpreter that its workers run in."""
    hang_seconds: float = 20.0
    """A worker that answers nothing for so long hangs; more where one step is long by nature."""

    def check_options(self, given: Mapping[str, str]) -> None:
        """Raises ConfigurationError for a name that it does not know: ignoring it would serve something else
        than what was asked for."""
        if unknown := sorted(set(given) - set(self.options)):
            raise ConfigurationError(f"the {self.name} engine has no option {', '.join(unknown)}")


def by_name(name: str) -> EngineKind:
    """Raises ConfigurationError, naming those that there are."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise ConfigurationError(
        f"no engine {name!r}; there are {', '.join(sorted(kind.name for kind in KINDS))}"
    )


def distribution_version(package: str) -> str:
    """The version of an installed distribution, by its name or import name; empty where there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # built from source and not installed as a package
        return ""


def _importable(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _vllm_fit(machine: Machine, base_model: Path) -> Fit:
    if not machine.vllm:
        return Fit(0, lacks="vLLM is not installed" if machine.nvidia_gpus else "")
    return Fit(40 if machine.nvidia_gpus else 10, "vLLM is installed")


def _torch_fit(machine: Machine, base_model: Path) -> Fit:
    missing = [name for name in ("torch", "transformers", "xgrammar") if name not in machine.versions]
    if missing:
        return Fit(0, lacks=f"{missing[0]} is not installed")
    if not machine.nvidia_gpus:
        return Fit(20, "torch is installed")
    if not machine.torch_with_cuda:
        return Fit(20, "torch is installed", lacks="torch is the build without CUDA")
    return Fit(30, "torch with CUDA is installed")


def _openvino_fit(machine: Machine, base_model: Path) -> Fit:
    if not (base_model / "openvino" / "openvino_model.xml").is_file():
        return Fit(0, lacks="the base model has no OpenVINO export")
    if "openvino_genai" not in machine.versions:
        return Fit(0, lacks="openvino-genai is not installed")
    return Fit(25, "openvino-genai is installed and the base model exported for it")


_SCRIPTED_OPTIONS = (
    *("tokens", "step_ms", "load_ms", "compile_ms", "replies_file", "texts", "mixed"),
    *("crash", "crash_after", "hang_after"),
)

KINDS: tuple[EngineKind, ...] = (
    EngineKind(
        "openvino",
        "fitbox_server.engines.openvino:OpenVINOEngine",
        "openvino-genai",
        "pip install 'fitbox[openvino]'",
        (
            *("reproducible", "prompt_lookup", "inference_precision", "kv_cache_precision"),
            *("prefix_caching", "format", "compiled_grammars"),
        ),
        _openvino_fit,
    ),
    EngineKind(
        "torch",
        "fitbox_server.engines.torch_engine.engine:TorchEngine",
        "torch",
        "pip install 'fitbox[torch]'",
        ("device", "dtype", "load_in_4bit", "reproducible", "compiled_grammars"),
        _torch_fit,
        hang_seconds=120.0,  # a step reads all new prompts at once
    ),
    EngineKind(
        "vllm",
        "fitbox_server.engines.vllm:VLLMEngine",
        "vllm",
        "an environment with vLLM, see docs/engines.md",
        (
            *("dtype", "tensor_parallel_size", "gpu_memory_utilization", "max_model_len", "enforce_eager"),
            *("prefix_caching", "quantization"),
        ),
        _vllm_fit,
        lambda environment: str(vllm_python(environment) or sys.executable),
        hang_seconds=120.0,  # it compiles what it meets first
    ),
    EngineKind(
        "scripted",
        "fitbox_server.engines.scripted:ScriptedEngine",
        "fitbox",
        options=_SCRIPTED_OPTIONS,
    ),
)
"""Every engine that there is."""
