"""What a physiotherapist and an obstetric specialist would say of exercises: rules on attributes and names.

Written apart from the catalog and the envelope; ``tests/domain/test_exercise_safety.py`` tries them on both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from fitbox.exercises import Exercise, Impact, Mode, Muscle, Pattern
from fitbox.profile import Condition, Equipment
from tests.catalog_rules import Rule, named

ExerciseRule: TypeAlias = Rule[Exercise, Condition]

KNEE, HIP, ANKLE, NECK = Condition.KNEE, Condition.HIP, Condition.ANKLE, Condition.NECK
SHOULDER, ELBOW, WRIST, BACK = Condition.SHOULDER, Condition.ELBOW, Condition.WRIST, Condition.LOWER_BACK
BONE, PREGNANCY = Condition.OSTEOPOROSIS, Condition.PREGNANCY
PRESSURE, HEART = Condition.HYPERTENSION, Condition.HEART_DISEASE
EYES, LUNGS = Condition.DIABETES, Condition.ASTHMA

WEIGHTS = frozenset(
    {
        Equipment.BARBELL,
        Equipment.DUMBBELL,
        Equipment.KETTLEBELL,
        Equipment.MACHINE,
        Equipment.CABLE,
        Equipment.RESISTANCE_BAND,
    }
)


def must(
    why: str, flags: set[Condition], applies: Callable[[Exercise], bool], **exceptions: str
) -> ExerciseRule:
    """Exercises that match are not for members with any of these conditions."""
    return Rule(why, frozenset(flags), applies, exceptions)


def of(*patterns: Pattern) -> Callable[[Exercise], bool]:
    """Whether an exercise is of one of these movement patterns."""
    return lambda one: one.pattern in patterns


def trains(one: Exercise, muscle: Muscle) -> bool:
    """Whether it works this muscle at all."""
    return muscle in one.primary_muscles or muscle in one.secondary_muscles


def loaded(one: Exercise) -> bool:
    """Whether more than the body is moved."""
    return bool(one.equipment & WEIGHTS)


RULES: tuple[ExerciseRule, ...] = (
    must(
        "both feet leave the floor: joints, spine, bones, heart, falls",
        {KNEE, HIP, ANKLE, BACK, HEART, BONE, PREGNANCY},
        lambda one: one.impact is Impact.HIGH,
    ),
    must(
        "squats bend the knee", {KNEE}, of(Pattern.SQUAT), chair_squat="Half depth, onto a chair, own weight."
    ),
    must("lunges bend knee and hip over one foot", {KNEE, HIP, ANKLE}, of(Pattern.LUNGE)),
    must(
        "loaded hip bending",
        {HIP},
        lambda one: one.pattern in {Pattern.SQUAT, Pattern.HINGE, Pattern.LUNGE} and loaded(one),
    ),
    must(
        "loaded hinges strain the lower back",
        {BACK},
        lambda one: one.pattern is Pattern.HINGE and loaded(one),
        dumbbell_hip_thrust="The back rests on the bench and the load is light.",
    ),
    must(
        "heavy bars on spine and hips",
        {BACK, HIP, PRESSURE, HEART, BONE, PREGNANCY},
        lambda one: (
            Equipment.BARBELL in one.equipment
            and one.pattern in {Pattern.SQUAT, Pattern.HINGE, Pattern.LUNGE}
        ),
    ),
    must(
        "a bar on the back",
        {BACK, SHOULDER, WRIST, NECK, PRESSURE, HEART, BONE},
        named("back squat|box squat|smith squat|barbell lunge|good morning"),
        band_good_morning="The band lies on the shoulders; it weighs nothing.",
    ),
    must(
        "pressing forward",
        {SHOULDER},
        of(Pattern.HORIZONTAL_PUSH),
        wall_push_up="Near upright: early rehabilitation.",
    ),
    must("arms overhead against load", {SHOULDER}, of(Pattern.VERTICAL_PUSH, Pattern.VERTICAL_PULL)),
    must(
        "pressing overhead",
        {NECK},
        of(Pattern.VERTICAL_PUSH),
        plank_push_up="The arms push down from a plank, with the neck long.",
    ),
    must(
        "raises and flies",
        {SHOULDER},
        named("raise|fly|deck|thruster|snatch|overhead|wall ball|slam|chop"),
        calf_raise="Of the heel.",
        single_leg_calf_raise="Of the heel.",
        dumbbell_calf_raise="Of the heel.",
        seated_calf_raise="Of the heel.",
        leg_raise="Lying, of the leg.",
        side_leg_raise="Of the leg.",
    ),
    must(
        "hanging from a bar: shoulders, elbows, falls",
        {SHOULDER, ELBOW, PREGNANCY},
        lambda one: Equipment.PULL_UP_BAR in one.equipment,
    ),
    must(
        "pulling up one's whole weight is near maximal",
        {PRESSURE, HEART},
        named("(pull|chin|muscle) up"),
        band_pull_up="The band takes part of the weight.",
        assisted_pull_up="The machine takes part of the weight.",
    ),
    must("hard gripping works the elbow", {ELBOW}, lambda one: trains(one, Muscle.FOREARMS)),
    must("elbows alone", {ELBOW}, lambda one: one.primary_muscles[0] in {Muscle.BICEPS, Muscle.TRICEPS}),
    must(
        "weight on a bent-back wrist",
        {WRIST},
        named(
            "push up|shoulder tap|mountain climber|bear crawl|burpee|inchworm|squat thrust|renegade"
            "|chaturanga|crow"
            "|dog|cobra|cat cow|donkey|hydrant|salutation|flow|(bench|floor) dip"
        ),
    ),
    must("bars caught or held on the wrist", {WRIST}, named("front squat|clean|snatch|overhead|push press")),
    must("cleans and snatches turn the arm over", {ELBOW}, named("clean|snatch")),
    must("throws and punches", {SHOULDER, ELBOW}, named("chest pass|wall ball|boxing")),
    must("catching a ball", {WRIST}, named("chest pass|wall ball")),
    must(
        "heavy bars are gripped hard",
        {ELBOW},
        lambda one: Equipment.BARBELL in one.equipment and named("deadlift")(one),
    ),
    must("arms lifted overhead lying down", {SHOULDER}, named("superman|snow angel|prone raise|pullover")),
    must("arms pressed behind the body", {SHOULDER}, named("dip|camel|chest stretch")),
    must(
        "machines that push down on shoulders and spine",
        {SHOULDER, BACK, BONE},
        named("hack squat|smith squat|machine calf raise"),
    ),
    must("a machine that rounds the back", {BACK, BONE}, named("leg press|machine crunch")),
    must(
        "hip flexors under load",
        {HIP},
        named("knee raise|leg raise|standing crunch|mountain climber|sit up|v up|squat thrust"),
    ),
    must(
        "hips alone",
        {HIP},
        named(
            "donkey|hydrant|cable kickback|abduction|adduction|side leg raise|side step|hip (circle|stretch)"
        ),
    ),
    must(
        "loaded squats and hinges at speed",
        {BACK, HIP, PRESSURE, HEART, BONE, PREGNANCY},
        named("thruster|wall ball|snatch|clean|swing"),
        leg_swing="A mobility move without load.",
    ),
    must(
        "circuits on hands and feet",
        {SHOULDER, PRESSURE, HEART, PREGNANCY},
        named("mountain climber|bear crawl|burpee|inchworm|squat thrust"),
    ),
    must("steps and turns", {KNEE, HIP, ANKLE}, named("dance|stair climbing|step aerobics")),
    must("climbing is hard for the heart", {HEART}, named("stair climbing|step aerobics")),
    must(
        "sequences with lunges, cobra and chaturanga",
        {KNEE, HIP, BACK, SHOULDER, WRIST, ELBOW, NECK},
        named("salutation|power flow"),
    ),
    must("the instep pressed flat", {ANKLE}, named("child|quad stretch")),
    must("twists press on the womb", {PREGNANCY}, named("twist|back rotation|chop")),
    must(
        "steps with weights or on unsteady ground: falls",
        {BONE, PREGNANCY},
        named("walking lunge|strap lunge|dumbbell step up|step aerobics"),
    ),
    must("knees alone", {KNEE}, named("leg (curl|extension)|nordic|hamstring walkout")),
    must(
        "kneeling",
        {KNEE},
        named(
            "knee (push up|plank)|bird dog|donkey|hydrant|cable crunch|ball rollout|nordic|camel|child"
            "|cat cow|pigeon"
            "|low lunge|bear crawl|assisted pull up|hip stretch|flow"
        ),
    ),
    must(
        "deep knee bending standing",
        {KNEE},
        named("chair pose|goddess|warrior pose|wall sit|thruster|wall ball|squat thrust"),
    ),
    must(
        "calf work",
        {ANKLE},
        lambda one: one.pattern is Pattern.ISOLATION_LEGS and Muscle.CALVES in one.primary_muscles,
    ),
    must(
        "deep hip bending or wide stances",
        {HIP},
        named(
            "goddess|warrior|low lunge|pigeon|child|triangle|half moon|boat|rowing|thruster|sit up|v up"
            "|seated fold"
        ),
    ),
    must(
        "curling up: the neck lifts the head, discs and vertebrae bend",
        {BACK, NECK, BONE, PREGNANCY},
        named("crunch|sit up|v up|heel tap"),
        standing_crunch="Upright, without load: neck and back stay long.",
        reverse_crunch="The head stays down.",
    ),
    must(
        "bending and twisting the spine breaks brittle vertebrae",
        {BONE},
        named(
            "crunch|sit up|v up|leg raise|knee raise|twist|chop|fold|cat cow|child|camel|triangle"
            "|salutation|flow"
            "|back rotation|back extension|rowing|hamstring stretch|hollow|boat"
        ),
        side_leg_raise="Lying on the side, the spine at rest.",
    ),
    must(
        "twisting or bending with load or leverage",
        {BACK},
        named("twist|chop|fold|back rotation|leg raise|hollow|boat|superman|snow angel|cobra|camel|rowing"),
        side_leg_raise="Lying on the side, the spine at rest.",
    ),
    must(
        "shoulders carry the body and bend the neck",
        {NECK, PREGNANCY},
        named("bridge|hip thrust|(ball|strap) leg curl|hamstring walkout"),
    ),
    must("back and neck bent backwards", {NECK, PREGNANCY}, named("superman|snow angel|cobra|camel|prone")),
    must("shrugs and loads that pull on the neck", {NECK}, named("shrug|upright row|face pull")),
    must(
        "head below the heart",
        {PRESSURE, HEART, EYES, PREGNANCY},
        named("headstand|handstand|shoulder stand|pike|downward dog|salutation|power flow|crow"),
    ),
    must("the body on the head or the neck", {NECK, BONE}, named("headstand|handstand|shoulder stand")),
    must(
        "long isometric effort",
        {PRESSURE, HEART},
        lambda one: (
            one.mode is Mode.HOLD
            and (
                one.pattern is Pattern.CORE or named("wall sit|chair|boat|warrior three|chaturanga|crow")(one)
            )
        ),
        knee_plank="Half the weight, for beginners, 30 seconds at most.",
    ),
    must("heavy loads carried", {PRESSURE, HEART, ELBOW, WRIST}, of(Pattern.CARRY)),
    must(
        "all-out effort",
        {PRESSURE, HEART, LUNGS, PREGNANCY},
        named("intervals|sprints|double under|burpee|jump (squat|lunge)|(tuck|box) jump|squat thrust"),
    ),
    must(
        "on the back or on the front",
        {PREGNANCY},
        named(
            "bench press|dumbbell press|incline press|close grip press|floor press|dumbbell fly|pullover"
            "|skull crusher"
            "|crunch|sit up|leg raise|v up|hollow|dead bug|toe tap|heel tap|bridge|hip thrust|leg press"
            "|hack squat"
            "|superman|snow angel|prone|cobra|bench row|back extension|leg curl|plank|push up"
            "|hamstring walkout"
        ),
        incline_dumbbell_press="Half sitting.",
        standing_crunch="Upright.",
        seated_leg_curl="Sitting.",
        side_leg_raise="On the side, as advised.",
        knee_push_up="On hands and knees.",
        knee_plank="On elbows and knees.",
        incline_push_up="Near upright.",
        wall_push_up="Near upright.",
    ),
    must(
        "balance on one leg: falls",
        {BONE, PREGNANCY},
        named(
            "single leg (deadlift|calf raise)|pistol|bulgarian|curtsy|tree|warrior three|half moon"
            "|leg swing|quad stretch"
        ),
    ),
    must(
        "explosive lifts and throws to the floor",
        {BACK, SHOULDER, PRESSURE, HEART, BONE, PREGNANCY},
        named("power clean|kettlebell (swing|clean|snatch)|dumbbell snatch|push press|muscle up|slam"),
        muscle_up="The spine hangs free.",
    ),
)
