"""Registry: the one owner of every change in ``models/``."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fitbox.durable import exclusive, replace_file, replace_symlink, sync
from fitbox.errors import (
    AdapterInvalidError,
    AdapterNotActiveError,
    AdapterNotFoundError,
    AdapterPinnedError,
    BaseModelError,
    RegistryError,
)
from fitbox.registry import base as base_models
from fitbox.registry import manifest as manifests
from fitbox.registry.removal import Hold, discard, sweep
from fitbox.registry.types import BASE_VERSION, ActiveState, AdapterVersion, BaseModel
from fitbox.registry.verify import InvalidReason, Limits, check_adapter, check_base, check_files

_NAME = re.compile(r"v(\d{6,})-([0-9a-f]{8})")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Registry:
    """Reads and writes one ``models/`` folder. Safe against concurrent processes and a crash at any line.

    Args:
        root: The ``models`` folder; made when the first write needs it.
        limits: What a version may at most be.
        clock: The current time, UTC.
    """

    def __init__(
        self, root: Path, *, limits: Limits | None = None, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self.root = root
        self._limits = limits or Limits()
        self._clock = clock
        self._verified_bases: dict[str, base_models.Fingerprint] = {}

    # --- versions -----------------------------------------------------------------------------------------

    def publish(self, staging: Path, *, metadata: Mapping[str, Any]) -> AdapterVersion:
        """Turn a finished staging folder (same file system) into the next version; does not activate it.

        ``metadata`` becomes ``training_metadata.json``. It must name ``base_model``, ``base_model_digest``
        and ``dataset_digest``; ``evaluation_score`` (0 to 1) and ``lora`` (``rank``, ``alpha``,
        ``target_modules``) are used where given. The folder is verified first, so what could not be loaded
        never becomes a version.

        Raises:
            AdapterInvalidError: the folder is no loadable adapter; it stays where it is.
        """
        self._adapters.mkdir(parents=True, exist_ok=True)
        with self._writing():
            number = self._next_number()
            content = self._complete(staging, number, metadata)
            self._check(staging)
            digest = manifests.digest_of(content)
            target = self._adapters / manifests.version_name(number, digest)
            os.rename(staging, target)  # noqa: PTH104 - os by name, as in durable
            sync(self._adapters)
        return self._load(target)

    def reject(self, staging: Path, metadata: Mapping[str, Any]) -> Path:
        """Keep a candidate that the gate refused, in ``models/rejected/``; returns its folder.

        It may be broken in any way, so only its manifest is written; ``metadata`` should hold the gate's
        reasons.
        """
        folder = self.root / "rejected"
        folder.mkdir(parents=True, exist_ok=True)
        with self._writing():
            content = self._complete(staging, self._next_number(), metadata)
            stamp = self._clock().strftime("%Y%m%dT%H%M%SZ")
            target = folder / f"{stamp}-{manifests.digest_of(content)[:8]}"
            os.rename(staging, target)  # noqa: PTH104 - os by name, as in durable
            sync(folder)
        return target

    def versions(self) -> tuple[AdapterVersion, ...]:
        """Every version with a readable manifest, oldest first. Digests of files are not verified here."""
        found = []
        for folder in self._folders():
            try:
                found.append(self._load(folder))
            except AdapterInvalidError:
                continue  # a torn or foreign folder is no version; get() and verify() tell why
        return tuple(sorted(found, key=lambda version: version.number))

    def get(self, name: str) -> AdapterVersion:
        """One version by name, or ``active``.

        Raises:
            AdapterNotFoundError: no such version, or ``active`` while the base model is active.
            AdapterInvalidError: its manifest cannot be used.
        """
        if name == "active":
            active = self.active().version
            if active is None:
                raise AdapterNotFoundError("no version is active; the base model serves")
            name = active
        folder = self._adapters / name
        if not _NAME.fullmatch(name) or not folder.is_dir():
            raise AdapterNotFoundError(f"no version {name!r} in {self._adapters}")
        return self._load(folder)

    def verify(self, version: AdapterVersion) -> None:
        """Check everything that must hold before a load, on the files as they are now.

        Raises:
            AdapterInvalidError: ``reason`` is one of :class:`fitbox.registry.InvalidReason`.
        """
        manifest = self._check(version.path)
        expected = manifests.version_name(manifest.number, manifest.digest)
        if version.path.name != expected or version.digest != manifest.digest or version.name != expected:
            raise AdapterInvalidError(
                InvalidReason.NAME_MISMATCH, f"{version.name} holds {expected}; its manifest was replaced"
            )

    def files(self, version: AdapterVersion) -> Mapping[str, manifests.FileEntry]:
        """What the manifest says the version is made of, by relative path. Raises AdapterInvalidError."""
        return manifests.read(version.path).files

    def prunable(self, keep: int) -> tuple[AdapterVersion, ...]:
        """Versions that may be deleted when the newest ``keep`` stay: never the active or the previous one.

        The newest version always stays, so that numbers only grow. A pinned version is the active one.
        """
        state = self.active()
        versions = self.versions()
        protected = {state.version, state.previous} | {v.name for v in versions[-max(keep, 1) :]}
        return tuple(version for version in versions if version.name not in protected)

    def hold(self, version: AdapterVersion) -> Hold:
        """Keep a version from being deleted while it is read, until the hold is closed.

        Raises:
            AdapterNotFoundError: it is not there any more.
        """
        try:
            return Hold(version.path)
        except FileNotFoundError as error:
            raise AdapterNotFoundError(f"{version.name} was deleted") from error

    def remove(self, version: AdapterVersion) -> bool:
        """Delete a version unless it is the newest, active or previous one, or somebody holds it.

        Returns whether it is gone.
        """
        with self._writing():
            allowed = {each.name for each in self.prunable(1)}
            return version.name in allowed and discard(version.path, self._trash)

    def rejected(self) -> tuple[Path, ...]:
        """Folders of refused candidates, oldest first."""
        folder = self.root / "rejected"
        return tuple(sorted(path for path in folder.glob("*") if path.is_dir()))

    def remove_rejected(self, folder: Path) -> bool:
        """Delete a refused candidate, one of :meth:`rejected`; returns whether it is gone."""
        with self._writing():
            return folder.parent == self.root / "rejected" and discard(folder, self._trash)

    def sweep(self) -> None:
        """Finish deletions that a crash interrupted."""
        if self._trash.exists():
            with self._writing():
                sweep(self._trash)

    # --- the active version -------------------------------------------------------------------------------

    def active(self) -> ActiveState:
        """The active state, also where nothing was ever activated.

        Raises:
            RegistryError: ``active.json`` is not what this class writes.
        """
        try:
            values = json.loads((self.root / "active.json").read_bytes())
            state = ActiveState(
                version=values["version"],
                previous=values["previous"],
                since=str(values["since"]),
                reason=str(values["reason"]),
                pinned=bool(values["pinned"]),
            )
        except FileNotFoundError:
            return ActiveState(version=None, previous=None, since="", reason="", pinned=False)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RegistryError(f"{self.root / 'active.json'} cannot be read: {error}") from error
        for name in (state.version, state.previous):
            if name is not None and (not isinstance(name, str) or not _NAME.fullmatch(name)):
                raise RegistryError(f"{self.root / 'active.json'} names {name!r}, which is no version")
        return state

    def activate(self, name: str, *, reason: str, pin: bool | None = None) -> ActiveState:
        """Verify, then make a version active atomically; ``base`` goes back to the base model alone.

        ``pin`` True keeps the version until :meth:`unpin`, False releases it, ``None`` leaves a pin on the
        version that is active already as it is.

        Raises:
            AdapterPinnedError: another version is pinned.
            AdapterNotFoundError: no such version.
            AdapterInvalidError: it must not be loaded.
        """
        if name != BASE_VERSION:
            self.verify(self.get(name))
        with self._writing():
            return self._switch(self.active(), None if name == BASE_VERSION else name, reason, pin)

    def rollback(self, *, reason: str, expected: str | None = None) -> ActiveState:
        """Activate the previous version again, or the base model where there was none.

        With ``expected`` nothing changes unless that version is the active one: who saw a version fail must
        not roll back the one that a trainer has published meanwhile.

        Raises:
            AdapterPinnedError: the active version is pinned.
            AdapterNotFoundError: nothing was ever activated.
            AdapterInvalidError: the previous version must not be loaded.
        """
        with self._writing():
            state = self.active()
            if expected is not None and state.version != expected:
                return state
            if state.version is None and state.previous is None:
                raise AdapterNotFoundError("there is no version to roll back to")
            if state.previous is not None:
                self.verify(self.get(state.previous))
            return self._switch(state, state.previous, reason, None)

    def pin(self, *, reason: str = "pinned", expected: str | None = None) -> ActiveState:
        """Keep the active version, whatever is published.

        Raises:
            AdapterNotFoundError: none is active.
            AdapterNotActiveError: another one than ``expected`` is active.
        """
        return self._set_pin(pinned=True, reason=reason, expected=expected)

    def unpin(self, *, reason: str = "unpinned") -> ActiveState:
        """Let other versions be activated again. Raises AdapterNotFoundError where none is active."""
        return self._set_pin(pinned=False, reason=reason)

    # --- base models --------------------------------------------------------------------------------------

    def base_model(self, name: str) -> BaseModel:
        """A prepared base model by name; its files are not hashed. Raises BaseModelError."""
        return base_models.read(self.root / "base", name)

    def verify_base(self, base: BaseModel, *, full: bool = False) -> None:
        """Hash every file, unless size and time of change of all are as when this object last did.

        Raises:
            BaseModelError: a file is missing or altered.
        """
        seen = base_models.fingerprint(base)
        if full or self._verified_bases.get(base.digest) != seen:
            base_models.check(base)
            self._verified_bases[base.digest] = seen

    # --- inside -------------------------------------------------------------------------------------------

    @property
    def _adapters(self) -> Path:
        return self.root / "adapters"

    @property
    def _trash(self) -> Path:
        return self.root / ".trash"

    def _writing(self) -> Any:
        self.root.mkdir(parents=True, exist_ok=True)
        return exclusive(self.root / ".lock", private=False)

    def _folders(self) -> list[Path]:
        if not self._adapters.is_dir():
            return []
        return [path for path in self._adapters.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]

    def _next_number(self) -> int:
        state = self.active()
        names = [folder.name for folder in self._folders()] + [state.version, state.previous]
        matches = [_NAME.fullmatch(name) for name in names if name is not None]
        return 1 + max((int(match[1]) for match in matches if match is not None), default=0)

    def _complete(self, staging: Path, number: int, metadata: Mapping[str, Any]) -> bytes:
        """Make everything in a staging folder durable, the manifest last; its bytes are returned."""
        replace_file(
            staging / manifests.METADATA,
            (json.dumps(dict(metadata), indent=1, sort_keys=True) + "\n").encode(),
            private=False,
        )
        for path in (*staging.rglob("*"), staging):
            if not path.is_symlink():
                # A server may run as another user than the trainer, whose temporary files are private.
                path.chmod(0o755 if path.is_dir() else 0o644)
                sync(path)
        created_at = self._clock().isoformat(timespec="seconds").replace("+00:00", "Z")
        content = manifests.build(staging, number=number, created_at=created_at, metadata=metadata)
        replace_file(staging / manifests.MANIFEST, content, private=False)
        return content

    def _check(self, folder: Path) -> manifests.Manifest:
        manifest = manifests.read(folder)
        check_files(folder, manifest, self._limits)
        try:
            base = self.base_model(manifest.base_model)
        except BaseModelError as error:
            raise AdapterInvalidError(InvalidReason.BASE_MISSING, str(error)) from error
        check_base(manifest, base)
        check_adapter(folder, base)
        return manifest

    def _load(self, folder: Path) -> AdapterVersion:
        manifest = manifests.read(folder)
        if manifests.version_name(manifest.number, manifest.digest) != folder.name:
            raise AdapterInvalidError(InvalidReason.NAME_MISMATCH, f"{folder.name} holds another version")
        try:
            metadata = json.loads((folder / manifests.METADATA).read_bytes())
        except (OSError, ValueError):
            metadata = {}
        return AdapterVersion(
            name=folder.name,
            number=manifest.number,
            digest=manifest.digest,
            path=folder,
            created_at=manifest.created_at,
            base_model=manifest.base_model,
            base_model_digest=manifest.base_model_digest,
            dataset_digest=manifest.dataset_digest,
            evaluation_score=manifest.evaluation_score,
            metadata=metadata if isinstance(metadata, dict) else {},
        )

    def _switch(self, state: ActiveState, name: str | None, reason: str, pin: bool | None) -> ActiveState:
        if state.pinned and name != state.version:
            raise AdapterPinnedError(f"{state.version} is pinned ({state.reason}); unpin it first")
        same = name == state.version
        pinned = (state.pinned if pin is None else pin) and name is not None
        return self._write(
            ActiveState(
                version=name,
                previous=state.previous if same else state.version,
                since=state.since if same and state.since else self._now(),
                reason=reason,
                pinned=pinned,
            )
        )

    def _set_pin(self, *, pinned: bool, reason: str, expected: str | None = None) -> ActiveState:
        with self._writing():
            state = self.active()
            if state.version is None:
                raise AdapterNotFoundError("no version is active; the base model cannot be pinned")
            if expected is not None and state.version != expected:
                raise AdapterNotActiveError(f"{state.version} is active, not {expected}; activate it first")
            return self._write(ActiveState(state.version, state.previous, state.since, reason, pinned))

    def _write(self, state: ActiveState) -> ActiveState:
        content = {
            "version": state.version,
            "previous": state.previous,
            "since": state.since,
            "reason": state.reason,
            "pinned": state.pinned,
        }
        replace_file(
            self.root / "active.json", (json.dumps(content, indent=1) + "\n").encode(), private=False
        )
        # After active.json, which alone decides: a crash in between leaves a stale link, put right by the
        # next write.
        target = None if state.version is None else f"adapters/{state.version}"
        replace_symlink(self.root / "fitbox_model", target)
        return state

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds").replace("+00:00", "Z")
