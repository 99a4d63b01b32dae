"""Which engine judges a candidate: the one that serves, with the options that it serves with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fitbox.engine.choice import choose_engine
from fitbox.engine.kinds import by_name
from fitbox_trainer.run.presets import Evaluation
from fitbox_trainer.run.runconfig import RunConfig


def chosen(config: RunConfig) -> Evaluation:
    """The preset's section with the engine named: the operator's, else the preset's, else the machine's.

    Raises:
        ConfigurationError: no engine can run here, or it has no option of a name that is given.
    """
    settings = config.preset.evaluation
    if config.evaluation_members is not None:
        members = min(settings.members, config.evaluation_members)
        settings = settings.model_copy(update={"members": members})
    options = settings.options if config.engine_options is None else config.engine_options
    return with_engine(settings, config.engine or settings.engine, options, config.base_model)


def with_engine(
    settings: Evaluation, wanted: str, options: Mapping[str, str], base_model: Path
) -> Evaluation:
    """``settings`` with this engine; ``auto`` is what ``fitbox serve --engine auto`` takes on this machine.

    Raises:
        ConfigurationError: as :func:`chosen`.
    """
    engine, _ = choose_engine(wanted, base_model)
    by_name(engine).check_options(options)
    return settings.model_copy(update={"engine": engine, "options": dict(options)})
