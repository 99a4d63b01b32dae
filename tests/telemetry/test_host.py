"""What both processes say of themselves and their machine."""

from __future__ import annotations

import asyncio
import math
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from fitbox.telemetry.certificate import expires_at
from fitbox.telemetry.host import Host
from tests import certificates


def openssl_end(path: Path) -> float:
    """The same from openssl."""
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(path), "-noout", "-enddate"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    moment = datetime.strptime(shown.strip(), "notAfter=%b %d %H:%M:%S %Y GMT")  # noqa: DTZ007 - it is GMT
    return moment.replace(tzinfo=UTC).timestamp()


def test_a_certificate_ends_when_openssl_says_so(tmp_path: Path) -> None:
    """The first certificate of a file counts, whatever follows it."""
    pair, other = certificates.make(tmp_path, "one"), certificates.make(tmp_path, "two")
    pair.certificate.write_bytes(b"a comment\n" + pair.pem + other.pem)
    assert expires_at(pair.certificate) == openssl_end(pair.certificate)


@pytest.mark.parametrize("days", [1, 20_000])
def test_both_forms_of_dates_are_read(tmp_path: Path, days: int) -> None:
    """Years from 2050 on are written with four digits."""
    certificates.make(tmp_path, "unused")  # skips where openssl is missing
    path = tmp_path / "long.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-subj", "/CN=x", "-days", str(days), "-keyout", str(tmp_path / "key"), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    assert expires_at(path) == openssl_end(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n" + b"MAAA" * 40 + b"\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_certificate_has_no_date(tmp_path: Path, content: bytes) -> None:
    """A scrape goes on whatever somebody puts in the file's place, also nothing."""
    path = tmp_path / "broken.pem"
    assert math.isnan(expires_at(path))
    path.write_bytes(content)
    assert math.isnan(expires_at(path))


async def test_the_host_shows_disks_the_certificate_and_that_the_loop_runs(tmp_path: Path) -> None:
    """A folder that is not there yet is measured where it will be."""
    registry, pair = CollectorRegistry(), certificates.make(tmp_path, "server")
    host = Host(registry, {"models": tmp_path / "not" / "there"}, pair.certificate)

    def value(name: str, **labels: str) -> float:
        found = registry.get_sample_value(name, labels)
        assert found is not None
        return found

    free, size = (value(f"fitbox_disk_{what}_bytes", folder="models") for what in ("free", "size"))
    assert 0 < free < size
    expiry = value("fitbox_tls_certificate_expiry_timestamp_seconds", certificate="server")
    assert expiry == openssl_end(pair.certificate)
    assert value("process_resident_memory_bytes") > 1 << 20
    assert value("fitbox_heartbeat_timestamp_seconds") == 0
    began = time.time()
    with host.beating():
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert value("fitbox_heartbeat_timestamp_seconds") >= began
