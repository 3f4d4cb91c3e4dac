"""A transfer, in the hands of the caller's leg holder: a second line is dialled, and then connected with the first.

Until the other side answers the agent still has the caller, who hears music where nobody speaks. Then, in a warm
transfer, the agent has the other side; at last the two have each other, and nobody drives the call any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from calls import bus
from calls.audio.framing import frame_bytes, silent_frame
from calls.telephony.base import EndedBy, EndReason, Leg, LegEnd, LegFactory, LegKind, Refers, make_leg
from calls.telephony.hold_music import hold_music
from calls.telephony.store import PlannedTransfer, TransferStore

if TYPE_CHECKING:
    from calls.telephony.held import HeldLeg

logger = logging.getLogger(__name__)

# Frames that a lane waits for before it flows, so that uneven ones do not stutter, and the most that it keeps.
AHEAD_FRAMES: Final = 2
MOST_FRAMES: Final = 6
# What a line may take to notice its own ring time-out.
RING_GRACE: Final = 0.5

NOT_NOW: Final = LegEnd(EndReason.CANCELED, EndedBy.PLATFORM, "not now")
NOT_OURS: Final = LegEnd(EndReason.CANCELED, EndedBy.PLATFORM, "not to be dialled")
UNANSWERED: Final = LegEnd(EndReason.NO_ANSWER, EndedBy.CARRIER, "ring time-out")


class Stage(StrEnum):
    """As `bus.TransferState` says it."""

    DIALING = "dialing"
    RINGING = "ringing"
    ANSWERED = "answered"
    CONNECTED = "connected"
    ENDED = "ended"


class Lane:
    """One way between two lines: frames as they come, and one a tick as they go."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._is_flowing = False

    def put(self, frame: bytes) -> None:
        self._frames.append(frame)
        if len(self._frames) > MOST_FRAMES:
            # The other clock is faster, or we stood still: what is said now counts.
            self._frames.popleft()

    def next(self) -> bytes | None:
        self._is_flowing = bool(self._frames) and (self._is_flowing or len(self._frames) >= AHEAD_FRAMES)
        return self._frames.popleft() if self._is_flowing else None


class Bridge:
    """One transfer of one call. Hears the second line (LegEvents)."""

    def __init__(
        self,
        leg: HeldLeg,
        transfer: str,
        *,
        changed: Callable[[Bridge], None],
        over: Callable[[Bridge, LegEnd], None],
        spawn: Callable[[Awaitable[None]], None],
    ) -> None:
        self.leg = leg
        self.transfer = transfer
        self.stage = Stage.DIALING
        self.plan: PlannedTransfer | None = None
        self.line: Leg | None = None
        self.ring_until: float | None = None
        self._changed = changed
        self._over = over
        self._spawn = spawn
        self._music = hold_music(leg.rate)
        self._music_at = 0
        self._silence = silent_frame(leg.rate)
        self._to_caller = Lane()
        self._to_other = Lane()

    def is_over(self) -> bool:
        return self.stage == Stage.ENDED

    @property
    def is_connected(self) -> bool:
        return self.stage == Stage.CONNECTED

    @property
    def is_consulting(self) -> bool:
        """Whether the agent speaks with the other side, and not with the caller."""
        return self.stage == Stage.ANSWERED

    @property
    def is_recorded(self) -> bool:
        return not self.is_connected or self.plan is None or self.plan.is_recorded

    # --- What the second line says (LegEvents) ------------------------------------------------------------------------

    def ringing(self) -> None:
        if self.stage == Stage.DIALING:
            self.stage = Stage.RINGING
            self._changed(self)

    def answered(self) -> None:
        if self.stage in (Stage.DIALING, Stage.RINGING):
            self.stage = Stage.ANSWERED
            self._changed(self)

    def heard(self, frame: bytes) -> None:
        size = frame_bytes(self.leg.rate)
        frame = frame if len(frame) == size else frame[:size].ljust(size, b"\0")
        if self.is_connected:
            self._to_caller.put(frame)
        elif self.is_consulting:
            self.leg.hearing.hear(frame)

    def dtmf(self, digit: str) -> None:
        if self.is_consulting:
            self.leg.take_digit(digit)
        elif self.is_connected and self.leg.line is not None:
            self._spawn(self.leg.line.send_dtmf(digit))

    def ended(self, end: LegEnd) -> None:
        self._over(self, end)

    # --- Between the two ----------------------------------------------------------------------------------------------

    def caller_spoke(self, frame: bytes) -> bool:
        """The caller's next 20 ms. Whether they are for the agent, and for the recording."""
        if self.is_connected:
            self._to_other.put(frame)
        return not self.is_consulting

    def caller_pressed(self, digit: str) -> bool:
        """The caller pressed a key. Whether it is not for the agent."""
        if self.is_connected and self.line is not None:
            self._spawn(self.line.send_dtmf(digit))
        return self.is_connected or self.is_consulting

    def pass_frame(self, said: bytes | None) -> tuple[bytes, bytes]:
        """Let 20 ms pass, in which the agent says this. What the caller hears, and what is recorded as our side's."""
        if self.is_connected:
            self._play(self._to_other.next())
            heard = self._to_caller.next() or self._silence
            return heard, heard if self.is_recorded else self._silence
        if self.is_consulting:
            self._play(said)
            return self._next_of_music(), said or self._silence
        return said or self._next_of_music(), said or self._silence

    def _play(self, frame: bytes | None) -> None:
        if self.line is not None:
            self.line.play(frame or self._silence)

    def _next_of_music(self) -> bytes:
        frame = self._music[self._music_at % len(self._music)]
        self._music_at += 1
        return frame


class Bridges:
    """The transfers of a holder's calls. `take` and `pass_time` never wait."""

    def __init__(
        self,
        *,
        store: TransferStore,
        kinds: Mapping[LegKind, LegFactory],
        send: Callable[[str, bus.Item], None],
        end: Callable[[HeldLeg, LegEnd], None],
        spawn: Callable[[Awaitable[None]], None],
        clock: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._send = send
        self._end = end
        self._spawn = spawn
        self._clock = clock
        self._wall = wall

    def take(self, leg: HeldLeg, item: bus.Transfer | bus.Connect | bus.DropTransfer) -> None:
        """Obey who drives the call."""
        bridge = leg.bridge
        if isinstance(item, bus.Transfer):
            self._begin(leg, item.transfer)
        elif bridge is not None and isinstance(item, bus.Connect):
            if bridge.is_consulting:
                self._connect(bridge)
        elif bridge is not None and isinstance(item, bus.DropTransfer) and not bridge.is_connected:
            try:
                reason = EndReason(item.reason)
            except ValueError:
                reason = EndReason.CANCELED
            self._finish(bridge, LegEnd(reason, EndedBy.AGENT, "let go by the agent"))

    def turn_away(self, leg: HeldLeg, worker: str, token: int) -> None:
        """A worker wants a call that goes on without any."""
        if leg.bridge is not None:
            self._send(worker, bus.TransferState(leg.call, token, leg.bridge.transfer, leg.bridge.stage.value))

    def pass_time(self, leg: HeldLeg, now: float) -> None:
        bridge = leg.bridge
        is_unanswered = bridge is not None and bridge.stage in (Stage.DIALING, Stage.RINGING)
        if bridge is not None and is_unanswered and bridge.ring_until is not None and now >= bridge.ring_until:
            self._finish(bridge, UNANSWERED)

    def close(self, leg: HeldLeg, end: LegEnd) -> LegEnd:
        """The caller's leg ends like this. Gives the end as it is told: who was connected was transferred."""
        bridge = leg.bridge
        if bridge is None:
            return end
        was_connected = bridge.is_connected
        if end.reason == EndReason.TRANSFERRED and not was_connected:
            # The trunk did it.
            self._note_connected(bridge)
        self._finish(bridge, end, is_told=False)
        if was_connected and end.reason == EndReason.USER_HANGUP:
            return LegEnd(EndReason.TRANSFERRED, end.by, end.detail)
        return end

    def tell(self, leg: HeldLeg, bridge: Bridge, reason: str = "") -> None:
        leg.tell(bus.TransferState(leg.call, leg.token, bridge.transfer, bridge.stage.value, reason))

    def _begin(self, leg: HeldLeg, transfer: str) -> None:
        if leg.bridge is not None and leg.bridge.transfer == transfer:
            self.tell(leg, leg.bridge)
            return
        bridge = Bridge(leg, transfer, changed=self._changed, over=self._lost, spawn=self._spawn)
        if leg.bridge is not None or not leg.is_answered or leg.goodbye is not None or leg.guests.is_operated:
            self._finish(bridge, NOT_NOW)
            return
        leg.bridge = bridge
        self.tell(leg, bridge)
        self._spawn(self._dial(leg, bridge))

    async def _dial(self, leg: HeldLeg, bridge: Bridge) -> None:
        """Take the planned transfer in the database, and only then dial."""
        try:
            bridge.plan = plan = await self._store.begin_transfer(
                call=leg.call, transfer=bridge.transfer, at=self._wall()
            )
            if plan is None or bridge.is_over() or not leg.is_live:
                self._finish(bridge, NOT_OURS)
                return
            if plan.refer_to and (referring := _referring(leg.line)) is not None:
                await self._refer(referring, plan.refer_to, bridge)
                return
            bridge.line = line = make_leg(self._kinds, plan.spec, bridge)
            if line.rate != leg.rate:
                raise ValueError("two lines of different rates cannot be connected")
            if plan.spec.dial_after:
                await asyncio.sleep(plan.spec.dial_after)
            if bridge.is_over():
                return
            bridge.ring_until = self._clock() + plan.spec.ring_timeout + RING_GRACE
            await line.dial()
        except Exception as error:
            logger.exception("a transfer could not be dialled", extra={"call_id": leg.call})
            self._finish(bridge, LegEnd(EndReason.CARRIER_ERROR, EndedBy.PLATFORM, type(error).__name__))

    async def _refer(self, line: Refers, to: str, bridge: Bridge) -> None:
        refused = await line.refer(to)
        if bridge.is_over():
            return
        if refused is not None:
            self._finish(bridge, refused)
            return
        self._end(bridge.leg, LegEnd(EndReason.TRANSFERRED, EndedBy.AGENT, "the trunk did it"))

    def _changed(self, bridge: Bridge) -> None:
        """It rings, or somebody answered."""
        at = self._wall()
        if not bridge.is_consulting:
            bridge.leg.writes.put(lambda: self._store.transfer_ringing(transfer=bridge.transfer))
            self.tell(bridge.leg, bridge)
            return
        bridge.leg.writes.put(lambda: self._store.transfer_answered(transfer=bridge.transfer, at=at))
        if bridge.plan is not None and bridge.plan.is_warm:
            self.tell(bridge.leg, bridge)
        else:
            self._connect(bridge)

    def _connect(self, bridge: Bridge) -> None:
        leg = bridge.leg
        # What was still to be said is said to nobody.
        leg.flush()
        self._note_connected(bridge)
        self.tell(leg, bridge)
        leg.go_on_alone()

    def _note_connected(self, bridge: Bridge) -> None:
        at = self._wall()
        bridge.stage = Stage.CONNECTED
        bridge.leg.writes.put(
            lambda: self._store.transfer_connected(transfer=bridge.transfer, at=at), at_all_costs=True
        )

    def _lost(self, bridge: Bridge, end: LegEnd) -> None:
        """The second line has ended."""
        if bridge.is_connected:
            self._end(bridge.leg, LegEnd(EndReason.TRANSFERRED, end.by, end.detail))
        else:
            self._finish(bridge, end)

    def _finish(self, bridge: Bridge, end: LegEnd, *, is_told: bool = True) -> None:
        """The transfer is over, and the second line with it."""
        if bridge.is_over():
            return
        leg, at = bridge.leg, self._wall()
        if bridge.is_consulting:
            # What is on its way to the other side is not for the caller.
            leg.flush()
        bridge.stage = Stage.ENDED
        if leg.bridge is bridge:
            leg.bridge = None
        leg.writes.put(lambda: self._store.transfer_ended(transfer=bridge.transfer, end=end, at=at), at_all_costs=True)
        if bridge.line is not None:
            self._spawn(bridge.line.close())
        if is_told:
            self.tell(leg, bridge, end.reason.value)


def _referring(line: object) -> Refers | None:
    """The line, if its carrier can be asked to do it."""
    return line if isinstance(line, Refers) else None
