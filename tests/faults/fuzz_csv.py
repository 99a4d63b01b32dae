"""``python -m tests.faults.fuzz_csv --seconds 600``: tables changed at random; the corpus keeps what breaks.

Whatever the bytes, intake gives a report that can be stored and sent, counts every member once, and takes no
time out of proportion. The last line is one JSON object; exit code 1 where anything broke.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path

from fitbox_trainer.intake import IntakeStatus, ingest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.faults.tables import TABLES
from tests.faults.test_odd_bytes_intake import CORPUS, FRAGMENTS

SECONDS_A_FILE = 5.0
"""A file of some kilobytes takes a hundredth of it."""


@st.composite
def changed_tables(draw: st.DrawFn) -> bytes:
    """A table with pieces taken out, put in, doubled, or of another table."""
    content = draw(st.sampled_from([table.content for table in TABLES]))[:4000]
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(content)))
        size = draw(st.integers(0, 40))
        piece = draw(
            FRAGMENTS | st.binary(max_size=8) | st.just(content[at : at + size] * draw(st.integers(1, 30)))
        )
        content = content[:at] + piece + content[at + draw(st.integers(0, size)) :]
    return content


def check(content: bytes) -> None:
    """What holds for any file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(content)
        began = time.process_time()
        report = ingest(path, Path(folder) / "store")
        assert time.process_time() - began < SECONDS_A_FILE
        report.to_json().encode()
        assert type(report).from_values(json.loads(json.dumps(report.to_values()))) == report
        members = report.members.read_bytes().splitlines() if report.members else []
        identities = {json.loads(line)["member_id"] for line in members}
        assert len(identities) == (report.rows_accepted if report.status is IntakeStatus.ACCEPTED else 0)


def main() -> int:
    """Fuzz for a while."""
    parser = argparse.ArgumentParser(prog="tests.faults.fuzz_csv", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    files, found = 0, []
    last = [b""]

    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(changed_tables() | st.lists(FRAGMENTS | st.binary(max_size=20), max_size=60).map(b"".join))
    def batch(content: bytes) -> None:
        nonlocal files
        files += 1
        last[0] = content
        check(content)

    while time.monotonic() < until:
        try:
            batch()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            name = hashlib.sha256(last[0]).hexdigest()[:12]
            CORPUS.mkdir(parents=True, exist_ok=True)
            (CORPUS / f"{name}.csv").write_bytes(last[0])
            found.append(f"{name}: {type(error).__name__}: {error}"[:300])
    print(json.dumps({"fuzz": "csv", "files": files, "found": found}))  # noqa: T201 - a program
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
