"""Ask for many members over one call; neither side holds more than a few of them at a time."""

import sys
from collections.abc import Iterator

from fitbox_client import BatchItem, FitBoxClient, FitBoxClientError, Kind, Profile, Sex


def items() -> Iterator[BatchItem]:
    """A thousand members, made as the server takes them; a file or a database cursor does as well."""
    for number in range(1000):
        profile = Profile(age_years=18 + number % 60, sex=Sex.FEMALE, weight_kg=65, height_cm=168)
        yield BatchItem(f"member-{number}", Kind.WORKOUT, profile)


def main(address: str = "127.0.0.1:50051") -> None:
    """Print a line a member, in the order in which they finish."""
    with FitBoxClient(address) as client:
        for outcome in client.batch(items()):
            try:
                plan = outcome.unwrap().plan
            except FitBoxClientError as error:  # this member's alone; the others go on
                print(f"{outcome.request_id}: {error}")
            else:
                print(f"{outcome.request_id}: {len(plan.sessions)} sessions")


if __name__ == "__main__":
    main(*sys.argv[1:])
