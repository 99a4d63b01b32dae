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
            "SafetyNote.NO_DEFICIT_AFTER_BIRTH": (
                "While you breastfeed, and in the first twelve weeks after a birth, this plan cuts no "
                "calories; your midwife or doctor can tell you when losing weight is safe."
            ),
            "SafetyNote.DEFICIT_LIMITED": (
                "Losing weight any faster would soon take you below a healthy weight for your height, so "
                "this plan cuts fewer calories or none; talk to your doctor or a dietitian before you lose "
                "more."
            ),
            "SafetyNote.EFFORT_NOT_PULSE": (
                "Your medicine slows your pulse, so this plan goes by effort instead: keep cardio at 3 to 5 "
                "out of 10, where you can still talk in sentences. Never change the medicine for training."
            ),
            "SafetyNote.HYPOGLYCAEMIA": (
                "Training can bring your blood sugar too low, up to a day later. Check it before, during and "
                "after, keep fast sugar at hand, do not train alone at first, and agree doses and "
                "carbohydrate around training with your care team."
            ),
            "SafetyNote.BLEEDING": (
                "Your medicine makes bleeding last longer: no contact sport, no jumps, nothing you could "
                "fall from. After a blow to the head see a doctor at once, even if you feel well."
            ),
            "SafetyNote.AFTER_BIRTH": (
                "Begin only once your midwife or doctor has cleared you, later after a caesarean. Start with "
                "walking and pelvic-floor work; stop and ask if you leak, bleed or feel heaviness or pain."
            ),
            "SafetyNote.PROTEIN_LIMITED": (
                "Protein is limited to what is advised with kidney disease; your kidney team may set another "
                "amount, and theirs counts."
            ),
            "Goal.WEIGHT_LOSS": "weight loss",
            "Goal.MODERATE_WEIGHT_LOSS": "moderate weight loss",
            "Goal.MAINTENANCE": "maintenance",
            "Goal.MUSCLE_GAIN": "muscle gain",
            "Goal.BULKING": "bulking",
            "Goal.ENDURANCE": "endurance",
            "Goal.SPORT": "sport",
            "Goal.GENERAL_HEALTH": "general health",
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
            "lactation": (
                "The energy that breastfeeding takes is included. Leave out alcohol, take little coffee, and "
                "ask about iodine and vitamin D."
            ),
            "insulin": (
                "Keep carbohydrate at the same meals from day to day and count it for your insulin. Have 15 "
                "to 30 g of fast carbohydrate ready when you train, and never skip a meal after a dose."
            ),
            "anticoagulant": (
                "Eat about as much green leafy vegetables from one day to the next: a sudden change of "
                "vitamin K alters what warfarin and similar medicines do. Ask before you take a supplement."
            ),
        },
        "referrals": {
            "EATING_DISORDER": (
                "FitBox makes no plan while you live with an eating disorder or recover from one: counted "
                "calories and training can make it harder. Please talk to your doctor or your eating "
                "disorder team; they can plan food and movement with you."
            ),
            "DIALYSIS": (
                "On dialysis, food, fluid and training follow your blood values and your sessions, which "
                "FitBox does not know. Please ask your kidney team for a plan; they have dietitians and "
                "physiotherapists for it."
            ),
            "KIDNEY_DISEASE": (
                "With kidney disease the right amounts of protein, potassium, phosphate and salt depend on "
                "your blood values, so FitBox plans no meals for you. Please ask your doctor for a referral "
                "to a kidney dietitian."
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
            "kilojoules": "{value} kJ",
            "grams": "{value} g",
            "liters": "{value} liters",
            "kilograms": "{value} kg",
            "pounds": "{value} lb",
            "pulse": "{low} to {high} bpm",
            "effort": "an effort of 3 to 5 out of 10",
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
