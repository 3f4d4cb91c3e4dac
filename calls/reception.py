"""The database as the SIP side of a gateway sees it: services, on threads of their own, behind ports that telephony knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from calls.services import arrivals, inbound, registrations
from calls.services.background import Jobs
from calls.telephony import sip_incoming
from calls.telephony.base import LegEnd
from calls.telephony.sip_incoming import TurnedAway
from calls.telephony.sip_invite import Invite
from calls.telephony.sip_probe import Answer
from calls.telephony.sip_trunk import Trunk
from calls.telephony.store import StoreAway

P = ParamSpec("P")
R = TypeVar("R")

# What a trunk is told. Its own numbers are called busy, so that it tries no other way and blames nobody.
ANSWERS: Final[Mapping[type[inbound.CallRefused], tuple[int, str]]] = {
    inbound.UnknownNumber: (404, "Not Found"),
    inbound.NoAgent: (480, "Temporarily Unavailable"),
    inbound.Suspended: (403, "Forbidden"),
    inbound.BlockedCaller: (603, "Decline"),
    arrivals.Stranger: sip_incoming.STRANGER,
    arrivals.NotEncrypted: (488, "Not Acceptable Here"),
}


class DjangoReception:
    """A Reception. `name` is the gateway's."""

    def __init__(self, *, name: str, jobs: Jobs) -> None:
        self._name = name
        self._jobs = jobs

    async def admit(self, invite: Invite, *, registered: str) -> str:
        try:
            call = await _run(
                self._jobs,
                arrivals.admit_invite,
                invite=invite,
                registered=registered,
                holder=self._name,
                at=timezone.now(),
            )
        except inbound.CallRefused as refused:
            raise TurnedAway(*ANSWERS.get(type(refused), sip_incoming.BUSY)) from None
        return call.public_id

    async def give_up(self, call: str, end: LegEnd) -> bool:
        return await _run(
            self._jobs, inbound.give_up, call_id=call, reason=end.reason.value, by=end.by.value, at=timezone.now()
        )

    async def over(self, calls: Sequence[str]) -> set[str]:
        return await _run(self._jobs, arrivals.ended_of, call_ids=calls) if calls else set()


class DjangoRegistrations:
    """The registrar's database. `name` is the gateway's."""

    def __init__(self, *, name: str, jobs: Jobs) -> None:
        self._name = name
        self._jobs = jobs

    async def is_inbound_wanted(self) -> bool:
        return await _run(self._jobs, registrations.is_inbound_wanted)

    async def encrypted_numbers(self) -> set[str]:
        return await _run(self._jobs, registrations.encrypted_numbers)

    async def hold(self) -> Sequence[Trunk]:
        return await _run(self._jobs, registrations.hold_lines, holder=self._name, at=timezone.now())

    async def release(self, lines: Sequence[str]) -> None:
        await _run(self._jobs, registrations.release_lines, holder=self._name, line_ids=lines)

    async def note(self, line: str, answer: Answer | str) -> None:
        await _run(
            self._jobs,
            registrations.note_registration,
            holder=self._name,
            line_id=line,
            answer=answer,
            at=timezone.now(),
        )


async def _run(jobs: Jobs, service: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return await jobs.run(service, *args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        raise StoreAway(type(error).__name__) from error
