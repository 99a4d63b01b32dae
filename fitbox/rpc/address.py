"""Addresses as people and gRPC write them: one way to show them, and whether they leave this machine."""

from __future__ import annotations

import ipaddress
import re

_SCHEME = re.compile(r"^(?:dns:(?://[^/]*/)?|ipv[46]:|xds:/*)", re.IGNORECASE)
_LOCAL_NAMES = frozenset({"localhost", "localhost.", "ip6-localhost", "ip6-loopback"})
_ABSTRACT = ("unix:", "unix-abstract:", "vsock:")
"""Targets that no network carries."""


def endpoint(host: str, port: int) -> str:
    """``host:port`` as a client can dial it: an IPv6 address goes in brackets."""
    bare = host.strip("[]")
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to an address; names other than localhost are not looked up."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in _LOCAL_NAMES


def dials_loopback(target: str) -> bool:
    """Whether a gRPC target (``host:port``, ``dns:///host:port``, ``ipv6:[::1]:1,[::1]:2``) stays here.

    Of several addresses all must: what is said to one of them would otherwise leave the machine.
    """
    if target.lower().startswith(_ABSTRACT):
        return True
    return all(is_loopback(_host(address)) for address in _SCHEME.sub("", target).lstrip("/").split(","))


def local_channel_options(target: str) -> list[tuple[str, str | int]]:
    """What a channel to ``target`` needs so that a proxy of the environment never sees loopback calls.

    gRPC obeys ``grpc_proxy``, ``https_proxy`` and ``http_proxy``, and asks ``no_proxy`` alone, which seldom
    names the loopback: a member's profile would go to the proxy instead of to the next process.
    """
    return [("grpc.enable_http_proxy", 0)] if dials_loopback(target) else []


def _host(address: str) -> str:
    """The host of ``host``, ``host:port``, ``[v6]:port`` or a bare IPv6 address."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address if address.count(":") > 1 else address.partition(":")[0]
