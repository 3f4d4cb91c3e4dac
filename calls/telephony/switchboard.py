"""The switchboard: a holder's legs by call, from the order to dial to the stored end.

It passes time on, judges workers, obeys those that drive a call and refuses those that no longer do. `tick` and `take`
never wait; what takes time (the database, a line, a disk) is given to `spawn`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from calls import bus
from calls.telephony.apology import Apologies
from calls.telephony.base import EndedBy, EndReason, LegEnd, LegFactory, LegKind, UnknownLegKind, make_leg
from calls.telephony.bridge import Bridges
from calls.telephony.held import HeldLeg, State, end_of
from calls.telephony.pacing import Due
from calls.telephony.recording import Recorder, RecordingFacts
from calls.telephony.store import LegStore, Writes
from calls.telephony.witness import Witness

logger = logging.getLogger(__name__)

T = TypeVar("T")

# A person without a conversation: when something is said to them, and when the leg ends.
APOLOGISE_AFTER: Final = 6.0
ALONE_SECONDS: Final = 30.0
# How long calls wait for the bus itself.
BUS_SECONDS: Final = 10.0
# What a leg may take to notice its own ring time-out.
RING_GRACE: Final = 0.5
# A leg's worker completes the call within this time of the end, or the holder does.
FINISH_AFTER: Final = 3.0
REMEMBER_SECONDS: Final = 60.0
# What a line, a disk and a database may take at the end of a leg, each.
HANG_UP_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 2.0

MEDIA_LOST: Final = LegEnd(EndReason.MEDIA_LOST, EndedBy.PLATFORM)
WORKER_LOST: Final = LegEnd(EndReason.WORKER_LOST, EndedBy.PLATFORM)


@dataclass
class _Past:
    """A leg that has ended, remembered until its call is surely complete: without its sound, which is large."""

    call: str
    worker: str
    writes: Writes
    end: LegEnd
    ended_at: float
    is_finished: bool = False


class Switchboard:
    def __init__(
        self,
        *,
        store: LegStore,
        kinds: Mapping[LegKind, LegFactory],
        recorder: Recorder,
        apologies: Apologies,
        witness: Witness,
        send: Callable[[str, bus.Item], None],
        spawn: Callable[[Awaitable[None]], None],
        clock: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        # It takes no new legs.
        self.is_draining = False
        self._store = store
        self._kinds = kinds
        self._recorder = recorder
        self._apologies = apologies
        self._witness = witness
        self._send = send
        self._spawn = spawn
        self._clock = clock
        self._wall = wall
        self._bridges = Bridges(store=store, kinds=kinds, send=send, end=self._end, spawn=spawn, clock=clock, wall=wall)
        self._legs: dict[str, HeldLeg] = {}
        self._past: dict[str, _Past] = {}
        # Set while there is no leg whose end is not stored.
        self.is_empty = asyncio.Event()
        self.is_empty.set()

    @property
    def live(self) -> int:
        """Legs that have not ended."""
        return len(self.live_calls())

    def live_calls(self) -> list[str]:
        """The calls whose legs have not ended."""
        return [leg.call for leg in self._legs.values() if leg.is_live]

    def end_all(self, end: LegEnd) -> None:
        for leg in list(self._legs.values()):
            self._end(leg, end)

    def end_those(self, over: Mapping[str, LegEnd]) -> None:
        """The database has ended the legs of these calls."""
        for call, end in over.items():
            if (leg := self._legs.get(call)) is not None and leg.is_live:
                logger.warning("a leg was ended without its holder", extra={"call_id": call})
                self._end(leg, end)

    async def finish_all(self, *, after: float) -> None:
        """Complete the calls of all legs that have ended, unless their workers do so within `after` seconds."""
        unfinished = [past for past in self._past.values() if not past.is_finished]
        if any(past.worker for past in unfinished):
            await asyncio.sleep(after)
        for done in [self._finish(past) for past in unfinished]:
            await done.wait()

    # --- The tick -----------------------------------------------------------------------------------------------------

    def tick(self, due: Due, *, now: float, is_bus_free: bool, may_judge: bool) -> None:
        """Let the time of `due` pass for all legs. One leg's failure is not the others'.

        `is_bus_free`: nothing is held up there. `may_judge`: the holder itself was on time.
        """
        is_bus_there = is_bus_free and self._witness.away_since is None
        for leg in list(self._legs.values()):
            try:
                self._pass_time(leg, due, now, is_bus_there=is_bus_there)
            except Exception:
                logger.exception("a leg failed", extra={"call_id": leg.call})
                self._end(leg, MEDIA_LOST)
        if may_judge and self._witness.may_judge(now=now):
            self._judge_workers(now)
        self._let_go_of_the_past(now)

    def _pass_time(self, leg: HeldLeg, due: Due, now: float, *, is_bus_there: bool) -> None:
        leg.let_guests_go(now=now)
        if leg.is_answered:
            leg.step(due, is_bus_there=is_bus_there)
            self._bridges.pass_time(leg, now)
        if not leg.is_live or leg.is_connected:
            return

        away_since = self._witness.away_since
        waited = now - min(since for since in (leg.alone_since, away_since, now) if since is not None)
        if leg.ring_until is not None and not leg.is_answered and now >= leg.ring_until:
            # Without a sign of ringing nobody can be said not to have answered.
            reason = EndReason.NO_ANSWER if leg.state == State.RINGING else EndReason.CARRIER_ERROR
            self._end(leg, LegEnd(reason, EndedBy.CARRIER, "ring time-out"))
        elif leg.goodbye is not None and leg.has_said_goodbye(now=now):
            self._end(leg, leg.goodbye)
        elif away_since is not None and now - away_since >= BUS_SECONDS:
            self._end(leg, MEDIA_LOST)
        elif leg.alone_since is not None and away_since is None and now - leg.alone_since >= ALONE_SECONDS:
            self._end(leg, WORKER_LOST)
        elif waited >= APOLOGISE_AFTER and leg.may_apologise:
            self._apologise(leg)

    def _judge_workers(self, now: float) -> None:
        for leg in self._legs.values():
            # Who only has a goodbye left to hear needs nobody to drive the call.
            if not leg.worker or not leg.is_live or leg.goodbye is not None:
                continue
            if self._witness.is_gone(leg.worker):
                self._condemn(leg, now, "is gone")
            elif self._witness.is_hung(last_beat=leg.beat_at, now=now):
                self._condemn(leg, now, "hangs")

    def _condemn(self, leg: HeldLeg, now: float, why: str) -> None:
        logger.warning("a call's worker %s", why, extra={"call_id": leg.call, "worker": leg.worker})
        worker = leg.worker
        token = leg.detach(now=now)
        # One that only hung finds this when it goes on.
        self._send(worker, bus.Fenced(leg.call, leg.token))
        at = self._wall()
        leg.writes.put(lambda: self._hand_on(leg, self._store.fence(call=leg.call, token=token, at=at)))

    async def _hand_on(self, leg: HeldLeg, handing: Awaitable[int | None]) -> None:
        token = await handing
        if token is not None:
            leg.outrank(token)

    def _apologise(self, leg: HeldLeg) -> None:
        if leg.has_apologised or leg.plan is None:
            return
        leg.has_apologised = True
        if words := self._apologies.get(voice=leg.plan.voice, rate=leg.rate):
            leg.queue.put_own(words)

    def _let_go_of_the_past(self, now: float) -> None:
        for call, past in list(self._past.items()):
            if not past.is_finished and now - past.ended_at >= FINISH_AFTER:
                self._finish(past)
            if now - past.ended_at >= REMEMBER_SECONDS:
                del self._past[call]

    def _finish(self, past: _Past) -> asyncio.Event:
        past.is_finished = True
        call, at = past.call, self._wall()
        return past.writes.put(lambda: self._store.finish(call=call, at=at))

    # --- What the workers say -----------------------------------------------------------------------------------------

    def take(self, sender: str, items: Sequence[bus.Item]) -> None:
        """Obey a batch. Whoever no longer drives a call is told so once a batch, and what it sent is dropped."""
        now = self._clock()
        fenced: dict[str, int] = {}
        for item in items:
            if isinstance(item, bus.Farewell):
                self._take_farewell(sender, now)
            elif isinstance(item, bus.Dial | bus.Attach):
                newer = self._take_claim(sender, item, now)
                fenced.update({item.call: newer} if newer else {})
            elif (leg := self._legs.get(item.call)) is None or item.call in self._past:
                self._answer_for_the_past(sender, item)
            elif not item.token and isinstance(item, bus.HangUp | bus.SendDigits | bus.OffRecord):
                self._obey(leg, item, now)
            elif isinstance(item, bus.Listen | bus.Operate | bus.OperatorSpeech):
                leg.take_guest(sender, item, now=now)
            elif item.token == leg.token and leg.worker == sender:
                leg.beat_at = now
                self._obey(leg, item, now)
            else:
                fenced[item.call] = leg.token
        for call, token in fenced.items():
            self._send(sender, bus.Fenced(call, token))

    def _take_claim(self, sender: str, item: bus.Dial | bus.Attach, now: float) -> int | None:
        """Let a worker have the leg it asks for. Gives the token that outranks it, if one does."""
        leg = self._legs.get(item.call)
        if item.call in self._past:
            self._answer_for_the_past(sender, item)
        elif leg is not None and leg.is_connected:
            self._bridges.turn_away(leg, sender, item.token)
        elif leg is not None:
            if item.token < leg.token or (item.token == leg.token and leg.worker not in ("", sender)):
                return leg.token
            if leg.worker not in ("", sender):
                self._send(leg.worker, bus.Fenced(leg.call, item.token))
            self._witness.forget(sender)
            leg.attach(sender, item.token, now=now)
        elif isinstance(item, bus.Attach):
            # The leg that the worker knows of was never here, or is long gone.
            self._send(sender, _ended(item.call, item.token, MEDIA_LOST))
        elif not self.is_draining:
            self._witness.forget(sender)
            self._plan(sender, item, now)
        return None

    def _take_farewell(self, sender: str, now: float) -> None:
        for leg in self._legs.values():
            if leg.worker == sender and leg.is_live:
                self._release(leg, now)

    def _answer_for_the_past(self, sender: str, item: bus.Item) -> None:
        """What a worker has not heard yet: that the leg has ended."""
        past = self._past.get(item.call)
        if past is not None and isinstance(item, bus.Dial | bus.Attach | bus.Beat | bus.HangUp):
            self._send(sender, _ended(item.call, item.token, past.end))

    def _obey(self, leg: HeldLeg, item: bus.Item, now: float) -> None:
        match item:
            case bus.Speech():
                leg.speak(item)
            case bus.Flush():
                leg.flush()
            case bus.Beat():
                leg.beat(item.heard_upto)
            case bus.HangUp():
                end = end_of(item, was_answered=leg.is_answered)
                if item.after_speech:
                    leg.end_after_speech(end, now=now)
                else:
                    self._end(leg, end)
            case bus.SendDigits():
                self._spawn(self._send_digits(leg, item.digits))
            case bus.OffRecord():
                leg.is_off_record = item.is_on
            case bus.Release():
                self._release(leg, now)
            case bus.Transfer() | bus.Connect() | bus.DropTransfer():
                self._bridges.take(leg, item)
            case _:
                logger.warning("a leg holder was sent what is not for it", extra={"item": type(item).__name__})

    def _release(self, leg: HeldLeg, now: float) -> None:
        token = leg.detach(now=now)
        at = self._wall()
        leg.writes.put(lambda: self._hand_on(leg, self._store.release(call=leg.call, token=token, at=at)))

    async def _send_digits(self, leg: HeldLeg, digits: str) -> None:
        if leg.line is not None and leg.is_answered:
            await leg.line.send_dtmf(digits)

    # --- A leg's life -------------------------------------------------------------------------------------------------

    def _plan(self, worker: str, item: bus.Dial, now: float) -> None:
        leg = HeldLeg(
            item.call,
            worker=worker,
            token=item.token,
            now=now,
            writes=Writes(item.call, spawn=self._spawn),
            send=self._send,
            changed=self._changed,
            over=lambda leg, end: self._end(leg, end, hang_up=False),
        )
        self._legs[item.call] = leg
        self.is_empty.clear()
        self._spawn(self._dial(leg))

    async def _dial(self, leg: HeldLeg) -> None:
        """Take the planned leg in the database, and only then dial it."""
        try:
            leg.plan = await self._store.begin_dial(call=leg.call, at=self._wall())
            leg.is_off_record = leg.plan is not None and leg.plan.is_off_record
        finally:
            leg.is_claimed.set()
            if leg.plan is None:
                # Not ours, or not known whether it is: its worker asks again. Nothing has rung.
                self._drop(leg)
        if leg.plan is None or not leg.is_live:
            return

        spec = leg.plan.spec
        try:
            line = make_leg(self._kinds, spec, leg)
            leg.take_line(line)
            self._tell_state(leg)
            leg.say_attached()
            self._spawn(self._apologies.prepare(voice=leg.plan.voice, rate=leg.rate))
            if spec.dial_after and not await _outlives(leg, spec.dial_after):
                return
            leg.ring_until = self._clock() + spec.ring_timeout + RING_GRACE
            await line.dial()
        except Exception as error:
            logger.exception("a leg could not be dialled", extra={"call_id": leg.call})
            by = EndedBy.PLATFORM if isinstance(error, UnknownLegKind) else EndedBy.CARRIER
            self._end(leg, LegEnd(EndReason.CARRIER_ERROR, by, type(error).__name__))

    def _changed(self, leg: HeldLeg) -> None:
        """The leg rings, or somebody answered."""
        if leg.is_answered:
            at = self._wall()
            leg.recording = self._recorder.start(call_id=leg.call, rate=leg.rate)
            name, rate = leg.recording.name, leg.rate
            leg.writes.put(lambda: self._store.answered(call=leg.call, at=at, recording=name, rate=rate))
        else:
            leg.writes.put(lambda: self._store.ringing(call=leg.call))
        self._tell_state(leg)

    def _tell_state(self, leg: HeldLeg) -> None:
        leg.tell(bus.LegState(leg.call, leg.token, leg.state.value))

    def _end(self, leg: HeldLeg, end: LegEnd, *, hang_up: bool = True) -> None:
        """The one way a leg ends, whoever wants it. The first reason counts."""
        if not leg.is_live:
            return

        leg.close_sound()
        end = self._bridges.close(leg, end)
        leg.state = State.ENDED
        self._spawn(self._put_away(leg, end, self._wall(), hang_up=hang_up))

    async def _put_away(self, leg: HeldLeg, end: LegEnd, at: datetime, *, hang_up: bool) -> None:
        if hang_up and leg.line is not None:
            await _within(HANG_UP_SECONDS, leg.line.hang_up())
        recording: RecordingFacts | None = None
        if leg.recording is not None:
            recording = await _within(CLOSE_SECONDS, leg.recording.finish())
        await _within(CLOSE_SECONDS, leg.is_claimed.wait())
        if leg.plan is not None:
            stored = leg.writes.put(
                lambda: self._store.ended(call=leg.call, end=end, at=at, recording=recording), at_all_costs=True
            )
            # The worker completes the call from what is stored; without a database it is told all the same.
            await _within(CLOSE_SECONDS, stored.wait())
            self._past[leg.call] = _Past(leg.call, leg.worker, leg.writes, end, self._clock())
        if leg.worker:
            self._send(leg.worker, _ended(leg.call, leg.token, end))
        if leg.line is not None:
            await _within(HANG_UP_SECONDS, leg.line.close())
        self._drop(leg)

    def _drop(self, leg: HeldLeg) -> None:
        # Each knows the other: together they would wait for the garbage collector, which comes late.
        leg.line = None
        if self._legs.get(leg.call) is leg:
            del self._legs[leg.call]
        if not self._legs:
            self.is_empty.set()


def _ended(call: str, token: int, end: LegEnd) -> bus.LegState:
    return bus.LegState(call, token, State.ENDED.value, end.reason.value, end.by.value)


async def _within(seconds: float, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` gives, or None when it fails or takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        logger.warning("an ending leg waits no longer for a part of it")
    except Exception:
        logger.exception("a part of a leg failed at its end")
    return None


async def _outlives(leg: HeldLeg, seconds: float) -> bool:
    """Whether the leg is still wanted after its wait."""
    await asyncio.sleep(seconds)
    return leg.is_live
