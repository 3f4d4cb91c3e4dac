"""One leg in the hands of its holder: its state, its sound both ways, and who drives its conversation."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from calls import bus
from calls.audio.framing import FRAMES_PER_SECOND, TELEPHONE_RATE, frame_bytes, frame_samples, silent_frame
from calls.audio.levels import from_dbfs
from calls.telephony.base import EndedBy, EndReason, Leg, LegEnd
from calls.telephony.guests import Guests
from calls.telephony.hearing import KEPT_FRAMES, Hearing
from calls.telephony.pacing import Due
from calls.telephony.playing import PlayQueue
from calls.telephony.recording import Recording
from calls.telephony.store import PlannedLeg, Writes

if TYPE_CHECKING:
    from calls.telephony.bridge import Bridge

logger = logging.getLogger(__name__)

# Just loud enough to tell a line that waits from a dead one, and too quiet for anybody to take it for speech.
COMFORT_DBFS: Final = -62.0
# Digits kept for the next worker.
MOST_DIGITS: Final = 50
# Silence after a goodbye before the leg ends: its last syllable is still on the way.
TAIL_SECONDS: Final = 0.1
# What a goodbye may take beyond its own length.
GOODBYE_SECONDS: Final = 3.0


class State(StrEnum):
    """As `bus.LegState` says it. A leg that is being claimed counts as dialing."""

    DIALING = "dialing"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


def comfort_noise(rate: int) -> list[bytes]:
    """A second of it, in frames."""
    rng = np.random.default_rng(rate)
    noise = rng.normal(0, from_dbfs(COMFORT_DBFS), (FRAMES_PER_SECOND, frame_samples(rate)))
    return [frame.astype("<i2").tobytes() for frame in noise]


class HeldLeg:
    """Hears its line (LegEvents) and obeys the switchboard, which learns by `changed` of each new state and by `over`
    that the line has ended."""

    def __init__(
        self,
        call: str,
        *,
        worker: str,
        token: int,
        now: float,
        writes: Writes,
        send: Callable[[str, bus.Item], None],
        changed: Callable[[HeldLeg], None],
        over: Callable[[HeldLeg, LegEnd], None],
    ) -> None:
        self.call = call
        self.writes = writes
        self.state = State.DIALING
        self.plan: PlannedLeg | None = None
        self.line: Leg | None = None
        # Set when it is known whether the leg is ours to dial.
        self.is_claimed = asyncio.Event()

        # Who drives the conversation; empty: nobody, since `alone_since`.
        self.worker = worker
        self.token = token
        self.beat_at = now
        self.alone_since: float | None = None
        self.has_apologised = False
        self._heard_upto = 0

        self.ring_until: float | None = None
        # The end that comes when the speech is played, or at the latest at `goodbye_until`.
        self.goodbye: LegEnd | None = None
        self.goodbye_until = 0.0
        self._quiet_since: float | None = None

        # From the answer on.
        self.frame = 0
        self.recording: Recording | None = None
        # What is said is in no recording, and nobody who listens in hears it.
        self.is_off_record = False
        self._use_rate(TELEPHONE_RATE)
        self._digits: deque[str] = deque(maxlen=MOST_DIGITS)

        # The transfer that is under way.
        self.bridge: Bridge | None = None
        self.guests = Guests(call, send=send)
        # What the operator said that the worker has not been told, and the agent's side since the listeners were.
        self._operator_said: deque[tuple[int, bytes]] = deque(maxlen=KEPT_FRAMES)
        self._agent_side: list[bytes] = []

        self._send = send
        self._changed = changed
        self._over = over

    @property
    def is_live(self) -> bool:
        return self.state != State.ENDED

    @property
    def is_answered(self) -> bool:
        return self.state == State.ANSWERED

    @property
    def may_apologise(self) -> bool:
        """Whether nobody says anything to the person now."""
        return self.is_answered and self.queue.is_silent and not (self.guests.is_operated or self.is_connected)

    @property
    def is_connected(self) -> bool:
        """Whether the person talks with whom the call was transferred to."""
        return self.bridge is not None and self.bridge.is_connected

    @property
    def _ear(self) -> Leg | None:
        """The line on which the agent is heard."""
        return self.bridge.line if self.bridge is not None and self.bridge.is_consulting else self.line

    def take_line(self, line: Leg) -> None:
        """This is the connection, not dialled yet."""
        self.line = line
        if line.rate != self.rate:
            self._use_rate(line.rate)

    def _use_rate(self, rate: int) -> None:
        self.rate = rate
        self.queue = PlayQueue(rate)
        self.hearing = Hearing(rate)
        self._silence = silent_frame(rate)
        self._comfort: list[bytes] = []

    # --- What the line says (LegEvents) -------------------------------------------------------------------------------

    def ringing(self) -> None:
        if self.state == State.DIALING:
            self.state = State.RINGING
            self._changed(self)

    def answered(self) -> None:
        if self.state in (State.DIALING, State.RINGING):
            self.state = State.ANSWERED
            self._changed(self)

    def heard(self, frame: bytes) -> None:
        if self.is_answered:
            size = frame_bytes(self.rate)
            frame = frame if len(frame) == size else frame[:size].ljust(size, b"\0")
            if self.bridge is None or self.bridge.caller_spoke(frame):
                self.hearing.hear(frame)

    def dtmf(self, digit: str) -> None:
        if self.bridge is None or not self.bridge.caller_pressed(digit):
            self.take_digit(digit)

    def take_digit(self, digit: str) -> None:
        """A key was pressed by whom the agent talks with."""
        if not self.is_live:
            return
        self._digits.append(digit)
        self._pass_digits()

    def ended(self, end: LegEnd) -> None:
        self._over(self, end)

    # --- The worker that drives the call ------------------------------------------------------------------------------

    def attach(self, worker: str, token: int, *, now: float) -> None:
        """Give the call to this worker. What it has to know, and what the person said since, follows."""
        is_new = (worker, token) != (self.worker, self.token)
        self.worker = worker
        self.token = token
        self.beat_at = now
        self.alone_since = None
        self.has_apologised = False
        if is_new:
            self.hearing.rewind(self._heard_upto)
        self.say_attached()
        self._pass_digits()

    def say_attached(self) -> None:
        self.tell(
            bus.Attached(
                call=self.call,
                token=self.token,
                state=self.state.value,
                rate=self.rate,
                frame=self.hearing.count,
                utterance=self.queue.utterance,
                played_ms=self.queue.played_ms,
                queued_ms=self.queue.queued_ms,
                is_whole=self.queue.is_whole,
                replay_from=self.hearing.sent,
                spoken_upto=self.queue.spoken_upto,
                is_operated=self.guests.is_operated,
            )
        )

    def detach(self, *, now: float) -> int:
        """Take the call from its worker, whatever the worker still sends. Gives the token it had."""
        had = self.token
        self.token += 1
        self.worker = ""
        self.alone_since = now
        return had

    def go_on_alone(self) -> None:
        """Nobody is to drive the call any more. What its last worker has still to write is valid."""
        self.worker = ""
        self.alone_since = None

    def outrank(self, token: int) -> None:
        """The database knows a newer token."""
        self.token = max(self.token, token)

    def beat(self, heard_upto: int) -> None:
        self._heard_upto = max(self._heard_upto, heard_upto)

    def tell(self, item: bus.Item) -> None:
        if self.worker:
            self._send(self.worker, item)

    def _pass_digits(self) -> None:
        while self.worker and self._digits:
            self.tell(bus.Digit(self.call, self.token, self._digits.popleft()))

    # --- Speech -------------------------------------------------------------------------------------------------------

    def speak(self, speech: bus.Speech) -> None:
        self.queue.put(utterance=speech.utterance, pcm=speech.pcm, is_last=speech.is_last)
        if self.guests.is_operated:
            self.queue.flush(self.frame)
        self._report()

    def flush(self) -> None:
        unheard = self._ear.flush() if self._ear is not None and self.is_answered else 0
        self.queue.flush(self.frame, unheard=unheard)
        self._report()

    def end_after_speech(self, end: LegEnd, *, now: float) -> None:
        self.goodbye = end
        self.goodbye_until = now + self.queue.queued_ms / 1000 + GOODBYE_SECONDS

    def has_said_goodbye(self, *, now: float) -> bool:
        """Whether a leg that is to end after its speech may end now."""
        if self.goodbye is None:
            return False
        if not self.is_answered or now >= self.goodbye_until:
            return True
        if not self.queue.is_silent:
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = now
        return self._quiet_since is not None and now - self._quiet_since >= TAIL_SECONDS

    # --- Those who listen in, and the one who speaks in the agent's place ----------------------------------------------

    def take_guest(self, sender: str, item: bus.Item, *, now: float) -> None:
        """Obey a listener."""
        was_operated = self.guests.is_operated
        may_operate = self.is_answered and self.goodbye is None and self.bridge is None
        self.guests.take(sender, item, now=now, may_operate=may_operate)
        self._heed_operator(was_operated)

    def let_guests_go(self, *, now: float) -> None:
        """Forget those who have not been heard of for too long."""
        was_operated = self.guests.is_operated
        self.guests.expire(now=now)
        self._heed_operator(was_operated)

    def _heed_operator(self, was_operated: bool) -> None:
        is_operated = self.guests.is_operated
        if is_operated == was_operated:
            return
        if is_operated:
            self.flush()
        self._pass_operator(is_bus_there=True)
        self.tell(bus.Operated(self.call, self.token, is_operated))

    def _pass_operator(self, *, is_bus_there: bool) -> None:
        """Tell the worker what the operator said. What nobody was told is kept for the next."""
        if not self.worker or not is_bus_there or not self._operator_said:
            return
        first = expected = self._operator_said[0][0]
        frames: list[bytes] = []
        while self._operator_said and self._operator_said[0][0] == expected:
            frames.append(self._operator_said.popleft()[1])
            expected += 1
        self.tell(bus.OperatorSaid(self.call, self.token, first, b"".join(frames)))

    # --- Time ---------------------------------------------------------------------------------------------------------

    def step(self, due: Due, *, is_bus_there: bool) -> None:
        """Let the time of these frames pass. Whatever the line raises comes out."""
        if due.missed:
            self.hearing.be_patient(due.missed)
            for _ in range(due.missed):
                self._record_agent(self._silence)
        for _ in range(due.frames):
            self._pass_frame(is_bus_there=is_bus_there)
            if not self.is_live:
                return

        placed = self._record_caller()
        self._report()
        self._pass_operator(is_bus_there=is_bus_there)
        self._copy(placed, is_bus_there=is_bus_there)
        # What waits here while the bus is away comes at the pace of a replay when it is back, not in one burst.
        if is_bus_there and self.worker and (heard := self.hearing.take()) is not None:
            self.tell(bus.Heard(self.call, self.token, *heard))

    def close_sound(self) -> None:
        """The leg has ended: settle what was said and heard."""
        self.flush()
        self._record_caller()

    def _record_caller(self) -> Sequence[bytes]:
        """Put what was heard in its place. Gives it."""
        is_recorded = not self.is_off_record and (self.bridge is None or self.bridge.is_recorded)
        placed = self.hearing.advance(self.frame)
        placed = placed if is_recorded else [self._silence] * len(placed)
        if self.recording is not None:
            for frame in placed:
                self.recording.caller(frame)
        return placed

    def _next_frame(self) -> bytes | None:
        """What the operator says, else the agent; None where nobody does."""
        if not self.guests.is_operated:
            return self.queue.next(self.frame)
        frame = self.guests.next_frame(self.rate)
        if frame is not None:
            self._operator_said.append((self.frame, frame))
        return frame

    def _copy(self, caller: Sequence[bytes], *, is_bus_there: bool) -> None:
        """Let the listeners hear both sides. What cannot be sent now is not sent later."""
        agent, self._agent_side = self._agent_side, []
        if self.guests.are_listening and is_bus_there:
            self.guests.let_hear(rate=self.rate, caller=b"".join(caller), agent=b"".join(agent))

    def _pass_frame(self, *, is_bus_there: bool) -> None:
        """Let the person hear the next 20 ms."""
        said = self._next_frame()
        if self.bridge is not None:
            self._play(*self.bridge.pass_frame(said))
            return
        frame = said or self._pause(is_bus_there=is_bus_there)
        self._play(frame, frame)

    def _play(self, frame: bytes, recorded: bytes) -> None:
        if self.line is not None:
            self.line.play(frame)
        self._record_agent(recorded)

    def _record_agent(self, frame: bytes) -> None:
        frame = self._silence if self.is_off_record else frame
        if self.recording is not None:
            self.recording.agent(frame)
        if self.guests.are_listening:
            self._agent_side.append(frame)
        self.frame += 1

    def _pause(self, *, is_bus_there: bool) -> bytes:
        """What is heard where nobody speaks: silence, or noise where nobody could."""
        if self.worker and is_bus_there:
            return self._silence
        self._comfort = self._comfort or comfort_noise(self.rate)
        return self._comfort[self.frame % len(self._comfort)]

    def _report(self) -> None:
        for mark in self.queue.marks():
            self.tell(
                bus.Played(self.call, self.token, mark.utterance, mark.played_ms, mark.frame, is_over=mark.is_over)
            )


def end_of(item: bus.HangUp, *, was_answered: bool) -> LegEnd:
    """The end that somebody asks for, in our words. Nobody hangs up on a call that was not answered: it is canceled."""
    try:
        reason, by = EndReason(item.reason), EndedBy(item.by)
    except ValueError:
        logger.warning("a leg is to end for no reason we know", extra={"call_id": item.call})
        return LegEnd(EndReason.INTERNAL_ERROR, EndedBy.PLATFORM)
    if reason == EndReason.API_HANGUP and not was_answered:
        reason = EndReason.CANCELED
    return LegEnd(reason, by)
