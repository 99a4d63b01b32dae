"""Every text exists in every language and says the same."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import pytest

from fitbox.assessment import SafetyNote
from fitbox.exercises import Muscle
from fitbox.i18n import COMMON, WEEKDAYS, Texts, label, number, text
from fitbox.nutrition.draft import MealName
from fitbox.profile import Goal, Language, Level


@pytest.mark.parametrize("language", Language)
def test_every_key_has_a_text_in_every_language(language: Language) -> None:
    """None is empty."""
    assert all(text(language, key).strip() for key in COMMON.keys)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [SafetyNote, Goal, Level])
def test_every_member_of_the_enums_has_a_label(language: Language, kind: type[StrEnum]) -> None:
    """A new goal or note cannot be forgotten."""
    assert all(label(language, member) for member in kind)


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("weekday", WEEKDAYS),
        ("muscle", [muscle.lower() for muscle in Muscle]),
        ("meal", [meal.value for meal in MealName]),
    ],
)
def test_the_lists_of_names_and_the_table_agree(prefix: str, names: Iterable[str]) -> None:
    """Each weekday, muscle and meal has a key, and each such key is in its list."""
    keys = {key for key in COMMON.keys if key.startswith(f"{prefix}.")}
    assert keys == {f"{prefix}.{name}" for name in names}


def test_safety_notes_differ_between_the_languages() -> None:
    """No English sentence was left in the French column."""
    assert all(label(Language.EN, note) != label(Language.FR, note) for note in SafetyNote)


def test_a_table_without_one_of_the_languages_is_refused() -> None:
    """At import time, not when a member reads it."""
    with pytest.raises(ValueError, match="fr and en differ in hello"):
        Texts("area", {Language.EN: {"hello": "Hello"}, Language.FR: {}})


def test_a_table_whose_languages_take_different_figures_is_refused() -> None:
    """A figure cannot be lost in translation."""
    with pytest.raises(ValueError, match="different figures"):
        Texts("area", {Language.EN: {"rest": "Rest {seconds} s"}, Language.FR: {"rest": "Repos"}})


def test_figures_are_filled_in_as_the_language_writes_them() -> None:
    """French has a decimal comma."""
    english, french = {"drink": "Drink {liters} liters"}, {"drink": "Buvez {liters} litres"}
    texts = Texts("area", {Language.EN: english, Language.FR: french})
    assert texts.text(Language.EN, "drink", liters=2.5) == "Drink 2.5 liters"
    assert texts.text(Language.FR, "drink", liters=2.5) == "Buvez 2,5 litres"


@pytest.mark.parametrize(
    ("value", "decimals", "english", "french"),
    [(2.5, None, "2.5", "2,5"), (3.0, None, "3", "3"), (2.0, 1, "2.0", "2,0"), (0.666, None, "0.67", "0,67")],
)
def test_numbers_are_rounded_and_written(
    value: float, decimals: int | None, english: str, french: str
) -> None:
    """With the decimals asked for, or as many as there are, at most two."""
    assert number(Language.EN, value, decimals) == english
    assert number(Language.FR, value, decimals) == french


def test_an_unknown_key_is_a_key_error() -> None:
    """A typing error in code surfaces in its tests."""
    with pytest.raises(KeyError):
        text(Language.EN, "weekday.someday")
