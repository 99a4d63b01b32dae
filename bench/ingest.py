"""How fast intake takes a file of synthetic members, and in how much memory: one JSON line.

``python -m bench.ingest --rows 1000000`` writes the members to a temporary folder and takes them in from
there, in a process of its own, whose peak resident memory is reported. Generating the file is not counted.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fitbox_trainer.intake.headers import Shape
from fitbox_trainer.intake.pipeline import ingest
from fitbox_trainer.intake.synth import write_synthetic


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--header", choices=[shape.value.lower() for shape in Shape], default="kaggle")
    parser.add_argument("--preferences", action="store_true", help="add random preferences to every member")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fitbox-bench-") as folder:
        path = Path(folder) / "members.csv"
        shape = Shape(options.header.upper())
        write_synthetic(path, options.rows, options.seed, shape, preferences=options.preferences)
        # Spawned, so that the memory of the generator is not inherited and counted.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            measured = pool.apply(measure, (path, Path(folder) / "store"))
    print(
        json.dumps(
            {"bench": "ingest", "header": options.header, "preferences": options.preferences, **measured}
        )
    )


def measure(path: Path, store: Path) -> dict[str, Any]:
    """Take one file in and say what it cost; meant for a fresh process."""
    started = time.perf_counter()
    report = ingest(path, store)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "rows": report.rows_total,
        "accepted": report.rows_accepted,
        "duplicate": report.rows_duplicate,
        "rejected": report.rows_rejected,
        "file_mib": round(path.stat().st_size / 2**20, 1),
        "seconds": round(seconds, 2),
        "rows_per_second": round(report.rows_total / seconds),
        # Linux counts in KiB, macOS in bytes.
        "peak_memory_mib": round(peak / (2**20 if sys.platform == "darwin" else 2**10)),
    }


if __name__ == "__main__":
    main()
