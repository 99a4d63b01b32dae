"""The registry in ``models/``: the only place where trainer and server meet.

::

    models/base/<name>/                    hf/ and openvino/, each described by <name>/manifest.json
    models/adapters/v000007-3f9a1c2b/      one published version; manifest.json is written last
    models/active.json                     {version, previous, since, reason, pinned}
    models/fitbox_model                    relative symlink to the active version
    models/rejected/<name>/                candidates the gate refused, with their evaluation
    models/.trash/                         deleted versions on their way out
    models/.lock                           held (flock) by whoever writes; readers need no lock

A version is a folder whose ``manifest.json`` names every other file with its SHA-256; the version's digest
is the SHA-256 of that manifest. A reader ignores any folder without a valid manifest, so a publish that is
killed between any two lines leaves either the old state or the new one.

    store.py      Registry: publish, reject, activate, roll back, pin, list, verify, remove
    types.py      AdapterVersion, ActiveState, BaseModel
    manifest.py   manifest.json: build, write, read
    verify.py     everything that must hold before a version is loaded, and the reasons why it does not
    base.py       base models
    weights.py    the safetensors header and the finiteness of what follows, without torch
    durable.py    fsync, atomic replacement, the writers' lock
    removal.py    deletion that no reader and no crash sees half done
"""

from fitbox.registry.removal import Hold
from fitbox.registry.store import Registry
from fitbox.registry.types import BASE_VERSION, ActiveState, AdapterVersion, BaseModel
from fitbox.registry.verify import InvalidReason, Limits

__all__ = [
    "BASE_VERSION",
    "ActiveState",
    "AdapterVersion",
    "BaseModel",
    "Hold",
    "InvalidReason",
    "Limits",
    "Registry",
]
