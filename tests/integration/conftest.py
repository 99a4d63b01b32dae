"""Fixtures for tests with real models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MAKE_ADAPTER = """
import sys
import peft, torch, transformers
torch.manual_seed(7)
model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1] + "/hf")
modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
config = peft.LoraConfig(r=8, lora_alpha=16, target_modules=modules, task_type="CAUSAL_LM")
model = peft.get_peft_model(model, config)
for name, parameter in model.named_parameters():
    if "lora_B" in name:
        torch.nn.init.normal_(parameter, std=0.02)
model.save_pretrained(sys.argv[2])
"""


@pytest.fixture(scope="session")
def random_adapter(base_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA adapter as peft saves it, random but strong enough to change what the model says."""
    folder = tmp_path_factory.mktemp("adapter")
    # A process of its own, so that the tests' process imports no torch.
    subprocess.run(
        [sys.executable, "-c", MAKE_ADAPTER, str(base_model), str(folder)], check=True, timeout=600
    )
    return folder
