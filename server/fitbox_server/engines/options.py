"""Engine options: the ``(name, value)`` pairs of a spec, typed and checked."""

from __future__ import annotations

from fitbox.engine.kinds import by_name
from fitbox.engine.types import EngineSpec
from fitbox.errors import ConfigurationError


class Options:
    """The options that a worker was started with. Raises ConfigurationError for one that the engine does not
    have; which those are, :mod:`fitbox.engine.kinds` says."""

    def __init__(self, spec: EngineSpec) -> None:
        kind = by_name(spec.engine)
        self._names = frozenset(kind.options)
        self._given = dict(spec.options)
        kind.check_options(self._given)

    def text(self, name: str, default: str) -> str:
        """A text option."""
        return self._value(name) or default

    def integer(self, name: str, default: int) -> int:
        """A whole number. Raises ConfigurationError."""
        number = self.number(name, default)
        if not number.is_integer():
            raise ConfigurationError(f"engine option {name}={number:g} is not a whole number")
        return int(number)

    def number(self, name: str, default: float) -> float:
        """A number. Raises ConfigurationError."""
        value = self._value(name)
        try:
            return float(default if value is None else value)
        except ValueError:
            raise ConfigurationError(f"engine option {name}={value!r} is not a number") from None

    def flag(self, name: str, *, default: bool) -> bool:
        """``true`` or ``false``. Raises ConfigurationError."""
        value = self._value(name)
        if value not in (None, "true", "false"):
            raise ConfigurationError(f"engine option {name}={value!r} is neither true nor false")
        return default if value is None else value == "true"

    def _value(self, name: str) -> str | None:
        if name not in self._names:
            raise KeyError(f"{name} is not declared in fitbox.engine.kinds")
        return self._given.get(name)
