"""One thing that is so in a member's plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fitbox.i18n import Texts

TEXTS = Texts("own_plan")
"""How meals, weekdays and counts stand in a sentence."""


class About(StrEnum):
    """What a fact is about; the slots that its sentences may have stand beside it."""

    WEEK = "week"
    """The training days: days."""
    LONGEST = "longest"
    """The one session that is longer than every other: day."""
    HARDEST = "hardest"
    """The one day with more hard sets than every other: day."""
    THEN_FREE = "then_free"
    """The hardest day, which a day without training follows: day."""
    LIFT = "lift"
    """A main lift: day, lift, work, rest, pattern (no text: what it moves like)."""
    LOADABLE = "loadable"
    """A main lift with a load: day, lift."""
    LOADED = "loaded"
    """A main lift with a load that grows from week to week: day, lift, work."""
    RESERVE = "reserve"
    """A main lift that ends before it must: day, lift, reserve."""
    LIGHT_WEEK = "light_week"
    """The programme's first lighter week: week."""
    EASY = "easy"
    """The longest easy endurance of the week: day, name, minutes."""
    BRISK = "brisk"
    """The longest endurance at which one speaks in short sentences (zone 3): day, name, minutes."""
    STRETCH = "stretch"
    """A stretch at the end of a session: day, name."""
    BALANCE = "balance"
    """A balance exercise: day, name."""
    PROTEIN = "protein"
    """What brings a main meal's protein: at_meal, meal_opening, food."""
    LARGEST = "largest"
    """The meal with the most energy: the_meal, dish."""
    STARCH = "starch"
    """The main meal with the most carbohydrate: the_meal."""
    LUNCH = "lunch"
    """Lunch as a dish with a name: dish."""
    FIBRE = "fibre"
    """What brings most of the day's fibre: at_meal, meal_opening, food."""
    VEGETABLES = "vegetables"
    """A main meal's vegetable: at_meal, meal_opening, food."""
    SALTY = "salty"
    """What brings lunch or dinner most salt: at_meal, meal_opening, food."""
    SHORT = "short"
    """A vitamin or mineral that the day is short of: nutrient."""


@dataclass(frozen=True)
class Fact:
    """One fact, with the texts that fill its sentences' slots."""

    about: About
    slots: tuple[tuple[str, str], ...]

    @staticmethod
    def of(about: About, **slots: object) -> Fact:
        """With each slot as it is written."""
        return Fact(about, tuple((name, str(value)) for name, value in slots.items()))

    @property
    def values(self) -> dict[str, str]:
        """Texts by slot."""
        return dict(self.slots)


def opening(words: str) -> str:
    """With a capital, as a sentence begins."""
    return words[:1].upper() + words[1:]
