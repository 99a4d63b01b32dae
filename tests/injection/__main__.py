"""``make test-faults``: the last line is one JSON object.

``sites`` calls that were found, ``injections`` refusals that happened; ``ended`` processes that ended by
one, ``hung`` that never settled, ``wrong`` replies or states, ``lost`` what had been promised. Exit code 1
where one of the last four is not 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.injection import daemon, finetune, server
from tests.injection.rig import Tally, Tried

SCENARIOS = {
    "serving": server.serving,
    "starting": server.starting,
    "training": daemon.training,
    "beginning": daemon.beginning,
    "fine-tuning": finetune.fine_tuning,
}
TROUBLES = ("ended", "hung", "wrong", "lost")


def main() -> int:
    """Run the scenarios and report."""
    parser = argparse.ArgumentParser(prog="tests.injection", description=__doc__)
    parser.add_argument(
        "--scenario", choices=SCENARIOS, action="append", help="all of them where none is named"
    )
    parser.add_argument("--errors", type=int, default=3, help="errors that are tried at each site")
    parser.add_argument("--only", default="", help="sites whose line contains this")
    parser.add_argument("--shares", type=int, default=2, help="processes that divide the sites of a scenario")
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.share is not None:
        tried = Tried(options.errors, options.only, (options.share, options.shares))
        print(json.dumps(figures(alone(options.scenario[0], tried))))  # noqa: T201  # a program
        return 0
    total = Tally()
    for name in options.scenario or SCENARIOS:
        began = time.monotonic()
        tally = divided(name, options)
        total.add(tally)
        line = {"scenario": name, **figures(tally), "seconds": round(time.monotonic() - began, 1)}
        print(json.dumps(line), flush=True)  # noqa: T201
    print(json.dumps(figures(total)))  # noqa: T201
    return 1 if any(total.troubles.values()) or not total.injections else 0


def alone(name: str, tried: Tried) -> Tally:
    """One scenario in this process."""
    tally = Tally()
    folder = Path(tempfile.mkdtemp(prefix="fitbox-faults-"))
    try:
        asyncio.run(SCENARIOS[name](folder, tried, tally))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return tally


def divided(name: str, options: argparse.Namespace) -> Tally:
    """One scenario in several processes: they mostly wait for what has been refused to be tried again."""
    command = [sys.executable, "-m", "tests.injection", "--scenario", name, "--errors", str(options.errors)]
    command += ["--only", options.only, "--shares", str(options.shares)]
    shares = [
        subprocess.Popen([*command, "--share", str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(options.shares)
    ]
    tally = Tally()
    for share in shares:
        said, _ = share.communicate()
        if share.returncode:
            raise SystemExit(f"a share of {name} ended with exit code {share.returncode}")
        counts = json.loads(said.splitlines()[-1])
        tally.add(
            Tally(
                counts["sites"],
                counts["injections"],
                counts["excused"],
                counts["unmade"],
                Counter({k: counts[k] for k in TROUBLES}),
            )
        )
    return tally


def figures(tally: Tally) -> dict[str, int]:
    """For the report."""
    counts = {
        "sites": tally.sites,
        "injections": tally.injections,
        "excused": tally.excused,
        "unmade": tally.unmade,
    }
    return counts | {kind: tally.troubles[kind] for kind in TROUBLES}


if __name__ == "__main__":
    sys.exit(main())
