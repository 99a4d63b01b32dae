"""Certificates for tests, made with the openssl command line in milliseconds (elliptic curves)."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Pair:
    """A self-signed certificate, its key, and its own authority."""

    certificate: Path
    key: Path

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.read_bytes()

    def replace(self, other: Pair) -> None:
        """Put another pair in the place of this one, the key first, each file whole."""
        for mine, theirs in ((self.key, other.key), (self.certificate, other.certificate)):
            partial = mine.with_suffix(".partial")
            shutil.copyfile(theirs, partial)
            partial.replace(mine)


def make(folder: Path, name: str) -> Pair:
    """A pair for ``localhost`` and 127.0.0.1 whose subject is ``name``; skips where openssl is missing."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(pair.key), "-out", str(pair.certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return pair
