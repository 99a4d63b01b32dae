"""Which LoRA adapters there may be, and the one number that says how strong one is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fitbox.errors import AdapterInvalidError
from fitbox.registry import InvalidReason, lora

PEFT_0_21: dict[str, Any] = {
    "task_type": "CAUSAL_LM",
    "peft_type": "LORA",
    "auto_mapping": None,
    "peft_version": "0.21.2",
    "base_model_name_or_path": "/somewhere/else",
    "revision": None,
    "inference_mode": True,
    "r": 32,
    "target_modules": ["q_proj", "v_proj"],
    "exclude_modules": None,
    "lora_alpha": 64,
    "lora_dropout": 0.05,
    "fan_in_fan_out": False,
    "bias": "none",
    "use_rslora": False,
    "modules_to_save": None,
    "init_lora_weights": True,
    "layers_to_transform": None,
    "layers_pattern": None,
    "rank_pattern": {},
    "alpha_pattern": {},
    "megatron_config": None,
    "megatron_core": "megatron.core",
    "trainable_token_indices": None,
    "loftq_config": {},
    "eva_config": None,
    "corda_config": None,
    "lora_ga_config": None,
    "use_dora": False,
    "velora_config": None,
    "alora_invocation_tokens": None,
    "use_qalora": False,
    "qalora_group_size": 16,
    "monteclora_config": None,
    "layer_replication": None,
    "lora_bias": False,
    "target_parameters": None,
    "use_bdlora": None,
    "arrow_config": None,
    "kasa_config": None,
    "ensure_weight_tying": False,
}
"""As PEFT 0.21 saves a plain adapter."""


def test_a_plain_adapter_as_peft_saves_it_is_taken_with_alpha_over_rank(tmp_path: Path) -> None:
    """Hu et al., 2021."""
    (tmp_path / "adapter_config.json").write_text(json.dumps(PEFT_0_21))
    found = lora.read(tmp_path)
    assert (found.rank, found.weight, found.modules) == (32, 2.0, frozenset({"q_proj", "v_proj"}))


@pytest.mark.slow
def test_the_installed_peft_saves_what_is_taken() -> None:
    """A newer one may add options; at their defaults they are taken."""
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj"], task_type="CAUSAL_LM").to_dict()
    plain = {name: sorted(value) if isinstance(value, set) else value for name, value in config.items()}
    plain = json.loads(json.dumps(plain, default=str)) | {"peft_type": "LORA"}
    assert lora.parse(plain).weight == 2.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rank_pattern", {"q_proj": 8}),
        ("alpha_pattern", {"q_proj": 8}),
        ("use_dora", True),
        ("use_rslora", True),
        ("bias", "all"),
        ("bias", "lora_only"),
        ("modules_to_save", ["lm_head"]),
        ("peft_type", "LOHA"),
        ("peft_type", ["LORA"]),
        ("init_lora_weights", "pissa"),
        ("init_lora_weights", "pissa_niter_4"),
        ("init_lora_weights", "olora"),
        ("init_lora_weights", "eva"),
        ("layer_replication", [[0, 1], [0, 1]]),
        ("layers_to_transform", [0]),
        ("layers_to_transform", 0),
        ("layers_pattern", "layers"),
        ("lora_bias", True),
        ("use_qalora", True),
        ("qalora_group_size", 8),
        ("alora_invocation_tokens", [1, 2]),
        ("target_parameters", ["mlp.experts"]),
        ("trainable_token_indices", [3]),
        ("fan_in_fan_out", True),
        ("exclude_modules", ["v_proj"]),
        ("megatron_config", {"a": 1}),
        ("loftq_config", {"loftq_bits": 4}),
        ("arrow_config", {"top_k": 2}),
        ("kasa_config", {"beta": 1}),
        ("use_bdlora", {"nblocks": 2}),
        ("ensure_weight_tying", True),
        ("task_type", "SEQ_CLS"),
        ("an_option_of_tomorrow", True),
        ("an_option_of_tomorrow", "on"),
        ("an_option_of_tomorrow", 0.5),
        ("an_option_of_tomorrow", [1]),
        ("use_dora", 1),
        ("r", 0),
        ("r", True),
        ("r", 4.0),
        ("r", "4"),
        ("r", 10**9),
        ("lora_alpha", 0),
        ("lora_alpha", -8),
        ("lora_alpha", True),
        ("lora_alpha", 1e300),
        ("target_modules", "all-linear"),
        ("target_modules", []),
        ("target_modules", ["c_attn"]),
        ("target_modules", [["q_proj"]]),
        ("target_modules", ["q_proj", None]),
    ],
)
def test_what_engines_would_not_apply_alike_is_refused(name: str, value: Any) -> None:
    """It would load without a word in one of them and answer wrongly."""
    with pytest.raises(AdapterInvalidError) as caught:
        lora.parse(PEFT_0_21 | {name: value})
    assert (caught.value.reason, caught.value.passing) == (InvalidReason.ADAPTER_CONFIG, False)
    assert name in str(caught.value)


@pytest.mark.parametrize("value", [None, False, [], {}, ""])
def test_an_unknown_option_that_is_off_is_taken(value: Any) -> None:
    """Every new version of PEFT writes more of them."""
    assert lora.parse(PEFT_0_21 | {"an_option_of_tomorrow": value}).rank == 32


@pytest.mark.parametrize("text", ["", "[]", '{"r": 32}', "[" * 9999, '{"r": 4, "r": 8}', "\xff"])
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """With a reason that a metric can count."""
    (tmp_path / "adapter_config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(AdapterInvalidError) as caught:
        lora.read(tmp_path)
    assert caught.value.reason == InvalidReason.ADAPTER_CONFIG
