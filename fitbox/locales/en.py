"""English."""

from __future__ import annotations

from fitbox.locales.locale import Locale

COMMON_WORDS = """
a about add after again all along also always an and any are around as at avoid away back balance be
because bed been before begin best better between big body both breathe breathing build but by calm
can careful change check choose comfortable comfortably consistent control could daily day days do
each early easily easy eat eating effort energy enjoy enough even evening every exercise exercises
fat feel few first fit fitness focus follow food for form from full gentle get gives go goal good
gradually great grow habit habits hard have healthy heart help helps high hold hour hours how if
improve in increase into is it its just keep keeps kind last late later least less let level light
like limit listen little long longer low lower maintain make makes many meal meals minute minutes
moderate month more morning most movement movements much muscle muscles need never new next night no
not notice of off often on once one only or other over own part pause plan plate portion progress
proper protein pulse quality rate reach ready recover recovery regular regularly relax rest right
routine same save session sessions set sets short should simple sleep slow slowly small smooth so
some start stay steady step still stop strength stretch strong stronger support sure take talk than
that the their them then there these they this through time tired to today together too track train
training try twice two until up use used usual want warm water way week weekly weeks weight well
what when where which while will with without work workout workouts you your yourself
"""
"""Frequent words, so that readable sentences other than the planner's count as such."""

LOCALE = Locale(
    english_name="English",
    decimal_mark=".",
    letters="",
    capitals="",
    capitalised=(
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ),
    common_words=frozenset(COMMON_WORDS.split()),
    texts={
        "rules": {
            "EQUIPMENT": "It needs equipment that you do not have.",
            "LEVEL": "It takes more training experience than you have.",
            "EXERCISE_CONDITION": "It is not recommended with one of your injuries or conditions.",
            "LOW_IMPACT": "It has jumps or running, and your joints or balance should be spared those.",
            "DISLIKED_EXERCISE": "You said that you do not like it.",
            "DIET": "Your diet leaves it out.",
            "ALLERGY": "It contains something that you are allergic to.",
            "DISLIKED_FOOD": "You said that you do not like it.",
            "FOOD_CONDITION": "It is better left out with one of your conditions.",
            "ALCOHOL": "There is alcohol in it, which is not for anybody under 18.",
        },
        "common": {
            "SafetyNote.NO_DEFICIT_UNDERWEIGHT": (
                "Your weight is already low for your height, so this plan keeps it instead of losing more."
            ),
            "SafetyNote.NO_DEFICIT_UNDER_18": "You are still growing, so this plan does not cut calories.",
            "SafetyNote.NO_DEFICIT_PREGNANCY": (
                "During pregnancy this plan cuts no calories; your midwife or doctor sets any weight goal."
            ),
            "SafetyNote.KCAL_FLOOR_APPLIED": (
                "Your calories were raised to the lowest amount that is safe without supervision."
            ),
            "SafetyNote.REFER_TO_CLINICIAN": (
                "Please show this plan to your doctor or physiotherapist before you start."
            ),
            "SafetyNote.INTENSITY_LIMITED": (
                "The intensity is limited until a clinician has cleared you for harder training."
            ),
            "SafetyNote.AGE_PREDICTED_HEART_RATE": (
                "Your heart-rate zones are estimated from your age; a measured maximum is more exact."
            ),
            "Goal.WEIGHT_LOSS": "weight loss",
            "Goal.MODERATE_WEIGHT_LOSS": "moderate weight loss",
            "Goal.MAINTENANCE": "maintenance",
            "Goal.MUSCLE_GAIN": "muscle gain",
            "Goal.BULKING": "bulking",
            "Level.BEGINNER": "beginner",
            "Level.INTERMEDIATE": "intermediate",
            "Level.ADVANCED": "advanced",
            "weekday.monday": "Monday",
            "weekday.tuesday": "Tuesday",
            "weekday.wednesday": "Wednesday",
            "weekday.thursday": "Thursday",
            "weekday.friday": "Friday",
            "weekday.saturday": "Saturday",
            "weekday.sunday": "Sunday",
            "muscle.chest": "chest",
            "muscle.lower_back": "lower back",
            "muscle.shoulders": "shoulders",
            "muscle.biceps": "biceps",
            "muscle.triceps": "triceps",
            "muscle.forearms": "forearms",
            "muscle.glutes": "glutes",
            "muscle.quadriceps": "quadriceps",
            "muscle.hamstrings": "hamstrings",
            "muscle.calves": "calves",
            "muscle.hips": "hips",
            "muscle.core": "core",
            "muscle.back": "back",
            "meal.breakfast": "Breakfast",
            "meal.morning_snack": "Morning snack",
            "meal.lunch": "Lunch",
            "meal.afternoon_snack": "Afternoon snack",
            "meal.dinner": "Dinner",
            "meal.evening_snack": "Evening snack",
        },
        "workout": {
            "focus.full": "Full body",
            "focus.upper": "Upper body",
            "focus.lower": "Lower body",
            "focus.push": "Push",
            "focus.pull": "Pull",
            "focus.legs": "Legs",
            "focus.cardio": "Cardio",
            "focus.hiit": "Intervals",
            "focus.yoga": "Yoga and mobility",
            "progression.BEGINNER": (
                "Start with loads that leave two or three repetitions in reserve. When every set "
                "feels easy in two sessions running, add 2 to 5 % of load, or one repetition up to "
                "{repetitions}."
            ),
            "progression.INTERMEDIATE": (
                "When you do one or two repetitions more than planned in two sessions running, add 2 "
                "to 10 % of load; without more load, add repetitions up to {repetitions}."
            ),
            "progression.ADVANCED": (
                "Vary load and repetitions over three weeks, heavier then lighter, between the "
                "planned figure and {repetitions}, and add 2 to 10 % of load when you exceed the plan"
                " in two sessions running."
            ),
            "progression.cardio": (
                "Lengthen the week's cardio by about a tenth at a time before you raise its zone."
            ),
            "progression.deload": "Halve the sets every fifth week.",
            "progression.careful": (
                "Stay where you can talk in full sentences and never hold your breath. Add a little "
                "time first, then repetitions; add load only once your clinician agrees."
            ),
            "note.sides": "One-sided exercises: repetitions and seconds are for each side.",
            "note.low_impact": "Jumps and running are left out to spare your joints.",
        },
        "nutrition": {
            "as_eaten": "Weights are as eaten: cooked rice, pasta, pulses, meat and fish; dry cereal.",
            "allergies": "Recipes differ between brands: read each label for your allergens.",
            "pregnancy": (
                "Eat meat, fish and eggs cooked through, wash raw vegetables and choose pasteurised dairy."
            ),
            "vegan": (
                "A vegan diet needs a reliable source of vitamin B12: fortified foods or a supplement."
            ),
            "certified": "Choose products with the certification that your diet asks for.",
            "diabetes": (
                "If you take medicine for diabetes, agree changes of what you eat with your care team."
            ),
        },
        "headings": {
            "calories": "Calories",
            "protein": "Protein",
            "fibre": "Fibre",
            "water": "Water",
            "cardio": "Cardio",
            "progression": "Progression",
            "pace": "Pace",
            "recovery": "Recovery",
            "sleep": "Sleep",
            "habits": "Habits",
            "technique": "Technique",
        },
        "units": {
            "kcal": "{value} kcal",
            "grams": "{value} g",
            "liters": "{value} liters",
            "kilograms": "{value} kg",
            "pulse": "{low} to {high} bpm",
            "meals": "{value} meals",
            "session": "{value} session",
            "sessions": "{value} sessions",
            "rest_day": "{value} rest day",
            "rest_days": "{value} rest days",
        },
        "parts": {
            "KNEE": "knee",
            "LOWER_BACK": "lower back",
            "SHOULDER": "shoulder",
            "WRIST": "wrist",
            "ELBOW": "elbow",
            "HIP": "hip",
            "ANKLE": "ankle",
            "NECK": "neck",
        },
    },
)
