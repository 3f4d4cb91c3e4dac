"""The one HTTP client for URLs that customers name.

Whatever such a URL says, it reaches no private address, follows no redirect, takes no longer than its deadline and
brings back no more than the beginning of an answer.
"""

from __future__ import annotations

import asyncio
import functools
import re
import socket
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Self
from urllib.parse import SplitResult, urlsplit

import aiohttp
from yarl import URL

from vaniagent.lib import addresses, errors

DEADLINE_SECONDS = 10.0
MAX_ANSWER_CHARACTERS = 1_000
MAX_URL_LENGTH = 2_000
_MAX_ANSWER_BYTES = 4 * MAX_ANSWER_CHARACTERS
# Servers keep a quiet connection for two seconds at least: ours is closed first.
_KEPT_SECONDS = 1.0
# Kept connections that a request may find closed before it goes by one of its own.
_MOST_STALE = 3

_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+\Z")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")


# What the request of this context found not to be public.
_refused_addresses: ContextVar[list[str]] = ContextVar("refused_addresses")


class UrlRefused(errors.InvalidRequest):
    """This URL can be told from its text to be none that we send to."""


class Unreachable(Exception):
    """No answer came. The message is short and fit to be shown to the customer."""


class AddressRefused(Unreachable):
    """The name leads to an address that is not the public network's."""


@dataclass(frozen=True)
class Answer:
    """The beginning of what the receiver answered."""

    status: int
    text: str
    # The header of that name, where there is one.
    retry_after: str = ""


def check_url(url: str, *, allow_private: bool = False, param: str = "url") -> None:
    """Refuse what the text of a URL already shows to be wrong. Raises UrlRefused.

    Names are looked up later, at each request: where they lead may change.
    """
    if len(url) > MAX_URL_LENGTH:
        raise UrlRefused(f"The '{param}' field is longer than {MAX_URL_LENGTH} characters", param=param)
    if not _URL_CHARACTERS.match(url):
        raise UrlRefused(
            f"The '{param}' field is not a URL: percent-encode special characters, write the host in punycode",
            param=param,
        )
    parts = _split(url, param)
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes:
        raise UrlRefused(f"The '{param}' field must begin with {schemes[0]}://", param=param)
    if parts.username is not None or parts.password is not None:
        raise UrlRefused(f"The '{param}' field must not hold a user name or password", param=param)
    host = (parts.hostname or "").rstrip(".").lower()
    if not host:
        raise UrlRefused(f"The '{param}' field has no host", param=param)
    if not _is_possible_host(host):
        raise UrlRefused(f"The '{param}' field has a host that cannot be", param=param)
    is_reachable = allow_private or (_is_public_name(host) and not _is_local_name(host))
    if not is_reachable or not _literal_is_allowed(host, allow_private=allow_private):
        raise UrlRefused(f"The '{param}' field must lead to a public address", param=param)


async def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    allow_private: bool = False,
    deadline: float = DEADLINE_SECONDS,
) -> Answer:
    """Post once. Raises Unreachable, within `deadline` seconds, whatever the receiver does."""
    async with Client(allow_private=allow_private) as client:
        return await client.post(url, body=body, headers=headers, deadline=deadline)


class Client:
    """Posts from one event loop. A connection serves the next request to its address, if that comes within a second.

    What a connection leads to was judged when it was opened, and does not change.
    """

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        reused = aiohttp.TraceConfig()
        reused.on_connection_reuseconn.append(_note_reuse)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=aiohttp.ThreadedResolver(),
                use_dns_cache=False,
                limit=0,
                keepalive_timeout=_KEPT_SECONDS,
                socket_factory=functools.partial(_open_socket, allow_private=allow_private),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # The deadline of each request is over everything: look-up, connection, TLS and a slowly dripping answer.
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trace_configs=[reused],
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._session.close()

    async def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str], deadline: float = DEADLINE_SECONDS
    ) -> Answer:
        """Post once. Raises Unreachable, within `deadline` seconds, whatever the receiver does."""
        try:
            check_url(url, allow_private=self._allow_private)
        except UrlRefused as refused:
            raise AddressRefused(refused.message) from None
        refused_addresses: list[str] = []
        _refused_addresses.set(refused_addresses)
        try:
            async with asyncio.timeout(deadline):
                return await self._post(url, body, {**headers, "Accept-Encoding": "identity"})
        except TimeoutError:
            raise Unreachable(f"No answer within {deadline:g} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if refused_addresses:
                raise AddressRefused("The name leads to an address that is not public") from None
            raise Unreachable(_describe(error)) from error

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        for _ in range(_MOST_STALE):
            connection: dict[str, bool] = {}
            try:
                return await self._post_once(url, body, headers, connection)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # The receiver closed a kept connection as we took it up: that says nothing of this request.
                if not connection.get("is_reused"):
                    raise
        return await self._post_once(url, body, {**headers, "Connection": "close"}, {})

    async def _post_once(
        self, url: str, body: bytes, headers: Mapping[str, str], connection: dict[str, bool]
    ) -> Answer:
        async with self._session.post(
            URL(url, encoded=True),
            data=body,
            headers=headers,
            allow_redirects=False,
            ssl=_tls(),
            trace_request_ctx=connection,
        ) as response:
            beginning = await _read_beginning(response)
            if not response.content.at_eof():
                # Closed here, or leaving would wait for the rest.
                response.close()
            return Answer(response.status, beginning, response.headers.get("Retry-After", "")[:100])


async def _note_reuse(session: aiohttp.ClientSession, context: SimpleNamespace, parameters: object) -> None:
    context.trace_request_ctx["is_reused"] = True


def _open_socket(addr_info: aiohttp.AddrInfoType, *, allow_private: bool) -> socket.socket:
    """A socket for the address about to be connected to; the last word on where a name may lead."""
    family, kind, protocol, _, sockaddr = addr_info
    host = str(sockaddr[0])
    if not addresses.is_allowed(host, allow_private=allow_private):
        _refused_addresses.get().append(host)
        raise OSError("address refused")
    return socket.socket(family, kind, protocol)


async def _read_beginning(response: aiohttp.ClientResponse) -> str:
    beginning = b""
    while len(beginning) < _MAX_ANSWER_BYTES:
        chunk = await response.content.read(_MAX_ANSWER_BYTES - len(beginning))
        if not chunk:
            break
        beginning += chunk
    # U+0000 is dropped: PostgreSQL cannot store it.
    return beginning.decode("utf-8", "replace").replace("\0", "")[:MAX_ANSWER_CHARACTERS]


def _describe(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return "The receiver's certificate is not valid"
        case aiohttp.ClientConnectorSSLError():
            return "No secure connection could be made"
        case aiohttp.ClientConnectorDNSError():
            return "The name could not be found"
        case aiohttp.ClientConnectorError():
            return "The connection was refused or failed"
        case aiohttp.ServerDisconnectedError():
            return "The receiver closed the connection without an answer"
        case aiohttp.ClientPayloadError():
            return "The answer broke off"
        case aiohttp.InvalidURL() | UnicodeError():
            return "The host is neither a name nor an address"
        case _:
            return "The answer was not HTTP"


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _split(url: str, param: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Reading the port checks it.
        parts.port  # noqa: B018
        URL(url, encoded=True)
    except ValueError:
        raise UrlRefused(f"The '{param}' field is not a URL", param=param) from None
    return parts


def _is_possible_host(host: str) -> bool:
    if ":" in host:
        return True
    labels = host.split(".")
    if len(host) > 253 or not all(0 < len(label) < 64 for label in labels):
        return False
    # No name ends in a number, so this must be an IPv4 address in one of its forms.
    if labels[-1].isdigit() or _as_ipv4(host) is not None:
        return _as_ipv4(host) is not None
    return all(_LABEL.fullmatch(label) for label in labels)


def _is_public_name(host: str) -> bool:
    """Names of the public network end in a domain of letters, or of punycode; numeric addresses are judged elsewhere."""
    if ":" in host or _as_ipv4(host) is not None:
        return True
    return "." in host and _TOP_LABEL.fullmatch(host.rpartition(".")[2]) is not None


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _literal_is_allowed(host: str, *, allow_private: bool) -> bool:
    """Names pass; a number, in any of the forms that socket would understand, is judged."""
    address = host if ":" in host else _as_ipv4(host)
    if address is None:
        return True
    try:
        return addresses.is_allowed(address, allow_private=allow_private)
    except ValueError:
        return False


def _as_ipv4(host: str) -> str | None:
    try:
        # Knows the octal, decimal, hexadecimal and short forms.
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
