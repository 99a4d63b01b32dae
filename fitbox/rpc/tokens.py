"""Bearer tokens in a text file, one a line, of which only hashes are kept::

    # name      scopes            sha256 of the token
    coach-app   recommend         5e88489...
    operator    recommend,admin   2bb80d5...

A token is 256 random bits, so a plain SHA-256 cannot be guessed back, and no slow hash is needed. To revoke a
token, delete its line; servers see the change with the next call.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from fitbox.durable import replace_file
from fitbox.errors import ConfigurationError
from fitbox.rpc.scopes import Scope

PREFIX = "fitbox_"
"""Lets secret scanners find a token that was committed by mistake."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
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


def parse(text: str) -> tuple[Grant, ...]:
    """The grants of a token file.

    Raises:
        ConfigurationError: with the number of the line that is none, and never the line itself.
    """
    grants: list[Grant] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split()
        try:
            name, scopes, digest = parts
            grant = Grant(name, frozenset(Scope(scope) for scope in scopes.split(",")), digest.lower())
        except ValueError:
            raise ConfigurationError(f"line {number} is no token: NAME SCOPE,SCOPE SHA256") from None
        if not re.fullmatch("[0-9a-f]{64}", grant.sha256) or not _NAME.fullmatch(name):
            raise ConfigurationError(f"line {number} has an unusable name or hash")
        if any(other.name == name for other in grants):
            raise ConfigurationError(f"line {number} has the name of an earlier token")
        grants.append(grant)
    return tuple(grants)


def create(path: Path, name: str, scopes: frozenset[Scope]) -> str:
    """Add a token to the file (made if it is not there) and return it; it can never be read again.

    Raises:
        ConfigurationError: the name is taken or unusable, or the file cannot be read or written.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError("a name has letters, digits, '.', '_' or '-', at most 64 of them")
    try:
        text = path.read_text() if path.exists() else _HEADER
        if any(grant.name == name for grant in parse(text)):
            raise ConfigurationError(f"there is a token named {name} already")
        token = PREFIX + secrets.token_urlsafe(32)
        separator = "" if text.endswith("\n") or not text else "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(
            path, (text + separator + Grant(name, scopes, _sha256(token)).line()).encode(), private=False
        )
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    return token


def revoke(path: Path, name: str) -> None:
    """Remove a token from the file. Raises ConfigurationError where there is none of that name."""
    try:
        text = path.read_text()
        if all(grant.name != name for grant in parse(text)):
            raise ConfigurationError(f"there is no token named {name}")
        kept = [line for line in text.splitlines(keepends=True) if line.split()[:1] != [name]]
        replace_file(path, "".join(kept).encode(), private=False)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


class TokenFile:
    """The grants of a file, read again whenever it changed. A file that cannot be used changes nothing.

    Raises:
        ConfigurationError: at the start there is nothing to fall back to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _signature(path)
        try:
            self._grants = parse(path.read_text())
        except (OSError, UnicodeDecodeError, ConfigurationError) as error:
            raise ConfigurationError(f"the token file {path} cannot be used: {error}") from None

    def grants(self) -> tuple[Grant, ...]:
        """Every grant of now."""
        signature = _signature(self._path)
        if signature != self._seen:
            self._seen = signature
            try:
                self._grants = parse(self._path.read_text())
                _log.info("tokens reloaded: %d", len(self._grants))
            except (OSError, UnicodeDecodeError, ConfigurationError) as error:
                _log.error("tokens of %s not reloaded: %s", self._path, error)
        return self._grants

    def find(self, token: str) -> Grant | None:
        """The grant of a token; how long it takes tells nothing about how near a wrong one came."""
        digest = _sha256(token)
        found = None
        for grant in self.grants():
            if hmac.compare_digest(grant.sha256, digest):
                found = grant
        return found


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _signature(path: Path) -> tuple[int, int, int] | None:
    """Changes with every change of the file; a look costs microseconds."""
    try:
        found = os.stat(path)  # noqa: PTH116 - called for every request
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
