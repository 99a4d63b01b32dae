"""``--engine auto``: which engine can run here, and why."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from fitbox.errors import ConfigurationError

AUTO = "auto"


def choose_engine(wanted: str, base_model: Path) -> tuple[str, str]:
    """The engine to use and the reason, for the log.

    Looks for what is installed and what the base model was prepared for; imports nothing, because the front
    must start without torch.

    Raises:
        ConfigurationError: ``auto`` and nothing can run this base model.
    """
    if wanted != AUTO:
        return wanted, "as configured"
    exported = (base_model / "openvino" / "openvino_model.xml").is_file()
    if exported and importlib.util.find_spec("openvino_genai"):
        return "openvino", "openvino-genai is installed and the base model is exported for it"
    if importlib.util.find_spec("torch") and importlib.util.find_spec("transformers"):
        missing = "openvino-genai is not installed" if exported else "the base model has no OpenVINO export"
        return "torch", f"{missing}; torch is installed"
    raise ConfigurationError(
        f"no engine can run {base_model.name}: install fitbox[server] and run `fitbox model prepare`"
    )
