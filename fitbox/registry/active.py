"""``active.json``: which version is to serve. It alone decides; the link ``fitbox_model`` is for people."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from fitbox import durable
from fitbox.errors import RegistryError, UnusableFileError
from fitbox.files import FileFault, read_model, to_json
from fitbox.registry.manifest import VERSION_NAME, Time
from fitbox.registry.types import ActiveState
from fitbox.shown import shown

FILE = "active.json"
LINK = "fitbox_model"
MAX_BYTES = 64 << 10
MAX_REASON = 1000
"""Characters of the reason of a change that are kept."""

NOTHING = ActiveState(version=None, previous=None, since="", reason="", pinned=False)


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: Annotated[str, Field(max_length=40)] | None
    previous: Annotated[str, Field(max_length=40)] | None
    since: Time | Annotated[str, Field(max_length=0)]
    reason: Annotated[str, Field(max_length=12 * MAX_REASON)]
    pinned: bool


def read(root: Path) -> ActiveState:
    """The active state, also where nothing was ever activated.

    Raises:
        RegistryError: the file cannot be read, or is not what :func:`write` writes.
    """
    path = root / FILE
    try:
        form = read_model(path, _Form, max_bytes=MAX_BYTES)
    except UnusableFileError as error:
        if error.reason == FileFault.MISSING:
            return NOTHING
        raise RegistryError(str(error), passing=error.passing) from error
    for name in (form.version, form.previous):
        if name is not None and not VERSION_NAME.fullmatch(name):
            raise RegistryError(f"{shown(path)} names {shown(name)!r}, which is no version")
    return ActiveState(**form.model_dump())


def write(root: Path, state: ActiveState) -> ActiveState:
    """Make ``state`` the active one, for whoever holds the writers' lock. Raises OSError."""
    state = dataclasses.replace(state, reason=shown(state.reason, MAX_REASON))
    durable.replace_file(root / FILE, to_json(dataclasses.asdict(state)), private=False)
    # After active.json: a crash in between leaves a stale link, put right by the next write.
    link = root / LINK
    try:
        durable.replace_symlink(link, None if state.version is None else f"adapters/{state.version}")
    except OSError as error:
        durable.warn_once("no_link", link, f"does not follow the active version: {error.strerror or error}")
        with contextlib.suppress(OSError):
            link.unlink(missing_ok=True)  # rather none than one that names another version
    return state
