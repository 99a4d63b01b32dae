"""Members whom FitBox sends on instead of planning for them, and to whom.

A plan for them depends on what only their care team knows (blood values, weight after dialysis, how the
illness is going), and a wrong one does harm. The refusal is typed: a reason, who to see, and a sentence in
the member's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from fitbox.errors import ReferralError
from fitbox.i18n import Texts
from fitbox.profile import Condition, Profile

TEXTS = Texts("referrals")


class Subject(StrEnum):
    """What is asked for."""

    WORKOUT = "workout"
    NUTRITION = "nutrition"
    ADVICE = "advice"
    ASSESSMENT = "assessment"


class Service(StrEnum):
    """Who to see."""

    RENAL_TEAM = "RENAL_TEAM"
    RENAL_DIETITIAN = "RENAL_DIETITIAN"
    EATING_DISORDER_TEAM = "EATING_DISORDER_TEAM"


REFERRALS: Mapping[Condition, tuple[frozenset[Subject], Service]] = {
    # Numbers of calories and of training feed the illness (NICE, 2017, guideline NG69; Hackert AN et al.,
    # 2020, J Eat Disord 8:40).
    Condition.EATING_DISORDER: (frozenset(Subject), Service.EATING_DISORDER_TEAM),
    # Protein, potassium, phosphate, sodium and fluid go by blood values and by the dialysis itself (Ikizler
    # TA et al., 2020, KDOQI Guideline, Am J Kidney Dis 76:S1-S107); training goes by its timetable and spares
    # the arm with the fistula (Smart NA et al., 2013, J Sci Med Sport 16:406-411).
    Condition.DIALYSIS: (frozenset(Subject), Service.RENAL_TEAM),
    # Whether potassium and phosphate must be limited is a matter of stage and blood values (KDOQI, as above);
    # training and advice need neither.
    Condition.KIDNEY_DISEASE: (frozenset({Subject.NUTRITION}), Service.RENAL_DIETITIAN),
}


def refuse_if_referred(profile: Profile, subject: Subject) -> None:
    """Raises ReferralError where the member is to see somebody instead; the most serious reason first."""
    for condition, (subjects, service) in REFERRALS.items():
        if condition in profile.conditions and subject in subjects:
            raise ReferralError(
                f"REFER_{condition}", TEXTS.text(profile.language, condition), condition, service
            )
