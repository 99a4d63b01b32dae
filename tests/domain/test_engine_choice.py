"""What ``--engine auto`` takes, and the reason it gives; which interpreter a worker gets."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path

import pytest

from fitbox.engine.choice import choose_engine
from fitbox.engine.interpreter import VLLM_PYTHON, vllm_python
from fitbox.engine.kinds import KINDS, EngineKind, Machine, by_name
from fitbox.errors import ConfigurationError

ALL = ("openvino", "torch", "torch_with_cuda", "vllm")


def machine(gpus: int, *installed: str) -> Machine:
    versions = {}
    if "openvino" in installed:
        versions["openvino_genai"] = "2026.4.1"
    if "torch" in installed:
        build = "" if "torch_with_cuda" in installed else "+cpu"
        versions |= {"torch": f"2.13.0{build}", "transformers": "5.5.4", "xgrammar": "0.2.8"}
    return Machine(gpus, versions, vllm="vllm" in installed)


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
        (machine(0, "vllm"), "vllm", "torch is not installed; vLLM is installed"),
        (machine(1, *ALL), "vllm", "1 NVIDIA GPU; vLLM is installed"),
        (machine(2, "openvino", "torch", "torch_with_cuda"), "torch", "2 NVIDIA GPUs; vLLM is not installed"),
        (
            machine(1, "openvino", "torch"),
            "openvino",
            "torch is the build without CUDA; vLLM is not installed; openvino-genai is installed",
        ),
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


def test_torch_needs_xgrammar(tmp_path: Path) -> None:
    """Every request that has a grammar needs it, and without it the engine would not load."""
    without = machine(1, *ALL[:-1])
    without = dataclasses.replace(
        without, versions={name: version for name, version in without.versions.items() if name != "xgrammar"}
    )
    with pytest.raises(ConfigurationError, match="xgrammar is not installed"):
        choose_engine("auto", tmp_path, without)


def test_an_engine_that_there_is_not_is_refused_by_name(tmp_path: Path) -> None:
    """At once, with those that there are, instead of in a worker."""
    with pytest.raises(
        ConfigurationError, match="no engine 'onnx'; there are openvino, scripted, torch, vllm"
    ):
        choose_engine("onnx", tmp_path, machine(0, *ALL))


def test_only_vllm_gets_an_interpreter_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is set; else the one that make setup-vllm puts beside; else this one."""
    monkeypatch.chdir(tmp_path)
    configured = {VLLM_PYTHON: "/opt/vllm/bin/python"}
    assert by_name("vllm").python(configured) == "/opt/vllm/bin/python"
    assert by_name("openvino").python(configured) == sys.executable
    assert vllm_python({}) is None
    assert by_name("vllm").python({}) == sys.executable
    made = tmp_path / ".venv-vllm" / "bin" / "python"
    made.parent.mkdir(parents=True)
    made.touch()
    assert by_name("vllm").python({}) == ".venv-vllm/bin/python"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_misspelt_option_is_refused_before_a_worker_starts(kind: EngineKind) -> None:
    """Ignoring it would serve something else than what was asked for."""
    kind.check_options(dict.fromkeys(kind.options, "1"))
    with pytest.raises(ConfigurationError, match=f"the {kind.name} engine has no option reproducable"):
        kind.check_options({"reproducable": "true"})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_module_of_an_engine_is_there(kind: EngineKind) -> None:
    """By its file, for its library may not be."""
    module, _, name = kind.factory.partition(":")
    origin = importlib.util.find_spec(module)
    assert origin is not None
    assert origin.origin is not None
    assert f"class {name}" in Path(origin.origin).read_text()
