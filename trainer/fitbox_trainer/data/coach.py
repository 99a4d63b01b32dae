"""What a coach wrote, held against the same rules as any plan before anybody learns from it."""

from __future__ import annotations

from typing import Any

from fitbox.advice.text import NotReviewedError
from fitbox.errors import PlanInfeasibleError, PlanTextError
from fitbox.tasks import Task, TaskName

_LINES_END = frozenset({TaskName.ADVICE})
"""Tasks in whose format the last line, too, ends with a line break."""


class CoachTextError(ValueError):
    """A coach's text that cannot be a training target; the message says why, in words for the coach."""


class CoachTextWaitsError(CoachTextError):
    """A text with sentences that nobody has reviewed yet; it becomes a target once they are released."""


def read_coach_text(implementation: Task[Any, Any, Any], text: str, constraints: Any) -> str:
    """The text as the task itself writes it: parsed, finished, checked, rendered again.

    Line breaks at the end do not matter, since spreadsheets drop and add them.

    Raises:
        CoachTextWaitsError: it would be one if its sentences were released.
        CoachTextError: it is not in the task's format, its numbers cannot be fitted, or it contains what
            the member must not do or eat.
    """
    try:
        draft = implementation.parse(_ended(implementation, text), constraints)
        plan = implementation.finish(draft, constraints)
    except NotReviewedError as error:
        raise CoachTextWaitsError(str(error)) from error
    except (PlanTextError, PlanInfeasibleError) as error:
        raise CoachTextError(str(error)) from None
    violations = implementation.check(plan, constraints)
    if violations:
        raise CoachTextError("; ".join(f"{item.code}: {item.detail}" for item in violations))
    return implementation.render(draft)


def _ended(implementation: Task[Any, Any, Any], text: str) -> str:
    # Word processors write another apostrophe than the one that every sentence is compared with.
    return text.replace("\u2019", "'").rstrip("\n") + ("\n" if implementation.name in _LINES_END else "")
