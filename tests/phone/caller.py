"""A SIP leg as a test has it: what it said, and the ticks that keep it going."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from calls.audio.framing import FRAME_SECONDS
from calls.telephony.base import LegEnd, LegKind, LegSpec
from calls.telephony.sip import SILENCE, KeepTrace, SipLeg
from calls.telephony.sip_phone import SipPhone, SipSettings

FROM: Final = "+14155550101"
TO: Final = "+4930901820"


class Caller:
    """Hears the leg (LegEvents)."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.sound = b""
        self.digits = ""
        self.end: LegEnd | None = None
        self.is_ringing = asyncio.Event()
        self.is_answered = asyncio.Event()
        self.is_over = asyncio.Event()

    def ringing(self) -> None:
        self.log.append("ringing")
        self.is_ringing.set()

    def answered(self) -> None:
        self.log.append("answered")
        self.is_answered.set()

    def heard(self, frame: bytes) -> None:
        self.sound += frame

    def dtmf(self, digit: str) -> None:
        self.digits += digit

    def ended(self, end: LegEnd) -> None:
        self.log.append("ended")
        self.end = end
        self.is_over.set()


@contextlib.asynccontextmanager
async def a_phone(**settings: Any) -> AsyncIterator[SipPhone]:
    its = {"host": "127.0.0.1", "rtp_ports": "30000-30999", "allow_private": True, **settings}
    phone = SipPhone(SipSettings(**its))
    try:
        yield phone
    finally:
        await phone.close()


def leg_to(
    port: int,
    phone: SipPhone,
    caller: Caller,
    *,
    metadata: Mapping[str, object] | None = None,
    keep_trace: KeepTrace | None = None,
    **line: Any,
) -> SipLeg:
    params = {
        "line": "line_1",
        "domain": "127.0.0.1",
        "port": port,
        "transport": "udp",
        "username": "",
        "password": "",
        "srtp": "off",
        **line,
    }
    spec = LegSpec("call_1", LegKind.SIP, TO, FROM, 45, params=params, metadata=metadata or {})
    return SipLeg(spec, caller, phone=phone, keep_trace=keep_trace)


async def talk(leg: SipLeg, frames: Sequence[bytes], *, then_silence: int = 0) -> None:
    """Play these frames, one each 20 ms."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    for frame in [*frames, *[SILENCE] * then_silence]:
        leg.play(frame)
        due += FRAME_SECONDS
        await asyncio.sleep(max(0.0, due - loop.time()))
