"""What is known of a request under /v1 before any view sees it."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.http import HttpRequest

from vaniagent.lib import ids

_ID: Final = "vaniagent.request_id"
# What some proxies write: an address with its port, in brackets where it has colons of its own.
_WITH_PORT: Final = re.compile(r"\[([^]]+)\](?::\d+)?|([0-9.]+):\d+")
# Who has one IPv6 address has all of its network.
_IPV6_CLIENT_PREFIX: Final = 64


def is_api(path: str) -> bool:
    """Whether the contract of /v1 holds for this path; also where it begins with too many slashes, and nothing is there."""
    return path == "/v1" or path.startswith("/v1/") or (path.startswith("//") and is_api(path[1:]))


def id_of(request: HttpRequest) -> str:
    """The request's id, which customers quote and logs name."""
    found: str = request.META.setdefault(_ID, "") or ids.new("req")
    request.META[_ID] = found
    return found


def address_of(request: HttpRequest, *, proxies: int) -> str:
    """The client's address, or of IPv6 its network, where so many proxies of ours are in front.

    Each of them adds the address that it was reached from to the right of `X-Forwarded-For`; what stands further left
    a client may have written. Without a usable entry it is the address that the connection came from.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")
    added = [entry.strip() for entry in request.headers.get("X-Forwarded-For", "").split(",")]
    if 0 < proxies <= len(added):
        return _client(added[-proxies]) or _client(peer) or peer
    return _client(peer) or peer


def _client(text: str) -> str:
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((with_port[1] or with_port[2]) if with_port else text)
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), _IPV6_CLIENT_PREFIX), strict=False))
