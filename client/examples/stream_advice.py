"""Show advice while it is written, then the checked whole."""

import sys

from fitbox_client import FitBoxClient, Profile, Sex

PROFILE = Profile(age_years=28, sex=Sex.FEMALE, weight_kg=61, height_cm=172)


def main(address: str = "127.0.0.1:50051") -> None:
    """Print the text as it comes."""
    with FitBoxClient(address) as client:
        for event in client.stream_advice(PROFILE):
            if isinstance(event, str):
                # Not checked yet: show it as a draft, and let what follows replace it.
                print(event, end="", flush=True)
            else:
                print()
                for tip in event.plan.tips:
                    print(f"{tip.topic}: {tip.text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
