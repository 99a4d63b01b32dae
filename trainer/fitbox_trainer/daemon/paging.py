"""Pages of a list that may be long: keyset tokens, bounded by number and by bytes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from google.protobuf.message import Message

from fitbox.errors import InvalidFieldError

MAX_PAGE_SIZE = 1000
MAX_PAGE_BYTES = 256 * 1024
"""Of the messages of one page, far below the largest message that a client accepts."""
MAX_TOKEN_CHARACTERS = 4096

M = TypeVar("M", bound=Message)


def page_size(asked: int, default: int) -> int:
    """How many a page may have. Raises InvalidFieldError."""
    if not 0 <= asked <= MAX_PAGE_SIZE:
        raise InvalidFieldError("page_size", f"0 to {MAX_PAGE_SIZE}")
    return asked or default


def fitting(messages: Sequence[M], size: int) -> Sequence[M]:
    """As many of them, from the first on, as go into one page; one at least."""
    total = 0
    for count, message in enumerate(messages[:size]):
        total += message.ByteSize()
        if total > MAX_PAGE_BYTES and count:
            return messages[:count]
    return messages[:size]


def token(kind: str, last: str) -> str:
    """Says to :func:`key_of` behind which key of its list the next page begins."""
    return base64.urlsafe_b64encode(f"{kind}<{last}".encode()).decode().rstrip("=")


def key_of(kind: str, text: str) -> str | None:
    """The key of a page token; ``None`` for the first page.

    Raises:
        InvalidFieldError: it is no token of this list.
    """
    if not text:
        return None
    try:
        if len(text) > MAX_TOKEN_CHARACTERS:
            raise ValueError("longer than any token")
        whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidFieldError("page_token", "not a token of this method") from None
    found, separator, key = whole.partition("<")
    if found != kind or not separator:
        raise InvalidFieldError("page_token", "not a token of this method")
    return key


def number_of(kind: str, text: str) -> int | None:
    """The same for a list whose keys are numbers (64 bits, as the ledger has them)."""
    key = key_of(kind, text)
    if key is None:
        return None
    if not (key.isascii() and key.isdigit() and len(key) <= 19 and int(key) < 2**63):
        raise InvalidFieldError("page_token", "not a token of this method")
    return int(key)
