"""Three days of eating, one of them made anew, and why the advice is as it is."""

from __future__ import annotations

import sys

from fitbox_client import CallOptions, ConnectionSettings, FitBoxClient, Profile, Sex

PROFILE = Profile(age_years=34, sex=Sex.FEMALE, weight_kg=78, height_cm=168)


def main(address: str = ConnectionSettings.address) -> None:
    """Print the dinners before and after, what to buy, and a rule that leaves sentences out."""
    with FitBoxClient(address) as client:
        week = client.recommend_nutrition_week(PROFILE, days=3).week
        print("dinners:", [day.meals[-1].dish for day in week.days])
        other = client.regenerate_nutrition_day(PROFILE, week, 2).week
        print("with another second day:", [day.meals[-1].dish for day in other.days])
        print("to buy:", [f"{line.grams} g {line.name}" for line in other.shopping[:3]])
        advice = client.recommend_advice(PROFILE, CallOptions(explain=True))
        if advice.explanation is not None:
            for rule in advice.explanation.rules:
                print(f"{rule.id}: {rule.text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
