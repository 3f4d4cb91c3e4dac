"""The SIP messages of each call, as they went over the wire, without what nobody else may know."""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

# The stack logs what it sends and receives here, from a thread of its own.
LOGGER: Final = "baresip.native.sip"
# Of one call: a hold button that is played with, or a peer that sends for ever, fills no memory.
MOST_MESSAGES: Final = 200
MOST_OF_A_MESSAGE: Final = 6_000
MOST_OF_A_CALL: Final = 200_000
# Of all calls together, in characters: the oldest go. Strangers' are among them, and nobody comes for those.
MOST_OF_ALL: Final = 8_000_000
REMOVED: Final = "(removed)"

_HEAD: Final = re.compile(r"\A(TX|RX) (\S+) (\S+) -> (\S+)(?: \(\d+ bytes, too large to trace\))?\s*\n?")
_CALL_ID: Final = re.compile(r"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
# What proves who one is, keys of the sound, passwords in an address, and digits that a caller typed. A header may go on in lines
# that begin with a space.
_SECRETS: Final = (
    re.compile(
        r"^((?:Proxy-)?Authorization|Authentication-Info|Identity|X-VaniAgent-[\w-]*)[ \t]*:.*(?:\n[ \t].*)*",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(r"^(a=(?:crypto|ice-pwd|key-mgmt)):.*", re.IGNORECASE | re.MULTILINE),
    re.compile(r"^(Signal)[ \t]*=.*", re.IGNORECASE | re.MULTILINE),
)
_PASSWORD: Final = re.compile(r"(sips?:[^\s:@<>;]+):[^\s@<>;]+@", re.IGNORECASE)
# Anything that moves a cursor or hides text.
_UNSHOWN: Final = re.compile(
    r"[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200b-\u200f\u2028-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True)
class SipMessage:
    """One message. `peer` is the other side's address and port; `text` is clean."""

    at: datetime
    is_sent: bool
    transport: str
    peer: str
    text: str = field(repr=False)

    @property
    def title(self) -> str:
        """What it is: `INVITE`, `180 Ringing`."""
        first = self.text.partition("\n")[0]
        return first.removeprefix("SIP/2.0 ") if first.startswith("SIP/2.0") else first.partition(" ")[0]


@dataclass(frozen=True)
class Trace:
    """The messages of a call in their order. `is_cut`: there were more."""

    messages: Sequence[SipMessage]
    is_cut: bool = False


class _Kept:
    def __init__(self) -> None:
        self.messages: list[SipMessage] = []
        self.size = 0
        self.is_cut = False


def clean(text: str) -> str:
    """A message without credentials, keys, typed digits and what is not to be seen."""
    text = _UNSHOWN.sub("�", text.replace("\r\n", "\n").replace("\r", "\n"))
    for secret in _SECRETS:
        text = secret.sub(rf"\1: {REMOVED}", text)
    return _PASSWORD.sub(rf"\1:{REMOVED}@", text).strip()


class SipTrace(logging.Handler):
    """Keeps the messages of calls by their Call-ID. `emit` comes from the stack's own thread."""

    def __init__(self, *, wall: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(logging.DEBUG)
        self._wall = wall
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0

    def attach(self) -> None:
        """Hear the stack. Its messages go nowhere else: they hold numbers and credentials."""
        logger = logging.getLogger(LOGGER)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(self)

    def detach(self) -> None:
        logging.getLogger(LOGGER).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        head = _HEAD.match(text)
        if head is None:
            return
        body = text[head.end() :]
        call_id = _CALL_ID.search(body)
        if call_id is None:
            return
        way, transport, source, target = head.group(1, 2, 3, 4)
        is_sent = way == "TX"
        message = SipMessage(
            at=self._wall(),
            is_sent=is_sent,
            transport=transport.lower(),
            peer=target if is_sent else source,
            text=clean(body)[:MOST_OF_A_MESSAGE],
        )
        with self._lock:
            self._keep(call_id.group(1), message)

    def take(self, call_id: str) -> Trace:
        """What went to and fro of a call since the last look, by its SIP Call-ID. It is kept no longer."""
        with self._lock:
            kept = self._calls.pop(call_id, None)
            if kept is None:
                return Trace(())
            self._size -= kept.size
            return Trace(tuple(kept.messages), kept.is_cut)

    def _keep(self, call_id: str, message: SipMessage) -> None:
        kept = self._calls.setdefault(call_id, _Kept())
        size = len(message.text)
        if len(kept.messages) >= MOST_MESSAGES or kept.size + size > MOST_OF_A_CALL:
            kept.is_cut = True
            return
        kept.messages.append(message)
        kept.size += size
        self._size += size
        self._calls.move_to_end(call_id)
        while self._size > MOST_OF_ALL:
            _oldest, gone = self._calls.popitem(last=False)
            self._size -= gone.size
