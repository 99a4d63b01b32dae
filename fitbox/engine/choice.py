"""``--engine auto``: which engine can run here, and why. Server and trainer choose alike, so a candidate is
judged on the engine that would serve it."""

from __future__ import annotations

from pathlib import Path

from fitbox.engine.kinds import KINDS, Machine, by_name
from fitbox.errors import ConfigurationError

AUTO = "auto"


def choices() -> tuple[str, ...]:
    """What may be asked for."""
    return (AUTO, *(kind.name for kind in KINDS))


def choose_engine(wanted: str, base_model: Path, machine: Machine | None = None) -> tuple[str, str]:
    """The engine to use and the reason, for the log and the ready line.

    With a GPU: vLLM, else torch. Without one: OpenVINO, else torch, else vLLM. Whether an engine that was
    asked for can run is its worker's to say.

    Raises:
        ConfigurationError: there is no engine of that name; or ``auto`` and nothing can run this base model.
    """
    if wanted != AUTO:
        return by_name(wanted).name, "as configured"
    machine = machine or Machine.look()
    fits = {kind.name: kind.fit(machine, base_model) for kind in KINDS}
    best = max(fits, key=lambda name: fits[name].rank)
    gpus = machine.nvidia_gpus
    found = [f"{gpus} NVIDIA GPU{'s' if gpus > 1 else ''}" if gpus else "no NVIDIA GPU"]
    found += [fit.lacks for fit in fits.values() if fit.lacks]
    if not fits[best].rank:
        raise ConfigurationError(
            f"no engine can run {base_model.name} ({'; '.join(found)}): install fitbox[server] and run "
            "`fitbox model prepare`"
        )
    return best, "; ".join([*found, fits[best].because])
