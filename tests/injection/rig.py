"""The outside of the refusals: which sites there are, which one is armed, and what became of it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.injection.site.refusals import ERRORS

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(__file__).with_name("site")


NOT_OURS = ("socket | fitbox/rpc/server.py:", " __init__")
"""Start and end of the one site that is left out: grpcio 1.80 ends its process by a signal where its poller
is refused its pair of sockets. The server asks for a pair itself just before, which is tried."""


class WrongError(Exception):
    """An answer, or a state, that no refusal excuses."""


@dataclass(frozen=True)
class Refusal:
    """One call that is to fail."""

    site: str
    error: str

    def __str__(self) -> str:
        return f"{self.error} at {self.site}"


class Rig:
    """A folder through which the processes under test are told what to refuse."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "fired").mkdir(parents=True)
        self._number = 0

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to be under test."""
        path = os.pathsep.join(part for part in (str(SITE), os.environ.get("PYTHONPATH", "")) if part)
        return {"PYTHONPATH": path, "FITBOX_REFUSALS": str(self.folder), "FITBOX_REFUSALS_ROOT": str(ROOT)}

    def sites(self) -> list[tuple[str, str]]:
        """Kind and site of every call that was seen, in the order in which they were first made."""
        path = self.folder / "sites.jsonl"
        if not path.exists():
            return []
        events = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        return list(dict.fromkeys((event["kind"], event["site"]) for event in events))

    def forget(self) -> None:
        """Begin a new list of sites; a process tells each of its sites once only."""
        (self.folder / "sites.jsonl").unlink(missing_ok=True)

    def arm(self, refusal: Refusal) -> None:
        """The next call at this site fails, once, in whichever process makes it."""
        self._number += 1
        partial = self.folder / "armed.partial"
        values = {"number": self._number, "site": refusal.site, "error": refusal.error}
        partial.write_text(json.dumps(values), "utf-8")
        partial.replace(self.folder / "armed.json")

    def disarm(self) -> bool:
        """Refuse nothing any more; whether the call was made, and so was refused."""
        (self.folder / "armed.json").unlink(missing_ok=True)
        return (self.folder / "fired" / str(self._number)).exists()


@dataclass
class Tally:
    """What a scenario came to."""

    sites: int = 0
    injections: int = 0
    excused: int = 0
    """Sites that are left out, see :data:`NOT_OURS`."""
    unmade: int = 0
    """Refusals whose call was not made again: in another order, or only at the first time."""
    troubles: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count what another one counted."""
        self.sites += other.sites
        self.injections += other.injections
        self.unmade += other.unmade
        self.excused += other.excused
        self.troubles.update(other.troubles)

    def trouble(self, kind: str, refusal: Refusal | None, what: str) -> None:
        """Something that must not happen: ``ended``, ``hung``, ``wrong`` or ``lost``."""
        self.troubles[kind] += 1
        print(f"{kind}: {refusal}: {what}", file=sys.stderr, flush=True)  # noqa: T201  # for whoever mends it


@dataclass(frozen=True)
class Tried:
    """Which of all refusals are tried."""

    errors: int
    """Errors at each site, of those that fit its kind."""
    only: str = ""
    """Sites that contain this."""
    share: tuple[int, int] = (0, 1)
    """The i-th of n equal shares, so that several can be tried at the same time."""

    def chosen(self, sites: Sequence[tuple[str, str]], tally: Tally) -> list[Refusal]:
        """The refusals, which the tally counts the sites of."""
        number, of = self.share
        tried = [(kind, site) for kind, site in sites if self.only in site and not _is_left_out(site)]
        tally.excused += number == 0 and any(_is_left_out(site) for _, site in sites)
        mine = tried[number::of]
        tally.sites += len(mine)
        return [Refusal(site, error) for kind, site in mine for error in ERRORS[kind][: self.errors]]


def _is_left_out(site: str) -> bool:
    start, end = NOT_OURS
    return site.startswith(start) and site.endswith(end)


def traceback_in(said: str) -> bool:
    """Whether a process ended with a traceback; what CPython says of an object that it could not finish
    making ("Exception ignored in") is none.
    """
    ignored = False
    for line in said.splitlines():
        if line.startswith("Exception ignored in"):
            ignored = True
        elif line.startswith("Traceback"):
            if not ignored:
                return True
            ignored = False
    return False
