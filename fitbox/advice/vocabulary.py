"""Sentences that a second person released, beside the planner's and the phrasebook's: ``vocabulary.json``.

They are kept with the members that they suit. A release says of one sentence that it suits members with
just the restrictions that the reviewer saw beside it (allergies, conditions, a diet, youth, thinness); a
member with any other restriction is never told it. A published version brings the sentences that it was
trained on, so trainer and server allow the same ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fitbox.advice.meaning import harm_in
from fitbox.advice.names import lacks_reserve
from fitbox.advice.shape import SHAPE
from fitbox.advice.topics import Topic
from fitbox.advice.words import folded
from fitbox.assessment import Assessment, highest_zone
from fitbox.errors import UnusableFileError
from fitbox.files import FileFault, parse_model, read_file, shown, to_json
from fitbox.profile import Diet, Language, Profile

FILE = "vocabulary.json"
SCHEMA = 1
MAX_SENTENCES = 64
"""A language and version: each costs every member's grammar about 0.3 ms to compile."""
MAX_RELEASES = 512
"""A language and version: a sentence has one for each set of restrictions that it was reviewed for."""
MAX_BYTES = 1 << 19

LIMITED_INTENSITY, MINOR, NO_DEFICIT = "intensity LIMITED", "age MINOR", "deficit NONE"
_STRICTER: dict[Diet, tuple[Diet, ...]] = {
    Diet.VEGAN: (Diet.VEGETARIAN, Diet.PESCATARIAN),
    Diet.VEGETARIAN: (Diet.PESCATARIAN,),
}
"""What suits these, suits those too."""


@dataclass(frozen=True)
class Sentence:
    """One released sentence; figures are slots, ``Eat about {kcal} a day.``"""

    topic: Topic
    language: Language
    text: str
    suits: frozenset[str] = frozenset()
    """Restrictions that it was reviewed for."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its folded words."""
        return folded(self.text)

    @property
    def id(self) -> str:
        """The same for the same topic, language and text, whatever it suits."""
        return hashlib.sha256(f"{self.topic}/{self.language}/{self.text}".encode()).hexdigest()[:12]

    def suits_all(self, restrictions: frozenset[str]) -> bool:
        """Whether it was reviewed for a member with these."""
        return restrictions <= self.suits

    def fault(self) -> str:
        """Why nobody may be told it, whoever released it; empty where all is well."""
        if not SHAPE[self.language].fullmatch(self.text):
            return "it is not one sentence of 4 to 16 words"
        return harm_in(self.text, self.language)


@dataclass(frozen=True)
class Vocabulary:
    """Released sentences, the newest first."""

    sentences: tuple[Sentence, ...] = ()

    @staticmethod
    def of(sentences: Iterable[Sentence]) -> Vocabulary:
        """Those that may be said at all, at most :data:`MAX_SENTENCES` a language."""
        unique = dict.fromkeys(one for one in sentences if not one.fault())
        kept: list[Sentence] = []
        for language in Language:
            spoken = [one for one in unique if one.language is language]
            first = set(list(dict.fromkeys(one.id for one in spoken))[:MAX_SENTENCES])
            kept += [one for one in spoken if one.id in first][:MAX_RELEASES]
        return Vocabulary(tuple(kept))

    def to_json(self) -> bytes:
        """The file's content; equal vocabularies have equal bytes."""
        return to_json(self.to_values())

    def to_values(self) -> dict[str, JsonValue]:
        """The same as JSON values."""
        written: list[JsonValue] = [
            {
                "topic": one.topic.value,
                "language": one.language.value,
                "text": one.text,
                "suits": [*sorted(one.suits)],
            }
            for one in self.sentences
        ]
        return {"schema": SCHEMA, "sentences": written}

    @staticmethod
    def from_json(content: bytes, where: Path | str) -> Vocabulary:
        """Read what :meth:`to_json` wrote; one sentence that nobody may be told makes the whole file
        unusable.

        Raises:
            UnusableFileError: it is none, or has such a sentence.
        """
        form = parse_model(content, _Form, where)
        found = Vocabulary(
            tuple(Sentence(one.topic, one.language, one.text, frozenset(one.suits)) for one in form.sentences)
        )
        for one in found.sentences:
            if fault := one.fault():
                raise UnusableFileError(
                    where, FileFault.FORM, f"{shown(str(where))}: sentence {one.id} must not be said: {fault}"
                )
        if found != Vocabulary.of(found.sentences):
            raise UnusableFileError(
                where,
                FileFault.FORM,
                f"{shown(str(where))} has a sentence twice, or more than {MAX_SENTENCES} of a language",
            )
        return found


NOTHING = Vocabulary()


class _SentenceForm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    topic: Annotated[Topic, Field(strict=False)]
    language: Annotated[Language, Field(strict=False)]
    text: Annotated[str, Field(max_length=300)]
    suits: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=64)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    schema_: Annotated[Literal[1], Field(alias="schema")]
    sentences: Annotated[list[_SentenceForm], Field(max_length=MAX_RELEASES * len(Language))]


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a version or run; empty where the folder has none.

    Raises:
        UnusableFileError: the file is there and cannot be used.
    """
    path = folder / FILE
    try:
        content = read_file(path, max_bytes=MAX_BYTES)
    except UnusableFileError as error:
        if error.reason == FileFault.MISSING:
            return NOTHING
        raise
    return _parsed(content, path)


@lru_cache(maxsize=16)
def _parsed(content: bytes, path: Path) -> Vocabulary:
    return Vocabulary.from_json(content, path)


def restrictions_of(profile: Profile, assessment: Assessment) -> frozenset[str]:
    """What a sentence must have been reviewed for, to be told to this member."""
    found = {f"allergy {one.value}" for one in profile.allergies}
    found |= {f"condition {one.value}" for one in profile.conditions}
    if profile.diet is not Diet.OMNIVORE:
        found.add(f"diet {profile.diet.value}")
    if profile.age_years < 18:
        found.add(MINOR)
    if lacks_reserve(profile, assessment):
        found.add(NO_DEFICIT)
    if highest_zone(profile) <= 2:
        found.add(LIMITED_INTENSITY)
    return frozenset(found)


def implied(restrictions: frozenset[str]) -> frozenset[str]:
    """With every diet that a stricter one includes."""
    strict = [diet for diet in _STRICTER if f"diet {diet.value}" in restrictions]
    return restrictions | {f"diet {easier.value}" for diet in strict for easier in _STRICTER[diet]}
