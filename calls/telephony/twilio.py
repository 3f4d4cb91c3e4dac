"""A leg over Twilio: dialled over REST, its sound over a socket that Twilio opens at some web process.

The gateway holds the leg from the dial to the end, whichever process the socket comes to; what is said there comes here by
the bus. A socket that breaks is opened anew by Twilio, and the leg goes on where the person had heard it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from calls import bus
from calls.audio.framing import FRAMES_PER_SECOND, TELEPHONE_RATE, Framer, silent_frame
from calls.audio.g711 import ulaw_decode, ulaw_encode
from calls.telephony import twilio_words
from calls.telephony.base import EndedBy, EndReason, Leg, LegEnd, LegEvents, LegFactory, LegKind, LegSpec
from calls.telephony.keypad_tones import tones
from calls.telephony.store import StoreAway
from calls.telephony.twilio_rest import Login, NewCall, TwilioAway, TwilioRefused, TwilioRest

logger = logging.getLogger(__name__)

T = TypeVar("T")

SILENCE: Final = silent_frame(TELEPHONE_RATE)
# Twilio sends sound all the time. So long without any, and the person is lost: a broken socket was not opened anew.
SILENT_SECONDS: Final = 10.0
# From the answer, or from when we would answer, to the socket.
CONNECT_SECONDS: Final = 10.0
# Twilio says when a mark is played. A flush can tell no better what was heard.
MARK_EVERY: Final = 3
MOST_KEPT: Final = 60 * FRAMES_PER_SECOND
# Requests to Twilio at once.
THREADS: Final = 16


@dataclass(frozen=True)
class Ticket:
    """One connection as the database knows it: what Twilio is told of it."""

    key: str
    status_url: str = field(repr=False)
    twiml: str = field(default="", repr=False)
    sid: str = ""


class Book(Protocol):
    """The database as Twilio's legs see it. Every method may raise StoreAway."""

    async def open(self, *, call: str, line: str, ring_timeout: float) -> Ticket | None:
        """A connection is about to be asked for. None where the line is gone."""

    async def take(self, *, key: str) -> Ticket | None:
        """One that came in is ours to answer. None where it is gone."""

    async def note_sid(self, *, key: str, sid: str) -> None: ...

    async def unwanted(self, *, key: str) -> None:
        """Twilio could not be told to hang up: somebody else shall."""

    async def over(self, *, key: str) -> None: ...


class TwilioPhone:
    """All of a gateway's Twilio legs. `send` puts on the bus."""

    def __init__(self, *, rest: TwilioRest, book: Book, send: Callable[[str, bus.Item], None]) -> None:
        self.book = book
        self.send = send
        self._rest = rest
        self._legs: dict[str, TwilioLeg] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="twilio")

    def take(self, sender: str, item: bus.FromCarrier) -> None:
        """What Twilio says. What is for none of our legs is dropped: it has ended."""
        leg = self._legs.get(item.call)
        if leg is not None:
            leg.take(sender, item)
        elif item.what == "open":
            self.send(sender, bus.ToCarrier(item.call, 0, item.stream, "close"))

    def register(self, key: str, leg: TwilioLeg) -> None:
        self._legs[key] = leg

    def forget(self, key: str) -> None:
        self._legs.pop(key, None)

    async def dial(self, login: Login, call: NewCall) -> str:
        return await self._on_thread(lambda: self._rest.dial(login, call))

    async def hang_up(self, login: Login, sid: str) -> None:
        await self._on_thread(lambda: self._rest.hang_up(login, sid))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def twilio_legs(phone: TwilioPhone) -> LegFactory:
    """The factory of Twilio's legs, for the gateway's table of kinds."""

    def make(spec: LegSpec, events: LegEvents) -> Leg:
        return TwilioLeg(spec, events, phone=phone)

    return make


class TwilioLeg:
    kind: LegKind = LegKind.TWILIO
    rate: int = TELEPHONE_RATE

    def __init__(self, spec: LegSpec, events: LegEvents, *, phone: TwilioPhone) -> None:
        self._spec = spec
        self._events = events
        self._phone = phone
        params = spec.params
        self._login = Login(str(params.get("account_sid", "")), str(params.get("auth_token", "")))
        self._ticket: Ticket | None = None
        self._sid = ""
        # The socket: which process has it, and its name there. None while there is none.
        self._stream: tuple[str, str] | None = None
        self._is_picked_up = False
        self._is_answered = False
        self._over = False
        # Twilio has ended the call, or was told to.
        self._is_over_there = False
        self._framer = Framer(TELEPHONE_RATE)
        self._quiet_frames = 0
        self._tones: deque[bytes] = deque()
        # Frames that the person has not heard for certain: those that were sent, in order, and those that wait for a socket.
        self._sent: deque[bytes] = deque(maxlen=MOST_KEPT)
        self._waiting: deque[bytes] = deque(maxlen=MOST_KEPT)
        # A flush begins a new round of marks: those of the one before come back unplayed.
        self._round = 0
        self._count = 0
        self._heard_count = 0
        self._timer: asyncio.TimerHandle | None = None

    # --- The carrier's life -------------------------------------------------------------------------------------------

    async def dial(self) -> None:
        if not self._login.account_sid or not self._login.auth_token:
            self._end(LegEnd(EndReason.CARRIER_ERROR, EndedBy.PLATFORM, "the phone line is gone"))
        elif self._spec.is_inbound:
            await self._pick_up()
        else:
            await self._call_out()

    async def _pick_up(self) -> None:
        """Who calls hears ringing, and their socket is opened as soon as Twilio asks what to do."""
        ticket = await self._phone.book.take(key=str(self._spec.params.get("carrier_call", "")))
        if ticket is None:
            self._is_over_there = True
            self._end(LegEnd(EndReason.CANCELED, EndedBy.USER))
            return
        self._take_ticket(ticket)
        self._events.ringing()
        self._expect_socket(LegEnd(EndReason.CANCELED, EndedBy.USER, "the caller had gone"))

    async def _call_out(self) -> None:
        spec = self._spec
        ticket = await self._phone.book.open(
            call=spec.call_id, line=str(spec.params.get("line", "")), ring_timeout=spec.ring_timeout
        )
        if ticket is None:
            self._end(LegEnd(EndReason.CARRIER_ERROR, EndedBy.PLATFORM, "the phone line is gone"))
            return
        self._take_ticket(ticket)
        if self._over:
            self._is_over_there = True
            await self._say_over()
            return
        call = NewCall(
            spec.to_number, spec.from_number, ticket.twiml, ticket.status_url, max(1, round(spec.ring_timeout))
        )
        try:
            sid = await self._phone.dial(self._login, call)
        except TwilioRefused as refused:
            self._is_over_there = True
            await self._say_over()
            self._end(twilio_words.end_of_refusal(refused.status, refused.code))
            return
        except TwilioAway as away:
            # It may have been placed: its callbacks name it, and then it is ended.
            await self._leave_to_others()
            self._end(LegEnd(EndReason.CARRIER_ERROR, EndedBy.CARRIER, f"Twilio is away: {away}"))
            return
        self._sid = sid
        try:
            await self._phone.book.note_sid(key=ticket.key, sid=sid)
        except StoreAway:
            logger.warning("Twilio's name for a call is left to its callbacks", extra={"call_id": spec.call_id})
        if self._has_ended():
            await self._hang_up_there()

    def _has_ended(self) -> bool:
        """Whether it has, by now: it may have while Twilio was asked."""
        return self._over

    async def hang_up(self) -> None:
        self._over = True
        self._close_stream()
        await self._hang_up_there()

    async def close(self) -> None:
        await self.hang_up()
        if self._timer is not None:
            self._timer.cancel()
        if self._ticket is not None:
            self._phone.forget(self._ticket.key)

    async def _hang_up_there(self) -> None:
        if self._is_over_there or not self._sid:
            return
        self._is_over_there = True
        try:
            await self._phone.hang_up(self._login, self._sid)
        except (TwilioRefused, TwilioAway) as error:
            logger.warning("Twilio could not be told to hang up: %s", error, extra={"call_id": self._spec.call_id})
            await self._leave_to_others()
        else:
            await self._say_over()

    async def _say_over(self) -> None:
        await self._write(lambda book, key: book.over(key=key))

    async def _leave_to_others(self) -> None:
        await self._write(lambda book, key: book.unwanted(key=key))

    async def _write(self, write: Callable[[Book, str], Awaitable[None]]) -> None:
        if self._ticket is None:
            return
        try:
            await write(self._phone.book, self._ticket.key)
        except StoreAway:
            # The reaper goes by the call itself.
            logger.warning("a call's end at Twilio could not be noted", extra={"call_id": self._spec.call_id})

    # --- Sound --------------------------------------------------------------------------------------------------------

    def play(self, frame: bytes) -> None:
        if self._over:
            return
        self._quiet_frames += 1
        if self._quiet_frames >= SILENT_SECONDS * FRAMES_PER_SECOND:
            self._end(LegEnd(EndReason.MEDIA_LOST, EndedBy.CARRIER, "no sound came from Twilio"))
            return
        if self._tones:
            frame = self._tones.popleft()
        if frame == SILENCE:
            # Twilio plays silence by itself, and so makes up for what a broken socket took.
            return
        if self._stream is None:
            self._waiting.append(frame)
        else:
            self._send_sound(frame)

    def flush(self) -> int:
        unheard = len(self._sent) + len(self._waiting)
        self._sent.clear()
        self._waiting.clear()
        self._begin_round()
        self._tell("clear")
        return unheard

    async def send_dtmf(self, digits: str) -> None:
        """A stream has no way to send digits but to let them be heard."""
        self._tones.extend(tones(digits))

    def _send_sound(self, frame: bytes) -> None:
        self._sent.append(frame)
        self._count += 1
        self._tell("sound", ulaw_encode(frame))
        if self._count % MARK_EVERY == 0:
            self._tell("mark", f"{self._round}.{self._count}".encode())

    def _begin_round(self) -> None:
        self._round += 1
        self._count = self._heard_count = 0

    def _tell(self, what: str, data: bytes = b"") -> None:
        if self._stream is not None and self._ticket is not None:
            process, stream = self._stream
            self._phone.send(process, bus.ToCarrier(self._ticket.key, 0, stream, what, data))

    # --- What Twilio says ---------------------------------------------------------------------------------------------

    def take(self, sender: str, item: bus.FromCarrier) -> None:
        if self._over:
            if item.what == "open":
                self._phone.send(sender, bus.ToCarrier(item.call, 0, item.stream, "close"))
        elif item.what == "state":
            self._take_state(*item.data.decode().split(",", 3))
        elif item.what == "open":
            self._open(sender, item.stream)
        elif self._stream == (sender, item.stream):
            self._take_stream(item)

    def _take_stream(self, item: bus.FromCarrier) -> None:
        match item.what:
            case "sound":
                self._quiet_frames = 0
                for frame in self._framer.push(ulaw_decode(item.data)):
                    self._events.heard(frame)
            case "digit":
                self._events.dtmf(item.data.decode())
            case "mark":
                self._note_heard(item.data.decode())
            case "closed":
                # Broken: Twilio opens another.
                self._stream = None
            case "stop":
                self._end(LegEnd(EndReason.USER_HANGUP, EndedBy.USER))

    def _open(self, sender: str, stream: str) -> None:
        self._close_stream()
        self._stream = (sender, stream)
        self._quiet_frames = 0
        if self._timer is not None:
            self._timer.cancel()
        if not self._is_answered:
            self._is_answered = True
            self._events.answered()
            return
        # What was on its way when the socket broke was not heard.
        unheard = [*self._sent, *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        self._framer.clear()
        self._begin_round()
        for frame in unheard:
            self._send_sound(frame)

    def _note_heard(self, mark: str) -> None:
        this_round, _, count = mark.partition(".")
        if this_round != str(self._round) or not count.isdecimal():
            return
        for _ in range(min(int(count), self._count) - self._heard_count):
            if self._sent:
                self._sent.popleft()
            self._heard_count += 1

    def _take_state(self, state: str, sid: str, sip_code: str, error_code: str) -> None:
        self._sid = self._sid or sid
        if state == twilio_words.RINGING:
            self._events.ringing()
        elif state in twilio_words.ANSWERED and not self._is_picked_up:
            self._is_picked_up = True
            if not self._is_answered:
                self._expect_socket(LegEnd(EndReason.CARRIER_ERROR, EndedBy.CARRIER, "Twilio opened no stream"))
        elif state in twilio_words.OVER:
            self._is_over_there = True
            self._end(self._end_by(state, sip_code, error_code))

    def _end_by(self, state: str, sip_code: str, error_code: str) -> LegEnd:
        if self._spec.is_inbound and not self._is_answered:
            return LegEnd(EndReason.CANCELED, EndedBy.USER)
        if self._is_picked_up and not self._is_answered:
            # Somebody answered, and was gone before the socket was open.
            self._events.answered()
        if self._is_picked_up or self._is_answered:
            return LegEnd(EndReason.USER_HANGUP, EndedBy.USER)
        return twilio_words.end_of(state, sip_code=sip_code, error_code=error_code)

    # --- The rest -----------------------------------------------------------------------------------------------------

    def _take_ticket(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._sid = self._sid or ticket.sid
        self._phone.register(ticket.key, self)

    def _expect_socket(self, otherwise: LegEnd) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(CONNECT_SECONDS, self._miss_socket, otherwise)

    def _miss_socket(self, end: LegEnd) -> None:
        if not self._is_answered:
            self._end(end)

    def _close_stream(self) -> None:
        self._tell("close")
        self._stream = None

    def _end(self, end: LegEnd) -> None:
        if self._over:
            return
        self._over = True
        self._close_stream()
        self._events.ended(end)
