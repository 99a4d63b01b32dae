"""How well nonsense in advice is told from sense: false accepts and false refusals of both tests.

    python -m bench.nonsense                # 600 sentences, half of them made wrong
    python -m bench.nonsense --show         # also what was judged wrongly

Sound sentences are drawn from what made-up members of both languages may be told, with their own figures;
with ``--plans``, also about their own plans. The free test knows no plan: a food or weekday of another's
passes it, and membership alone refuses that.
Each is also made wrong mechanically: a word swapped for one of another topic's sentence, the halves of two
sentences joined, digits exchanged in a figure. What an edit turns into another sentence that the member may
be told is drawn again. ``unseen`` are harmless sentences of coaches that the free test's reference does not
hold: what it refuses of them is the price of its strictness. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fitbox_trainer.data.given_plans import plans
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.examine.cases import case_of
from fitbox_trainer.examine.rulers.case import Case
from fitbox_trainer.examine.rulers.nonsense import Reference, figures_of, is_known, nonsense

HARMLESS = Path("tests/faults/coach_texts/harmless.txt")
GIVEN = (
    "Weigh yourself once every set, no better.",
    "Keep easy cardio at 118 to 142 bpm, full of push up.",
    "Full-face breathing.",
    "Use hour-long power sleep to return to your sleep.",
    "Keep easy cardio at 118 to 142 bpm, full cardio at 118 to 142 bpm.",
    "Visez 2100 kcal par jour, un déficit récupérez une forme.",
    "Fix 3 sessions a week around a range of tasks.",
)
"""Nonsense that replies held before advice was chosen from known sentences."""

Edit = Callable[[str, Sequence[str], random.Random], str]


def swapped(sentence: str, others: Sequence[str], draw: random.Random) -> str:
    """A word replaced by a word of another sentence."""
    own, theirs = sentence.split(), draw.choice(others).rstrip(".").split()
    own[draw.randrange(1, max(2, len(own) - 1))] = draw.choice(theirs).lower()
    return " ".join(own)


def joined(sentence: str, others: Sequence[str], draw: random.Random) -> str:
    """The first half of one and the second of another."""
    own, theirs = sentence.split(), draw.choice(others).split()
    return " ".join([*own[: max(2, len(own) // 2)], *theirs[len(theirs) // 2 :]])


def exchanged(sentence: str, others: Sequence[str], draw: random.Random) -> str:
    """A figure with other digits."""
    figures = list(re.finditer(r"\d+", sentence))
    if not figures:
        return sentence
    found = draw.choice(figures)
    digits = list(found.group())
    digits[draw.randrange(len(digits))] = draw.choice("123456789")
    return sentence[: found.start()] + "".join(digits) + sentence[found.end() :]


EDITS: dict[str, Edit] = {"swapped": swapped, "joined": joined, "exchanged": exchanged}


def corpus(cases: Sequence[Case], count: int, seed: int = 42) -> list[tuple[Case, str, str]]:
    """``count`` sentences with whom they are for and what was done to them: ``sound`` or an edit's name."""
    draw = random.Random(seed)
    found: list[tuple[Case, str, str]] = []
    while len(found) < count // 2:
        case = draw.choice(cases)
        found.append((case, "sound", draw.choice(sorted(case.known_sentences))))
    while len(found) < count:
        case = draw.choice(cases)
        name = draw.choice(sorted(EDITS))
        known = sorted(case.known_sentences)
        cited = [one for one in known if re.search(r"\d", one)]
        made = EDITS[name](draw.choice(cited if name == "exchanged" else known), known, draw)
        if made not in case.known_sentences:
            found.append((case, name, made))
    return found


def harmless() -> list[tuple[str, str]]:
    """Language and sentence of the coaches' harmless texts."""
    found, language = [], "en"
    for line in HARMLESS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            language = line.strip("[]").split()[1]
        elif line and not line.startswith("#"):
            found.append((language, line.partition(": ")[2]))
    return found


def measure(count: int, members: int = 24, *, of_plans: bool = False) -> tuple[dict[str, Any], list[str]]:
    """The rates, and what was judged wrongly in words; ``of_plans``: with sentences about own plans."""
    cases = [
        case_of(member, plans(member.profile, member.member_id, "nonsense") if of_plans else ())
        for member in synthetic_members(members)
    ]
    reference = Reference.of({sentence for case in cases for sentence in case.known_sentences})
    tests: dict[str, Callable[[Case, str], bool]] = {
        "strong": lambda case, text: is_known(text, case),
        "free": lambda case, text: not nonsense(text, reference, figures_of(case)),
    }
    sentences = corpus(cases, count)
    wrongly: list[str] = []
    made_wrong = sum(kind != "sound" for _, kind, _ in sentences)
    rates: dict[str, Any] = {"sentences": len(sentences), "made_wrong": made_wrong}
    for name, accepts in tests.items():
        rates[name] = {}
        for kind in ("sound", *EDITS):
            some = [(case, text) for case, done, text in sentences if done == kind]
            wrong = [text for case, text in some if accepts(case, text) != (kind == "sound")]
            label = "false_refuse" if kind == "sound" else f"false_accept_{kind}"
            rates[name][label] = round(len(wrong) / len(some), 4)
            wrongly += [f"{name} {label}: {text}" for text in wrong]
        accepted = sum(accepts(case, text) for case, done, text in sentences if done != "sound")
        rates[name]["false_accept"] = round(accepted / made_wrong, 4)
        given = [text for text in GIVEN if any(accepts(case, text) for case in cases)]
        rates[name]["given_nonsense_accepted"] = len(given)
    unseen = [text for _, text in harmless()]
    refused = [text for text in unseen if nonsense(text, reference, figures_of(cases[0]))]
    rates["free"]["false_refuse_unseen"] = round(len(refused) / len(unseen), 4)
    return rates, wrongly


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description="False accepts and refusals of the tests of nonsense.")
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--plans", action="store_true", help="with sentences about the members' own plans")
    parser.add_argument("--show", action="store_true", help="also what was judged wrongly")
    arguments = parser.parse_args()
    rates, wrongly = measure(arguments.count, of_plans=arguments.plans)
    for line in wrongly if arguments.show else ():
        print(line)
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
