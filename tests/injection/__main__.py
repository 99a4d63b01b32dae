"""``make test-faults``: the last line is one JSON object.

``sites`` calls that were found, ``injections`` refusals that happened; ``ended`` processes that ended by one, ``hung``
that never settled, ``wrong`` replies or states, ``lost`` what had been promised. Exit code 1 where one of the last
four is not 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.injection import daemon, server
from tests.injection.rig import Tally

SCENARIOS = {
    "serving": server.serving,
    "starting": server.starting,
    "training": daemon.training,
    "beginning": daemon.beginning,
}
TROUBLES = ("ended", "hung", "wrong", "lost")


def main() -> int:
    """Run the scenarios and report."""
    parser = argparse.ArgumentParser(prog="tests.injection", description=__doc__)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="all of them where none is named")
    parser.add_argument("--errors", type=int, default=3, help="errors that are tried at each site")
    parser.add_argument("--only", default="", help="sites whose line contains this")
    parser.add_argument("--limit", type=int, help="refusals a scenario")
    options = parser.parse_args()
    total = Tally()
    parts = {}
    for name in options.scenario or SCENARIOS:
        began = time.monotonic()
        folder = Path(tempfile.mkdtemp(prefix="fitbox-faults-"))
        try:
            tally = asyncio.run(
                SCENARIOS[name](folder, errors=options.errors, only=options.only, limit=options.limit)
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        for example in tally.examples:
            print(f"{name}: {example}", flush=True)  # noqa: T201  # a program
        parts[name] = {
            "sites": tally.sites,
            "injections": tally.injections,
            "unmade": tally.unmade,
            **{kind: tally.troubles[kind] for kind in TROUBLES},
            "seconds": round(time.monotonic() - began, 1),
        }
        print(json.dumps({"scenario": name, **parts[name]}), flush=True)  # noqa: T201
        total.sites += tally.sites
        total.injections += tally.injections
        total.unmade += tally.unmade
        total.troubles.update(tally.troubles)
    figures = {"sites": total.sites, "injections": total.injections, "unmade": total.unmade}
    print(json.dumps(figures | {kind: total.troubles[kind] for kind in TROUBLES}))  # noqa: T201
    return 1 if any(total.troubles.values()) or not total.injections else 0


if __name__ == "__main__":
    sys.exit(main())
