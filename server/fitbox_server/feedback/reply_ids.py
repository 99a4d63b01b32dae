"""The id of a reply: everything that feedback on it needs, sealed, so that nothing has to be kept of it.

An id is a ciphertext (AES-SIV, RFC 5297: deterministic authenticated encryption, which needs no nonce, so
that no two servers can use one twice) of version, task, profile, seed, moment and the items of the plan. Only
servers with the same key file open it; one that was altered, or is of another key, does not open at all.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic import ValidationError

from fitbox import durable
from fitbox.errors import ConfigurationError, ReplyIdError, ReplyIdExpiredError
from fitbox.exercises import Mode
from fitbox.feedback.plans import Served
from fitbox.feedback.records import NamedReply, profile_text
from fitbox.files import read_file
from fitbox.plan import PlanSource
from fitbox.profile import Profile
from fitbox.substitute.received import ReceivedDay, ReceivedFood, ReceivedLine
from fitbox.task import TaskName

KEY_NAME = ".reply-key"
"""In the folder of feedback; a name that the trainer passes over."""
MOST_KEYS = 8
"""Lines of a key file: the first seals, all of them open."""
MOST_CHARACTERS = 16_384
"""Of an id that is looked at; ours take about five hundred, of a member with long lists some thousand."""
_FORM = "r1."
_KEY_BITS = 512
_BOUND_TO = [b"fitbox reply id 1"]
_KEY_FILE_BYTES = 1 << 14


@dataclass(frozen=True)
class SealedReply:
    """What an id holds."""

    reply: NamedReply
    served: Served


class ReplyIds:
    """Makes and opens ids.

    Args:
        keys: 64 bytes each; the first seals.
        life: How long after its reply an id opens.
        clock: Now, aware.
    """

    def __init__(
        self,
        keys: tuple[bytes, ...],
        life: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ciphers = [AESSIV(key) for key in keys]
        self._life, self._clock = life, clock

    def seal(self, reply: NamedReply, served: Served) -> str:
        """The id of a reply; equal replies have equal ids."""
        text = json.dumps(_values(reply, served), separators=(",", ":"), ensure_ascii=False)
        sealed = self._ciphers[0].encrypt(zlib.compress(text.encode(), 6), _BOUND_TO)
        return _FORM + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, reply_id: str) -> SealedReply:
        """What an id names.

        Raises:
            ReplyIdError: it is none, was altered, or is of a server with another key.
            ReplyIdExpiredError: its reply is too old.
        """
        found = self._opened(_bytes_of(reply_id))
        try:
            sealed = _read(json.loads(zlib.decompress(found)))
        except (ValueError, LookupError, TypeError, zlib.error, ValidationError) as error:
            # Sealed with our key, so by a FitBox with other rules for profiles, catalogs or ids.
            raise ReplyIdError("is of another version of the server") from error
        # A clock that was put back makes a reply of the future, which is as good as new.
        if self._clock() - sealed.reply.made_at > self._life:
            raise ReplyIdExpiredError(f"its reply is more than {self._life.days} days old")
        return sealed

    def _opened(self, sealed: bytes) -> bytes:
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed, _BOUND_TO)
            except InvalidTag:
                continue
        raise ReplyIdError("was altered, or is of a server with another key")


def load_keys(path: Path) -> tuple[bytes, ...]:
    """The keys of a file, which is made with a new one where there is none.

    Raises:
        ConfigurationError: it is no key file.
        UnusableFileError, OSError: it cannot be read or made.
    """
    durable.make_folder(path.parent, private=True)
    with durable.exclusive(path.with_name(f"{path.name}.lock"), private=True):
        if not path.exists():
            key = base64.b64encode(AESSIV.generate_key(_KEY_BITS)) + b"\n"
            durable.replace_file(path, key, private=True)
    lines = read_file(path, max_bytes=_KEY_FILE_BYTES, links=True).split()
    try:
        keys = tuple(base64.b64decode(line, validate=True) for line in lines)
    except binascii.Error:
        keys = ()
    if not 1 <= len(keys) <= MOST_KEYS or any(len(key) * 8 != _KEY_BITS for key in keys):
        raise ConfigurationError(f"{path} is no key file: 1 to {MOST_KEYS} lines of 64 bytes in base64")
    return keys


def _bytes_of(reply_id: str) -> bytes:
    text = reply_id.removeprefix(_FORM)
    if text == reply_id or len(reply_id) > MOST_CHARACTERS:
        raise ReplyIdError("is no reply_id of a provenance")
    try:
        # Strict, or an altered id could read as the one it was made of.
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ReplyIdError("is no reply_id of a provenance") from None
    if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != text or len(found) <= 16:
        raise ReplyIdError("is no reply_id of a provenance")
    return found


def _values(reply: NamedReply, served: Served) -> list[Any]:
    return [
        reply.task.value,
        reply.version,
        reply.digest,
        reply.source.value,
        reply.seed,
        int(reply.made_at.timestamp()),
        json.loads(profile_text(reply.profile)),
        _served_values(served),
    ]


def _read(values: list[Any]) -> SealedReply:
    task, version, digest, source, seed, made_at, profile, served = values
    name = TaskName(task)
    reply = NamedReply(
        name,
        Profile.model_validate(profile),
        version,
        digest,
        PlanSource(source),
        int(seed),
        datetime.fromtimestamp(made_at, UTC),
    )
    return SealedReply(reply, _read_served(name, served))


def _served_values(served: Served) -> list[Any] | None:
    if served is None:
        return None
    return [
        [part.focus, [_line_values(line) for line in part.lines]]
        if isinstance(part, ReceivedDay)
        else [[food.food_id, food.grams] for food in part]
        for part in served
    ]


def _line_values(line: ReceivedLine) -> list[Any]:
    return [line.exercise_id, line.sets, line.mode.value, line.amount, line.zone, line.rpe]


def _read_served(task: TaskName, values: list[Any] | None) -> Served:
    if values is None:
        return None
    if task is TaskName.WORKOUT:
        return tuple(
            ReceivedDay(
                focus,
                tuple(ReceivedLine(one, sets, Mode(mode), *rest) for one, sets, mode, *rest in lines),
            )
            for focus, lines in values
        )
    return tuple(tuple(ReceivedFood(food, grams) for food, grams in meal) for meal in values)
