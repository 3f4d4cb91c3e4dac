"""A leg over a SIP trunk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from baresip.call import Call
from baresip.errors import AudioNotActive, AudioRestarted, BaresipError, split_status
from baresip.events import Event, StackEvent

from calls.audio.framing import TELEPHONE_RATE, silent_frame
from calls.telephony.base import EndedBy, EndReason, Leg, LegEnd, LegEvents, LegFactory, LegKind, LegSpec
from calls.telephony.sip_invite import clean, headers_of
from calls.telephony.sip_phone import SipPhone
from calls.telephony.sip_refer import WAS_REFERRED, ask_to_refer
from calls.telephony.sip_sound import CallSound
from calls.telephony.sip_trace import Trace
from calls.telephony.sip_trunk import Trunk, TrunkUnreachable

log = logging.getLogger(__name__)

SILENCE: Final = silent_frame(TELEPHONE_RATE)
# Sent ahead, so that a late tick is not heard; and what may gather before silence is left out to catch up.
AHEAD_FRAMES: Final = 2
MOST_BUFFERED: Final = 6

LAST_WORD_SECONDS: Final = 1.0

# What a trunk's answer means to whoever called.
_REASONS: Final = {
    404: EndReason.INVALID_NUMBER,
    408: EndReason.NO_ANSWER,
    480: EndReason.NO_ANSWER,
    484: EndReason.INVALID_NUMBER,
    486: EndReason.BUSY,
    600: EndReason.BUSY,
    603: EndReason.REJECTED,
    604: EndReason.INVALID_NUMBER,
}


def end_of_answer(text: str) -> LegEnd:
    """The end of a call that nobody answered, from the trunk's last words."""
    status, _ = split_status(text)
    reason = _REASONS.get(status or 0, EndReason.CARRIER_ERROR)
    by = EndedBy.USER if reason == EndReason.REJECTED else EndedBy.CARRIER
    return LegEnd(reason, by, f"SIP {status}" if status else f"SIP transport: {clean(text) or 'no reason'}")


# Keeps what went over the wire of a call; called when somebody answered and after the end.
KeepTrace = Callable[[str, Trace], None]


def sip_legs(phone: SipPhone, *, keep_trace: KeepTrace) -> LegFactory:
    """The factory of SIP legs, for the gateway's table of kinds."""

    def make(spec: LegSpec, events: LegEvents) -> Leg:
        return SipLeg(spec, events, phone=phone, keep_trace=keep_trace)

    return make


class SipLeg:
    """One call over a trunk. The stack paces what is sent; `play` keeps it fed."""

    kind: LegKind = LegKind.SIP
    rate: int = TELEPHONE_RATE

    def __init__(
        self, spec: LegSpec, events: LegEvents, *, phone: SipPhone, keep_trace: KeepTrace | None = None
    ) -> None:
        self._spec = spec
        self._events = events
        self._phone = phone
        self._keep_trace = keep_trace
        self._sip_call_id = ""
        self._call: Call | None = None
        self._is_answered = False
        self._is_encrypted = False
        self._over = False
        self._is_fed = False
        self._sound: CallSound | None = None

    async def dial(self) -> None:
        if self._spec.is_inbound:
            await self._pick_up()
            return
        try:
            trunk = Trunk.of(self._spec.params)
        except KeyError:
            self._end(LegEnd(EndReason.CARRIER_ERROR, EndedBy.PLATFORM, "the phone line is gone"))
            return
        spec = self._spec
        try:
            call = await self._phone.dial(
                trunk,
                to_number=spec.to_number,
                from_number=spec.from_number,
                listener=self._take,
                headers=headers_of(spec.metadata),
            )
        except (TrunkUnreachable, BaresipError, ValueError) as error:
            # Texts of the stack may hold the number.
            detail = str(error) if isinstance(error, TrunkUnreachable) else type(error).__name__
            self._end(LegEnd(EndReason.CARRIER_ERROR, EndedBy.CARRIER, detail))
            return
        self._call = call
        if self._over:
            await self.hang_up()

    async def _pick_up(self) -> None:
        """Answer: whoever calls rings already."""
        self._events.ringing()
        try:
            call = await self._phone.pick_up(self._spec.call_id, self._take)
        except BaresipError as error:
            self._end(LegEnd(EndReason.CANCELED, EndedBy.USER, type(error).__name__))
            return
        if call is None:
            self._end(LegEnd(EndReason.CANCELED, EndedBy.USER))
            return
        self._call, self._sip_call_id = call, call.call_id or ""
        if self._over:
            await self.hang_up()

    def play(self, frame: bytes) -> None:
        if self._call is None or not self._is_answered or self._over:
            return
        sound = self._sound = self._sound or CallSound(self._call.audio)
        try:
            self._send(sound, frame)
            for heard in sound.read():
                self._events.heard(heard)
        except AudioRestarted:
            self._is_fed = False
        except AudioNotActive:
            # Between the answer and the first packet, and while the far end changes its mind.
            return

    def flush(self) -> int:
        if self._sound is None or self._over:
            return 0
        try:
            waiting = self._sound.flush()
        except (AudioNotActive, AudioRestarted):
            return 0
        self._is_fed = False
        return waiting

    async def hang_up(self) -> None:
        self._over = True
        if self._call is not None:
            call, self._call = self._call, None
            self._phone.forget(call)
            with contextlib.suppress(BaresipError):
                await call.hangup()

    async def send_dtmf(self, digits: str) -> None:
        if self._call is not None and self._is_answered and not self._over:
            with contextlib.suppress(BaresipError):
                await self._call.send_dtmf(digits)

    async def refer(self, to: str) -> LegEnd | None:
        """Ask the trunk to connect the person with this address (Refers)."""
        if self._call is None or not self._is_answered or self._over:
            return LegEnd(EndReason.CANCELED, EndedBy.PLATFORM, "not in a call")
        return await ask_to_refer(self._call, to)

    async def close(self) -> None:
        await self.hang_up()
        # The far end's last word is on its way.
        asyncio.get_running_loop().call_later(LAST_WORD_SECONDS, self._store_trace)

    def _store_trace(self) -> None:
        if self._keep_trace is not None and self._sip_call_id:
            self._keep_trace(self._spec.call_id, self._phone.take_trace(self._sip_call_id))

    def _send(self, sound: CallSound, frame: bytes) -> None:
        if not self._is_fed:
            sound.write(SILENCE * AHEAD_FRAMES)
            self._is_fed = True
        elif frame == SILENCE and sound.waiting() > MOST_BUFFERED:
            return
        sound.write(frame)

    def _take(self, event: StackEvent) -> None:
        """What the stack says of this call."""
        self._sip_call_id = event.call_id or self._sip_call_id
        if self._over:
            return
        match event.event:
            case Event.CALL_RINGING | Event.CALL_PROGRESS:
                if not self._is_answered:
                    self._events.ringing()
            case Event.CALL_MENC:
                self._is_encrypted = True
            case Event.CALL_ESTABLISHED if not self._is_answered:
                self._established()
            case Event.CALL_DTMF_START if event.text and self._is_answered:
                self._events.dtmf(event.text)
            case Event.CALL_CLOSED:
                self._closed(event.text or "")

    def _established(self) -> None:
        if self._spec.params.get("srtp") == "required" and not self._is_encrypted:
            # The stack sends nothing in the clear; `close` hangs up.
            self._over = True
            self._events.ended(LegEnd(EndReason.CARRIER_ERROR, EndedBy.CARRIER, "the far end does not encrypt"))
            return
        self._is_answered = True
        self._events.answered()
        self._store_trace()

    def _closed(self, text: str) -> None:
        if not self._is_answered:
            end = LegEnd(EndReason.CANCELED, EndedBy.USER) if self._spec.is_inbound else end_of_answer(text)
        elif text.startswith("rtp stream"):
            end = LegEnd(EndReason.MEDIA_LOST, EndedBy.CARRIER, "no sound came")
        elif text == WAS_REFERRED:
            end = LegEnd(EndReason.TRANSFERRED, EndedBy.AGENT, "the trunk did it")
        else:
            end = LegEnd(EndReason.USER_HANGUP, EndedBy.USER)
        self._end(end)

    def _end(self, end: LegEnd) -> None:
        if self._over:
            return
        self._over = True
        if self._call is not None:
            self._phone.forget(self._call)
            self._call = None
        self._events.ended(end)
