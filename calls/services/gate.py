"""Whether somebody may be rung now. All rules stand here, and every call that we place is asked of each of them.

A rule is a function of a `Ring` that raises a MayNotRing; RULES names them in the order they are asked in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number

from accounts.models import Account
from agents import hours
from agents.models import AgentVersion
from calls.services.lines import SANDBOX_PREFIX
from calls.telephony.base import EndReason
from vaniagent.lib import errors


@dataclass(frozen=True)
class Ring:
    """What is about to be done."""

    account: Account
    version: AgentVersion
    to_number: str
    at: datetime


class MayNotRing(errors.InvalidRequest):
    """A rule refuses the call. `opens_at` is when it would let it pass; None: never, as things are."""

    reason: ClassVar[EndReason]

    def __init__(self, message: str, *, opens_at: datetime | None = None) -> None:
        super().__init__(message, param="to_number")
        self.opens_at = opens_at


class OutsideCallingHours(MayNotRing):
    """The agent may not call at this hour."""

    reason = EndReason.OUTSIDE_CALLING_HOURS


def check_ring(*, account: Account, version: AgentVersion, to_number: str, at: datetime) -> None:
    """Ask every rule. Raises the MayNotRing of the first that refuses."""
    ring = Ring(account, version, to_number, at)
    for rule in RULES:
        rule(ring)


def zones_of(to_number: str) -> list[tzinfo]:
    """Every time zone in which this number may ring; none where nobody can tell."""
    try:
        number = phonenumbers.parse(to_number)
    except phonenumbers.NumberParseException:
        return []
    names = time_zones_for_geographical_number(number)
    return [ZoneInfo(name) for name in names if name != UNKNOWN_TIMEZONE]


def _is_within_hours(ring: Ring) -> None:
    kept = ring.version.calling_hours
    if kept is None:
        return
    wanted = hours.read(kept)
    # Nobody's: they ring nowhere, so there is no clock.
    if wanted.timezone == hours.CALLEE and ring.to_number.startswith(SANDBOX_PREFIX):
        return
    zones = zones_of(ring.to_number) if wanted.timezone == hours.CALLEE else [ZoneInfo(wanted.timezone)]
    if not zones:
        raise OutsideCallingHours(
            _("This agent calls by the clock of whoever is called, and nobody can tell this number's.")
        )
    if wanted.is_open(ring.at, zones):
        return
    opens_at = wanted.opens_at(ring.at, zones)
    if opens_at is None:
        raise OutsideCallingHours(
            _("This number may be in several time zones, and this agent's calling hours never fit all.")
        )
    raise OutsideCallingHours(
        _("Outside this agent's calling hours: they begin again at %(time)s.")
        % {"time": f"{opens_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"},
        opens_at=opens_at,
    )


RULES: Final[tuple[Callable[[Ring], None], ...]] = (_is_within_hours,)
