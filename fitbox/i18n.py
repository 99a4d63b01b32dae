"""Texts that members read: areas of keys, the same in every language (:mod:`fitbox.locales`).

An area is asked by key, with the figures of its text::

    TEXTS = Texts("workout")
    TEXTS.text(Language.FR, "note.sides")

``text`` and ``label`` below answer from the common area: safety notes, goals, levels, weekdays, muscles,
meals.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from string import Formatter

from fitbox.locales import LOCALES
from fitbox.profile import Language

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Keys ``weekday.<name>``, Monday first (ISO 8601)."""


class Texts:
    """The texts of one area in every language.

    Args:
        area: Its name in each language's ``texts``.
        tables: The texts by language, where they do not come from there.

    Raises:
        ValueError: a language lacks a key, has one too many, or its text takes other figures.
    """

    def __init__(self, area: str, tables: Mapping[Language, Mapping[str, str]] | None = None) -> None:
        if tables is None:
            tables = {language: locale.texts.get(area, {}) for language, locale in LOCALES.items()}
        self.keys = frozenset(tables[Language.EN])
        for language, table in tables.items():
            if different := self.keys ^ table.keys():
                raise ValueError(f"{area}: {language} and en differ in {', '.join(sorted(different))}")
            for key, template in table.items():
                if _figures(template) != _figures(tables[Language.EN][key]):
                    raise ValueError(f"{area}: {key}: the languages take different figures")
        self._tables = tables

    def text(self, language: Language, key: str, **figures: object) -> str:
        """The text of ``key`` with its figures filled in.

        Raises:
            KeyError: an unknown key, or a figure is missing.
        """
        template = self._tables[language][key]
        return template.format(**{name: _written(language, value) for name, value in figures.items()})


def _figures(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def _written(language: Language, value: object) -> object:
    return number(language, value) if isinstance(value, float) else value


def number(language: Language, value: float, decimals: int | None = None) -> str:
    """A number as the language writes it: ``2.5``, French ``2,5``.

    ``decimals`` None: as many as it has, at most two.
    """
    written = f"{value:.{decimals}f}" if decimals is not None else f"{round(value, 2):g}"
    return written.replace(".", LOCALES[language].decimal_mark)


COMMON = Texts("common")


def text(language: Language, key: str, **figures: object) -> str:
    """A common text by key, for instance ``weekday.monday``. Raises KeyError for an unknown key."""
    return COMMON.text(language, key, **figures)


def label(language: Language, member: StrEnum) -> str:
    """What a member reads for an enum member: a goal, a level, or the sentence of a safety note."""
    return COMMON.text(language, f"{type(member).__name__}.{member}")
