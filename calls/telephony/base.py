"""The leg protocol: what the gateway and a carrier say to each other.

A leg is one telephone connection to one person. Its kinds (sandbox, SIP, Twilio, browser) are siblings
behind `Leg`; what a carrier calls things stops there, and outside we speak our own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable


class LegKind(StrEnum):
    SANDBOX = "sandbox"
    SIP = "sip"
    TWILIO = "twilio"
    BROWSER = "browser"


class EndReason(StrEnum):
    """Why a call ended, in the words of the public API."""

    # Somebody answered, and the conversation ran to an end.
    USER_HANGUP = "user_hangup"
    AGENT_HANGUP = "agent_hangup"
    API_HANGUP = "api_hangup"
    MAX_DURATION = "max_duration"
    SILENCE_TIMEOUT = "silence_timeout"
    TRANSFERRED = "transferred"
    VOICEMAIL_LEFT = "voicemail_left"
    CREDITS_EXHAUSTED = "credits_exhausted"

    # Nobody could be talked to.
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CARRIER_ERROR = "carrier_error"
    VOICEMAIL = "voicemail"
    CANCELED = "canceled"
    DO_NOT_CALL = "do_not_call"
    OUTSIDE_CALLING_HOURS = "outside_calling_hours"

    # Our fault.
    NO_CAPACITY = "no_capacity"
    SPEECH_ERROR = "speech_error"
    MEDIA_LOST = "media_lost"
    WORKER_LOST = "worker_lost"
    INTERNAL_ERROR = "internal_error"


class EndedBy(StrEnum):
    USER = "user"
    AGENT = "agent"
    API = "api"
    STAFF = "staff"
    CARRIER = "carrier"
    PLATFORM = "platform"


@dataclass(frozen=True)
class LegEnd:
    reason: EndReason
    by: EndedBy
    # For the log: a carrier's own code and words, never what was said nor a number.
    detail: str = ""


@dataclass(frozen=True)
class LegSpec:
    """All that a leg needs to know. Numbers and credentials stay out of its repr, and so out of logs."""

    call_id: str
    kind: LegKind
    to_number: str = field(repr=False)
    from_number: str = field(repr=False)
    ring_timeout: float
    language: str = "en-US"
    # Whether the person called us: dialling such a leg is to answer it.
    is_inbound: bool = False
    # Seconds until it may be dialled: others on the same line go first.
    dial_after: float = 0.0
    # What only this kind understands: `{"lines": [...]}` of the sandbox, a SIP line's settings.
    params: Mapping[str, object] = field(default_factory=dict, repr=False)
    # The call's, as its customer wrote it.
    metadata: Mapping[str, object] = field(default_factory=dict, repr=False)


class LegEvents(Protocol):
    """Who listens to a leg. The leg calls it on the event loop; it returns at once and does not raise.

    The order is ringing (perhaps), answered (perhaps), heard and dtmf (while answered), ended. `ended` comes at most
    once and nothing comes after it.
    """

    def ringing(self) -> None: ...

    def answered(self) -> None: ...

    def heard(self, frame: bytes) -> None:
        """The person's next 20 ms: PCM16 mono at the leg's rate."""

    def dtmf(self, digit: str) -> None: ...

    def ended(self, end: LegEnd) -> None: ...


class Leg(Protocol):
    """One connection to one person, from dialling to the end. Its coroutines may be called in any state."""

    @property
    def kind(self) -> LegKind: ...

    @property
    def rate(self) -> int:
        """Samples a second of the frames, both ways. Does not change."""

    async def dial(self) -> None:
        """Place the call and return; what becomes of it comes as events. A carrier that refuses is an `ended`, not
        an exception."""

    def play(self, frame: bytes) -> None:
        """Let the person hear one 20 ms frame. The pacer calls it each tick from answered to ended, with silence
        where the agent is silent. Returns at once."""

    def flush(self) -> int:
        """Drop what was played and is still on its way to the person's ear, as far as that can be. Gives how many frames
        of it they will not hear. Returns at once."""

    async def hang_up(self) -> None:
        """End the leg from our side, ringing or answered. No event follows, `ended` neither: who hangs up knows why."""

    async def send_dtmf(self, digits: str) -> None: ...

    async def close(self) -> None:
        """Free everything the leg holds, hanging up if need be. Safe to repeat."""


@runtime_checkable
class Refers(Protocol):
    """A leg whose carrier can be asked to connect the person with somebody else, without us."""

    async def refer(self, to: str) -> LegEnd | None:
        """Ask it, and wait for what comes of it. None: it did, and the leg has ended or soon does. Otherwise why not:
        the leg goes on."""


class LegFactory(Protocol):
    def __call__(self, spec: LegSpec, events: LegEvents) -> Leg: ...


class UnknownLegKind(Exception):
    """No factory was given for this kind of leg: this gateway cannot hold it."""


def make_leg(factories: Mapping[LegKind, LegFactory], spec: LegSpec, events: LegEvents) -> Leg:
    """The leg that `spec` asks for, not dialled yet. Raises UnknownLegKind."""
    factory = factories.get(spec.kind)
    if factory is None:
        raise UnknownLegKind(spec.kind)

    return factory(spec, events)


class FakeLeg:
    """A leg whose person is the test: `ring`, `answer`, `speak`, `press` and `end` are what the person does."""

    kind: LegKind = LegKind.SANDBOX

    def __init__(self, spec: LegSpec, events: LegEvents, *, rate: int = 8000) -> None:
        self.spec = spec
        self.rate = rate
        self.dialled = False
        self.hung_up = False
        self.closed = False
        self.over = False
        self.played: list[bytes] = []
        self.digits = ""
        # What a flush still catches, in frames, and how many flushes there were.
        self.on_its_way = 0
        self.flushes = 0
        self._events = events

    async def dial(self) -> None:
        self.dialled = True

    def play(self, frame: bytes) -> None:
        self.played.append(frame)

    def flush(self) -> int:
        self.flushes += 1
        return self.on_its_way

    async def hang_up(self) -> None:
        self.hung_up = True
        self.over = True

    async def send_dtmf(self, digits: str) -> None:
        self.digits += digits

    async def close(self) -> None:
        self.closed = True
        self.over = True

    def ring(self) -> None:
        if not self.over:
            self._events.ringing()

    def answer(self) -> None:
        if not self.over:
            self._events.answered()

    def speak(self, *frames: bytes) -> None:
        for frame in frames:
            if not self.over:
                self._events.heard(frame)

    def press(self, digit: str) -> None:
        if not self.over:
            self._events.dtmf(digit)

    def end(self, reason: EndReason = EndReason.USER_HANGUP, by: EndedBy = EndedBy.USER, detail: str = "") -> None:
        if not self.over:
            self.over = True
            self._events.ended(LegEnd(reason, by, detail))
