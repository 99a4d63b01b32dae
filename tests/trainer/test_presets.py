"""Presets: packaged TOML files and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from fitbox_trainer.run.presets import LLAMA_PROJECTIONS, load_preset, preset_names

from fitbox.errors import ConfigurationError


@pytest.mark.parametrize("name", preset_names())
def test_every_packaged_preset_loads_under_its_own_name(name: str) -> None:
    """A preset's file name is its name, and all of its keys are known."""
    assert load_preset(name).name == name


def test_the_published_recipe_is_kept_value_for_value() -> None:
    """NF4 twice quantised, rank 32, alpha 64, seven projections, 5e-4, 200 warm-up steps, 4 x 4, seed 42."""
    preset = load_preset("llama-3.2-qlora")
    assert (preset.quantization.type, preset.quantization.double) == ("nf4", True)
    assert (preset.lora.rank, preset.lora.alpha, preset.lora.targets) == (32, 64, LLAMA_PROJECTIONS)
    assert (preset.optimizer.name, preset.optimizer.learning_rate) == ("paged_adamw_8bit", 5e-4)
    assert (preset.optimizer.warmup_steps, preset.optimizer.warmup_share) == (200, None)
    assert (preset.batch.examples, preset.batch.gradient_checkpointing) == (4, True)
    assert (preset.data.epochs, preset.seed, preset.time_budget_seconds) == (4, 42, None)


def test_there_is_a_preset_for_each_size_of_machine() -> None:
    """A small GPU saves memory, a large one time, several split the base."""
    small, large, several = (load_preset(f"gpu-{name}") for name in ("small", "large", "several"))
    assert (small.quantization.type, small.batch.gradient_checkpointing) == ("nf4", True)
    assert small.batch.micro_tokens >= small.data.max_length
    assert (large.quantization.type, large.batch.gradient_checkpointing) == ("none", False)
    assert (several.shard_base, several.quantization.type) == (True, "nf4")
    assert not any(load_preset(n).shard_base for n in preset_names() if n != "gpu-several")


def test_a_misspelt_key_is_refused_by_its_name(tmp_path: Path) -> None:
    """An unknown key is an error that names section and key."""
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ndescription = "x"\n[optimizer]\nlearning_rat = 1e-3\nlearning_rate = 1e-3\n'
    )
    with pytest.raises(ConfigurationError, match=r"optimizer\.learning_rat: Extra inputs"):
        load_preset(str(path))


def test_an_unknown_name_lists_the_presets_there_are() -> None:
    """The message says what could be used instead."""
    with pytest.raises(ConfigurationError, match="cpu-quick"):
        load_preset("cpu-quik")


def test_what_is_not_toml_is_refused(tmp_path: Path) -> None:
    """A broken file is a configuration error, not a traceback."""
    path = tmp_path / "broken.toml"
    path.write_text("name = ")
    with pytest.raises(ConfigurationError, match="not TOML"):
        load_preset(str(path))
