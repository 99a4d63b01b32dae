"""Text of other people, made fit for a terminal or a log line.

A file name, a column title or a server's message may hold escape sequences that rename the window, hide
lines or paste into the shell, and signs that turn the order of what stands around them. Whatever reaches a
person's terminal goes through :func:`printable`, once, where it is shown.
"""

from __future__ import annotations

import json
from unicodedata import category

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control signs, formatting (directions, zero widths), lone surrogates, line and paragraph separators."""
_JOINERS = frozenset("\u200c\u200d")
"""Which words in several scripts, and emoji, are written with."""


def printable(text: str, *, keep: str = "") -> str:
    r"""``text`` with every sign escaped that is not there to be seen: ``\x1b``, ``\u202e``, ``\udcff``.

    ``keep`` names signs to leave, for instance a line break where text has lines.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        sign if sign in keep or sign in _JOINERS or category(sign) not in _HARMFUL else _escaped(sign)
        for sign in text
    )


def printable_json(text: str) -> str:
    """JSON that is not pure ASCII, with the same signs escaped as JSON does it: it means what it meant."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        sign if category(sign) not in _HARMFUL or sign in _JOINERS else json.dumps(sign)[1:-1]
        for sign in text
    )


def _escaped(sign: str) -> str:
    number = ord(sign)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
