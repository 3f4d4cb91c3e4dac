"""What an INVITE says, read from its text: who calls, whom, and what its sender adds. All of it is a stranger's."""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote

# Those that stand in front of us may say whose line it is; strangers' are taken away there.
OF_FRONT: Final = "x-vaniagent-"
LINE_HEADER: Final = OF_FRONT + "line"
NUMBER_HEADER: Final = OF_FRONT + "number"

MOST_HEADERS: Final = 20
LONGEST_NAME: Final = 64
LONGEST_VALUE: Final = 256
LONGEST_TEXT: Final = 16_000
# Of our own, so that a request still fits into one packet.
MOST_HEADERS_SENT: Final = 8
LONGEST_SENT: Final = 400
# INVITEs that nobody has asked for yet.
MOST_KEPT: Final = 512
MOST_CONTACTS: Final = 4_096

_HEAD: Final = re.compile(r"\ARX (\S+) (\S+) -> \S+\s+(?=INVITE )")
_REGISTERED: Final = re.compile(
    r"\ATX [^\n]*\nREGISTER .*?^Contact:[ \t]*<?sips?:([^@\s;>]{8,200})@", re.DOTALL | re.MULTILINE
)
_SENT_NAME: Final = re.compile(r"x-[0-9a-z-]{1,62}\Z", re.IGNORECASE)
_SENT_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?\Z")
_FIRST: Final = re.compile(r"INVITE (\S{1,1024}) SIP/2\.0\Z", re.IGNORECASE)
_HEADER: Final = re.compile(r"([0-9A-Za-z!%*_+`'~.-]{1,64})[ \t]*:[ \t]*(.*)\Z", re.DOTALL)
_USER: Final = re.compile(r"(?:sips?|tel):([^@;>?\s]{1,200})", re.IGNORECASE)
_TAG: Final = re.compile(r">?[^<>]*;[ \t]*tag[ \t]*=", re.IGNORECASE)
_UNSHOWN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff0-\uffff]")
_SHORT: Final[Mapping[str, str]] = {"f": "from", "t": "to", "i": "call-id", "c": "content-type"}
_SAVP: Final = re.compile(r"^m=audio \S+ \S*SAVP", re.MULTILINE)


@dataclass(frozen=True)
class Invite:
    """A call that somebody wants to begin with us. `source` is the address and port that it came from."""

    source: str
    transport: str
    call_id: str = field(repr=False)
    # Whom the request is addressed to.
    target: str = field(repr=False)
    # What may be the number that was called, the likeliest first.
    dialled: Sequence[str] = field(repr=False)
    # None: hidden.
    caller: str | None = field(repr=False)
    # What the front says: the line, and which of its numbers.
    line: str = ""
    number: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_encrypted: bool = False
    # Whether it was sent to an address that we have told a registrar, and nobody else.
    is_to_contact: bool = False


def read_invite(text: str, *, source: str, transport: str) -> Invite | None:
    """None where it is no INVITE that begins a call."""
    head, _, body = text[:LONGEST_TEXT].replace("\r\n", "\n").partition("\n\n")
    first, *lines = re.sub(r"\n[ \t]+", " ", head).split("\n")
    request = _FIRST.match(first.strip())
    headers = _headers(lines)
    told = {name: values[0] for name, values in headers.items()}
    if request is None or "call-id" not in told or _TAG.search(told.get("to", "")):
        return None
    return Invite(
        source=source,
        transport=transport.lower(),
        call_id=told["call-id"],
        target=user_of(request[1]),
        dialled=_dialled(request[1], headers),
        caller=_caller(headers),
        line=clean(told.get(LINE_HEADER, "")),
        number=clean(told.get(NUMBER_HEADER, "")),
        headers=_own(headers),
        is_encrypted=_SAVP.search(body) is not None,
    )


def clean(text: str) -> str:
    """One line of text that can be stored and shown."""
    return _UNSHOWN.sub("", text)[:LONGEST_VALUE].strip()


def user_of(address: str) -> str:
    """Whom a SIP or telephone address names, without what comes after."""
    found = _USER.search(address)
    return unquote(found[1], errors="replace") if found else ""


class Invites(logging.Handler):
    """Those that came in lately, by their Call-ID: the stack tells the rest of an event, and this only in its log.

    `emit` comes from a thread of the stack's.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Invite | None] = OrderedDict()
        # The users of addresses that we have registered.
        self._contacts: OrderedDict[str, None] = OrderedDict()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if registered := _REGISTERED.match(text):
            with self._lock:
                self._contacts[registered[1]] = None
                while len(self._contacts) > MOST_CONTACTS:
                    self._contacts.popitem(last=False)
            return
        head = _HEAD.match(text)
        invite = head and read_invite(text[head.end() :], source=head[2], transport=head[1])
        if not invite:
            return
        with self._lock:
            invite = replace(invite, is_to_contact=invite.target in self._contacts)
            before = self._kept.get(invite.call_id, invite)
            # Sent again it is the same. Two senders with one Call-ID are not told apart by what the stack says of either.
            is_same = before is not None and before.source == invite.source
            self._kept[invite.call_id] = before if is_same else None
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def knows(self, call_id: str) -> bool:
        with self._lock:
            return call_id in self._kept

    def take(self, call_id: str) -> Invite | None:
        """The INVITE of this call; None where there was none, or several claim to be it."""
        with self._lock:
            return self._kept.pop(call_id, None)


def _headers(lines: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        if match := _HEADER.match(line):
            name = match[1].lower()
            found.setdefault(_SHORT.get(name, name), []).append(match[2].strip())
    return found


def _dialled(target: str, headers: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The request's own address, then To, then what it was diverted from."""
    addresses = [target, *(headers.get(name, [""])[0] for name in ("to", "p-called-party-id", "diversion"))]
    return tuple(dict.fromkeys(user for user in map(user_of, addresses) if user))


def _caller(headers: Mapping[str, list[str]]) -> str | None:
    """Who calls, as the trunk asserts it or else as the caller does. None where they ask not to be named."""
    wishes = {wish.strip().lower() for value in headers.get("privacy", []) for wish in re.split("[;,]", value)}
    sender = headers.get("from", [""])[0]
    is_hidden = bool(wishes & {"id", "user", "header"}) or user_of(sender).lower() in ("anonymous", "restricted")
    if is_hidden:
        return None
    asserted = [user for value in headers.get("p-asserted-identity", []) if (user := user_of(value))]
    return clean(asserted[0] if asserted else user_of(sender)) or None


def _own(headers: Mapping[str, list[str]]) -> dict[str, str]:
    """The X- headers: what the sender wants to tell us beside the call."""
    own: dict[str, str] = {}
    for name, values in headers.items():
        if name.startswith("x-") and not name.startswith(OF_FRONT) and len(name) <= LONGEST_NAME:
            own[name] = clean(values[0])
    return dict(list(own.items())[:MOST_HEADERS])


def headers_of(metadata: Mapping[str, object]) -> dict[str, str]:
    """The headers that an INVITE of ours carries: the X- entries of a call's metadata that are plain text of one line."""
    sent: dict[str, str] = {}
    left = LONGEST_SENT
    for name, value in metadata.items():
        is_header = _SENT_NAME.match(name) and not name.lower().startswith(OF_FRONT)
        if not is_header or not isinstance(value, str) or not _SENT_VALUE.match(value):
            continue
        left -= len(name) + len(value) + 4
        if left < 0 or len(sent) == MOST_HEADERS_SENT:
            break
        sent[name] = value
    return sent
