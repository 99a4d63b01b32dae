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
            "SITUATION": "It is written for members in another situation than yours.",
            "SENTENCE_CONDITION": "It is for members with other conditions or another diet than yours.",
            "WEIGHT_KEPT": "Your weight is to stay as it is, so no pace of change is told.",
            "EQUIPMENT": "It needs equipment that you do not have.",
            "LEVEL": "It takes more training experience than you have.",
            "EXERCISE_CONDITION": "It is not recommended with one of your injuries or conditions.",
            "LOW_IMPACT": "It has jumps or running, and your joints or balance should be spared those.",
            "DISLIKED_EXERCISE": "You said that you do not like it.",
            "OWN_WEIGHT": "It lifts more of your own body than you should be asked for.",
            "TOO_LIGHT": "It is too light to do you any good beside the weights that you have.",
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
            "progression.LINEAR": (
                "{weeks} weeks: practise the first week with three repetitions in reserve, then add a "
                "little load every week, about 2.5 % for the upper body and 5 % for the legs. Where a set "
                "falls short twice, keep the load for another week."
            ),
            "progression.DOUBLE": (
                "{weeks} weeks: the same load with more repetitions first, then more load at the first "
                "figure. Without more load, add repetitions up to {repetitions}."
            ),
            "progression.UNDULATING": (
                "{weeks} weeks: lighter weeks with more repetitions and heavier ones with fewer take "
                "turns, each turn a little heavier than the last; sets of up to {repetitions} where load "
                "is short."
            ),
            "progression.CAREFUL": (
                "{weeks} weeks: stay where you can talk in full sentences and never hold your breath. Add "
                "a little time first, then repetitions up to {repetitions}; add load only once your "
                "clinician agrees."
            ),
            "progression.deload": "Week {weeks} is lighter: half the sets, nothing to prove.",
            "progression.deloads": "Weeks {weeks} are lighter: half the sets, nothing to prove.",
            "progression.deload_dates": "First day of a lighter week: {dates}.",
            "progression.cardio": (
                "Lengthen the week's cardio by about a tenth at a time before you raise its zone."
            ),
            "and": "and",
            "intensity.rpe": "Effort {rpe} of 10.",
            "intensity.reserve": "Stop with {reserve} repetitions in reserve.",
            "intensity.reserve_one": "Stop with {reserve} repetition in reserve.",
            "intensity.percent": "About {percent} % of your heaviest single repetition.",
            "intensity.load": "About {load} kg.",
            "intensity.load_lb": "About {load} lb.",
            "intensity.soft": "Easy; nothing should hurt.",
            "intensity.zone1": "Very easy: you could sing.",
            "intensity.zone2": "Easy: you can talk in full sentences.",
            "intensity.zone3": "Brisk: short sentences only.",
            "intensity.zone4": "Hard: single words.",
            "intensity.zone5": "All you have, for moments.",
            "note.sides": "One-sided exercises: repetitions and seconds are for each side.",
            "note.low_impact": "Jumps and running are left out to spare your joints.",
            "note.low_impact_thin": (
                "Jumps and running wait until you weigh more: at your weight bones break sooner under them."
            ),
            "note.legs": (
                "Single-joint work for thighs and hips found no place beside the larger lifts, which train "
                "them too."
            ),
            "note.calves": (
                "Calf raises found no place this week; walking, stairs and squats train the calves a little, "
                "two sets after a session train them more."
            ),
            "note.legs_and_calves": (
                "This week's time goes to lifts that move several joints: they train thighs and hips, and "
                "calves a little. With more time, add leg curls and calf raises."
            ),
            "note.effort_before_pulse": (
                "Go by effort and breath before pulse: medicines and pregnancy change how fast the "
                "heart beats."
            ),
            "note.walk": (
                "This week holds {planned} of the {wanted} minutes of moderate endurance work that adults "
                "need; a brisk walk of {minutes} minutes on another day makes up the rest."
            ),
            "note.walks": (
                "This week holds {planned} of the {wanted} minutes of moderate endurance work that adults "
                "need; {walks} brisk walks of {minutes} minutes each on other days make up the rest."
            ),
            "note.young": (
                "Besides training, young people need about an hour of active play, sport or brisk walking "
                "every day, instead of the 150 minutes a week of adults."
            ),
            "note.stretch": (
                "Repeat the stretches on one more day: flexibility needs two or three days a week."
            ),
            "note.balance": (
                "From 65 on, balance wants three days a week: repeat the balance drills at home on {days} "
                "more, beside a wall."
            ),
            "area.upper_body": "upper body",
            "area.lower_body": "lower body",
            "area.chest": "chest",
            "area.back": "back",
            "area.shoulders": "shoulders",
            "area.arms": "arms",
            "area.core": "core",
            "area.glutes": "glutes",
            "area.thighs": "thighs",
            "area.calves": "calves",
            "area.balance": "balance",
            "area.mobility": "mobility",
            "note.focus_sets": "Your focus ({area}): sets that train it first this week: {sets}.",
            "note.focus_days": "Your focus ({area}): days of this week that work on it: {days}.",
            "note.focus_none": (
                "Your focus ({area}) finds no place in this week: it needs a day of strength work, more "
                "time, or other equipment."
            ),
            "note.time_left": (
                "Some sessions end before your {minutes} minutes: more sets would add fatigue and no "
                "progress."
            ),
        },
        "cues": {
            "chair": "Sit back until you touch the chair, then stand up without using your hands.",
            "wall_sit": "Back flat on the wall, thighs as low as your knees like, and keep breathing.",
            "back_squat": (
                "Bar on the upper back, breathe in and brace, sit between your heels, drive up through "
                "the whole foot."
            ),
            "front_squat": "Elbows high, bar on the shoulders, chest up all the way down and up.",
            "leg_press": "Lower until your hips want to round, no further, and never lock your knees hard.",
            "pistol": "Reach forward with arms and free leg, sit down slowly, knee in line with the toes.",
            "squat": "Feet shoulder-wide, knees over the toes, chest up, as deep as your heels stay down.",
            "deadlift": "Bar over mid-foot, back long, push the floor away and keep the bar close.",
            "single_leg_hinge": (
                "Hips level, back long, reach the free leg behind you as the weight goes down."
            ),
            "hinge": (
                "Push your hips back with a long back and soft knees until your hamstrings are tight, "
                "then stand tall."
            ),
            "swing": "Snap the hips forward, let the arms hang; the bell floats, you do not lift it.",
            "extension": (
                "Lift only as far as the lower back stays easy, look at the floor, pause, lower slowly."
            ),
            "bridge": (
                "Ribs down, push through the heels, squeeze the glutes at the top, do not arch the back."
            ),
            "clean": "Let the hips throw the weight and keep it close; stop when speed is lost.",
            "step_up": "Whole foot on the box, lean a little forward, climb with the upper leg alone.",
            "lunge": (
                "Long enough a step that the front heel stays down; front knee over the toes, body tall."
            ),
            "push_up": "Body one line from head to knees or heels, elbows half-way to your sides.",
            "overhead_own": "Hips high, head between the hands on the way down, push the floor away.",
            "bench_press": (
                "Shoulder blades back and down, feet planted, touch the chest lightly; use safeties or a "
                "spotter."
            ),
            "press": "Shoulder blades back, wrists over elbows, press without shrugging.",
            "dip": "Shoulders down, lean a little forward, only as deep as the shoulders like.",
            "throw": "Throw fast with the whole body and catch softly; stop when it slows down.",
            "overhead": "Squeeze glutes and belly, ribs down, press until the arms are beside the ears.",
            "row": (
                "Long back, lead with the elbows, bring the shoulder blades together, lower under control."
            ),
            "prone_row": "Forehead low, thumbs up, lift the arms only as high as the neck stays long.",
            "negative": (
                "Step or jump up, then lower for five full seconds; stop when you can no longer slow it."
            ),
            "pull_up": (
                "Start from a full hang with shoulders down, drive the elbows to the ribs, no swinging."
            ),
            "pulldown": "Sit tall, pull to the collarbone with the elbows, let the arms stretch fully.",
            "straight_arm": "Arms almost straight, move from the shoulders alone, ribs down.",
            "plank": "Ribs down, glutes tight, breathe; end the set when the back begins to sag.",
            "side_plank": "Elbow under the shoulder, hips high, body in one line.",
            "dead_bug": "Keep the lower back on the floor and move slowly as you breathe out.",
            "bird_dog": "Hips still as if a glass stood on your back; reach long, not high.",
            "standing_crunch": "Stand tall, bring knee and elbow towards each other slowly.",
            "crunch": "Roll up bone by bone, chin off the chest, and lower slowly.",
            "leg_raise": "Tilt the pelvis first, no swinging, lower slowly.",
            "twist": "Turn from the ribs with hips still, slowly and without a jerk.",
            "anti_rotation": "Press straight out and let nothing turn; breathe out slowly.",
            "rollout": (
                "On the knees, ribs down, roll only as far as the back stays flat; wheel or a bar with "
                "round plates."
            ),
            "pelvic_tilt": "Press the lower back gently into the floor or the wall as you breathe out.",
            "carry": "Walk tall with short steps, shoulders down, no leaning.",
            "fly": "Soft elbows, open only as far as the shoulders like, hug a barrel.",
            "raise": "Lift to shoulder height without swinging, little fingers no higher than thumbs.",
            "triceps": "Upper arms still, straighten the elbows fully, come back slowly.",
            "curl": "Elbows still, no swinging, lower slower than you lift.",
            "rear": "Lead with the elbows or the little fingers, shoulders away from the ears.",
            "shrug": "Lift straight up, no rolling, hold a moment, lower slowly.",
            "wrist": "Forearms resting, move from the wrists alone, slowly.",
            "rotation": "Elbow at your side, turn the forearm out slowly, never into pain.",
            "leg_extension": "Straighten fully, hold a second, lower under control.",
            "leg_curl": "Hips still, pull the heels in, come back slowly.",
            "nordic": "Body straight from knee to head, lower as slowly as you can, hands ready.",
            "calf": "Stretch fully at the bottom for a second, rise onto the big toe, knees as they are.",
            "glute": "Move from the hip alone, pelvis still, slowly both ways.",
            "circuit": "Find a rhythm that you can keep to the end with clean form.",
            "jump": "Land softly with the knees over the toes; slow down before form goes.",
            "walk": "Tall, arms swinging; the pace decides the effort, hands off the rails.",
            "run_walk": "A few minutes of easy running, then walking until you breathe calmly, and again.",
            "run": "Short quick steps, shoulders loose, slow enough to talk.",
            "tempo": "A pace that you could hold for an hour in a race: hard, even, never breathless.",
            "intervals": (
                "Ease in, then hard bouts of one to three minutes with as much easy time between; the "
                "minutes count both."
            ),
            "machine_cardio": "Even rhythm, tall back; set resistance or pace by the effort that is asked.",
            "flow": "Move with the breath; knees to the floor whenever it helps.",
            "inversion": "Arms carry, never the neck; come down before you tire.",
            "pose": "Grow long before you go deep, and breathe evenly.",
            "breathing": "Breathe in for four counts through the nose, out for six.",
            "stretch": "Go to a mild pull, hold still and breathe out; never bounce.",
            "loosen": "Small at first, larger each time, without force.",
            "balance": "Stand beside a wall or a worktop, a hand near it; look ahead.",
            "balance_walk": "Along a wall with a hand near it, slowly, eyes ahead.",
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
            "pregnancy_supplements": (
                "Take 400 µg of folic acid a day until week 12 and ask your midwife about iodine, iron and "
                "vitamin D; no alcohol, and at most 200 mg of caffeine a day, two mugs of coffee."
            ),
            "fortified": (
                "Choose plant drinks with added calcium, 120 mg in 100 ml: the plan counts on it. Organic "
                "ones have none."
            ),
            "of": "{name} {amount} of {limit} {unit} ({source})",
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
            "short.PROTEIN": "Protein: a larger portion of fish, meat, eggs, dairy or pulses.",
            "short.PROTEIN.plants": "Protein: a larger portion of pulses or of what you eat instead of meat.",
            "short.TOTAL_FAT": "Fat: a spoonful of oil on vegetables, or a handful of seeds.",
            "short.FRUIT_VEGETABLES": "Fruit and vegetables: a piece of fruit or a salad more.",
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
            "salt": (
                "Sodium: these foods bring {amount} mg without salt of your own, and about {salted} mg if "
                "you salt as is usual, above the {limit} mg of {source}. Season with herbs, spices, lemon or "
                "vinegar, and add at most {grams} g of salt a day (a level teaspoon holds 6 g)."
            ),
            "salt.none": (
                "Sodium: these foods bring {amount} mg without salt of your own, and about {salted} mg if "
                "you salt as is usual, above the {limit} mg of {source}. Cook without salt: season with "
                "herbs, spices, lemon or vinegar."
            ),
            "above.TOTAL_FAT": (
                "Fat: less of the oil, nuts and cheese, and more of the bread, rice or potatoes."
            ),
            "above.SODIUM": (
                "Sodium: bread, cheese and ready-made food bring most. Choose the ones with less salt and "
                "add none; salt of your own comes on top of this figure."
            ),
            "above.POTASSIUM": (
                "Potassium: with a kidney disease, or medicine that holds potassium back, ask your doctor "
                "how much you may have."
            ),
            "above.SATURATED_FAT": "Saturated fat: oil instead of butter, leaner meat, and less cheese.",
            "above.ADDED_SUGAR": (
                "Added sugar, at most 10 g a meal: plain yogurt, cereal without sugar, and fruit for dessert."
            ),
            "above.FREE_SUGAR": "Sugar: water instead of juice, and less honey, jam and sweets.",
            "above.FIBRE": "Fibre: if you eat less today, get there over two weeks, and drink enough.",
            "above.CALCIUM": "Calcium: leave out calcium tablets.",
            "above.VITAMIN_D": "Vitamin D: leave out supplements.",
            "above.IODINE": "Iodine: leave out seaweed and supplements.",
            "unknown": (
                "Too near the limit to judge, as tables of food differ by a tenth, or too few of these foods "
                "have a published figure: {list}."
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
            "TOTAL_FAT": "fat",
            "PROTEIN": "protein",
            "FRUIT_VEGETABLES": "fruit and vegetables",
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
        "own_plan": {
            "and": "and",
            "at.breakfast": "at breakfast",
            "at.morning_snack": "at the morning snack",
            "at.lunch": "at lunch",
            "at.afternoon_snack": "at the afternoon snack",
            "at.dinner": "at dinner",
            "at.evening_snack": "at the evening snack",
            "the.breakfast": "breakfast",
            "the.lunch": "lunch",
            "the.dinner": "dinner",
            "reserve.2": "two",
            "reserve.3": "three",
            "reserve.4": "four",
            "reserve.5": "five",
            "no_plan": (
                "These tips go by your profile: ask again with your training week and your day of eating for "
                "tips about them."
            ),
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
        "screen": {
            "entry": "{name}: {told}",
            "semicolon": "; ",
            "exercise": "exercise",
            "sets": "sets",
            "effort": "effort",
            "tempo": "tempo",
            "rest": "rest",
            "session": "{weekday}: {focus}, {minutes} min",
            "zone": "zone {number}",
            "warm_up": "Warm-up, {minutes} min",
            "cool_down": "Cool-down, {minutes} min",
            "each_side": "each side",
            "of_load": "at {percent} % of the load",
            "no_load": "without load",
            "legend": (
                "RPE: effort out of 10. RIR: repetitions left in reserve. 1RM: the most you can lift once. "
                "Tempo: seconds down, pause, up, pause."
            ),
            "weekly_sets": "Sets a week: {muscles}",
            "endurance": "Endurance: {minutes} min of moderate effort a week",
            "flexibility": "days with stretching: {days}",
            "balance": "days with balance: {days}",
            "programme": "Programme of {weeks} weeks; the sessions above are the first",
            "week": "week",
            "begins": "begins",
            "load": "load",
            "cardio": "endurance",
            "deload": "lighter",
            "repetitions": "repetitions",
            "eating": "{energy} a day, target {target}",
            "day": "Day {number}: {energy}",
            "meal": "meal",
            "food": "food",
            "measure": "measure",
            "totals": (
                "protein {protein} g, carbohydrate {carbohydrate} g, fat {fat} g, fibre {fibre} g; "
                "water {water} l"
            ),
            "nutrient": "nutrient",
            "amount": "amount",
            "reference": "reference",
            "source": "source",
            "at_least": "from {lower}",
            "at_most": "up to {upper}",
            "between": "{lower} to {upper}",
            "met": "met",
            "missed": "not met",
            "untold": "not known",
            "leftover": "left from day {day}",
            "shopping": "Shopping list",
            "buy": "buy",
            "days": "days",
            "staples": "Staples, on most days: {names}",
            "MODEL": "chosen by the model",
            "PLANNER": "chosen by the planner",
            "UNSPECIFIED": "of unknown origin",
            "tokens": "{count} tokens in {seconds} s",
            "candidates": "best of {count} texts",
            "figure": "figure",
            "value": "value",
            "bmi": "BMI",
            "bmr": "energy at rest",
            "tdee": "energy used a day",
            "target": "energy to eat a day",
            "change": "weight change a week",
            "goal": "goal",
            "pulse_highest": "highest pulse",
            "pulse": "pulse in zone {number}",
            "water": "water",
            "protein": "protein",
            "carbohydrate": "carbohydrate",
            "fat": "fat",
            "fibre": "fibre",
            "excluded": "left out",
            "why": "why",
            "rule": "rule",
            "formula": "formula",
            "overrides": "As the coach set it: {names}",
        },
        "dish": {
            "porridge": "Porridge with fruit",
            "overnight_oats": "Overnight oats",
            "bircher": "Bircher muesli",
            "muesli_bowl": "{first} with {second} and fruit",
            "cereal_bowl": "{first} with {second} and fruit",
            "yogurt_bowl": "Yoghurt with fruit, nuts and seeds",
            "smoothie": "Oat and fruit smoothie",
            "protein_oats": "Protein porridge with fruit",
            "chia_pudding": "Chia pudding with fruit",
            "silken_tofu_bowl": "Silken tofu with fruit and cereal",
            "nut_butter_toast": "{first} with {second} and {third}",
            "tartines": "Bread and butter with fruit",
            "fruit_juice_breakfast": "Continental breakfast with juice",
            "avocado_toast_egg": "Avocado toast with egg",
            "avocado_toast": "Avocado toast with tomato",
            "scrambled_eggs_toast": "Scrambled eggs on toast",
            "boiled_eggs_toast": "Boiled eggs with toast and fruit",
            "omelette_breakfast": "Vegetable omelette with bread",
            "bacon_eggs": "Bacon and eggs with toast",
            "veggie_english": "Vegetarian English breakfast",
            "beans_on_toast": "Beans on toast",
            "salmon_bagel": "Bagel with smoked salmon",
            "muffin_eggs": "English muffin with poached eggs and spinach",
            "ham_cheese_bread": "Bread with ham, cheese and tomato",
            "cheese_bread": "Bread with cheese, tomato and fruit",
            "fresh_cheese_toast": "{first} with {second} and {third}",
            "turkish_breakfast": "Turkish breakfast",
            "hummus_pita": "Pita with hummus and vegetables",
            "ful_breakfast": "Ful: broad beans with bread",
            "shakshuka": "Shakshuka with bread",
            "tofu_scramble": "Tofu scramble on toast",
            "pancakes": "Pancakes with fruit and yoghurt",
            "breakfast_burrito": "Breakfast burrito",
            "huevos_rancheros": "Huevos rancheros",
            "grilled_chicken_plate": "{first} with {second} and {third}",
            "roast_chicken_dinner": "Roast chicken with potatoes and vegetables",
            "chicken_mushroom": "{first} with mushrooms",
            "steak_dinner": "Steak with potatoes and greens",
            "beef_stew": "Beef stew with carrots",
            "veal_plate": "Veal escalope with vegetables",
            "duck_plate": "Duck breast with potatoes and vegetables",
            "rabbit_mustard": "Rabbit with mustard",
            "pork_lentils": "Pork with lentils and carrots",
            "sausage_lentils": "Sausages with lentils",
            "choucroute": "Sauerkraut with potatoes",
            "pork_plate": "Pork with potatoes and vegetables",
            "goulash": "Goulash with peppers",
            "venison_plate": "Venison with red cabbage",
            "liver_plate": "Calf's liver with mash and vegetables",
            "potatoes_quark": "Potatoes with fresh cheese and salad",
            "white_fish_plate": "{first} with {second} and {third}",
            "salmon_plate": "{first} with {second} and {third}",
            "salmon_lentils": "Salmon with lentils",
            "herring_potatoes": "{first} with potatoes",
            "open_sandwich": "Open sandwich on rye",
            "nicoise": "Niçoise salad",
            "mussels": "Mussels with {second}",
            "scallops": "Scallops with {third}",
            "oysters": "Oysters with rye bread and salad",
            "omelette_salad": "Omelette with salad",
            "eggs_ratatouille": "Ratatouille with eggs",
            "goat_cheese_salad": "Warm goat's cheese salad",
            "roquefort_salad": "Roquefort, pear and walnut salad",
            "lentil_salad": "Lentil salad",
            "ham_plate": "Ham with {second}",
            "ham_sandwich": "Ham sandwich with salad",
            "chicken_sandwich": "{second} sandwich",
            "tuna_sandwich": "Tuna sandwich",
            "egg_sandwich": "Egg sandwich with salad",
            "cheese_sandwich": "Cheese sandwich with salad",
            "hummus_wrap": "Hummus wrap",
            "ploughman": "Ploughman's lunch",
            "roast_beef_dinner": "Roast beef with potatoes and vegetables",
            "roast_lamb_dinner": "Roast lamb with vegetables",
            "jacket_beans": "Jacket potato with beans",
            "jacket_tuna": "Jacket potato with tuna",
            "jacket_cottage_cheese": "Jacket potato with cottage cheese and salad",
            "sausage_mash": "Sausages and mash",
            "fish_and_peas": "Fish with potatoes and peas",
            "cottage_pie": "Cottage pie",
            "lentil_cottage_pie": "Cottage pie with {first}",
            "pulse_soup": "Soup of {first} with bread",
            "tomato_soup_toast": "Tomato soup with cheese toast",
            "minestrone": "Minestrone",
            "barley_soup": "Barley broth with vegetables",
            "burger": "Burger with salad",
            "veggie_burger_plate": "Veggie burger with potatoes and salad",
            "mycoprotein_plate": "Mycoprotein with {second} and {third}",
            "caesar": "Chicken Caesar salad",
            "bolognese": "Pasta bolognese",
            "lentil_bolognese": "Bolognese with {second}",
            "pesto_pasta": "Pasta with pesto and vegetables",
            "tuna_pasta": "Tuna pasta with tomato",
            "anchovy_pasta": "Pasta with {second} and {third}",
            "seafood_pasta": "Pasta with {second} and {third}",
            "salmon_pasta": "Pasta with {second} and {third}",
            "ricotta_pasta": "{first} with {second} and {third}",
            "gnocchi_tomato": "Gnocchi with tomato and cheese",
            "pasta_fagioli": "Pasta with beans",
            "polenta_mushroom": "Polenta with mushrooms",
            "polenta_stew": "Polenta with {second}",
            "risotto": "Risotto with vegetables",
            "caprese": "Mozzarella and tomato salad with bread",
            "ham_melon": "Ham, melon and mozzarella with bread",
            "chicken_ratatouille": "Chicken with Mediterranean vegetables",
            "grilled_fish_south": "{first} with {second} and {third}",
            "fish_and_beans": "{first} with {second}",
            "paella": "Paella",
            "tortilla_espanola": "Spanish omelette with salad",
            "chickpeas_spinach": "Chickpeas with spinach",
            "squid_peppers": "{first} with peppers",
            "greek_salad": "Greek salad with bread",
            "souvlaki": "Souvlaki with salad",
            "moussaka": "Moussaka",
            "stuffed_peppers": "Stuffed peppers",
            "falafel_pita": "Falafel with salad",
            "couscous_royal": "Couscous with meat and vegetables",
            "vegetable_couscous": "Vegetable couscous with chickpeas",
            "tagine": "Tagine of {first} with {fourth}",
            "fish_tagine": "Fish tagine",
            "tabbouleh": "Tabbouleh salad",
            "mujaddara": "Mujaddara: lentils and rice",
            "kofta": "Kofta with grains and salad",
            "halloumi_plate": "Halloumi with grilled vegetables",
            "aubergine_chickpea": "Aubergine and chickpea stew",
            "ful_main": "Broad beans with {second}",
            "dal": "Dal with rice and vegetables",
            "chana_masala": "Chickpea curry with rice",
            "rajma": "Kidney bean curry with rice",
            "chicken_curry": "Chicken curry with rice",
            "tandoori": "Tandoori with rice and yoghurt",
            "lamb_curry": "{first} curry with rice",
            "fish_curry": "{first} curry with rice",
            "paneer_curry": "Paneer curry with rice",
            "tofu_curry": "{first} curry with rice",
            "egg_curry": "Egg curry with rice",
            "aloo_gobi": "Potato and cauliflower curry with {third}",
            "chicken_stir_fry": "{first} stir-fry",
            "beef_stir_fry": "{first} stir-fry",
            "tofu_stir_fry": "{first} stir-fry",
            "prawn_stir_fry": "{first} stir-fry",
            "pad_thai": "Pad thai",
            "fried_rice": "Fried rice with vegetables",
            "steamed_fish": "Steamed {first} with {second} and {third}",
            "salmon_bowl": "Japanese {first} bowl",
            "sashimi_bowl": "Sashimi bowl with rice",
            "sushi_bowl": "Sushi bowl with avocado",
            "soba_bowl": "Soba noodle bowl",
            "bibimbap": "Bibimbap",
            "noodle_soup": "Asian noodle soup",
            "chilli": "Chilli con carne with rice",
            "bean_chilli": "Bean chilli",
            "burrito_bowl": "Burrito bowl",
            "fajitas": "{first} fajitas",
            "fish_tacos": "{first} tacos",
            "bean_tacos": "Bean tacos",
            "quesadilla": "Quesadilla with vegetables",
            "rice_beans_plantain": "Rice and beans",
            "ropa_vieja": "Cuban-style {first}",
            "chicken_cassava": "{first} with {second} and {third}",
            "jollof": "Jollof rice with {second}",
            "peanut_stew": "Peanut stew with {first}",
            "millet_lentils": "Lentil stew with millet",
            "quinoa_black_bean": "Quinoa and black bean salad",
            "grain_bowl": "Grain bowl with vegetables",
            "buddha_bowl": "Buddha bowl",
            "spelt_salad": "Mediterranean {first} salad",
            "lupin_salad": "Lupin bean salad",
            "buckwheat_mushroom": "Buckwheat with mushrooms",
            "tuna_bean_salad": "Salad of {first} and {second}",
            "prawn_avocado": "{first} and avocado salad",
            "turkey_dinner": "Turkey with sweet potato and greens",
            "turkey_meatballs": "Meatballs in tomato sauce",
            "seitan_plate": "{first} with {second} and {third}",
            "tofu_plate": "{first} with {second} and {third}",
            "fruit_nuts": "{first} and {second}",
            "yogurt_fruit": "Yoghurt with fruit",
            "cottage_cheese_fruit": "Fresh cheese with fruit",
            "apple_nut_butter": "{first} with {second}",
            "celery_nut_butter": "{first} with {second}",
            "crudites_dip": "Vegetable sticks with a dip",
            "cheese_crackers": "{first} with {second} and {third}",
            "camembert_bread": "{first} with {second} and {third}",
            "crisp_nut_butter": "{first} with {second} and {third}",
            "ham_bread": "Bread with ham and cucumber",
            "salmon_crispbread": "Crispbread with smoked salmon",
            "hummus_bread": "Bread with hummus and vegetables",
            "egg_veg": "Boiled egg with vegetables",
            "edamame": "Edamame with {second}",
            "milk_biscuits": "Milk, oat biscuits and fruit",
            "milk_fruit": "Milk shake with fruit",
            "protein_shake": "Protein shake with fruit",
            "milk_dried_fruit": "Milk with dried fruit",
            "trail_mix": "Nuts and dried fruit",
            "yogurt_granola": "Yoghurt with granola",
            "applesauce_yogurt": "Apple sauce with {second}",
            "chocolate_fruit": "Chocolate and fruit",
            "cereal_bar_fruit": "Cereal bar and fruit",
            "rice_pudding_fruit": "Rice pudding with fruit",
            "sorbet_fruit": "Sorbet with fruit",
            "tiramisu_fruit": "Tiramisu with berries",
            "hot_chocolate_snack": "Hot chocolate with {second}",
            "olives_cheese": "Olives, cheese and vegetables",
            "mozzarella_tomato": "Mozzarella and cherry tomatoes",
            "surimi_snack": "Surimi with vegetables",
            "vegetable_juice_nuts": "Vegetable juice with {second}",
            "coconut_water_fruit": "{first} with {second}",
            "juice_nuts": "Apple juice with {second}",
            "silken_tofu_fruit": "Silken tofu with fruit",
        },
    },
)
