"""Calls that come in over SIP, from their INVITE until a conversation takes them or they are turned away.

Who is let in is not decided here: `Reception` knows the lines. A call that is let in rings until a worker has its leg
dialled, which is to answer it, and no longer than RING_SECONDS.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from baresip.call import Call
from baresip.errors import BaresipError
from baresip.events import Event, StackEvent

from calls.telephony.base import EndedBy, EndReason, LegEnd
from calls.telephony.sip_invite import Invite, Invites
from calls.telephony.store import StoreAway

logger = logging.getLogger(__name__)

# Shorter than the reaper's patience: who rings is to hear from us that nobody comes.
RING_SECONDS: Final = 25.0
LOOK_SECONDS: Final = 1.0
# What the stack's log may be behind its events.
_TEXT_SECONDS: Final = 0.01
_TEXT_LOOKS: Final = 100
# Calls that are asked about at once, and that wait for that.
MOST_ASKED: Final = 8
MOST_WAITING: Final = 100

NOBODY_CAME: Final = LegEnd(EndReason.NO_CAPACITY, EndedBy.PLATFORM, "rang for too long")
CALLER_LEFT: Final = LegEnd(EndReason.CANCELED, EndedBy.USER)

BUSY: Final = (486, "Busy Here")
UNAVAILABLE: Final = (503, "Service Unavailable")
STRANGER: Final = (403, "Forbidden")
GONE: Final = (480, "Temporarily Unavailable")


class TurnedAway(Exception):
    """Nobody takes this call. `status` and `reason` are what SIP says to that."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class Reception(Protocol):
    """The database as calls that come in see it. Every method may raise StoreAway."""

    async def admit(self, invite: Invite, *, registered: str) -> str:
        """The public id of a new call. `registered` is the line whose registration it came in on, if so. Raises
        TurnedAway."""

    async def give_up(self, call: str, end: LegEnd) -> bool:
        """End a call that nobody answered. False where its leg was dialled: then it is about to be answered."""

    async def over(self, calls: Sequence[str]) -> set[str]:
        """Those of these that somebody has ended."""


@dataclass(eq=False)
class _Ringing:
    """A call that was not answered yet. `call_id` is ours, empty until it is let in."""

    sip: Call
    since: float
    call_id: str = ""
    is_closed: bool = False

    def has_left(self) -> bool:
        return self.is_closed


class Incoming:
    """Receives the calls of one stack. `refuse` gives a call that rings a status of SIP, as far as the stack can."""

    def __init__(
        self,
        *,
        reception: Reception,
        invites: Invites,
        refuse: Callable[[Call, int, str], Awaitable[None]],
        line_of: Callable[[int], str],
    ) -> None:
        # It takes no new calls.
        self.is_closed = False
        self._reception = reception
        self._invites = invites
        self._refuse = refuse
        self._line_of = line_of
        self._by_handle: dict[int, _Ringing] = {}
        self._by_call: dict[str, _Ringing] = {}
        self._asking = asyncio.Semaphore(MOST_ASKED)
        self._work: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    @property
    def ringing(self) -> int:
        return len(self._by_handle)

    def arrive(self, call: Call, event: StackEvent) -> None:
        """Somebody calls."""
        ringing = _Ringing(call, asyncio.get_running_loop().time())
        if self.is_closed or len(self._by_handle) >= MOST_WAITING:
            self._spawn(self._turn_away(ringing, *UNAVAILABLE))
            return
        self._by_handle[call.handle] = ringing
        self._spawn(self._let_in(ringing, event))
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    def take(self, event: StackEvent) -> bool:
        """An event of a call that is not answered yet. False where it is none of those."""
        ringing = self._by_handle.get(event.call)
        if ringing is None:
            return False
        if event.event is Event.CALL_CLOSED:
            ringing.is_closed = True
            del self._by_handle[event.call]
            if ringing.call_id:
                self._spawn(self._leave(ringing, CALLER_LEFT))
        return True

    def pick_up(self, call_id: str) -> Call | None:
        """The call that is to be answered now: from here on its events are somebody else's. None where it is gone."""
        ringing = self._by_call.pop(call_id, None)
        if ringing is None or ringing.is_closed:
            return None
        self._by_handle.pop(ringing.sip.handle, None)
        return ringing.sip

    async def close(self) -> None:
        """Turn away who rings still."""
        self.is_closed = True
        for ringing in list(self._by_handle.values()):
            with contextlib.suppress(Exception):
                await self._turn_away(ringing, *UNAVAILABLE)
                if ringing.call_id:
                    await self._reception.give_up(ringing.call_id, NOBODY_CAME)
        for task in [*self._work, *([self._watching] if self._watching is not None else [])]:
            task.cancel()

    async def _let_in(self, ringing: _Ringing, event: StackEvent) -> None:
        try:
            invite = await self._invite_of(event.call_id or "")
            if invite is None:
                raise TurnedAway(*STRANGER)
            async with self._asking:
                if ringing.is_closed:
                    return
                registered = self._line_of(event.ua) if invite.is_to_contact else ""
                call_id = await self._reception.admit(invite, registered=registered)
        except TurnedAway as no:
            await self._turn_away(ringing, no.status, no.reason)
        except StoreAway:
            logger.warning("the database is away; a call that came in is turned away")
            await self._turn_away(ringing, *UNAVAILABLE)
        except Exception:
            logger.exception("a call that came in could not be let in")
            await self._turn_away(ringing, *UNAVAILABLE)
        else:
            ringing.call_id = call_id
            self._by_call[call_id] = ringing
            if ringing.has_left():
                await self._leave(ringing, CALLER_LEFT)

    async def _invite_of(self, sip_call_id: str) -> Invite | None:
        for _ in range(_TEXT_LOOKS):
            if self._invites.knows(sip_call_id):
                break
            await asyncio.sleep(_TEXT_SECONDS)
        return self._invites.take(sip_call_id)

    async def _turn_away(self, ringing: _Ringing, status: int, reason: str) -> None:
        self._by_handle.pop(ringing.sip.handle, None)
        if not ringing.is_closed:
            ringing.is_closed = True
            with contextlib.suppress(BaresipError):
                await self._refuse(ringing.sip, status, reason)

    async def _leave(self, ringing: _Ringing, end: LegEnd) -> bool:
        """The call is over before it was answered, unless its leg has just been dialled. What cannot be stored now, the
        reaper finds."""
        is_over = False
        with contextlib.suppress(StoreAway):
            is_over = await self._reception.give_up(ringing.call_id, end)
        if is_over:
            self._by_call.pop(ringing.call_id, None)
        return is_over

    async def _watch(self) -> None:
        """Look after those who ring, for as long as any do."""
        while self._by_handle or self._by_call:
            await asyncio.sleep(LOOK_SECONDS)
            await _guarded(self._look())

    async def _look(self) -> None:
        """Turn away who has rung for too long, and whose call was ended by somebody else."""
        now = asyncio.get_running_loop().time()
        for ringing in [each for each in self._by_call.values() if now - each.since >= RING_SECONDS]:
            # Where its leg was dialled it is about to be answered, and if not even that happens, nobody will come.
            if await self._leave(ringing, NOBODY_CAME) or now - ringing.since >= 2 * RING_SECONDS:
                self._by_call.pop(ringing.call_id, None)
                await self._turn_away(ringing, *BUSY)
        with contextlib.suppress(StoreAway):
            for call_id in await self._reception.over(list(self._by_call)):
                if (ended := self._by_call.pop(call_id, None)) is not None:
                    await self._turn_away(ended, *GONE)

    def _spawn(self, work: Awaitable[object]) -> None:
        task = asyncio.get_running_loop().create_task(_guarded(work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)


async def _guarded(work: Awaitable[object]) -> None:
    try:
        await work
    except Exception:
        logger.exception("a call that came in could not be dealt with")
