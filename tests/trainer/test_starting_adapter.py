"""The adapter that ships with FitBox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fitbox_trainer import starting_adapter
from fitbox_trainer.run.presets import load_preset, preset_names
from fitbox_trainer.run.runconfig import shipped_adapter
from safetensors import safe_open

SHIPPED = Path(starting_adapter.__file__).parent


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_that_starts_from_it_trains_its_shape(name: str) -> None:
    """Rank, alpha and targets agree, so that continuing needs no conversion."""
    preset = load_preset(name)
    if preset.start != "shipped":
        return
    config = json.loads((SHIPPED / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (preset.lora.rank, preset.lora.alpha)
    assert set(config["target_modules"]) == set(preset.lora.targets)


def test_it_is_small_and_in_sixteen_bits() -> None:
    """Half precision, and less than 5 MB, because everybody who clones the project downloads it."""
    with safe_open(SHIPPED / "adapter_model.safetensors", framework="numpy") as weights:
        kinds = {weights.get_slice(name).get_dtype() for name in weights.keys()}  # noqa: SIM118 - not a dict
    assert kinds == {"BF16"}
    assert (SHIPPED / "adapter_model.safetensors").stat().st_size < 5_000_000


@pytest.mark.slow
@pytest.mark.integration
def test_it_was_made_for_the_embedded_base_model(base_model: Path) -> None:
    """The digest in origin.json is that of the base model that `fitbox model prepare` makes."""
    assert shipped_adapter(base_model) == SHIPPED


def test_another_base_model_starts_from_zero(tmp_path: Path) -> None:
    """A base with another digest is not given an adapter that was trained on this one."""
    (tmp_path / "manifest.json").write_text(json.dumps({"name": "other", "digest": "0" * 64}))
    assert shipped_adapter(tmp_path) is None
