"""Bearer tokens in a text file, one a line, of which only hashes are kept::

    # name      scopes            sha256 of the token
    coach-app   recommend         5e88489...
    operator    recommend,admin   2bb80d5...

A token is 256 random bits, so a plain SHA-256 cannot be guessed back, and no slow hash is needed. To revoke a
token, delete its line; servers see the change with the next call, and streams that it opened end.

A slip of an editor neither locks everybody out nor keeps a revoked token alive: of a file with a line that
is none, the others count, and what that line's name could do before it still can.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fitbox.durable import exclusive, make_folder, replace_file
from fitbox.errors import ConfigurationError, UnusableFileError
from fitbox.files import read_file
from fitbox.rpc.scopes import Scope

PREFIX = "fitbox_"
"""Lets secret scanners find a token that was committed by mistake."""
MAX_BYTES = 1 << 20
"""Of a token file; a line takes about a hundred."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGEST = re.compile("[0-9a-f]{64}")
_GRAIN_SECONDS = 2.0
"""Of the coarsest clock that a file system keeps (FAT)."""
_HEADER = "# name scopes sha256; made by `fitbox token create`\n"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Grant:
    """One token: its name, what it may do, and the SHA-256 of it, hex."""

    name: str
    scopes: frozenset[Scope]
    sha256: str

    def line(self) -> str:
        """As the file has it."""
        return f"{self.name} {','.join(sorted(self.scopes))} {self.sha256}\n"


@dataclass(frozen=True)
class Parsed:
    """What a token file says."""

    grants: tuple[Grant, ...]
    bad: Mapping[int, str]
    """Number of each line that is no grant, with what is wrong with it; never the line itself."""
    bad_names: frozenset[str]
    """First words of those lines."""
    recognised: bool
    """Whether anything in it, a grant or a comment, is of a token file; else it is none, or torn."""


def parse(text: str) -> tuple[Grant, ...]:
    """The grants of a token file, all or none.

    Raises:
        ConfigurationError: with the number of the line that is none, and never the line itself.
    """
    parsed = read_lines(text)
    for number, problem in parsed.bad.items():
        raise ConfigurationError(f"line {number} {problem}")
    return parsed.grants


def read_lines(text: str) -> Parsed:
    """The grants of a token file, line by line."""
    grants: dict[str, Grant] = {}
    bad: dict[int, str] = {}
    bad_names: set[str] = set()
    commented = False
    for number, line in enumerate(text.split("\n"), 1):
        commented = commented or line.startswith("#")
        if not line.strip() or line.startswith("#"):
            continue
        try:
            grant = _grant(line)
            if grant.name in grants:
                raise ValueError("has the name of an earlier token")
        except ValueError as error:
            bad[number] = str(error)
            bad_names.add(line.split()[0])
        else:
            grants[grant.name] = grant
    recognised = bool(grants) or commented or not bad
    return Parsed(tuple(grants.values()), bad, frozenset(bad_names), recognised)


def _grant(line: str) -> Grant:
    """The grant of a line. Raises ValueError with what is wrong, without the line's contents."""
    parts = line.split()
    if len(parts) != 3:
        raise ValueError("is no token: NAME SCOPE,SCOPE SHA256")
    name, scopes, digest = parts
    try:
        found = frozenset(Scope(scope) for scope in scopes.split(","))
    except ValueError:
        raise ValueError("is no token: NAME SCOPE,SCOPE SHA256") from None
    if not _DIGEST.fullmatch(digest.lower()) or not _NAME.fullmatch(name):
        raise ValueError("has an unusable name or hash")
    return Grant(name, found, digest.lower())


def create(path: Path, name: str, scopes: frozenset[Scope]) -> str:
    """Add a token to the file (made if it is not there) and return it; it can never be read again.

    Raises:
        ConfigurationError: the name is taken or unusable, or the file cannot be read or written.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError("a name has letters, digits, '.', '_' or '-', at most 64 of them")
    with _alone(path):
        text = _read(path) if path.exists() else _HEADER
        if any(grant.name == name for grant in parse(text)):
            raise ConfigurationError(f"there is a token named {name} already")
        token = PREFIX + secrets.token_urlsafe(32)
        separator = "" if text.endswith("\n") or not text else "\n"
        _write(path, text + separator + Grant(name, scopes, _sha256(token)).line())
    return token


def revoke(path: Path, name: str) -> None:
    """Remove a token from the file, whatever else stands in it.

    Raises:
        ConfigurationError: there is none of that name, or the file cannot be read or written.
    """
    with _alone(path):
        text = _read(path)
        kept = [line for line in text.splitlines(keepends=True) if line.split()[:1] != [name]]
        if "".join(kept) == text:
            raise ConfigurationError(f"there is no token named {name}")
        _write(path, "".join(kept))


class TokenFile:
    """The grants of a file, read again whenever it changed.

    A file that cannot be read, or of which nothing is recognised, changes nothing.

    Raises:
        ConfigurationError: at the start every line must be right; there is nothing to fall back to.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._seen: _Signature | None = _signature(path)
        self._failed = False
        try:
            self._known = {grant.name: grant for grant in parse(_read(path))}
        except ConfigurationError as error:
            raise ConfigurationError(f"the token file {path} cannot be used: {error}") from None
        self._settled = self._is_settled(self._seen)

    def grants(self) -> tuple[Grant, ...]:
        """Every grant of now."""
        signature = _signature(self._path)
        if signature != self._seen or not self._settled:
            self._reload(signature)
        return tuple(self._known.values())

    def find(self, token: str) -> Grant | None:
        """The grant of a token; how long it takes tells nothing about how near a wrong one came."""
        digest = _sha256(token)
        found = None
        for grant in self.grants():
            if hmac.compare_digest(grant.sha256, digest):
                found = grant
        return found

    def _reload(self, signature: _Signature | None) -> None:
        changed = signature != self._seen
        try:
            parsed = read_lines(_read(self._path))
        except ConfigurationError as error:
            # Not marked as seen: what the system refuses now may be readable with the next call.
            if not self._failed:
                _log.error("tokens not reloaded: %s", error)
            self._failed = True
            return
        self._seen, self._settled, self._failed = signature, self._is_settled(signature), False
        if parsed.bad and changed:
            lines = ", ".join(map(str, list(parsed.bad)[:10]))
            _log.error("tokens of %s: unusable lines: %s", self._path, lines)
        if not parsed.recognised:
            return
        still = {name: grant for name, grant in self._known.items() if name in parsed.bad_names}
        self._known = still | {grant.name: grant for grant in parsed.grants}
        if changed:
            _log.info("tokens reloaded: %d", len(self._known))

    def _is_settled(self, signature: _Signature | None) -> bool:
        """Whether a later change will show in the signature: times have a grain, in which two changes fit."""
        return signature is not None and abs(self._clock() - signature[0] / 1e9) > _GRAIN_SECONDS


_Signature = tuple[int, int, int, int]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One writer at a time: of two at once, the later would bring back what the earlier revoked."""
    try:
        make_folder(path.parent, private=False)
        with exclusive(path.with_name(f".{path.name}.lock"), private=False):
            yield
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


def _read(path: Path) -> str:
    """A token file's text; bytes that are no UTF-8 are kept for whoever writes it back.

    Raises:
        ConfigurationError: it cannot be read, is no file, or is too large to be one.
    """
    try:
        content = read_file(path, max_bytes=MAX_BYTES, links=True)  # mounted secrets are links
    except UnusableFileError as error:
        raise ConfigurationError(str(error)) from None
    return content.decode(errors="surrogateescape")


def _write(path: Path, text: str) -> None:
    """Replace a token file.

    Readable by all: a server of another user that could read it no more would know revoked tokens for ever,
    and nothing in it can be used to call.
    """
    replace_file(path, text.encode(errors="surrogateescape"), private=False)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _signature(path: Path) -> _Signature | None:
    """Changes with every change of the file; a look costs microseconds."""
    try:
        found = os.stat(path)  # noqa: PTH116 - called for every request
    except OSError:
        return None
    # The time of the inode's own change, which no copy or touch can set back, comes with the rest.
    return found.st_ctime_ns, found.st_mtime_ns, found.st_size, found.st_ino
