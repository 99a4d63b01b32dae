"""Why a version must not be loaded: the reasons, which of them may pass, and errors that carry them."""

from __future__ import annotations

from enum import StrEnum

from fitbox.errors import AdapterInvalidError, UnusableFileError
from fitbox.files import FileFault
from fitbox.shown import shown

MAX_MESSAGE = 500
"""Characters of a message; names that come out of a version's files are in it."""


class InvalidReason(StrEnum):
    """Why a version must not be loaded. Stable: these are metric labels and part of error replies."""

    MANIFEST_MISSING = "manifest_missing"
    MANIFEST_TORN = "manifest_torn"
    MANIFEST_SCHEMA = "manifest_schema"
    PATH_ESCAPES = "path_escapes"
    NAME_MISMATCH = "name_mismatch"
    """The folder's name does not start with its number or end with its digest's start."""
    METADATA_INCOMPLETE = "metadata_incomplete"
    FILE_MISSING = "file_missing"
    FILE_UNEXPECTED = "file_unexpected"
    FILE_TRUNCATED = "file_truncated"
    """A file is shorter or longer than the manifest says."""
    FILE_ALTERED = "file_altered"
    SYMLINK = "symlink"
    NOT_A_FILE = "not_a_file"
    """A socket, device or pipe."""
    UNREADABLE = "unreadable"
    """The operating system refuses: no right, no descriptor, a failing disk or mount."""
    PICKLE = "pickle"
    """A format that can execute code when it is loaded."""
    FILE_TYPE = "file_type"
    """A kind of file that no version needs."""
    TOO_LARGE = "too_large"
    WEIGHTS_FORMAT = "weights_format"
    WEIGHTS_EMPTY = "weights_empty"
    WEIGHTS_NOT_FINITE = "weights_not_finite"
    WEIGHTS_UNEXPECTED = "weights_unexpected"
    """A tensor that is no LoRA matrix of a target module, or a missing half of a pair."""
    WEIGHTS_SHAPE = "weights_shape"
    """A tensor that does not fit the rank or the base model's layers."""
    ADAPTER_CONFIG = "adapter_config"
    """adapter_config.json is not JSON, or not that of a plain LoRA."""
    RECIPE_MISMATCH = "recipe_mismatch"
    """adapter_config.json and training_metadata.json name different ranks, alphas or target modules."""
    VOCABULARY = "vocabulary"
    """vocabulary.json is not in form, or holds what nobody may be told."""
    BASE_MISSING = "base_missing"
    BASE_MISMATCH = "base_mismatch"
    """Trained against another base model than the one in models/base."""


_PASSING = frozenset(
    {
        InvalidReason.MANIFEST_MISSING,
        InvalidReason.FILE_MISSING,
        InvalidReason.UNREADABLE,
        InvalidReason.BASE_MISSING,
    }
)

_OF_FILES = {
    FileFault.DENIED: InvalidReason.UNREADABLE,
    FileFault.UNREADABLE: InvalidReason.UNREADABLE,
    FileFault.SYMLINK: InvalidReason.SYMLINK,
    FileFault.NOT_A_FILE: InvalidReason.NOT_A_FILE,
    FileFault.TOO_LARGE: InvalidReason.TOO_LARGE,
}


def invalid(reason: InvalidReason, message: str, *, passing: bool | None = None) -> AdapterInvalidError:
    """The error for a reason; what is missing or unreadable may pass unless ``passing`` says otherwise."""
    return AdapterInvalidError(
        reason, shown(message, MAX_MESSAGE), passing=reason in _PASSING if passing is None else passing
    )


def of_file(
    error: UnusableFileError,
    name: str,
    wrong: InvalidReason,
    *,
    missing: InvalidReason = InvalidReason.FILE_MISSING,
) -> AdapterInvalidError:
    """The error for a file of a version that cannot be read, or (``wrong``) does not hold what it must."""
    reason = missing if error.reason == FileFault.MISSING else _OF_FILES.get(FileFault(error.reason), wrong)
    return invalid(reason, f"{name} {error.problem}")


def of_os_error(error: OSError, name: str) -> AdapterInvalidError:
    """The error for what the operating system refused."""
    return invalid(InvalidReason.UNREADABLE, f"{name} cannot be read: {error.strerror or error}")
