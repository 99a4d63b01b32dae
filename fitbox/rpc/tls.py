"""TLS and mutual TLS from PEM files that may be replaced while the server runs."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from fitbox.errors import ConfigurationError, UnusableFileError
from fitbox.files import read_file

MAX_BYTES = 1 << 20
"""Of a PEM file."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TlsFiles:
    """Where the PEM files are."""

    certificate: Path
    """The server's certificate, followed by the intermediate ones."""
    key: Path
    """Its private key, without a passphrase."""
    client_ca: Path | None = None
    """Authorities of client certificates; set, a client must show one (mutual TLS)."""

    def read(self) -> grpc.ServerCertificateConfiguration:
        """The files as they are now.

        Raises:
            ConfigurationError: one cannot be read, or they do not belong together, which they do not for a
                moment while they are being replaced.
        """
        try:
            pair = (_read(self.key), _read(self.certificate))
            roots = None if self.client_ca is None else _read(self.client_ca)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.key, password=_no_passphrase)
            if self.client_ca is not None:
                context.load_verify_locations(self.client_ca)
        except (OSError, ValueError, UnusableFileError) as error:  # an ssl.SSLError is an OSError
            raise ConfigurationError(f"{self.certificate} and {self.key}: {error}") from None
        return grpc.ssl_server_certificate_configuration([pair], roots)

    def signature(self) -> tuple[tuple[int, int, int] | None, ...]:
        """Changes when a file does."""
        return tuple(
            _signature(path) for path in (self.certificate, self.key, self.client_ca) if path is not None
        )


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Credentials that look at the files with each new connection; open ones keep what they began with.

    Raises:
        ConfigurationError: the files cannot be used now. Later ones that cannot are logged, and the last
            good ones go on.
    """
    seen = files.signature()
    first = files.read()

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        nonlocal seen
        if (signature := files.signature()) == seen:
            return None  # no change
        try:
            configuration = files.read()
        except ConfigurationError as error:
            # Not marked as seen: the other file of a new pair may come in the next moment.
            _log.error("certificate not reloaded: %s", error)
            return None
        seen = signature
        _log.info("certificate reloaded: %s", files.certificate)
        return configuration

    return grpc.dynamic_ssl_server_credentials(
        first,
        fetch,  # type: ignore[arg-type]  # None means no change; the stubs leave it out
        require_client_authentication=files.client_ca is not None,
    )


def _read(path: Path) -> bytes:
    return read_file(path, max_bytes=MAX_BYTES, links=True)  # mounted secrets are links


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
