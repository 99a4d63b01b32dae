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
    plural_from=1.25,
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
            "POWDER": "Protein powder is not for anybody under 18: food is enough to grow on.",
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
            "pregnancy_supplements": (
                "Take 400 µg of folic acid a day until week 12 and ask your midwife about iodine, iron and "
                "vitamin D; no alcohol, and at most 200 mg of caffeine a day, two mugs of coffee."
            ),
            "fortified": (
                "Choose plant drinks with added calcium, 120 mg in 100 ml: the plan counts on it. Organic "
                "ones have none."
            ),
            "of": "{name} {amount} of {limit} {unit}",
            "short": "Below the reference, which holds for the mean of a week or more: {list}.",
            "short.POTASSIUM": "Potassium: vegetables, pulses, potatoes and fruit bring most.",
            "short.FIBRE": "Fibre: wholemeal instead of white, pulses, and fruit with its skin.",
            "short.CALCIUM": (
                "Calcium: a glass of milk or fortified plant drink, a yogurt, or mineral water rich in it."
            ),
            "short.IRON": "Iron: lean red meat or pulses, with vegetables or fruit for vitamin C.",
            "short.VITAMIN_B12": "Vitamin B12: fish, meat, eggs and dairy have it, or a fortified food.",
            "short.VITAMIN_D": (
                "Vitamin D: food rarely reaches this. Oily fish, eggs and sunlight help; from October to "
                "March health services advise a supplement of 10 µg a day."
            ),
            "short.FOLATE": "Folate: leafy vegetables, pulses and oranges.",
            "short.IODINE": "Iodine: sea fish, dairy and eggs, and iodised salt where you use salt.",
            "short.CALCIUM.plants": "Calcium: kale, a fortified plant drink, or mineral water rich in it.",
            "short.IRON.plants": "Iron: pulses and seeds, with vegetables or fruit for vitamin C.",
            "short.VITAMIN_B12.plants": "Vitamin B12: a fortified food, or a supplement.",
            "short.VITAMIN_D.plants": (
                "Vitamin D: food rarely reaches this. Sunlight helps; from October to March health services "
                "advise a supplement of 10 µg a day."
            ),
            "short.IODINE.plants": (
                "Iodine: iodised salt where you use salt; without fish and dairy ask a dietitian about a "
                "supplement."
            ),
            "above": "Above the limit, which holds for the mean of a week or more: {list}.",
            "above.SODIUM": (
                "Sodium: bread, cheese and ready-made food bring most. Choose the ones with less salt and "
                "add none; salt of your own comes on top of this figure."
            ),
            "above.POTASSIUM": (
                "Potassium: with a kidney disease, or medicine that holds potassium back, ask your doctor "
                "how much you may have."
            ),
            "above.SATURATED_FAT": "Saturated fat: oil instead of butter, leaner meat, and less cheese.",
            "above.ADDED_SUGAR": "Added sugar: plain yogurt, cereal without sugar, and fruit for dessert.",
            "above.FREE_SUGAR": "Sugar: water instead of juice, and less honey, jam and sweets.",
            "above.FIBRE": "Fibre: if you eat less today, get there over two weeks, and drink enough.",
            "above.CALCIUM": "Calcium: leave out calcium tablets.",
            "above.VITAMIN_D": "Vitamin D: leave out supplements.",
            "above.IODINE": "Iodine: leave out seaweed and supplements.",
            "unknown": "Too few of these foods have a published figure to judge: {list}.",
        },
        "nutrients": {
            "SODIUM": "sodium",
            "POTASSIUM": "potassium",
            "SATURATED_FAT": "saturated fat",
            "SUGARS": "sugars",
            "ADDED_SUGAR": "added sugar",
            "FREE_SUGAR": "free sugars",
            "FIBRE": "fibre",
            "CALCIUM": "calcium",
            "IRON": "iron",
            "VITAMIN_B12": "vitamin B12",
            "VITAMIN_D": "vitamin D",
            "FOLATE": "folate",
            "IODINE": "iodine",
        },
        "measures": {
            "about": "about {measure}",
            "ball.one": "{count} scoop",
            "ball.many": "{count} scoops",
            "bowl.one": "{count} bowl",
            "bowl.many": "{count} bowls",
            "cup.one": "{count} cup",
            "cup.many": "{count} cups",
            "egg.one": "{count} egg",
            "egg.many": "{count} eggs",
            "glass.one": "{count} glass",
            "glass.many": "{count} glasses",
            "handful.one": "{count} handful",
            "handful.many": "{count} handfuls",
            "palm.one": "{count} palm",
            "palm.many": "{count} palms",
            "piece.one": "{count} piece",
            "piece.many": "{count} pieces",
            "pot.one": "{count} pot",
            "pot.many": "{count} pots",
            "scoop.one": "{count} scoop",
            "scoop.many": "{count} scoops",
            "slice.one": "{count} slice",
            "slice.many": "{count} slices",
            "square.one": "{count} square",
            "square.many": "{count} squares",
            "tablespoon.one": "{count} tablespoon",
            "tablespoon.many": "{count} tablespoons",
            "teaspoon.one": "{count} teaspoon",
            "teaspoon.many": "{count} teaspoons",
            "tin.one": "{count} small tin",
            "tin.many": "{count} small tins",
            "wedge.one": "{count} wedge",
            "wedge.many": "{count} wedges",
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
