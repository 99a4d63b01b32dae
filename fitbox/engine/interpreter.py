"""Where the Python of vLLM workers is.

vLLM pins its own torch and transformers, so it lives in its own environment, where FitBox is installed
without its dependencies (``make setup-vllm``; ``docs/engines.md``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

VLLM_PYTHON = "FITBOX_VLLM_PYTHON"
"""Environment variable: path of the Python that has vLLM."""
VLLM_DEFAULT = Path(".venv-vllm/bin/python")
"""Where ``make setup-vllm`` puts it, below the working directory."""


def vllm_python(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The interpreter set for vLLM, or the one ``make setup-vllm`` made; ``None`` where there is neither.

    A path that is set is not checked: a wrong one should fail with its name, not be passed over.
    """
    if configured := environment.get(VLLM_PYTHON):
        return Path(configured)
    return VLLM_DEFAULT if VLLM_DEFAULT.is_file() else None
