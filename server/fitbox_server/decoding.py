"""What callers may say about how their reply is made, and what becomes of it beside the server's settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fitbox.decoding import DECODING, Decoding
from fitbox.task import TaskName

MOST_ALTERNATIVES = 1000
"""Further replies to one request that can be asked for by number."""
MOST_AVOIDED = 256
"""Items of earlier replies that a request may name: a week has at most about forty."""


@dataclass(frozen=True)
class Wishes:
    """What a caller says of decoding; ``None`` leaves it to the server."""

    temperature: float | None = None
    seed: int | None = None
    candidates: int | None = None
    alternative: int = 0
    """0 for the first reply to this request, 1 for another one, 2 for yet another."""
    avoid: frozenset[str] = frozenset()
    """Exercises or foods of earlier replies, which this one repeats only where it must."""


@dataclass(frozen=True)
class Settled:
    """How one reply is decoded."""

    decoding: Decoding
    count: int
    """Candidates, as long as the server is not busy."""
    firm: bool
    """Whether it is the caller's own number, or has to repeat a reply: then being busy changes nothing."""


@dataclass(frozen=True)
class DecodingPolicy:
    """The server's own part in it; see :class:`fitbox_server.settings.Settings`."""

    decoding: Decoding = DECODING
    retry_temperature: float = 0.7
    texts: int = 16
    """Candidates that all requests in work may have together, before each new one gets fewer."""

    def settle(self, task: TaskName, wishes: Wishes, *, streamed: bool = False) -> Settled:
        """What a request asks for, where the settings fill in what it leaves open.

        A streamed reply has one candidate: what its reader has read must be what the reply says.
        """
        temperature = self.decoding.temperature if wishes.temperature is None else wishes.temperature
        if not temperature and (wishes.alternative or (wishes.candidates or 1) > 1):
            temperature = self.retry_temperature  # its own text is the only one that a greedy server has
        decoding = replace(self.decoding, temperature=temperature)
        count = decoding.count(task) if wishes.candidates is None else wishes.candidates
        if streamed:
            count = 1
        return Settled(decoding, count, wishes.candidates is not None or wishes.seed is not None)

    def affordable(self, settled: Settled, requests: int) -> int:
        """Candidates of a request that comes when so many, itself included, are in work or wait."""
        if settled.firm:
            return settled.count
        return max(1, min(settled.count, self.texts // max(1, requests)))

    def again(self, decoding: Decoding) -> Decoding:
        """How a second attempt is decoded: greedy decoding would only repeat the first."""
        return replace(decoding, temperature=max(decoding.temperature, self.retry_temperature))
