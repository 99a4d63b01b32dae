"""One module a language, named by its code, and the table of them.

A new language is a member of :class:`fitbox.profile.Language` and a module here, with the same keys as the
others; ``fitbox/catalog/phrasebook.CODE.txt`` may give its advice more to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from fitbox.locales.locale import Locale
from fitbox.profile import Language

__all__ = ["LOCALES", "Locale"]


def _locale(language: Language) -> Locale:
    found: Locale = import_module(f"{__name__}.{language.value}").LOCALE
    return found


LOCALES: Mapping[Language, Locale] = {language: _locale(language) for language in Language}
