"""Draws the pictures of the docs: ``python -m tests.operations FOLDER``.

A server and a trainer go through the tests' busy while at its leisure, a real Prometheus watches, and the
dashboards are drawn from its answers.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from ops.dashboards import DASHBOARDS
from ops.pictures import draw
from tests.operations import scenario
from tests.operations.prometheus import prometheus

PAUSE_SECONDS = 12.0


async def rehearse(folder: Path) -> None:
    """About two minutes, and the pictures of them."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        async with scenario.gym(root) as place:
            with prometheus(root, place.targets) as source:
                start = time.time()
                await scenario.busy_while(place, pause=PAUSE_SECONDS)
                end = time.time()
                for page in DASHBOARDS:
                    path = folder / f"dashboard-{page.name}.png"
                    await asyncio.to_thread(draw, page, source, path, start=start, end=end, rate="15s")


if __name__ == "__main__":
    asyncio.run(rehearse(Path(sys.argv[1])))
