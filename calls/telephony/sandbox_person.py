"""The person at the other end of the sandbox line: hears 20 ms, says 20 ms, and takes turns by listening.

A person is a generator: it yields what it says and is sent what it hears, one frame each a tick. Time is counted in
frames, so a test may let a minute pass in a millisecond.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Final

import numpy as np

from calls.audio.framing import FRAME_SECONDS, TELEPHONE_RATE, frames_of, silent_frame
from calls.audio.levels import from_dbfs
from calls.audio.vad import EnergyVad

# Frames out, frames in, and what came of it.
Acting = Generator[bytes, bytes, None]
Deciding = Generator[bytes, bytes, bool]
# The audio of a line; None while it is still being made.
Voice = Callable[[str], bytes | None]

# Who picks up lets the other speak first, for about this long.
PICKUP_SECONDS: Final = 1.5
# The other has finished when there was silence for this long.
TURN_SECONDS: Final = 0.8
# Without an answer a person asks after this long, twice, and then hangs up.
PATIENCE_SECONDS: Final = 10.0
# How far into the other's sentence a person interrupts, or hangs up.
MID_SENTENCE_SECONDS: Final = 1.2
# Who talks on and on waits no longer than this for an answer.
CHATTY_PATIENCE_SECONDS: Final = 4.0
# An answering machine: when it begins, its tone, and how much silence and how long a message it records.
MACHINE_PICKUP_SECONDS: Final = 0.4
BEEP_HERTZ: Final = 1000
BEEP_SECONDS: Final = 0.4
BEEP_DBFS: Final = -12.0
MACHINE_SILENCE_SECONDS: Final = 20.0
MACHINE_MESSAGE_SECONDS: Final = 120.0

NUDGE: Final = "Hello? Are you there?"
SILENCE: Final = silent_frame(TELEPHONE_RATE)


class Person:
    """What somebody on the telephone can do. Behaviours (below) are made of these."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._ears = EnergyVad()

    def listen(self) -> Acting:
        """Say nothing for one frame."""
        self._ears.hear((yield SILENCE))

    def say(self, text: str) -> Acting:
        """Speak a line to its end, whatever the other does. Waits for the voice where it is not ready."""
        while (audio := self._voice(text)) is None:
            yield from self.listen()
        yield from self._play(audio)

    def beep(self) -> Acting:
        at = np.arange(int(BEEP_SECONDS * TELEPHONE_RATE)) / TELEPHONE_RATE
        tone = from_dbfs(BEEP_DBFS) * 2**0.5 * np.sin(2 * np.pi * BEEP_HERTZ * at)
        yield from self._play(tone.astype("<i2").tobytes())

    def wait(self, seconds: float) -> Acting:
        for _ in range(_frames(seconds)):
            yield from self.listen()

    def until_my_turn(self, *, patience: float) -> Deciding:
        """Wait until the other has spoken and finished; False if it has not begun within `patience` seconds."""
        other_spoke = False
        for waited in itertools.count(1):
            yield from self.listen()
            other_spoke = other_spoke or self._ears.speaking
            if other_spoke and self._ears.silence_seconds >= TURN_SECONDS:
                return True
            if not other_spoke and waited >= _frames(patience):
                return False
        return False

    def until_mid_sentence(self) -> Deciding:
        """Wait until the other is in the middle of speaking; False if it finished before, or did not begin."""
        spoken_frames = 0
        for waited in itertools.count(1):
            yield from self.listen()
            if spoken_frames > 0 or self._ears.speaking:
                spoken_frames += 1
            if spoken_frames >= _frames(MID_SENTENCE_SECONDS) and self._ears.speaking:
                return True
            if spoken_frames > 0 and self._ears.silence_seconds >= TURN_SECONDS:
                return False
            if spoken_frames == 0 and waited >= _frames(PATIENCE_SECONDS):
                return False
        return False

    def until_answered(self) -> Deciding:
        """As `until_my_turn`, asking whether anybody is there; False when patience has run out."""
        for _ in range(2):
            if (yield from self.until_my_turn(patience=PATIENCE_SECONDS)):
                return True
            yield from self.say(NUDGE)
        return (yield from self.until_my_turn(patience=PATIENCE_SECONDS))

    def record(self, *, longest: float, silence: float) -> Acting:
        """Listen as a machine does: until the other has been silent for a while, or has said too much."""
        quiet = 0
        for _ in range(_frames(longest)):
            yield from self.listen()
            quiet = 0 if self._ears.speaking else quiet + 1
            if quiet >= _frames(silence):
                return

    def _play(self, audio: bytes) -> Acting:
        for frame in frames_of(audio, TELEPHONE_RATE):
            self._ears.hear((yield frame))


def converse(person: Person, *, opening: str | None, lines: Iterable[str]) -> Acting:
    """Say a line a turn, let the last one be answered, and hang up. The opening is for an agent that waits for it."""
    if not (yield from _open(person, opening)):
        return
    for line in lines:
        yield from person.say(line)
        if not (yield from person.until_answered()):
            return


def leave_mid_sentence(person: Person, *, opening: str | None, lines: Sequence[str]) -> Acting:
    """Ask something, and hang up in the middle of the answer."""
    if not (yield from _open(person, opening)):
        return
    for line in lines:
        yield from person.say(line)
        if (yield from person.until_mid_sentence()):
            return


def interrupt(person: Person, *, opening: str | None, lines: Sequence[str]) -> Acting:
    """Talk over the first answer that is long enough, and then go on as anybody does."""
    if not (yield from _open(person, opening)):
        return
    interrupted = False
    pending = deque(lines)
    while pending:
        yield from person.say(pending.popleft())
        if interrupted:
            if not (yield from person.until_answered()):
                return
        elif (yield from person.until_mid_sentence()):
            interrupted = True
            # Without another line to interrupt with, the last one is said again.
            if not pending:
                pending.append(lines[-1])


def say_nothing(person: Person) -> Acting:
    while True:
        yield from person.listen()


def talk_on(person: Person, *, opening: str | None, lines: Sequence[str]) -> Acting:
    """Always have another thing to say, answered or not."""
    yield from _open(person, opening)
    for line in itertools.cycle(lines):
        yield from person.say(line)
        yield from person.until_my_turn(patience=CHATTY_PATIENCE_SECONDS)


def answer_as_machine(person: Person, *, greeting: str) -> Acting:
    """Greet without listening, beep, record, and hang up."""
    yield from person.wait(MACHINE_PICKUP_SECONDS)
    yield from person.say(greeting)
    yield from person.wait(MACHINE_PICKUP_SECONDS)
    yield from person.beep()
    yield from person.record(longest=MACHINE_MESSAGE_SECONDS, silence=MACHINE_SILENCE_SECONDS)


def _open(person: Person, opening: str | None) -> Deciding:
    """Let the other speak first; if it does not, say the opening and wait. False when nobody ever answers."""
    if (yield from person.until_my_turn(patience=PICKUP_SECONDS)):
        return True
    if opening is None:
        return True

    yield from person.say(opening)
    return (yield from person.until_answered())


def _frames(seconds: float) -> int:
    return round(seconds / FRAME_SECONDS)
