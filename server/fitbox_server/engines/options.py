"""Engine options: the ``(name, value)`` pairs of a spec, typed and checked."""

from __future__ import annotations

from fitbox.engine.types import EngineSpec
from fitbox.errors import ConfigurationError


class Options:
    """Takes options one by one; :meth:`done` refuses what nobody took, so that a misspelt name is not
    ignored."""

    def __init__(self, spec: EngineSpec) -> None:
        self._engine = spec.engine
        self._left = dict(spec.options)

    def text(self, name: str, default: str) -> str:
        """A text option."""
        return self._left.pop(name, default)

    def integer(self, name: str, default: int) -> int:
        """A whole number. Raises ConfigurationError."""
        return int(self.number(name, default))

    def number(self, name: str, default: float) -> float:
        """A number. Raises ConfigurationError."""
        value = self._left.pop(name, None)
        try:
            return default if value is None else float(value)
        except ValueError:
            raise ConfigurationError(f"engine option {name}={value!r} is not a number") from None

    def flag(self, name: str, *, default: bool) -> bool:
        """``true`` or ``false``. Raises ConfigurationError."""
        value = self._left.pop(name, str(default).lower())
        if value not in ("true", "false"):
            raise ConfigurationError(f"engine option {name}={value!r} is neither true nor false")
        return value == "true"

    def done(self) -> None:
        """Raise ConfigurationError if an option is left that the engine does not know."""
        if self._left:
            raise ConfigurationError(
                f"the {self._engine} engine has no option {', '.join(sorted(self._left))}"
            )
