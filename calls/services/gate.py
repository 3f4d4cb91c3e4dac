"""Whether somebody may be rung now. All rules stand here, and every call that we place is asked of each of them.

A rule is a function of a `Ring` that says what it found, or raises a MayNotRing; RULES names them in the order they are
asked in. What each said is the proof that the call was lawful, or why there was none (`keep`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number

from accounts.models import Account
from agents import compliance, hours
from agents.models import AgentVersion
from calls import listed_numbers
from calls.models import Call, DialCheck
from calls.services.lines import SANDBOX_PREFIX
from calls.telephony.base import EndReason
from vaniagent.lib import errors, rows

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)

_KNOWN: Final = """
    SELECT EXISTS (SELECT FROM calls_donotcall WHERE account_id = %s AND number = %s),
        rules.calling_hours::text, rules.max_per_day, rules.max_per_week, rules.digest_key
    FROM (SELECT 1) AS one LEFT JOIN calls_dialingrules AS rules ON rules.account_id = %s
"""
_HAS_DIGEST: Final = "SELECT 1 FROM calls_donotcall WHERE account_id = %s AND digest = %s"
# Whoever counts the calls to a number waits for the other who does: two cannot take the last one.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
# What was not dialled was no call to anybody.
_PLACED: Final = """
    SELECT COALESCE(due_at, created_at) AS placed_at FROM calls_call
    WHERE account_id = %s AND to_number = %s AND direction = 'outbound' AND status <> 'scheduled' AND id <> %s
        AND COALESCE(due_at, created_at) > %s
        AND COALESCE(ended_reason, '') NOT IN ('do_not_call', 'outside_calling_hours', 'canceled')
    ORDER BY placed_at DESC LIMIT 1000
"""


@dataclass(frozen=True)
class Ring:
    """What is about to be done. `time_zone` is the callee's, as far as it was told; `call_pk` the call's, where there is one."""

    account: Account
    version: AgentVersion
    to_number: str
    at: datetime
    time_zone: str = ""
    call_pk: int | None = None

    @cached_property
    def known(self) -> _Known:
        """What the account wants, and whether it lists the number."""
        number = listed_numbers.plain(self.to_number) or self.to_number
        found = rows.first(_KNOWN, [self.account.pk, number, self.account.pk])
        is_listed, kept, per_day, per_week, digest_key = found or (False, None, None, None, None)
        if not is_listed and digest_key:
            digest = listed_numbers.digest(number, sealed_key=digest_key)
            is_listed = rows.first(_HAS_DIGEST, [self.account.pk, digest]) is not None
        return _Known(bool(is_listed), None if kept is None else json.loads(kept), per_day, per_week)

    @cached_property
    def placed(self) -> list[datetime]:
        """When this number was called in the last seven days, the newest first."""
        rows.first(_LOCK, [f"calls to {self.to_number} of account {self.account.pk}"])
        found = rows.every(_PLACED, [self.account.pk, self.to_number, self.call_pk or 0, self.at - WEEK])
        return [placed_at for (placed_at,) in found]


@dataclass(frozen=True)
class _Known:
    is_listed: bool
    calling_hours: Mapping[str, Any] | None
    max_per_day: int | None
    max_per_week: int | None


class MayNotRing(errors.InvalidRequest):
    """A rule refuses the call; its `param` is the rule. `opens_at` is when it would let it pass; None: never, as things are.

    `check` is the proof, which whoever catches it keeps; None where it was not this gate that refused.
    """

    reason: ClassVar[EndReason]

    def __init__(self, message: str, *, rule: str = "calling_hours", opens_at: datetime | None = None) -> None:
        super().__init__(message, param=rule)
        self.opens_at = opens_at
        self.check: DialCheck | None = None


class OutsideCallingHours(MayNotRing):
    """Nobody may be called at this hour."""

    reason = EndReason.OUTSIDE_CALLING_HOURS


class Unwanted(MayNotRing):
    """The number does not want to be called."""

    reason = EndReason.DO_NOT_CALL


class CalledTooOften(MayNotRing):
    """The number had all the calls that it may have for now."""

    reason = EndReason.DO_NOT_CALL


def check_ring(
    *,
    account: Account,
    version: AgentVersion,
    to_number: str,
    at: datetime,
    time_zone: str = "",
    call_pk: int | None = None,
) -> DialCheck:
    """Ask every rule; the proof, for `keep`. Raises the MayNotRing of the first that refuses, with its proof."""
    ring = Ring(account, version, to_number, at, time_zone, call_pk)
    results: list[dict[str, Any]] = []
    for name, rule in RULES.items():
        try:
            detail = rule(ring)
        except MayNotRing as refusal:
            results.append({"rule": name, "passed": False, "detail": refusal.message})
            refusal.check = _proof(ring, results, refused_by=name)
            raise
        results.append({"rule": name, "passed": True, "detail": detail})
    return _proof(ring, results)


def keep(check: DialCheck | None, *, call: Call | None = None) -> None:
    """Store a proof, of this call's where there is one. A refusal's outside the transaction that it undid."""
    if check is not None:
        check.call = call
        rows.insert(check)


def zones_of(to_number: str) -> list[tzinfo]:
    """Every time zone in which this number may ring; none where nobody can tell."""
    try:
        number = phonenumbers.parse(to_number)
    except phonenumbers.NumberParseException:
        return []
    names = time_zones_for_geographical_number(number)
    return [ZoneInfo(name) for name in names if name != UNKNOWN_TIMEZONE]


def _proof(ring: Ring, results: list[dict[str, Any]], *, refused_by: str = "") -> DialCheck:
    return DialCheck(
        account=ring.account,
        agent_version=ring.version,
        to_number=ring.to_number,
        is_allowed=not refused_by,
        refused_by=refused_by,
        results=results,
        at=ring.at,
    )


# --- The rules --------------------------------------------------------------------------------------------------------


def _is_wanted(ring: Ring) -> str:
    if ring.known.is_listed:
        raise Unwanted(_("This number is on the do-not-call list."), rule="do_not_call")
    return "not listed"


def _is_within_account_hours(ring: Ring) -> str:
    return _look_at_clock(ring, ring.known.calling_hours, rule="account_calling_hours", whose=_("this account's"))


def _is_within_hours(ring: Ring) -> str:
    return _look_at_clock(ring, ring.version.calling_hours, rule="calling_hours", whose=_("this agent's"))


def _look_at_clock(ring: Ring, kept: Mapping[str, Any] | None, *, rule: str, whose: str) -> str:
    if kept is None:
        return "any hour"
    wanted = hours.read(kept)
    is_callees = wanted.timezone == hours.CALLEE
    # Nobody's: they ring nowhere, so there is no clock.
    if is_callees and not ring.time_zone and ring.to_number.startswith(SANDBOX_PREFIX):
        return "a sandbox number has no clock"
    zones = _zones(ring) if is_callees else [ZoneInfo(wanted.timezone)]
    if not zones:
        raise OutsideCallingHours(
            _("Calls are made by the clock of whoever is called, and nobody can tell this number's."), rule=rule
        )
    if wanted.is_open(ring.at, zones):
        return ", ".join(f"{ring.at.astimezone(zone):%a %H:%M} {zone}" for zone in zones[:5])
    opens_at = wanted.opens_at(ring.at, zones)
    if opens_at is None:
        raise OutsideCallingHours(
            _("This number may be in several time zones, and %(whose)s calling hours never fit all.")
            % {"whose": whose},
            rule=rule,
        )
    raise OutsideCallingHours(
        _("Outside %(whose)s calling hours: they begin again at %(time)s.") % {"whose": whose, "time": _utc(opens_at)},
        rule=rule,
        opens_at=opens_at,
    )


def _zones(ring: Ring) -> list[tzinfo]:
    """What was told with the call outranks what the number says."""
    return [ZoneInfo(ring.time_zone)] if ring.time_zone else zones_of(ring.to_number)


def _is_not_too_often(ring: Ring) -> str:
    known, own = ring.known, compliance.read(ring.version.compliance)
    limits = (
        (_least(known.max_per_day, own.max_calls_per_day), DAY, _("24 hours")),
        (_least(known.max_per_week, own.max_calls_per_week), WEEK, _("7 days")),
    )
    if all(most is None for most, _window, _span in limits):
        return "no limit"
    found = []
    for most, window, span in limits:
        if most is None:
            continue
        placed = [at for at in ring.placed if at > ring.at - window]
        if len(placed) >= most:
            opens_at = placed[most - 1] + window
            raise CalledTooOften(
                _("This number may have %(most)d calls in %(span)s. The next is possible at %(time)s.")
                % {"most": most, "span": span, "time": _utc(opens_at)},
                rule="calls_per_number",
                opens_at=opens_at,
            )
        found.append(f"{len(placed)} of {most} in {window.days} d")
    return ", ".join(found)


def _least(one: int | None, other: int | None) -> int | None:
    return min((most for most in (one, other) if most is not None), default=None)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


RULES: Final[Mapping[str, Callable[[Ring], str]]] = {
    "do_not_call": _is_wanted,
    "account_calling_hours": _is_within_account_hours,
    "calling_hours": _is_within_hours,
    "calls_per_number": _is_not_too_often,
}
