"""Which members are held out of training: decided for each member alone, so that it never changes.

A member's place depends on nothing but the id, so whoever is held out of one dataset is held out of every
later one, and no example of a held-out member can leak into training through another task or another file.
"""

from __future__ import annotations

import hashlib


def member_hash(member_id: str, salt: str) -> float:
    """A number in [0, 1) that is uniform over ids: the first 53 bits of SHA-256 of ``salt/member_id``."""
    digest = hashlib.sha256(f"{salt}/{member_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / float(1 << 53)


def is_held_out(member_id: str, share: float) -> bool:
    """Whether a member is kept for evaluation; about ``share`` of all members are."""
    return member_hash(member_id, "fitbox held-out v1") < share


def is_development(member_id: str, share: float) -> bool:
    """Whether a *training* member belongs to the development part that settings are tuned on."""
    return member_hash(member_id, "fitbox development v1") < share


def seed_of(member_id: str, purpose: str) -> int:
    """A stable 31-bit seed for what is drawn for one member (planner, random arm, sampling)."""
    return int(member_hash(member_id, f"fitbox seed {purpose}") * 2**31)
