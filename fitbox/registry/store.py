"""Registry: the one owner of every change in ``models/``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fitbox import durable
from fitbox.errors import (
    AdapterInvalidError,
    AdapterNotActiveError,
    AdapterNotFoundError,
    AdapterPinnedError,
    BaseModelError,
    RegistryError,
    UnusableFileError,
)
from fitbox.files import read_object, to_json
from fitbox.folders import remove_tree
from fitbox.registry import active as active_file
from fitbox.registry import base as base_models
from fitbox.registry import manifest as manifests
from fitbox.registry.invalid import InvalidReason, invalid, of_file, of_os_error
from fitbox.registry.manifest import VERSION_NAME
from fitbox.registry.removal import Hold, discard, hide, sweep
from fitbox.registry.types import BASE_VERSION, ActiveState, AdapterVersion, BaseModel
from fitbox.registry.verify import MAX_METADATA_BYTES, Limits, check_adapter, check_base, check_files
from fitbox.shown import shown

_REJECTED_NAME = re.compile(r"([0-9]{8}T[0-9]{6}Z)-[0-9a-f]{8}")
_REJECTED_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Survey:
    """What is in ``models/adapters``."""

    versions: tuple[AdapterVersion, ...]
    """Those with a readable manifest, oldest first."""
    unreadable: tuple[str, ...]
    """Names of versions that the operating system keeps from us now: nobody can say what they refer to."""


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
        with self._writing():
            durable.make_folder(self._adapters, private=False)
            number = self._next_number()
            content = self._complete(staging, number, metadata)
            self._check(staging)
            digest = manifests.digest_of(content)
            target = self._adapters / manifests.version_name(number, digest)
            durable.replace_folder(staging, target, private=False)
            return self._load(target)

    def reject(self, staging: Path, metadata: Mapping[str, Any]) -> Path:
        """Keep a candidate that the gate refused, in ``models/rejected/``; returns its folder.

        It may be broken in any way, so only its manifest is written; ``metadata`` should hold the gate's
        reasons. The folders' names grow also where the clock jumps back.
        """
        with self._writing():
            folder = durable.make_folder(self._rejected, private=False)
            content = self._complete(staging, self._next_number(), metadata)
            target = folder / f"{self._next_stamp()}-{manifests.digest_of(content)[:8]}"
            durable.replace_folder(staging, target, private=False)
        return target

    @contextlib.contextmanager
    def staging(self, name: str) -> Iterator[Path]:
        """An empty folder on the registry's file system, for whoever makes what is to be published.

        It is held while the block lasts, so that no sweep takes it, and gone afterwards; one that a crash
        left is swept.

        Raises:
            RegistryError: ``models/`` cannot be written.
        """
        with _named(self._stagings):
            durable.make_folder(self.root, private=False)
            folder = durable.new_folder(durable.make_folder(self._stagings, private=True), name)
            hold = Hold(folder)
        try:
            yield folder
        finally:
            with contextlib.suppress(OSError):
                remove_tree(folder)
            hold.close()

    def versions(self) -> tuple[AdapterVersion, ...]:
        """Every version with a readable manifest, oldest first. Digests of files are not verified here."""
        return self.survey().versions

    def survey(self) -> Survey:
        """Every version, and the names of those that cannot be read now.

        Raises:
            RegistryError: the folder of versions cannot be read.
        """
        found: list[AdapterVersion] = []
        unreadable: list[str] = []
        for folder in self._folders():
            try:
                found.append(self._load(folder))
            except AdapterInvalidError as error:
                # A torn or foreign folder is no version; get() and verify() tell why.
                if error.reason == InvalidReason.UNREADABLE:
                    unreadable.append(folder.name)
        return Survey(tuple(sorted(found, key=lambda version: version.number)), tuple(unreadable))

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
        if not VERSION_NAME.fullmatch(name) or not self._is_there(folder):
            raise AdapterNotFoundError(f"no version {shown(name)!r} in {shown(self._adapters)}")
        return self._load(folder)

    def verify(self, version: AdapterVersion) -> None:
        """Check everything that must hold before a load, on the files as they are now.

        Raises:
            AdapterInvalidError: ``reason`` is one of :class:`fitbox.registry.InvalidReason`.
        """
        manifest = self._check(version.path)
        expected = manifests.version_name(manifest.number, manifest.digest)
        if version.path.name != expected or version.digest != manifest.digest or version.name != expected:
            raise invalid(
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
        except OSError as error:
            raise of_os_error(error, version.name) from error

    def remove(self, version: AdapterVersion) -> bool:
        """Delete a version unless it is the newest, active or previous one, or somebody holds it.

        Returns whether it is gone. Raises RegistryError where the disk refuses.
        """
        with self._writing():
            allowed = {each.name for each in self.prunable(1)}
            return version.name in allowed and discard(version.path, self._trash)

    def rejected(self) -> tuple[Path, ...]:
        """Folders of refused candidates, oldest first."""
        with _named(self._rejected):
            found = self._rejected.iterdir() if self._rejected.is_dir() else ()
            return tuple(sorted(path for path in found if _REJECTED_NAME.fullmatch(path.name)))

    def remove_rejected(self, folder: Path) -> bool:
        """Delete a refused candidate, one of :meth:`rejected`; returns whether it is gone.

        Raises:
            RegistryError: the disk refuses.
        """
        with self._writing():
            return folder.parent == self._rejected and discard(folder, self._trash)

    def sweep(self) -> None:
        """Finish deletions that a crash interrupted, and remove what killed writers left unfinished.

        Raises:
            RegistryError: the disk refuses.
        """
        with _named(self.root):
            if not self.root.is_dir():
                return
        with self._writing():
            for folder in self._stagings.iterdir() if self._stagings.is_dir() else ():
                with contextlib.suppress(FileNotFoundError):  # finished this very moment
                    hide(folder, self._trash, only_locked=True)
            for folder in (self.root, self._adapters, self._rejected, self._bases):
                for left in durable.leftovers(folder):
                    remove_tree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
            sweep(self._trash)

    # --- the active version -------------------------------------------------------------------------------

    def active(self) -> ActiveState:
        """The active state, also where nothing was ever activated.

        Raises:
            RegistryError: ``active.json`` is not what this class writes.
        """
        return active_file.read(self.root)

    def activate(self, name: str, *, reason: str, pin: bool | None = None) -> ActiveState:
        """Verify, then make a version active atomically; ``base`` goes back to the base model alone.

        ``pin`` True keeps the version until :meth:`unpin`, False releases it, ``None`` leaves a pin on the
        version that is active already as it is.

        Raises:
            AdapterPinnedError: another version is pinned.
            AdapterNotFoundError: no such version.
            AdapterInvalidError: it must not be loaded.
        """
        with self._writing():  # verified inside, or a collection could delete it in between
            if name != BASE_VERSION:
                self.verify(self.get(name))
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
        return base_models.read(self._bases, name)

    def publish_base(
        self, staging: Path, name: str, *, source: str, source_files: Mapping[str, str]
    ) -> BaseModel:
        """Turn a finished staging folder into the base model ``name``, in place of one that is there.

        Raises:
            RegistryError: ``models/`` cannot be written.
            BaseModelError: what was made is no base model.
        """
        with self._writing():
            durable.make_folder(self._bases, private=False)
            durable.settle_folder(staging, private=False)
            content = base_models.build(staging, name=name, source=source, source_files=dict(source_files))
            durable.replace_file(staging / manifests.MANIFEST, content, private=False)
            durable.replace_folder(staging, self._bases / name, private=False)
            return self.base_model(name)

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
    def _rejected(self) -> Path:
        return self.root / "rejected"

    @property
    def _bases(self) -> Path:
        return self.root / "base"

    @property
    def _stagings(self) -> Path:
        return self.root / ".staging"

    @property
    def _trash(self) -> Path:
        return self.root / ".trash"

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep every other writer away. What the operating system refuses becomes a RegistryError."""
        with _named(self.root):
            durable.make_folder(self.root, private=False)
            with durable.exclusive(self.root / ".lock", private=False):
                yield

    def _folders(self) -> list[Path]:
        with _named(self._adapters):
            if not self._adapters.is_dir():
                return []
            return [path for path in self._adapters.iterdir() if VERSION_NAME.fullmatch(path.name)]

    def _is_there(self, folder: Path) -> bool:
        try:
            return folder.is_dir()
        except OSError as error:
            raise of_os_error(error, folder.name) from error

    def _next_number(self) -> int:
        state = self.active()
        names = [folder.name for folder in self._folders()] + [state.version, state.previous]
        matches = [VERSION_NAME.fullmatch(name) for name in names if name is not None]
        number = 1 + max((int(match[1]) for match in matches if match is not None), default=0)
        if number > manifests.MAX_NUMBER:
            raise RegistryError(f"{shown(self._adapters)} holds a version of the greatest number; remove it")
        return number

    def _next_stamp(self) -> str:
        newest = [match[1] for path in self.rejected() if (match := _REJECTED_NAME.fullmatch(path.name))]
        now = self._clock().strftime(_REJECTED_TIME)
        if not newest or now > newest[-1]:
            return now
        try:
            after = datetime.strptime(newest[-1], _REJECTED_TIME).replace(tzinfo=UTC) + timedelta(seconds=1)
        except (ValueError, OverflowError):  # a name that no clock of ours made
            return now
        return after.strftime(_REJECTED_TIME)

    def _complete(self, staging: Path, number: int, metadata: Mapping[str, Any]) -> bytes:
        """Make everything in a staging folder durable, the manifest last; its bytes are returned."""
        durable.replace_file(staging / manifests.METADATA, to_json(dict(metadata)), private=False)
        # A server may run as another user than the trainer, whose temporary files are private.
        durable.settle_folder(staging, private=False)
        content = manifests.build(staging, number=number, created_at=self._now(), metadata=metadata)
        durable.replace_file(staging / manifests.MANIFEST, content, private=False)
        return content

    def _check(self, folder: Path) -> manifests.Manifest:
        manifest = manifests.read(folder)
        check_files(folder, manifest, self._limits)
        try:
            base = self.base_model(manifest.base_model)
        except BaseModelError as error:
            raise invalid(InvalidReason.BASE_MISSING, str(error)) from error
        check_base(manifest, base)
        check_adapter(folder, base)
        return manifest

    def _load(self, folder: Path) -> AdapterVersion:
        manifest = manifests.read(folder)
        if manifests.version_name(manifest.number, manifest.digest) != folder.name:
            raise invalid(InvalidReason.NAME_MISMATCH, f"{folder.name} holds another version")
        try:
            metadata = read_object(folder / manifests.METADATA, max_bytes=MAX_METADATA_BYTES)
        except UnusableFileError as error:
            unread = of_file(error, f"{folder.name}/{manifests.METADATA}", InvalidReason.METADATA_INCOMPLETE)
            if unread.reason == InvalidReason.UNREADABLE:
                raise unread from None
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
            metadata=metadata,
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
                # Never back in time, whatever the clock does: readers compare it.
                since=state.since if same and state.since else max(state.since, self._now()),
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
            return self._write(replace(state, reason=reason, pinned=pinned))

    def _write(self, state: ActiveState) -> ActiveState:
        return active_file.write(self.root, state)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds").replace("+00:00", "Z")


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """What the operating system refuses in the block becomes a RegistryError that names the path."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename) if isinstance(error.filename, str) else path
        raise RegistryError(f"{shown(where)}: {error.strerror or error}", passing=True) from error
