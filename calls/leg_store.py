"""The database as a leg holder sees it: services, on threads of their own, behind the port that the holder knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from calls.services import legs, lifecycle, transfers
from calls.services.background import Jobs
from calls.services.traces import add_trace
from calls.telephony.base import EndedBy, EndReason, LegEnd, LegSpec
from calls.telephony.recording import RecordingFacts
from calls.telephony.sip_trace import Trace
from calls.telephony.store import PlannedLeg, PlannedTransfer, StoreAway

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

# The beats from one look at connected calls to the next.
HOLD_EVERY: Final = 5


class DjangoLegStore:
    """A LegStore. `name` is the holder's, `kind` what it is ("gateway", "web")."""

    def __init__(self, *, name: str, kind: str, jobs: Jobs) -> None:
        self._name = name
        self._kind = kind
        self._jobs = jobs
        self._beats = 0

    async def begin_dial(self, *, call: str, at: datetime) -> PlannedLeg | None:
        plan = await self._run(legs.begin_dial, call_id=call, holder=self._name, at=at)
        if plan is None:
            return None
        return PlannedLeg(plan.spec, voice=plan.speaker, is_off_record=plan.is_off_record)

    async def ringing(self, *, call: str) -> None:
        await self._run(legs.mark_ringing, call_id=call, holder=self._name)

    async def answered(self, *, call: str, at: datetime, recording: str, rate: int) -> None:
        await self._run(legs.mark_leg_answered, call_id=call, holder=self._name, at=at, recording=recording, rate=rate)

    async def ended(self, *, call: str, end: LegEnd, at: datetime, recording: RecordingFacts | None) -> None:
        await self._run(
            legs.mark_leg_ended,
            call_id=call,
            holder=self._name,
            reason=end.reason.value,
            by=end.by.value,
            detail=end.detail,
            at=at,
            duration_ms=recording.duration_ms if recording else None,
            size_bytes=recording.size_bytes if recording else None,
        )

    async def begin_transfer(self, *, call: str, transfer: str, at: datetime) -> PlannedTransfer | None:
        return await self._run(transfers.begin_transfer, call_id=call, transfer_id=transfer, holder=self._name, at=at)

    async def plan_for_gateway(self, transfer: str, holder: str) -> LegSpec | None:
        """Whom this process is to dial for that one."""
        return await self._run(transfers.plan_for_gateway, transfer_id=transfer, holder=holder)

    async def free_gateway(self) -> str | None:
        return await self._run(legs.free_gateway, at=timezone.now())

    async def transfer_ringing(self, *, transfer: str) -> None:
        await self._run(transfers.mark_transfer_ringing, transfer_id=transfer, holder=self._name)

    async def transfer_answered(self, *, transfer: str, at: datetime) -> None:
        await self._run(transfers.mark_transfer_answered, transfer_id=transfer, holder=self._name, at=at)

    async def transfer_connected(self, *, transfer: str, at: datetime) -> None:
        await self._run(transfers.mark_transfer_connected, transfer_id=transfer, holder=self._name, at=at)

    async def transfer_ended(self, *, transfer: str, end: LegEnd, at: datetime) -> None:
        await self._run(
            transfers.mark_transfer_ended,
            transfer_id=transfer,
            holder=self._name,
            reason=end.reason.value,
            detail=end.detail,
            at=at,
        )

    async def fence(self, *, call: str, token: int, at: datetime) -> int | None:
        return await self._run(lifecycle.fence_call, call_id=call, token=token, at=at)

    async def release(self, *, call: str, token: int, at: datetime) -> int | None:
        # The same thing to the database: the call is free, and nobody says why.
        return await self._run(lifecycle.fence_call, call_id=call, token=token, at=at)

    async def finish(self, *, call: str, at: datetime) -> None:
        await self._run(legs.finish_call, call_id=call, at=at)

    async def beat(
        self, *, at: datetime, live: Sequence[str], relayed: int, most: int, is_draining: bool
    ) -> Mapping[str, LegEnd]:
        over = await self._run(
            legs.note_holder,
            name=self._name,
            kind=self._kind,
            live=live,
            relayed=relayed,
            most=most,
            is_draining=is_draining,
            at=at,
        )
        self._beats += 1
        if live and self._beats % HOLD_EVERY == 0:
            over |= await self._run(transfers.keep_connected, holder=self._name, at=at)
        return {call: LegEnd(EndReason(reason), EndedBy(by)) for call, (reason, by) in over.items()}

    async def leave(self) -> None:
        await self._run(legs.forget_holder, name=self._name)

    async def _run(self, service: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await self._jobs.run(service, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            raise StoreAway(type(error).__name__) from error


class TraceKeeper:
    """Stores traces beside the calls that they are of: a call never waits for its trace, and may go without."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._storing: set[asyncio.Task[None]] = set()

    def keep(self, call_id: str, trace: Trace) -> None:
        task = asyncio.get_running_loop().create_task(self._store(call_id, trace))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def finish(self) -> None:
        """Wait for those that are being stored."""
        await asyncio.gather(*self._storing)

    async def _store(self, call_id: str, trace: Trace) -> None:
        try:
            await self._jobs.run(add_trace, call_id=call_id, trace=trace)
        except Exception:
            logger.exception("a SIP trace was not kept", extra={"call_id": call_id})
