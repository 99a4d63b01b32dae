"""The registry in ``models/``: the only place where trainer and server meet.

::

    models/base/<name>/                    hf/ and openvino/, each described by <name>/manifest.json
    models/adapters/v000007-3f9a1c2b/      one published version; manifest.json is written last
    models/active.json                     {version, previous, since, reason, pinned}
    models/fitbox_model                    relative symlink to the active version
    models/rejected/<name>/                candidates the gate refused, with their evaluation
    models/.staging/                       what is being made, held by whoever makes it
    models/.trash/                         deleted versions on their way out
    models/.lock                           held (flock) by whoever writes; readers need no lock

A version is a folder whose ``manifest.json`` names every other file with its SHA-256; the version's digest
is the SHA-256 of that manifest. A reader ignores any folder without a valid manifest, so a publish that is
killed between any two lines leaves either the old state or the new one.

    store.py      Registry: publish, reject, activate, roll back, pin, list, verify, remove
    types.py      AdapterVersion, ActiveState, BaseModel
    active.py     active.json
    manifest.py   manifest.json: build, read
    verify.py     everything that must hold before a version is loaded
    invalid.py    the reasons why it must not, and which of them may pass
    lora.py       which LoRA adapters there may be; engines ask it too
    base.py       base models
    weights.py    the safetensors header and the finiteness of what follows, without torch
    removal.py    deletion that no reader and no crash sees half done

What the operating system refuses leaves here as a RegistryError (AdapterInvalidError for a single version)
that names the path and says whether it may pass; never as an OSError.
"""

from fitbox.registry.invalid import InvalidReason
from fitbox.registry.removal import Hold
from fitbox.registry.store import Registry, Survey
from fitbox.registry.types import BASE_VERSION, ActiveState, AdapterVersion, BaseModel
from fitbox.registry.verify import Limits

__all__ = [
    "BASE_VERSION",
    "ActiveState",
    "AdapterVersion",
    "BaseModel",
    "Hold",
    "InvalidReason",
    "Limits",
    "Registry",
    "Survey",
]
