"""EBNF of every word but the forbidden ones, so that a decoder spells around them.

The forbidden words are laid out as a trie and equal subtrees are merged, which makes a minimal automaton
(Daciuk, Mihov, Watson and Watson, 2000); each of its states becomes a rule. Each rule costs a compiler about
2 ms, because at each letter of a forbidden word most of the vocabulary is still allowed: ``docs/quality.md``
has figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Spelling:
    """Two expressions and the rules that they refer to."""

    lower: str
    """One lower-case word."""
    capitalized: str
    """The same words with a capital first."""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class _State:
    """What is known of a word so far: ``following`` are the letters that lead on to a forbidden word."""

    may_end: bool
    following: tuple[tuple[str, _State], ...]


def words_except(forbidden: Iterable[str], letters: str, capitals: str) -> Spelling:
    """Every word of ``letters`` but the forbidden ones, which are lower-case.

    ``capitals`` are the first letters of capitalized words. Forbidden words with other letters cannot be
    spelled anyway.
    """
    alphabet = set(letters)
    spelled = sorted({word for word in forbidden if word and alphabet.issuperset(word)})
    if not spelled:
        return Spelling(f"[{letters}]+", f"[{capitals}] [{letters}]*")
    names: dict[_State, str] = {}
    root = _state(spelled, 0, names)
    rules = [f"any ::= [{letters}]*"]
    rules += [
        f"{name} ::= {_ways_on(dict(state.following), letters, names)}" + (' | ""' if state.may_end else "")
        for state, name in names.items()
    ]
    upper = {letter.upper(): state for letter, state in root.following if letter.upper() in capitals}
    rules.append(f"capitalized ::= {_ways_on(upper, capitals, names)}")
    return Spelling(names[root], "capitalized", tuple(rules))


def _state(words: list[str], depth: int, names: dict[_State, str]) -> _State:
    """The state after the ``depth`` letters that all of the sorted words share; named once."""
    groups: dict[str, list[str]] = {}
    for word in words:
        if len(word) > depth:
            groups.setdefault(word[depth], []).append(word)
    state = _State(
        may_end=depth > 0 and len(words[0]) > depth,
        following=tuple((letter, _state(group, depth + 1, names)) for letter, group in groups.items()),
    )
    names.setdefault(state, f"spelled_{len(names)}")
    return state


def _ways_on(following: Mapping[str, _State], letters: str, names: Mapping[_State, str]) -> str:
    """One letter and what may come after it. No two alternatives begin alike (see :mod:`fitbox.ebnf`)."""
    alternatives: dict[str, str] = {}
    for letter in letters:
        name = names[following[letter]] if letter in following else "any"
        alternatives[name] = alternatives.get(name, "") + letter
    return " | ".join(f"[{group}] {name}" for name, group in alternatives.items())
