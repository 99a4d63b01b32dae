"""Which engine judges a candidate: the one that serves, with the options that it serves with."""

from __future__ import annotations

from pathlib import Path

from fitbox_trainer.run.presets import Evaluation
from fitbox_trainer.run.runconfig import RunConfig

AUTO = "auto"


def chosen(config: RunConfig) -> Evaluation:
    """The preset's section with the engine named: the operator's, else the preset's, else the machine's.

    Raises:
        ConfigurationError: no engine can run here.
    """
    settings = config.preset.evaluation
    options = settings.options if config.engine_options is None else config.engine_options
    engine = choose(config.engine or settings.engine, config.base_model)
    return settings.model_copy(update={"engine": engine, "options": options})


def choose(wanted: str, base_model: Path) -> str:
    """The engine of a name; ``auto`` is what ``fitbox serve --engine auto`` would take on this machine.

    Raises:
        ConfigurationError: no engine can run here.
    """
    if wanted != AUTO:
        return wanted
    return "openvino" if (base_model / "openvino").is_dir() else "torch"
