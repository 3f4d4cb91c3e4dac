"""A telephone that says whatever it is told to, byte by byte."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.phone.sipp import LOOPBACK

# What comes is there within milliseconds, on a machine that has time.
PATIENCE = 10.0
SDP = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
)


@dataclass
class Phone:
    """One UDP socket, and the call that it makes."""

    wire: socket.socket
    to: tuple[str, int]
    call_id: str = field(default_factory=lambda: secrets.token_hex(8))
    tag: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def host(self) -> str:
        return str(self.wire.getsockname()[0])

    @property
    def port(self) -> int:
        return int(self.wire.getsockname()[1])

    def request(
        self,
        method: str,
        uri: str,
        *,
        number: int = 1,
        to: str = "",
        headers: str = "",
        body: str = "",
        branch: str = "",
        contact: str = "",
    ) -> str:
        """The text of a request. `headers`: whole lines."""
        branch = branch or f"z9hG4bK{secrets.token_hex(6)}"
        contact = contact or f"<sip:caller@{self.host}:{self.port}>"
        return (
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.host}:{self.port};rport;branch={branch}\r\n"
            f"Max-Forwards: 70\r\n"
            f"From: <sip:+15551230000@{self.host}>;tag={self.tag}\r\n"
            f"To: {to or f'<{uri}>'}\r\n"
            f"Call-ID: {self.call_id}\r\n"
            f"CSeq: {number} {method}\r\n"
            f"Contact: {contact}\r\n"
            f"{headers}"
            + ("Content-Type: application/sdp\r\n" if body else "")
            + f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def invite(self, called: str, *, sound_at: str = "", **more: str) -> str:
        """The text of a call to this number."""
        uri = f"sip:{called}@{self.to[0]}:{self.to[1]}"
        return self.request("INVITE", uri, body=SDP.format(host=sound_at or self.host, port=self.port), **more)

    def send(self, text: str | bytes) -> None:
        self.wire.sendto(text.encode() if isinstance(text, str) else text, self.to)

    def hear(self, *, seconds: float = PATIENCE) -> str:
        """The next message; nothing where none comes."""
        self.wire.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            return self.wire.recv(65_535).decode("utf-8", "replace")
        return ""

    def hear_final(self, *, seconds: float = PATIENCE) -> str:
        """The next message that is not a provisional answer."""
        while (heard := self.hear(seconds=seconds)).startswith("SIP/2.0 1"):
            pass
        return heard


@contextlib.contextmanager
def a_raw_phone(port: int, *, host: str = LOOPBACK) -> Iterator[Phone]:
    """It calls from this address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((host, 0))
        yield Phone(wire, (LOOPBACK, port))


def status_of(text: str) -> int:
    match = re.match(r"SIP/2\.0 ([0-9]{3}) ", text)
    return int(match[1]) if match else 0


def headers_of(text: str, name: str) -> list[str]:
    """The values of a header, each time it stands there."""
    return re.findall(rf"^{re.escape(name)}[ \t]*:[ \t]*(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)


def credentials(challenge: str, *, user: str, password: str, uri: str, method: str = "INVITE") -> str:
    """The header that answers a challenge."""
    nonce = re.search(r'nonce="([^"]*)"', challenge)
    realm = re.search(r'realm="([^"]*)"', challenge)
    if nonce is None or realm is None:
        raise AssertionError(f"no challenge: {challenge[:100]}")
    first, second = _md5(f"{user}:{realm[1]}:{password}"), _md5(f"{method}:{uri}")
    answer = _md5(f"{first}:{nonce[1]}:00000001:c0ffee:auth:{second}")
    return (
        f'Authorization: Digest username="{user}", realm="{realm[1]}", nonce="{nonce[1]}", uri="{uri}", '
        f'qop=auth, nc=00000001, cnonce="c0ffee", response="{answer}", algorithm=MD5\r\n'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def answer_to(request: str, status: str, *, contact: str = "", body: str = "", tag: str = "gw") -> str:
    """What a gateway says to a request."""
    kept = [
        line
        for line in request.split("\r\n\r\n")[0].split("\r\n")[1:]
        if line.lower().startswith(("via:", "from:", "call-id:", "cseq:", "record-route:"))
    ]
    to = headers_of(request, "To")[0]
    return "\r\n".join(
        [
            f"SIP/2.0 {status}",
            *kept,
            f"To: {to}" + ("" if "tag=" in to else f";tag={tag}"),
            *([f"Contact: <{contact}>"] if contact else []),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
    )
