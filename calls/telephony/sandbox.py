"""The sandbox line: a leg to a person who does not exist, who talks, and hears only what a telephone lets through.

`+15005550001` to `…0009` misbehave in the ways customers want to try; any other number answers and talks.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from calls.audio.framing import TELEPHONE_RATE
from calls.audio.speech_client import SpeechError
from calls.telephony import sandbox_person as people
from calls.telephony.base import EndedBy, EndReason, Leg, LegEnd, LegEvents, LegFactory, LegKind, LegSpec
from calls.telephony.sandbox_line import TelephoneLine

log = logging.getLogger(__name__)

BUSY: Final = "+15005550001"
NO_ANSWER: Final = "+15005550002"
DECLINES: Final = "+15005550003"
CARRIER_FAULT: Final = "+15005550004"
VOICEMAIL: Final = "+15005550005"
LEAVES_MID_SENTENCE: Final = "+15005550006"
INTERRUPTS: Final = "+15005550007"
SAYS_NOTHING: Final = "+15005550008"
TALKS_ON: Final = "+15005550009"

# How long it takes a carrier to say no, a person to pick up, and anybody to conclude that nobody will. A ring time-out
# shorter than the last is kept; a longer one is cut short, so that trying it out takes seconds.
REFUSAL_SECONDS: Final = 0.3
RING_SECONDS: Final = 0.8
LONGEST_RING_SECONDS: Final = 4.0
# A voice that is not ready by then rings on until it is; past this it counts as broken.
VOICE_SECONDS: Final = 20.0
# Lines made before they are due. More would be wasted on a call that ends early.
LINES_AHEAD: Final = 3

# Lines that fit any agent, and that speech recognition gets right through a telephone.
OPENING: Final = "Hello?"
CONVERSATION: Final = (
    "Hello. Can you tell me who is calling?",
    "What is this call about?",
    "How much does it cost?",
    "When are you open?",
    "Thank you very much for your help.",
    "No, thank you, goodbye.",
)
INTERRUPTION: Final = (
    "Hello. Can you tell me who is calling?",
    "Wait, can I ask you a question?",
    "How much does it cost?",
    "Thank you very much for your help.",
    "No, thank you, goodbye.",
)
CHATTER: Final = (
    "I have a few more questions.",
    "How much does it cost?",
    "When are you open?",
    "Can you tell me more about that?",
    "I would like to think about it.",
    "What else can you tell me?",
)
MACHINE_GREETING: Final = (
    "Hello, you have reached Sam Miller. I can't answer the phone right now. Please leave a message after the tone."
)


class Synthesizer(Protocol):
    """Where the person's voice comes from; the speech process's client is one."""

    async def synthesize(
        self, text: str, *, voice: str | None, rate: int, pitch: float = 1.0, ahead: bool = False
    ) -> bytes:
        """PCM16 mono. Raises SpeechError."""


@dataclass(frozen=True)
class SandboxVoice:
    """The person's voice. The pitch sets it apart from an agent who speaks with the same one."""

    name: str | None = None
    pitch: float = 1.2


@dataclass(frozen=True)
class Refusal:
    """A call that nobody answers: whether it rings first, for how long, and what is said of it then."""

    rings: bool
    seconds: float
    end: LegEnd


REFUSALS: Final = {
    BUSY: Refusal(False, REFUSAL_SECONDS, LegEnd(EndReason.BUSY, EndedBy.CARRIER, "sandbox busy")),
    NO_ANSWER: Refusal(True, LONGEST_RING_SECONDS, LegEnd(EndReason.NO_ANSWER, EndedBy.CARRIER, "sandbox no answer")),
    DECLINES: Refusal(True, RING_SECONDS, LegEnd(EndReason.REJECTED, EndedBy.USER, "sandbox declined")),
    CARRIER_FAULT: Refusal(False, REFUSAL_SECONDS, LegEnd(EndReason.CARRIER_ERROR, EndedBy.CARRIER, "sandbox fault")),
}

Behaviour = Callable[[people.Person], people.Acting]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Role:
    """What the person called will do, and every line it may need, in order."""

    behaviour: Behaviour
    texts: Sequence[str]


def sandbox_legs(synthesizer: Synthesizer, *, voice: SandboxVoice | None = None) -> LegFactory:
    """The factory of sandbox legs, for the gateway's table of kinds."""
    chosen = voice or SandboxVoice()

    def make(spec: LegSpec, events: LegEvents) -> Leg:
        return SandboxLeg(spec, events, synthesizer=synthesizer, voice=chosen)

    return make


def cast(spec: LegSpec) -> Role:
    """Who picks up at this number."""
    given = _lines(spec)
    number = spec.to_number
    if number == VOICEMAIL:
        greeting = given[0] if given else MACHINE_GREETING
        return Role(lambda p: people.answer_as_machine(p, greeting=greeting), [greeting])
    if number == SAYS_NOTHING:
        return Role(people.say_nothing, [])

    # Given lines are all that is said; of our own, the opening is for an agent that waits to be greeted.
    opening = None if given else OPENING
    if number == LEAVES_MID_SENTENCE:
        lines = given or CONVERSATION
        return _role(opening, lines, lambda p: people.leave_mid_sentence(p, opening=opening, lines=lines))
    if number == INTERRUPTS:
        lines = given or INTERRUPTION
        return _role(opening, lines, lambda p: people.interrupt(p, opening=opening, lines=lines))
    if number == TALKS_ON:
        lines = given or CHATTER
        return _role(opening, lines, lambda p: people.talk_on(p, opening=opening, lines=lines))

    lines = given or CONVERSATION
    return _role(opening, lines, lambda p: people.converse(p, opening=opening, lines=lines))


def _role(opening: str | None, lines: Sequence[str], behaviour: Behaviour) -> Role:
    return Role(behaviour, [*([opening] if opening else []), *lines])


def _lines(spec: LegSpec) -> Sequence[str]:
    given = spec.params.get("lines")
    return [str(line) for line in given] if isinstance(given, list | tuple) else []


class SandboxLeg:
    """One call to such a person. Everything after the answer happens in `play`, tick by tick."""

    kind: LegKind = LegKind.SANDBOX
    rate: int = TELEPHONE_RATE

    def __init__(
        self,
        spec: LegSpec,
        events: LegEvents,
        *,
        synthesizer: Synthesizer,
        voice: SandboxVoice,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._spec = spec
        self._events = events
        self._synthesizer = synthesizer
        self._voice = voice
        self._sleep = sleep
        self._tasks: list[asyncio.Task[None]] = []

        seed = zlib.crc32(spec.call_id.encode())
        self._to_person = TelephoneLine(seed=seed)
        self._from_person = TelephoneLine(seed=seed + 1)

        self._audio: dict[str, bytes] = {}
        self._may_make_ahead = asyncio.Semaphore(LINES_AHEAD)
        self._spoken: set[str] = set()
        self._acting: people.Acting | None = None
        self._saying = b""
        self._over = False

    async def dial(self) -> None:
        refusal = REFUSALS.get(self._spec.to_number)
        if refusal is not None:
            self._start(self._refuse(refusal))
            return

        role = cast(self._spec)
        first_line_made = asyncio.Event()
        self._start(self._make_lines(role.texts, first_line_made))
        self._start(self._ring_and_answer(role, first_line_made))

    def play(self, frame: bytes) -> None:
        if self._acting is None or self._over:
            return

        self._events.heard(self._from_person.carry(self._saying))
        try:
            self._saying = self._acting.send(self._to_person.carry(frame))
        except StopIteration:
            self._end(LegEnd(EndReason.USER_HANGUP, EndedBy.USER))

    def flush(self) -> int:
        return 0

    async def hang_up(self) -> None:
        self._over = True
        self._cancel_tasks()

    async def send_dtmf(self, digits: str) -> None:
        """The person has no keypad menu: tones are let pass."""

    async def close(self) -> None:
        await self.hang_up()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _refuse(self, refusal: Refusal) -> None:
        if refusal.rings:
            self._events.ringing()
        await self._sleep(min(refusal.seconds, self._spec.ring_timeout))
        self._end(refusal.end)

    async def _ring_and_answer(self, role: Role, first_line_made: asyncio.Event) -> None:
        await self._sleep(REFUSAL_SECONDS)
        self._events.ringing()
        await self._sleep(min(RING_SECONDS, self._spec.ring_timeout))
        # Nobody picks up without a voice.
        await first_line_made.wait()

        self._acting = role.behaviour(people.Person(self._speak))
        self._saying = next(self._acting)
        self._events.answered()

    async def _make_lines(self, texts: Sequence[str], first_line_made: asyncio.Event) -> None:
        try:
            for number, text in enumerate(dict.fromkeys(texts)):
                await self._may_make_ahead.acquire()
                await self._make(text)
                if number == 0:
                    first_line_made.set()
                    await self._make(people.NUDGE)
            first_line_made.set()
        except (SpeechError, TimeoutError) as error:
            self._end(LegEnd(EndReason.SPEECH_ERROR, EndedBy.PLATFORM, f"sandbox voice: {error}"))

    async def _make(self, text: str) -> None:
        async with asyncio.timeout(VOICE_SECONDS):
            self._audio[text] = await self._synthesizer.synthesize(
                text, voice=self._voice.name, rate=self.rate, pitch=self._voice.pitch, ahead=True
            )

    def _speak(self, text: str) -> bytes | None:
        audio = self._audio.get(text)
        if audio is not None and text not in self._spoken:
            self._spoken.add(text)
            if text != people.NUDGE:
                self._may_make_ahead.release()
        return audio

    def _end(self, end: LegEnd) -> None:
        if self._over:
            return

        self._over = True
        self._events.ended(end)
        self._cancel_tasks()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        # Kept, and cancelled and awaited in `close`.
        task = asyncio.create_task(work)
        task.add_done_callback(self._finished)
        self._tasks.append(task)

    def _finished(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sandbox leg failed", exc_info=error)
            self._end(LegEnd(EndReason.INTERNAL_ERROR, EndedBy.PLATFORM, type(error).__name__))

    def _cancel_tasks(self) -> None:
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
