"""From an arm's texts to finished plans: what the rulers get to see, and nothing of how it was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fitbox.advice.constraints import AdviceConstraints, constrain
from fitbox.advice.own_plan import OwnPlan
from fitbox.advice.repertoire import allowed_topics, sentences
from fitbox.assessment import Assessment, assess
from fitbox.errors import PlanInfeasibleError, PlanTextError
from fitbox.plan import Advice, NutritionPlan, Plan, WorkoutPlan
from fitbox_trainer.data.examples import Member
from fitbox_trainer.evaluation.arms import Arm
from fitbox_trainer.evaluation.items import Item
from fitbox_trainer.examine.rulers.case import Case, Figures


@dataclass(frozen=True)
class Cases:
    """Everything an arm planned, member by member, and how many plans it failed to make."""

    cases: tuple[Case, ...]
    failed: int


def cases_of(items: Sequence[Item], arm: Arm) -> Cases:
    """One case a member, in the order of the items."""
    plans: dict[str, list[Plan]] = {}
    members: dict[str, Member] = {}
    told: dict[str, AdviceConstraints] = {}
    failed = 0
    for item, outcome in zip(items, arm.outcomes, strict=True):
        members[item.member.member_id] = item.member
        found = plans.setdefault(item.member.member_id, [])
        if isinstance(item.constraints, AdviceConstraints):
            told[item.member.member_id] = item.constraints
        plan = _plan(item, outcome.text) if outcome.parsed and outcome.feasible else None
        if plan is None:
            failed += 1
        else:
            found.append(plan)
    return Cases(
        tuple(
            case_of(member, plans[member_id], told=told.get(member_id))
            for member_id, member in members.items()
        ),
        failed,
    )


def _plan(item: Item, text: str) -> Plan | None:
    try:
        draft = item.task.complete(item.task.parse(text, item.constraints), item.constraints)
        plan: Any = item.task.finish(draft, item.constraints)
    except (PlanTextError, PlanInfeasibleError):
        return None
    return plan if isinstance(plan, (WorkoutPlan, NutritionPlan, Advice)) else None


def case_of(member: Member, plans: Sequence[Plan] = (), told: AdviceConstraints | None = None) -> Case:
    """One member before the rulers, with these plans.

    ``told`` is the envelope of the member's advice; ``None``: of a member who was given the plans.
    """
    week = next((plan for plan in plans if isinstance(plan, WorkoutPlan)), None)
    days = tuple(plan for plan in plans if isinstance(plan, NutritionPlan))
    if told is None:
        own = OwnPlan.of(week, days[0] if days else None, member.profile.language)
        told = constrain(member.profile, own=own)
    assessment = assess(member.profile)
    return Case(
        member_id=member.member_id,
        profile=member.profile,
        goal=assessment.goal,
        referred=any("REFER" in note.value for note in assessment.safety_notes),
        figures=_figures(assessment),
        known_sentences=known_sentences(told),
        week=week,
        days=days,
        advice=next((plan for plan in plans if isinstance(plan, Advice)), None),
    )


def _figures(assessment: Assessment) -> Figures:
    return Figures(
        target_kcal=assessment.target_kcal,
        protein_g=assessment.macros.protein_g,
        fibre_g=assessment.macros.fibre_g,
        water_liters=assessment.water_liters,
        weekly_change_kg=assessment.weekly_weight_change_kg,
        zones=tuple((zone.low_bpm, zone.high_bpm) for zone in assessment.zones),
    )


def known_sentences(told: AdviceConstraints) -> frozenset[str]:
    """Every sentence that somebody read and that the member may be told, figures and plans' names written
    out.
    """
    return frozenset(
        template.sentence(number)
        for topic in allowed_topics(told)
        for template in sentences(topic, told)
        for number in range(template.size)
    )
