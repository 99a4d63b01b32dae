"""``/metrics`` over HTTP, in threads: a scrape is answered whatever the event loop does.

Whoever reaches the port can open connections and say nothing. So there is an end to each of them, and to
their number: where a new one finds no room, the oldest goes, and a scrape, which takes milliseconds, is
never the oldest for long.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections import OrderedDict
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from prometheus_client import CollectorRegistry, MetricsHandler

from fitbox.errors import ConfigurationError
from fitbox.rpc.address import endpoint

MAX_CONNECTIONS = 16
MAX_SECONDS = 10.0
"""From a connection to its end; a scrape takes milliseconds."""
_PAUSE_SECONDS = 0.1
"""After a connection that could not be taken, as without descriptors: it would be offered again at once."""
_log = logging.getLogger(__name__)


class MetricsServer:
    """Serves ``registry`` while the body of ``with`` runs.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        try:
            self._server = _Server(registry, host, port)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigurationError(f"cannot serve metrics on {endpoint(host, port)}: {reason}") from error
        self.address = endpoint(host, self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        self._began: OrderedDict[Any, float] = OrderedDict()
        """Open connections, the oldest first."""
        self._lock = threading.Lock()
        super().__init__((str(address[0]), int(address[1])), _handler(registry))

    def server_bind(self) -> None:
        """Without the look-up of the host's name that http.server does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_port = self.server_address[1]

    def get_request(self) -> tuple[Any, Any]:
        """The next connection; see socketserver."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(_PAUSE_SECONDS)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread, after the oldest made room."""
        with self._lock:
            if len(self._began) >= MAX_CONNECTIONS:
                _cut_off(self._began.popitem(last=False)[0])
            self._began[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Twice a second: end what has lasted too long, however busily it trickles."""
        with self._lock:
            while self._began:
                request, began = next(iter(self._began.items()))
                if time.monotonic() - began < MAX_SECONDS:
                    return
                del self._began[request]
                _cut_off(request)

    def shutdown_request(self, request: Any) -> None:
        """A connection is over."""
        with self._lock:
            self._began.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client left, or there was no thread for it: nothing that a traceback would explain."""
        _log.debug("a connection to /metrics failed", exc_info=True)


def _cut_off(request: socket.socket) -> None:
    """Wake whichever thread waits for a connection; the thread closes it."""
    with contextlib.suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def _handler(registry: CollectorRegistry) -> type[MetricsHandler]:
    class Handler(MetricsHandler):
        timeout = MAX_SECONDS

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server names it
            """Say nothing: a line a scrape would drown the log."""

        def version_string(self) -> str:
            """Of whom; not of which Python."""
            return "fitbox"

    Handler.registry = registry
    return Handler
