"""``--engine auto``: which engine can run here, and why."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fitbox.engine.interpreter import vllm_python
from fitbox.errors import ConfigurationError

AUTO = "auto"


@dataclass(frozen=True)
class Machine:
    """What decides the choice: hardware, and what is installed."""

    nvidia_gpus: int
    openvino: bool
    torch: bool
    """torch and transformers."""
    torch_with_cuda: bool
    """Likewise, and not the build of torch for CPUs."""
    vllm: bool
    """An interpreter that has vLLM, or vLLM beside FitBox."""

    @classmethod
    def look(cls, devices: Path = Path("/dev"), environment: Mapping[str, str] = os.environ) -> Machine:
        """This machine. Imports nothing, because the front must start without torch."""
        visible = environment.get("CUDA_VISIBLE_DEVICES")
        hidden = visible is not None and visible in ("", "-1")
        torch = _installed("torch") and _installed("transformers")
        return cls(
            nvidia_gpus=0 if hidden else len(list(devices.glob("nvidia[0-9]*"))),
            openvino=_installed("openvino_genai"),
            torch=torch,
            torch_with_cuda=torch and not _version("torch").endswith("+cpu"),
            vllm=vllm_python(environment) is not None or _installed("vllm"),
        )


def choose_engine(wanted: str, base_model: Path, machine: Machine | None = None) -> tuple[str, str]:
    """The engine to use and the reason, for the log and the ready line.

    With a GPU: vLLM, else torch. Without one: OpenVINO, else torch, else vLLM. Whether an engine that was
    asked for can run is its worker's to say.

    Raises:
        ConfigurationError: ``auto`` and nothing can run this base model.
    """
    if wanted != AUTO:
        return wanted, "as configured"
    machine = machine or Machine.look()
    exported = (base_model / "openvino" / "openvino_model.xml").is_file()
    reasons = []
    if machine.nvidia_gpus:
        reasons.append(f"{machine.nvidia_gpus} NVIDIA GPU{'s' if machine.nvidia_gpus > 1 else ''}")
        if machine.vllm:
            return "vllm", "; ".join([*reasons, "vLLM is installed"])
        reasons.append("vLLM is not installed")
        if machine.torch_with_cuda:
            return "torch", "; ".join([*reasons, "torch is"])
        reasons.append("nor is torch with CUDA")
    else:
        reasons.append("no NVIDIA GPU")
    if exported and machine.openvino:
        return "openvino", "; ".join(
            [*reasons, "openvino-genai is installed and the base model exported for it"]
        )
    reasons.append("openvino-genai is not installed" if exported else "the base model has no OpenVINO export")
    if machine.torch:
        return "torch", "; ".join([*reasons, "torch is installed"])
    if machine.vllm:
        return "vllm", "; ".join([*reasons, "torch is not installed", "vLLM is"])
    raise ConfigurationError(
        f"no engine can run {base_model.name}: install fitbox[server] and run `fitbox model prepare`"
    )


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # built from source and not installed as a package
        return ""
