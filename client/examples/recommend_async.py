"""Ask for all three plans of a member at once, in an asyncio program."""

import asyncio
import sys

from fitbox_client import AsyncFitBoxClient, Profile, Sex

PROFILE = Profile(age_years=51, sex=Sex.MALE, weight_kg=92, height_cm=181)


async def main(address: str = "127.0.0.1:50051") -> None:
    """Print a line of each plan."""
    async with AsyncFitBoxClient(address) as client:
        workout, nutrition, advice = await asyncio.gather(
            client.recommend_workout(PROFILE),
            client.recommend_nutrition(PROFILE),
            client.recommend_advice(PROFILE),
        )
    print(f"{len(workout.plan.sessions)} sessions, {nutrition.plan.total_kcal:.0f} kcal a day")
    for tip in advice.plan.tips:
        print(f"{tip.topic}: {tip.text}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
