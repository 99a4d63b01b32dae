"""Somebody else's text in our messages."""

from __future__ import annotations

from pathlib import Path

MAX_SHOWN = 200
"""Characters of somebody else's text in a message."""


def shown(text: Path | str, limit: int = MAX_SHOWN) -> str:
    """Somebody else's text for a message, log line or reply.

    What cannot be printed or encoded is escaped, and of a long text the middle is left out.
    """
    raw = str(text)
    if len(raw) > limit:
        raw = f"{raw[: limit // 2]}...{raw[-(limit // 2) :]}"
    return "".join(each if each.isprintable() else _escaped(each) for each in raw)


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # how Python keeps a byte of a file's name that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
