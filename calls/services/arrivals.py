"""Calls that come in over SIP: whose line they are for, by who sends them, and what becomes of them until they are answered.

A sender is known in one of three ways: it is the front, which has judged the trunk; it calls an address that only a
registrar was told; or its own address is private and its trunk's. Whatever else an INVITE says proves nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from django.conf import settings

from calls import numbering
from calls.models import Call, Leg, LineNumber, PhoneLine
from calls.services import inbound
from calls.telephony.front.addresses import resolve
from calls.telephony.sip_invite import Invite
from vaniagent.lib import addresses

logger = logging.getLogger(__name__)

# Of lines that claim one number, and of forms that a number may be dialled in.
MOST_LINES: Final = 20
ADDRESS_SECONDS: Final = 30.0


class Stranger(inbound.CallRefused):
    """Nobody knows the sender."""

    word = "stranger"


def admit_invite(*, invite: Invite, registered: str, holder: str, at: datetime) -> Call:
    """Let a call in that waits at this gateway. `registered`: the line whose registration it came in on.

    Looks names up: no transaction may be open. Raises inbound.CallRefused.
    """
    try:
        line, called = _destination(invite, registered)
        if line.srtp == PhoneLine.Srtp.REQUIRED and not invite.is_encrypted:
            raise NotEncrypted
    except inbound.CallRefused as refused:
        logger.info("a call that came in was refused", extra={"source": invite.source, "reason": refused.word})
        raise
    return inbound.start_inbound_call(
        line=line,
        to_number=called,
        from_number=invite.caller,
        kind=Leg.Kind.SIP,
        metadata=invite.headers,
        holder=holder,
        at=at,
    )


class NotEncrypted(inbound.CallRefused):
    """The line asks for encrypted sound, and the caller offers none."""

    word = "not_encrypted"


def ended_of(*, call_ids: Sequence[str]) -> set[str]:
    """Those of these calls that are live no more."""
    ended = Call.objects.filter(public_id__in=call_ids).exclude(status__in=Call.LIVE)
    return set(ended.values_list("public_id", flat=True))


def _destination(invite: Invite, registered: str) -> tuple[PhoneLine, str]:
    """The line and its number that are called. Raises CallRefused."""
    if invite.line and invite.source == settings.SIP_FRONT_INSIDE:
        line = _line(invite.line)
        return line, _number([invite.number, *invite.dialled], line) or invite.number
    if registered:
        line = _line(registered)
        numbers = _numbers(line)
        # A trunk that calls the registration itself names no number.
        return line, _number(invite.dialled, line) or next(iter(numbers), "")
    return _line_at(invite)


def _line(public_id: str) -> PhoneLine:
    lines = PhoneLine.objects.existing().filter(public_id=public_id, kind=PhoneLine.Kind.SIP)
    line: PhoneLine | None = lines.first()
    if line is None:
        raise inbound.UnknownNumber
    return line


def _line_at(invite: Invite) -> tuple[PhoneLine, str]:
    """The line with this number whose trunk is where this came from: one that works, that an agent answers, the eldest."""
    host = invite.source.rpartition(":")[0]
    if not _is_private(host):
        raise Stranger
    claimed = _claimants(invite.dialled)
    if not claimed:
        raise inbound.UnknownNumber
    for line in claimed:
        called = _number(invite.dialled, line)
        if called is not None and host in _addresses(line.domain):
            return line, called
    raise Stranger


def _claimants(dialled: Iterable[str]) -> list[PhoneLine]:
    numbers: set[str] = set()
    for text in dialled:
        ours = numbering.forms(text)
        numbers.update(LineNumber.objects.filter(number__in=ours).values_list("number", flat=True)[:1])
        if not numbers and (end := numbering.national(text)):
            ends = LineNumber.objects.filter(number__endswith=end).values_list("number", flat=True)
            numbers.update(ends[:MOST_LINES])
        if numbers:
            break
    found = PhoneLine.objects.existing().filter(kind=PhoneLine.Kind.SIP, line_numbers__number__in=numbers).distinct()
    lines = list(found.order_by("pk")[:MOST_LINES])
    return sorted(lines, key=lambda line: (line.status != PhoneLine.Status.READY, line.inbound_agent_id is None))


def _number(dialled: Iterable[str], line: PhoneLine) -> str | None:
    numbers = _numbers(line)
    return next((called for text in dialled if (called := numbering.find(text, numbers)) is not None), None)


def _numbers(line: PhoneLine) -> list[str]:
    return list(LineNumber.objects.filter(line=line).order_by("position").values_list("number", flat=True))


def _is_private(host: str) -> bool:
    """Whether the address is one that no stranger on the internet can claim to have."""
    try:
        return addresses.is_allowed(host, allow_private=True) and not ip_address(host).is_global
    except ValueError:
        return False


def _addresses(domain: str) -> frozenset[str]:
    return _looked_up(domain, int(time.monotonic() / ADDRESS_SECONDS))


@lru_cache(maxsize=1_000)
def _looked_up(domain: str, period: int) -> frozenset[str]:
    """The addresses of a trunk, asked for once a period; those that lines may not lead to are none."""
    try:
        found = resolve(domain)
    except (OSError, UnicodeError):
        return frozenset()
    allowed = settings.PHONE_LINES_ALLOW_PRIVATE
    return frozenset(host for host in found if addresses.is_allowed(host, allow_private=allowed))
