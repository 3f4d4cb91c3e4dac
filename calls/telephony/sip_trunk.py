"""What a SIP line says of its trunk, and where that is on the network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Self, cast

from vaniagent.lib import addresses

PORTS: Final[Mapping[str, int]] = {"udp": 5060, "tcp": 5060, "tls": 5061}
LOOK_UP_SECONDS: Final = 5.0

Transport = Literal["udp", "tcp", "tls"]


class TrunkUnreachable(Exception):
    """The domain leads nowhere that may be called. The message is fit to be shown to the customer."""


@dataclass(frozen=True)
class Trunk:
    """A trunk as its line describes it. Credentials stay out of its repr, and so out of logs."""

    line: str
    domain: str
    port: int
    transport: Transport
    username: str = field(repr=False)
    password: str = field(repr=False)
    is_encrypted: bool

    @classmethod
    def of(cls, params: Mapping[str, object]) -> Self:
        """From the parameters of a leg. Raises KeyError where they are not a SIP line's."""
        transport = cast(Transport, str(params["transport"]))
        return cls(
            line=str(params["line"]),
            domain=str(params["domain"]),
            port=int(str(params["port"] or PORTS[transport])),
            transport=transport,
            username=str(params["username"]),
            password=str(params["password"]),
            is_encrypted=params["srtp"] == "required",
        )


async def look_up(domain: str, port: int, *, allow_private: bool) -> str:
    """The IPv4 address that this leads to now. Whoever asks sends to that very address. Raises TrunkUnreachable."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            found = await loop.getaddrinfo(domain, port, family=socket.AF_INET, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        raise TrunkUnreachable("The domain leads to no address.") from None
    hosts = [str(address[0]) for *_, address in found]
    if not all(addresses.is_allowed(host, allow_private=allow_private) for host in hosts):
        raise TrunkUnreachable("The domain leads to a private address, and this installation allows none.")
    return hosts[0]
