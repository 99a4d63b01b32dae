"""Ask for a week of training and a day of eating, and act on what can go wrong."""

import sys
import time

from fitbox_client import (
    CallOptions,
    Diet,
    Equipment,
    FitBoxClient,
    FitBoxClientError,
    Goal,
    InvalidRequestError,
    NoPlanError,
    Profile,
    ServerOverloadedError,
    Sex,
)

PROFILE = Profile(
    age_years=34,
    sex=Sex.FEMALE,
    weight_kg=78,
    height_cm=168,
    goal=Goal.WEIGHT_LOSS,
    diet=Diet.VEGETARIAN,
    equipment=frozenset({Equipment.DUMBBELL}),
)


def main(address: str = "127.0.0.1:50051") -> None:
    """Print both plans."""
    # One client for the whole program: it keeps its connection, and threads may share it.
    with FitBoxClient(address) as client:
        try:
            # The key makes the call safe to repeat: the same key and contents get the same reply.
            workout = client.recommend_workout(PROFILE, CallOptions(request_id="member-17-week-48"))
            nutrition = client.recommend_nutrition(PROFILE)
        except NoPlanError as error:
            print(f"nothing fits; one of these could be relaxed: {', '.join(error.relax)}")
        except InvalidRequestError as error:
            print("\n".join(f"{violation.field}: {violation.description}" for violation in error.violations))
        except ServerOverloadedError as error:
            time.sleep(error.retry_after_seconds)  # then call again, or go elsewhere
        except FitBoxClientError as error:
            print(f"{error}; {error.what_to_do}")
        else:
            for session in workout.plan.sessions:
                print(session.weekday, session.focus, [exercise.name for exercise in session.exercises])
            for meal in nutrition.plan.meals:
                print(meal.name, [f"{portion.grams:.0f} g {portion.name}" for portion in meal.portions])
            print("by", workout.provenance.adapter_version, workout.provenance.source.value)


if __name__ == "__main__":
    main(*sys.argv[1:])
