"""What a storm left in the ledger, against what it should have."""

from __future__ import annotations

import collections
import json
from dataclasses import dataclass
from pathlib import Path

from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Content, FileStatus
from fitbox_trainer.data.dataset import assemble

from tests.storm.weather import Expected


class Readings(Hooks):
    """Counts how often each content was read as a new one, and everything that was read."""

    def __init__(self) -> None:
        self.as_new: collections.Counter[str] = collections.Counter()
        self.reads = 0

    def file_read(self, name: str, content: Content, *, new: bool) -> None:
        self.reads += 1
        self.as_new[content.digest] += new


@dataclass(frozen=True)
class Verdict:
    """All but ``files`` and ``reads`` must be 0."""

    files: int
    """CSV files in the folder in the end."""
    reads: int
    lost: int
    """Files that are not in the ledger with the content they have."""
    partial: int
    """Contents that were taken while their file was still being written."""
    twice: int
    """Contents that counted as new twice, and members who are in the dataset twice."""
    stale: int
    """Files in the ledger that are not in the folder."""
    unexplained: int
    """Links without an explanation, and temporary names that got one."""

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.partial or self.twice or self.stale or self.unexplained)


def judge(expected: Expected, ledger: Ledger, readings: Readings, scratch: Path) -> Verdict:
    """Compare once the folder has settled."""
    sources = ledger.sources()
    records = ledger.files()
    refused = {file.name for file in records if file.status is FileStatus.REJECTED}
    taken = {file.content.digest for file in records if file.content is not None} | set(readings.as_new)
    dataset = assemble(ledger.members_files(tuple(sources.values())), scratch)
    members = [
        json.loads(line)["member_id"]
        for line in (scratch / f"{dataset.digest}.jsonl").read_text().splitlines()
    ]
    return Verdict(
        files=len(expected.contents),
        reads=readings.reads,
        lost=sum(sources.get(name) != digest for name, digest in expected.contents.items()),
        partial=len(taken - expected.whole),
        twice=sum(count > 1 for count in readings.as_new.values()) + len(members) - len(set(members)),
        stale=len(sources.keys() - expected.contents.keys()),
        unexplained=len(refused ^ expected.refused),
    )
