"""Asks a Prometheus, over its HTTP API."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SECONDS = 30.0
"""For one answer."""


class QueryError(Exception):
    """Prometheus refused a query; the message says why."""


@dataclass(frozen=True)
class Series:
    """One series of an answer: times in Unix seconds, and the values at them."""

    labels: Mapping[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Prometheus:
    """A server at ``http://HOST:PORT``."""

    url: str

    def now(self, expression: str) -> list[Series]:
        """What it is at this moment. Raises QueryError."""
        found = self._get("query", query=expression)["result"]
        return [_series(one["metric"], [one["value"]]) for one in found]

    def over(self, expression: str, start: float, end: float, step: float) -> list[Series]:
        """What it was from ``start`` to ``end``, every ``step`` seconds. Raises QueryError."""
        asked = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        found = self._get("query_range", query=expression, **asked)["result"]
        return [_series(one["metric"], one["values"]) for one in found]

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, with its health and the last error."""
        groups: list[dict[str, Any]] = self._get("rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def targets(self) -> list[dict[str, Any]]:
        """What is scraped."""
        found: list[dict[str, Any]] = self._get("targets")["activeTargets"]
        return found

    def _get(self, what: str, **parameters: str) -> Any:
        address = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(address, timeout=SECONDS) as reply:  # noqa: S310 - http, as given
                return json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            raise QueryError(f"{parameters.get('query', what)}: {error.read().decode()}") from None


def _series(labels: dict[str, str], samples: list[tuple[float, str]]) -> Series:
    times, values = zip(*samples, strict=True)
    return Series(labels, tuple(map(float, times)), tuple(map(float, values)))
