"""The database as a gateway's Twilio legs see it: services, on threads of their own, behind the port that the legs know."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from calls.services import twilio_calls
from calls.services.background import Jobs
from calls.telephony.store import StoreAway
from calls.telephony.twilio import Ticket

P = ParamSpec("P")
R = TypeVar("R")


class DjangoBook:
    """A Book. `name` is the gateway's."""

    def __init__(self, *, name: str, jobs: Jobs) -> None:
        self._name = name
        self._jobs = jobs

    async def open(self, *, call: str, line: str, ring_timeout: float) -> Ticket | None:
        return await self._run(
            twilio_calls.open_call,
            call_id=call,
            line_id=line,
            holder=self._name,
            ring_timeout=ring_timeout,
            at=timezone.now(),
        )

    async def take(self, *, key: str) -> Ticket | None:
        return await self._run(twilio_calls.take_call, key=key, holder=self._name)

    async def note_sid(self, *, key: str, sid: str) -> None:
        await self._run(twilio_calls.note_sid, key=key, sid=sid)

    async def unwanted(self, *, key: str) -> None:
        await self._run(twilio_calls.note_unwanted, key=key, at=timezone.now())

    async def over(self, *, key: str) -> None:
        await self._run(twilio_calls.note_over, key=key, at=timezone.now())

    async def _run(self, service: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await self._jobs.run(service, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            raise StoreAway(type(error).__name__) from error
