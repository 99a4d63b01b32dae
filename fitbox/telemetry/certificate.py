"""When a PEM certificate ends to be valid.

Python's ``ssl`` says so of a peer's certificate and of authorities, not of one's own file, and a library that
does is too much for one date. So the fields before it are stepped over as RFC 5280, section 4.1, and the DER
of ITU-T X.690 have them.
"""

from __future__ import annotations

import math
import ssl
from datetime import UTC, datetime
from pathlib import Path

from fitbox.errors import UnusableFileError
from fitbox.files import read_file

MAX_BYTES = 1 << 20
"""Of a PEM file."""
_VERSION = 0xA0
"""Tag of the one field that may be missing."""
_UTC_TIME = 0x17
"""Tag of a date with two digits of a year; years from 50 on are of the last century."""
_END = "-----END CERTIFICATE-----"


def expires_at(path: Path) -> float:
    """Unix time at which the first certificate of a file ends to be valid; NaN where that cannot be read."""
    try:
        text = read_file(path, max_bytes=MAX_BYTES, links=True).decode("ascii")
        begin = text.index("-----BEGIN CERTIFICATE-----")
        der = ssl.PEM_cert_to_DER_cert(text[begin : text.index(_END, begin) + len(_END)])
        return not_after(der).timestamp()
    except (OSError, UnusableFileError, ValueError, IndexError):
        return math.nan


def not_after(der: bytes) -> datetime:
    """The end of a certificate's validity. Raises ValueError, IndexError for what is none."""
    certificate = _contents(der, 0)
    fields = _contents(der, certificate[0])
    at = fields[0]
    if der[at] == _VERSION:
        at = _contents(der, at)[1]
    for _ in ("serial number", "signature", "issuer"):
        at = _contents(der, at)[1]
    first = _contents(der, _contents(der, at)[0])  # notBefore
    start, end = _contents(der, first[1])
    form = "%y%m%d%H%M%SZ" if der[first[1]] == _UTC_TIME else "%Y%m%d%H%M%SZ"
    moment = datetime.strptime(der[start:end].decode("ascii"), form)  # noqa: DTZ007 - the Z is in the form
    if der[first[1]] == _UTC_TIME and moment.year >= 2050:  # strptime turns at 69
        moment = moment.replace(year=moment.year - 100)
    return moment.replace(tzinfo=UTC)


def _contents(der: bytes, at: int) -> tuple[int, int]:
    """Where the contents of the value at ``at`` begin, and where they end."""
    length, start = der[at + 1], at + 2
    if length >= 0x80:
        digits = length & 0x7F
        length, start = int.from_bytes(der[start : start + digits], "big"), start + digits
    end = start + length
    if end > len(der):
        raise ValueError("the certificate is cut")
    return start, end
