"""Follow which version serves, through restarts of the server."""

import contextlib
import itertools
import sys
import time
from collections.abc import Iterator

from fitbox_client import AdapterChange, FitBoxClient, ServerUnavailableError

PAUSE_SECONDS = 1.0


def changes(client: FitBoxClient) -> Iterator[AdapterChange]:
    """Every change; after a break the state of now comes first, so nothing that still holds is missed."""
    while True:
        with contextlib.suppress(ServerUnavailableError):
            yield from client.watch_adapters()
        time.sleep(PAUSE_SECONDS)


def main(address: str = "127.0.0.1:50051", *, limit: int | None = None) -> None:
    """Print each change; ``limit`` ends it after so many."""
    with FitBoxClient(address) as client:
        for change in itertools.islice(changes(client), limit):
            print(f"{change.adapter.version} is {change.adapter.state}; {change.serving_version} serves")


if __name__ == "__main__":
    main(*sys.argv[1:])
