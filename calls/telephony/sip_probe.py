"""Asking a trunk whether it is there, and whether it takes our password: one OPTIONS or REGISTER, without a SIP stack.

Any process may ask; the stack is the gateway's alone.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from calls.telephony.sip_trunk import Trunk

DEADLINE_SECONDS: Final = 6.0
# A datagram is sent again after these, as SIP does.
RESEND_SECONDS: Final = (0.5, 1.0, 2.0, 4.0)
MOST_BYTES: Final = 65_536

_STATUS: Final = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2}) ")
_PARAMETER: Final = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_DIGESTS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "MD5": lambda text: hashlib.md5(text, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda text: hashlib.sha256(text).hexdigest(),
}


class Answer(StrEnum):
    """What a trunk's answer comes to."""

    WORKS = ""
    SILENT = "Nobody answers there. Check name, port, transport and firewalls."
    BAD_CERTIFICATE = "The certificate there is not valid for the domain."
    REFUSED = "The trunk refused the user name or password."
    ASKS = "The trunk asks for a user name and a password."
    DOWN = "The trunk answers that it takes no calls now."
    NEEDS_USER = "A line that registers needs a user name and a password."

    @property
    def is_about_credentials(self) -> bool:
        return self in (Answer.REFUSED, Answer.ASKS, Answer.NEEDS_USER)


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]


class Wire(Protocol):
    """A way to the trunk, with a deadline of its own."""

    @property
    def local(self) -> tuple[str, int]: ...

    def ask(self, request: bytes) -> Response | None:
        """The final answer; None where none comes."""


def probe(trunk: Trunk, *, host: str, registers: bool, ca_file: str, deadline: float = DEADLINE_SECONDS) -> Answer:
    """Ask the trunk, at this address. It blocks, for no longer than the deadline."""
    if registers and not (trunk.username and trunk.password):
        return Answer.NEEDS_USER
    until = time.monotonic() + deadline
    try:
        with _connection(trunk, host, ca_file, deadline) as connection:
            wire: Wire = _Datagrams(connection, until) if trunk.transport == "udp" else _Stream(connection, until)
            return _judge(_converse(trunk, wire, registers=registers), trunk)
    except ssl.SSLCertVerificationError:
        return Answer.BAD_CERTIFICATE
    except OSError:
        return Answer.SILENT


def _connection(trunk: Trunk, host: str, ca_file: str, deadline: float) -> socket.socket:
    if trunk.transport == "udp":
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # Connected, it hears nobody else.
        datagrams.connect((host, trunk.port))
        return datagrams
    stream = socket.create_connection((host, trunk.port), timeout=deadline)
    if trunk.transport == "tcp":
        return stream
    try:
        return ssl.create_default_context(cafile=ca_file).wrap_socket(stream, server_hostname=trunk.domain)
    except BaseException:
        stream.close()
        raise


def _converse(trunk: Trunk, wire: Wire, *, registers: bool) -> Response | None:
    """Ask, and once more with the answer to a challenge."""
    method = "REGISTER" if registers else "OPTIONS"
    call_id, tag = secrets.token_hex(12), secrets.token_hex(6)

    def ask(number: int, *more: str) -> Response | None:
        return wire.ask(_request(trunk, method, wire.local, call_id=call_id, tag=tag, number=number, more=more))

    first = ask(1)
    if first is None or first.status not in (401, 407) or not trunk.password:
        return first
    name = "www-authenticate" if first.status == 401 else "proxy-authenticate"
    credentials = _credentials(trunk, method, first.headers.get(name, ""))
    if credentials is None:
        return first
    return ask(2, f"{'Authorization' if first.status == 401 else 'Proxy-Authorization'}: {credentials}")


def _judge(response: Response | None, trunk: Trunk) -> Answer:
    if response is None:
        return Answer.SILENT
    if response.status in (401, 407):
        return Answer.REFUSED if trunk.password else Answer.ASKS
    if response.status == 403:
        return Answer.REFUSED
    # Whoever does not know the method is there all the same.
    if response.status >= 500 and response.status not in (501, 505):
        return Answer.DOWN
    return Answer.WORKS


def _request(
    trunk: Trunk, method: str, local: tuple[str, int], *, call_id: str, tag: str, number: int, more: tuple[str, ...]
) -> bytes:
    here = f"{local[0]}:{local[1]}"
    user = trunk.username.partition("@")[0] or "ping"
    who = f"<sip:{user}@{trunk.domain}>"
    contact = f"<sip:{user}@{here};transport={trunk.transport}>"
    lines = [
        f"{method} sip:{trunk.domain} SIP/2.0",
        f"Via: SIP/2.0/{trunk.transport.upper()} {here};rport;branch=z9hG4bK{secrets.token_hex(8)}",
        "Max-Forwards: 70",
        f"From: {who};tag={tag}",
        f"To: {who if method == 'REGISTER' else f'<sip:{trunk.domain}>'}",
        f"Call-ID: {call_id}",
        f"CSeq: {number} {method}",
        # Nothing is left behind: what is registered here is taken back at once.
        f"Contact: {contact};expires=0" if method == "REGISTER" else f"Contact: {contact}",
        "User-Agent: VaniAgent",
        *more,
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _credentials(trunk: Trunk, method: str, challenge: str) -> str | None:
    """The answer to a digest challenge (RFC 8760); None where it asks for something else."""
    its = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(challenge)}
    digest = _DIGESTS.get(its.get("algorithm", "MD5").upper())
    if digest is None or not challenge.lower().startswith("digest") or "nonce" not in its:
        return None
    uri, realm, nonce = f"sip:{trunk.domain}", its.get("realm", ""), its["nonce"]
    secret = digest(f"{trunk.username}:{realm}:{trunk.password}".encode())
    what = digest(f"{method}:{uri}".encode())
    parts = [f'username="{trunk.username}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "auth" in [word.strip() for word in its.get("qop", "").split(",")]:
        mine = secrets.token_hex(8)
        response = digest(f"{secret}:{nonce}:00000001:{mine}:auth:{what}".encode())
        parts += ["qop=auth", "nc=00000001", f'cnonce="{mine}"']
    else:
        response = digest(f"{secret}:{nonce}:{what}".encode())
    parts += [f'response="{response}"', f"algorithm={its.get('algorithm', 'MD5')}"]
    if "opaque" in its:
        parts.append(f'opaque="{its["opaque"]}"')
    return f"Digest {', '.join(parts)}"


def _read(text: bytes) -> Response | None:
    """A response; None of what is none."""
    found = _STATUS.match(text)
    if found is None:
        return None
    head = text.partition(b"\r\n\r\n")[0].decode(errors="replace").split("\r\n")[1:]
    pairs = (line.partition(":") for line in head)
    return Response(int(found[1]), {name.strip().lower(): value.strip() for name, _, value in pairs})


class _Datagrams:
    def __init__(self, connection: socket.socket, until: float) -> None:
        self._socket = connection
        self._until = until

    @property
    def local(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()
        return host, port

    def ask(self, request: bytes) -> Response | None:
        for wait in RESEND_SECONDS:
            self._socket.send(request)
            until = min(time.monotonic() + wait, self._until)
            while (left := until - time.monotonic()) > 0:
                self._socket.settimeout(left)
                try:
                    response = _read(self._socket.recv(MOST_BYTES))
                except TimeoutError:
                    break
                if response is not None and response.status >= 200:
                    return response
        return None


class _Stream:
    def __init__(self, connection: socket.socket, until: float) -> None:
        self._socket = connection
        self._until = until
        self._text = b""

    @property
    def local(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()
        return host, port

    def ask(self, request: bytes) -> Response | None:
        self._socket.sendall(request)
        while (response := self._next()) is not None:
            if response.status >= 200:
                return response
        return None

    def _next(self) -> Response | None:
        """The next message; None where none comes."""
        while b"\r\n\r\n" not in self._text.lstrip(b"\r\n"):
            left = self._until - time.monotonic()
            if left <= 0 or len(self._text) > MOST_BYTES:
                return None
            self._socket.settimeout(left)
            more = self._socket.recv(4096)
            if not more:
                return None
            self._text += more
        head, _, self._text = self._text.lstrip(b"\r\n").partition(b"\r\n\r\n")
        response = _read(head + b"\r\n\r\n")
        if response is not None and response.headers.get("content-length", "0").isdigit():
            # A body may come piecemeal; nothing is read after it but a further message.
            self._text = self._text[int(response.headers.get("content-length", "0")) :]
        return response
