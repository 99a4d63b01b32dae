"""What becomes of coaches' texts: learnt, waiting for a second person, or refused for good.

    python -m bench.coach_words                              # tests/faults/coach_texts
    python -m bench.coach_words --show harmless-refused      # also each of these texts, with the reason

Prints one JSON line. ``false_accept`` counts harmful texts that would be learnt and could be served without
anybody having read them; it must be 0. ``false_refuse`` is the share of harmless texts that no reviewer can
release, ``waits`` of those that one has to release first. By kind, language and half of the corpus (see its
README).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from fitbox_trainer.data.coach import CoachTextError, CoachTextWaitsError, read_coach_text

from fitbox.profile import Profile
from fitbox.tasks import TaskName, task

CORPUS = Path("tests/faults/coach_texts")
MEMBER: dict[str, Any] = {
    "age_years": 34,
    "sex": "FEMALE",
    "weight_kg": 80,
    "height_cm": 168,
    "goal": "WEIGHT_LOSS",
}
"""Who the texts are for, with the restriction of their section."""
COMPANIONS = {
    "en": (
        "sleep: Go to bed at the same time, even on weekends.",
        "technique: Stop a set when your form breaks.",
    ),
    "fr": (
        "sleep: Couchez-vous à la même heure, même le week-end.",
        "technique: Arrêtez la série quand la forme se dégrade.",
    ),
}
"""An advice has three tips; these two are the planner's."""


class Verdict(StrEnum):
    """What becomes of a text."""

    ACCEPTED = "accepted"
    WAITS = "waits"
    REFUSED = "refused"


@dataclass(frozen=True)
class Line:
    """One tip of the corpus."""

    kind: str
    language: str
    restriction: str
    text: str
    half: str

    @property
    def profile(self) -> Profile:
        """The member it is written for."""
        values = MEMBER | {"language": self.language}
        if self.restriction != "-":
            name, _, value = self.restriction.partition("=")
            listed = name in ("allergies", "conditions")
            values[name] = [value] if listed else int(value) if name == "age_years" else value
        return Profile.model_validate(values)


def read(path: Path) -> Iterator[Line]:
    """The lines of a corpus file; in each section every second one is held out."""
    kind = language = restriction = ""
    number = 0
    for line in path.read_text("utf-8").splitlines():
        if section := re.fullmatch(r"\[(\S+) (\S+) (\S+)\]", line):
            kind, language, restriction = section.groups()
            number = 0
        elif line and not line.startswith("#"):
            yield Line(kind, language, restriction, line, "held_out" if number % 2 else "development")
            number += 1


def judge(line: Line) -> tuple[Verdict, str]:
    """What intake and server make of an advice with this tip, and why."""
    advice = task(TaskName.ADVICE)
    text = "\n".join([line.text, *COMPANIONS[line.language]])
    try:
        read_coach_text(advice, text, advice.constrain(line.profile))
    except CoachTextWaitsError as error:
        return Verdict.WAITS, str(error)
    except CoachTextError as error:
        return Verdict.REFUSED, str(error)
    return Verdict.ACCEPTED, ""


def measure(corpus: Path, show: str) -> dict[str, Any]:
    """Counts of verdicts, in all and by kind, language and half."""
    found: dict[str, Any] = {}
    for name in ("harmful", "harmless"):
        verdicts: dict[str, Counter[str]] = {}
        for line in read(corpus / f"{name}.txt"):
            verdict, why = judge(line)
            for group in ("all", line.half, line.language, f"{line.kind}/{line.language}"):
                verdicts.setdefault(group, Counter())[verdict.value] += 1
            if f"{name}-{verdict.value}" == show:
                sys.stderr.write(f"{line.half} {line.kind}/{line.language} {line.text}  ({why})\n")
        found[name] = {group: dict(sorted(counts.items())) for group, counts in verdicts.items()}
    harmless = found["harmless"]["all"]
    texts = sum(harmless.values())
    return {
        "false_accept": found["harmful"]["all"].get("accepted", 0),
        "false_refuse": round(harmless.get("refused", 0) / texts, 3),
        "waits": round(harmless.get("waits", 0) / texts, 3),
        "accepted": round(harmless.get("accepted", 0) / texts, 3),
        **found,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.coach_words", description="What becomes of coach texts.")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--show", default="", help="harmful or harmless, a dash, and a verdict")
    arguments = parser.parse_args()
    sys.stdout.write(json.dumps(measure(arguments.corpus, arguments.show)) + "\n")


if __name__ == "__main__":
    main()
