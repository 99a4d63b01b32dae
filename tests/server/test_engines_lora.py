"""The scale of an adapter, and the adapters that one number cannot describe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fitbox_server.engines.lora import adapter_weight

from fitbox.errors import AdapterInvalidError


def write(folder: Path, **changes: Any) -> Path:
    config = {"peft_type": "LORA", "r": 32, "lora_alpha": 64, "bias": "none", "rank_pattern": {}} | changes
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def test_the_weight_is_alpha_over_rank(tmp_path: Path) -> None:
    """Hu et al., 2021."""
    assert adapter_weight(write(tmp_path)) == 2.0


def test_rank_stabilised_adapters_divide_by_the_root_of_the_rank(tmp_path: Path) -> None:
    """Kalajdzievski, 2023."""
    assert adapter_weight(write(tmp_path, r=16, use_rslora=True)) == 16.0


@pytest.mark.parametrize(
    "changes",
    [
        {"rank_pattern": {"q_proj": 8}},
        {"alpha_pattern": {"q_proj": 8}},
        {"use_dora": True},
        {"bias": "all"},
        {"modules_to_save": ["lm_head"]},
        {"peft_type": "LOHA"},
        {"init_lora_weights": "pissa"},
    ],
)
def test_an_adapter_that_is_more_than_scaled_lora_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    """It would load without a word and answer wrongly."""
    with pytest.raises(AdapterInvalidError) as caught:
        adapter_weight(write(tmp_path, **changes))
    assert caught.value.reason == "unsupported_lora"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"r": 32}', '{"r": 0, "lora_alpha": 1}', '{"r": "x", "lora_alpha": 1}']
)
def test_an_unreadable_configuration_is_refused(tmp_path: Path, text: str) -> None:
    """With a reason that a metric can count."""
    (tmp_path / "adapter_config.json").write_text(text)
    with pytest.raises(AdapterInvalidError) as caught:
        adapter_weight(tmp_path)
    assert caught.value.reason == "unreadable_config"
