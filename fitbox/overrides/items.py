"""Items that a coach fixes or forbids: what both kinds of plan share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from fitbox.errors import NoPlanPossibleError, ReferralError
from fitbox.profile import Profile
from fitbox.rules import ItemT, Rule
from fitbox.substitute.received import NO_IDENTIFIER, Refusals, why_excluded


@contextmanager
def forbidden_named(kind: str, forbidden: Sequence[str], disliked: Collection[str]) -> Iterator[None]:
    """Where too little is left inside, what the coach forbids can be relaxed; dislikes only if there are any.

    Raises:
        NoPlanPossibleError: as what is inside, with the overrides' field before the profile's.
    """
    try:
        yield
    except NoPlanPossibleError as error:
        if not forbidden or isinstance(error, ReferralError):
            raise
        own = (one for one in error.relax if disliked or one != f"disliked_{kind}")
        relax = (f"overrides.forbidden_{kind}", *own)
        raise NoPlanPossibleError(error.reason, str(error), relax) from None


def check_items(
    kind: str,
    fixed: Sequence[str],
    forbidden: Sequence[str],
    catalog: Mapping[str, ItemT],
    rules: Sequence[Rule[ItemT]],
    profile: Profile,
    refusals: Refusals,
) -> None:
    """Refuse what is unknown, what is both fixed and forbidden, and what is fixed and excluded by a rule.

    Args:
        kind: ``exercises`` or ``foods``: the end of the fields' names.
    """
    for index, item in enumerate(forbidden):
        if item not in catalog:
            refusals.add(f"overrides.forbidden_{kind}[{index}]", NO_IDENTIFIER)
    for index, item in enumerate(fixed):
        field = f"overrides.fixed_{kind}[{index}]"
        if item not in catalog:
            refusals.add(field, NO_IDENTIFIER)
        elif item in forbidden:
            refusals.add(field, f"is in forbidden_{kind} too")
        elif any(rule.check(profile)(catalog[item]) for rule in rules):
            refusals.add(field, why_excluded([catalog[item]], rules, profile))
