"""Sentences of coaches that wait for a second person, and that person's decisions about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fitbox.advice.constraints import allowing
from fitbox.advice.meaning import unknown_words
from fitbox.advice.names import catalog_words
from fitbox.advice.planner import vocabulary as planner_words
from fitbox.advice.task import ADVICE
from fitbox.advice.text import NotReviewedError
from fitbox.advice.vocabulary import Sentence, Vocabulary, implied
from fitbox.advice.words import fold
from fitbox.errors import ConfigurationError, FitBoxError, UnusableFileError
from fitbox.files import read_object
from fitbox.profile import Language, Profile
from fitbox_trainer.data.coach import CoachTextError, CoachTextWaitsError, read_coach_text
from fitbox_trainer.intake.reviewed import Decision, decisions, record, refused_ids, released

MAX_WAITING = 5_000
"""Sentences listed; the others come once these are decided."""
MAX_REPORT_BYTES = 1 << 26


@dataclass
class Waiting:
    """One sentence with everything a reviewer should see of it."""

    sentence: Sentence
    unknown: tuple[str, ...]
    """Its words that are in no catalog and in no sentence of the planner."""
    suits: set[frozenset[str]] = field(default_factory=set)
    """The restrictions of each kind of member whom it was written for."""
    texts: int = 0
    dropped_by: set[str] = field(default_factory=set)


def waiting(store: Path) -> list[Waiting]:
    """Sentences of the store that nobody decided about, those of most texts first."""
    decided = decisions(store)
    refused, vocabulary = refused_ids(decided), released(store)
    found: dict[str, Waiting] = {}
    for members in sorted((store / "members").glob("*.jsonl")):
        dropped_by = _dropped_by(store / "reports" / f"{members.stem}.json")
        for sentence in _sentences(members, vocabulary):
            if sentence.id in refused or (sentence.id not in found and len(found) >= MAX_WAITING):
                continue
            one = found.setdefault(sentence.id, Waiting(sentence, _unknown(sentence)))
            one.suits.add(sentence.suits)
            one.texts += 1
            one.dropped_by |= {dropped_by} - {""}
    return sorted(found.values(), key=lambda one: (-one.texts, one.sentence.id))


def decide(store: Path, names: list[str], *, release: bool, by: str) -> list[Decision]:
    """Release or refuse waiting sentences by id.

    Raises:
        ConfigurationError: an id that does not wait, or a reviewer who dropped the sentence's file.
        OSError: a decision could not be kept; those before it are.
    """
    known = {one.sentence.id: one for one in waiting(store)}
    for name in names:
        if name not in known:
            raise ConfigurationError(f"no sentence {name} waits; fitbox coach review lists them")
        if release and by in known[name].dropped_by:
            raise ConfigurationError(
                f"{by} dropped the file with sentence {name}; another person releases it (--as NAME)"
            )
    made = []
    for name in names:
        one = known[name]
        for suits in _largest(one.suits) if release else [frozenset[str]()]:
            sentence = Sentence(one.sentence.topic, one.sentence.language, one.sentence.text, implied(suits))
            made.append(record(store, sentence, released=release, by=by))
    return made


def _largest(sets: set[frozenset[str]]) -> list[frozenset[str]]:
    """Without those that another contains."""
    return sorted((one for one in sets if not any(one < other for other in sets)), key=sorted)


def _sentences(members: Path, vocabulary: Vocabulary) -> Iterator[Sentence]:
    """Waiting sentences of a members file; a damaged line has none."""
    with members.open("rb") as lines:
        for line in lines:
            if b'"waiting"' not in line:
                continue
            try:
                member = json.loads(line)
                text = member["waiting"][ADVICE.name.value]
                profile = Profile.model_validate(member["profile"])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            yield from _unreviewed(str(text), profile, vocabulary)


def _unreviewed(text: str, profile: Profile, vocabulary: Vocabulary) -> tuple[Sentence, ...]:
    try:
        read_coach_text(ADVICE, text, allowing(ADVICE.constrain(profile), vocabulary))
    except CoachTextWaitsError as error:
        cause = error.__cause__
        return cause.waiting if isinstance(cause, NotReviewedError) else ()
    except (CoachTextError, FitBoxError):
        pass
    return ()


def _dropped_by(report: Path) -> str:
    try:
        return str(read_object(report, max_bytes=MAX_REPORT_BYTES).get("dropped_by") or "")
    except UnusableFileError:
        return ""


def _unknown(sentence: Sentence) -> tuple[str, ...]:
    return unknown_words(sentence.text, _known(sentence.language))


def _known(language: Language) -> frozenset[str]:
    return frozenset(map(fold, planner_words(language))) | catalog_words(language)


def to_values(one: Waiting) -> Mapping[str, object]:
    """For one JSON line."""
    return {
        "id": one.sentence.id,
        "topic": one.sentence.topic.value,
        "language": one.sentence.language.value,
        "text": one.sentence.text,
        "unknown_words": list(one.unknown),
        "for_members_with": sorted(sorted(suits) for suits in one.suits),
        "texts": one.texts,
        "dropped_by": sorted(one.dropped_by),
    }
