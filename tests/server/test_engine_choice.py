"""What ``--engine auto`` takes, and the reason it gives; which interpreter a worker gets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fitbox_server.engine_choice import Machine, choose_engine

from fitbox.engine.interpreter import VLLM_PYTHON, interpreter, vllm_python
from fitbox.errors import ConfigurationError

ALL = ("openvino", "torch", "torch_with_cuda", "vllm")


def machine(gpus: int, *installed: str) -> Machine:
    return Machine(nvidia_gpus=gpus, **{name: name in installed for name in ALL})


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A base model that OpenVINO can load."""
    (tmp_path / "openvino").mkdir()
    (tmp_path / "openvino" / "openvino_model.xml").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("found", "engine", "reason"),
    [
        (machine(0, *ALL), "openvino", "no NVIDIA GPU; openvino-genai is installed"),
        (machine(0, "torch", "vllm"), "torch", "openvino-genai is not installed; torch is installed"),
        (machine(0, "vllm"), "vllm", "torch is not installed; vLLM is"),
        (machine(1, *ALL), "vllm", "1 NVIDIA GPU; vLLM is installed"),
        (machine(2, "openvino", "torch", "torch_with_cuda"), "torch", "2 NVIDIA GPUs; vLLM is not installed"),
        (machine(1, "openvino", "torch"), "openvino", "nor is torch with CUDA; openvino-genai is installed"),
    ],
)
def test_auto_takes_what_suits_the_machine_and_says_why(
    exported: Path, found: Machine, engine: str, reason: str
) -> None:
    """A GPU wants vLLM or torch, a CPU OpenVINO; what is not installed is passed over, and named."""
    chosen, why = choose_engine("auto", exported, found)
    assert chosen == engine
    assert reason in why


def test_auto_takes_torch_for_a_base_model_without_an_export(tmp_path: Path) -> None:
    """OpenVINO could not load it."""
    chosen, why = choose_engine("auto", tmp_path, machine(0, *ALL))
    assert (chosen, why) == (
        "torch",
        "no NVIDIA GPU; the base model has no OpenVINO export; torch is installed",
    )


def test_auto_without_any_engine_says_what_to_install(exported: Path) -> None:
    """Instead of failing in a worker."""
    with pytest.raises(ConfigurationError, match="install"):
        choose_engine("auto", exported, machine(1))


def test_an_engine_that_was_asked_for_is_taken(tmp_path: Path) -> None:
    """Whether it can run is the worker's to say."""
    assert choose_engine("scripted", tmp_path, machine(0)) == ("scripted", "as configured")


@pytest.mark.parametrize(("visible", "gpus"), [(None, 2), ("0,1", 2), ("", 0), ("-1", 0)])
def test_gpus_are_counted_unless_they_are_hidden(tmp_path: Path, visible: str | None, gpus: int) -> None:
    """By their device files, for the front must not import torch."""
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert Machine.look(tmp_path, environment).nvidia_gpus == gpus


def test_only_vllm_gets_an_interpreter_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is set; else the one that make setup-vllm puts beside; else this one."""
    monkeypatch.chdir(tmp_path)
    configured = {VLLM_PYTHON: "/opt/vllm/bin/python"}
    assert interpreter("vllm", configured) == "/opt/vllm/bin/python"
    assert interpreter("openvino", configured) == sys.executable
    assert vllm_python({}) is None
    assert interpreter("vllm", {}) == sys.executable
    made = tmp_path / ".venv-vllm" / "bin" / "python"
    made.parent.mkdir(parents=True)
    made.touch()
    assert interpreter("vllm", {}) == ".venv-vllm/bin/python"
