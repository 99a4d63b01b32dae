"""What a second person decided about coaches' sentences: a small file a decision, in ``reviewed/``.

A decision is written once, whole and durably, under a name made from what it decides, so that reviewers
beside each other need no lock and a decision taken twice is one. Files are private: sentences are as their
coaches wrote them.
"""

from __future__ import annotations

import hashlib
import pwd
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fitbox.advice.topics import Topic
from fitbox.advice.vocabulary import Sentence, Vocabulary
from fitbox.durable import make_folder, replace_file
from fitbox.errors import UnusableFileError
from fitbox.files import read_model, to_json
from fitbox.profile import Language

FOLDER = "reviewed"
MAX_DECISION_BYTES = 1 << 14
MAX_DECISIONS = 20_000
"""Read of one store, the newest; older ones are kept and no longer read."""


@dataclass(frozen=True)
class Decision:
    """One sentence released for members with ``sentence.suits`` at most, or refused for everybody."""

    sentence: Sentence
    released: bool
    by: str
    at: str
    """ISO 8601, UTC."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    topic: Annotated[Topic, Field(strict=False)]
    language: Annotated[Language, Field(strict=False)]
    text: Annotated[str, Field(max_length=300)]
    suits: list[str]
    decision: Literal["released", "refused"]
    by: Annotated[str, Field(max_length=100)]
    at: Annotated[str, Field(max_length=40)]


def record(store: Path, sentence: Sentence, *, released: bool, by: str) -> Decision:
    """Keep a decision. Raises OSError where it cannot be kept; then nothing was decided."""
    decision = Decision(sentence, released, by, datetime.now(UTC).isoformat(timespec="microseconds"))
    suits = hashlib.sha256("/".join(sorted(sentence.suits)).encode()).hexdigest()[:8]
    name = f"{sentence.id}-{suits if released else 'refused'}.json"
    content = {
        "topic": sentence.topic.value,
        "language": sentence.language.value,
        "text": sentence.text,
        "suits": sorted(sentence.suits),
        "decision": "released" if released else "refused",
        "by": by,
        "at": decision.at,
    }
    make_folder(store / FOLDER, private=True)
    replace_file(store / FOLDER / name, to_json(content), private=True)
    return decision


def decisions(store: Path) -> list[Decision]:
    """Every decision, the newest first. One that cannot be read decides nothing: its sentence waits again."""
    found = []
    for path in sorted((store / FOLDER).glob("*.json")):
        try:
            form = read_model(path, _Form, max_bytes=MAX_DECISION_BYTES)
        except UnusableFileError:
            continue
        sentence = Sentence(form.topic, form.language, form.text, frozenset(form.suits))
        found.append(Decision(sentence, form.decision == "released", form.by, form.at))
    return sorted(found, key=lambda one: one.at, reverse=True)[:MAX_DECISIONS]


def refused_ids(decided: list[Decision]) -> frozenset[str]:
    """Sentences whose newest decision is a refusal."""
    newest = {one.sentence.id: one.released for one in reversed(decided)}
    return frozenset(name for name, released in newest.items() if not released)


def released(store: Path) -> Vocabulary:
    """The sentences that a second person released, without those that were refused since."""
    decided = decisions(store)
    refused = refused_ids(decided)
    return Vocabulary.of(one.sentence for one in decided if one.released and one.sentence.id not in refused)


def owner_of(path: Path) -> str:
    """Login name of who dropped a file, as far as the system knows; empty where it does not."""
    try:
        return pwd.getpwuid(path.lstat().st_uid).pw_name
    except (OSError, KeyError):
        return ""
