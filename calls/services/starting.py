"""Placing a call, or opening one for a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from accounts import audit
from accounts.limits import limits_of
from accounts.models import Account, ApiKey
from agents.models import Agent, AgentVersion
from billing import rates
from billing import services as billing
from calls import events, links, tasks
from calls.models import BatchRow, Call, Leg
from calls.retry_rules import RetryRule
from calls.services import gate, lines, retrying
from vaniagent.lib import errors, rows

FURTHEST_AHEAD: Final = timedelta(days=90)
# What a call has for a number that was reached by a browser: nobody dialled one.
BROWSER: Final = "browser"
# How long it may ring.
RING_SECONDS: Final = 45.0

_STATUS: Final = "SELECT status FROM accounts_account WHERE id = %s"
_LOCK: Final = "SELECT status FROM accounts_account WHERE id = %s FOR NO KEY UPDATE"
# In the words of the index call_live, which it reads alone.
_COUNT_LIVE: Final = "SELECT count(*) FROM calls_call WHERE account_id = %s AND status IN ('initiated', 'in_progress')"
# Whom calls are transferred to over the line counts as well.
_COUNT_LIVE_ON_LINE: Final = """
    SELECT (SELECT count(*) FROM calls_call WHERE phone_line_id = %s AND status IN ('initiated', 'in_progress'))
        + (SELECT count(*) FROM calls_transfer WHERE phone_line_id = %s AND status <> 'ended')
"""


class NoSuchAgent(errors.NotFound):
    """The agent is archived: it takes no new calls."""


class AccountSuspended(errors.PermissionDenied):
    """The account may place no calls, whoever asks for it: a page needs no key."""


class TooFarAhead(errors.InvalidRequest):
    """Nobody can ask for a call that late."""


class TooManyLiveCalls(errors.TooMany):
    """The account has as many calls in progress as it may have."""


@dataclass(frozen=True)
class BrowserTalk:
    """A call that waits for its browser. `media_url` is the path of its socket, good for one minute and one socket."""

    call: Call
    media_url: str


@transaction.atomic
def start_call(
    *,
    account: Account,
    agent: Agent,
    api_key: ApiKey | None,
    to_number: str,
    from_number: str | None,
    metadata: Mapping[str, Any],
    sandbox_lines: Sequence[str] | None = None,
    scheduled_at: datetime | None = None,
    retry: RetryRule | None = None,
    batch_row: BatchRow | None = None,
    time_zone: str = "",
    ring_timeout: float = RING_SECONDS,
    by: audit.Actor | None = None,
    at: datetime,
) -> Call:
    """Queue an outbound call. Raises NoSuchAgent, AccountSuspended, TooManyLiveCalls, lines.NotOfThisLine,
    gate.MayNotRing and billing.InsufficientCredits.

    `by` is a person who placed it, for the audit log and, as its origin, the call's own. One that is `scheduled_at` a
    later time waits for it, and then is asked of the gate, and for room and credits (`scheduling`); until then it raises
    only NoSuchAgent, AccountSuspended, lines.NotOfThisLine and TooFarAhead. `retry` says after which ends it is tried again.
    Of a MayNotRing, whoever catches it keeps the proof (`gate.keep`): what was written here is undone. `time_zone` is the
    callee's, where it is known.
    """
    version = version_of(agent)
    later = scheduled_at if scheduled_at is not None and scheduled_at > at else None
    check = None
    if later is None:
        check = gate.check_ring(account=account, version=version, to_number=to_number, time_zone=time_zone, at=at)
    else:
        check_ahead(later, at=at)
    is_test = api_key is not None and api_key.mode == ApiKey.Mode.TEST
    route = lines.choose_line(account=account, is_test=is_test, to_number=to_number, from_number=from_number)
    if route.line_pk is not None and sandbox_lines is not None:
        raise lines.NotOfThisLine("This call takes a phone line: nobody there says what is told", param="sandbox")
    call = (open_call if later is None else _open_later)(
        account=account,
        version=version,
        is_test=is_test,
        at=at,
        route=route,
        agent=agent,
        api_key=api_key,
        to_number=to_number,
        from_number=route.from_number,
        metadata=dict(metadata),
        scheduled_at=scheduled_at,
        retry=None if retry is None else retry.as_json(),
        time_zone=time_zone,
        **_attempt_of(batch_row),
    )
    said = {} if sandbox_lines is None else {"lines": list(sandbox_lines)}
    rows.insert(Leg(call=call, kind=route.kind, ring_timeout=ring_timeout, params=said))
    origin = by.name if by is not None else ""
    gate.keep(check, call=call)
    if later is None:
        events.record(call, "call.started", at=at, origin=origin)
        tasks.queue_call(call.pk)
    else:
        retrying.record_scheduled(call, at=at, origin=origin)
    if by is not None:
        audit.record(account=account, by=by, action="call.placed", target=call.public_id, at=at)
    return call


@transaction.atomic
def start_browser_talk(
    *,
    account: Account,
    agent: Agent,
    version: AgentVersion | None = None,
    max_duration: int | None = None,
    metadata: Mapping[str, Any] | None = None,
    api_key: ApiKey | None = None,
    at: datetime,
) -> BrowserTalk:
    """A call that somebody will have in a browser, with this version of the agent (None: the current one).

    It is queued when the browser's socket opens (`talks.take_talk`), and given up where none does in time.
    `max_duration` (seconds) only shortens the agent's own. Raises NoSuchAgent, AccountSuspended, TooManyLiveCalls and
    billing.InsufficientCredits.
    """
    current = version_of(agent)
    if version is not None and version.agent_id != agent.pk:
        raise NoSuchAgent("There is no such version of this agent.", param="version")

    call = open_call(
        account=account,
        version=version or current,
        is_test=api_key is not None and api_key.mode == ApiKey.Mode.TEST,
        at=at,
        agent=agent,
        api_key=api_key,
        direction=Call.Direction.INBOUND,
        to_number=BROWSER,
        from_number=None,
        metadata=dict(metadata or {}),
    )
    Leg.objects.create(
        call=call,
        kind=Leg.Kind.BROWSER,
        params={} if max_duration is None else {"max_duration": max_duration},
    )
    events.record(call, "call.started", at=at)
    return BrowserTalk(call, media_url=links.media_path(call.public_id, at=at))


def version_of(agent: Agent) -> AgentVersion:
    """What new calls of the agent take. Raises NoSuchAgent."""
    if agent.status != Agent.Status.ACTIVE:
        raise NoSuchAgent("There is no agent with this id.", param="agent_id")
    if agent.current is None:
        raise ValueError("an agent has a current version")
    return agent.current


def open_call(
    *,
    account: Account,
    version: AgentVersion,
    is_test: bool,
    at: datetime,
    route: lines.Route | None = None,
    **fields: Any,
) -> Call:
    """The call's row, its place among the live ones, and the hold of its first minute."""
    take_room(account, route)
    if route is not None:
        fields["phone_line_id"] = route.line_pk
    rate = rates.rate_per_minute(account, is_test=is_test)
    call = Call(account=account, agent_version=version, rate_per_minute=rate, created_at=at, queued_at=at, **fields)
    rows.insert(call)
    billing.hold_first_minute(account=account, reference=call.public_id, rate_per_minute=rate, at=at)
    return call


def check_ahead(scheduled_at: datetime, *, at: datetime) -> None:
    """Raises TooFarAhead."""
    if scheduled_at > at + FURTHEST_AHEAD:
        raise TooFarAhead("A call can be scheduled at most 90 days ahead.", param="scheduled_at")


def _open_later(
    *, account: Account, version: AgentVersion, is_test: bool, at: datetime, route: lines.Route, **fields: Any
) -> Call:
    """The row of a call that begins at another time. It takes no place and holds nothing until then."""
    if rows.first(_STATUS, [account.pk]) == (Account.Status.SUSPENDED,):
        raise AccountSuspended("This account is suspended.")
    call = Call(
        account=account,
        agent_version=version,
        phone_line_id=route.line_pk,
        rate_per_minute=rates.rate_per_minute(account, is_test=is_test),
        status=Call.Status.SCHEDULED,
        due_at=fields["scheduled_at"],
        created_at=at,
        **fields,
    )
    rows.insert(call)
    return call


def _attempt_of(row: BatchRow | None) -> dict[str, Any]:
    """Which attempt at a batch's row the call is."""
    if row is None:
        return {}
    last = row.call
    first_pk = None if last is None else last.retry_of_id or last.pk
    return {"batch_row": row, "attempt": row.attempts + 1, "retry_of_id": first_pk}


def take_room(account: Account, route: lines.Route | None) -> None:
    """Make sure that one more call may live, on this line too. The account's row is locked until the transaction ends.

    Raises AccountSuspended and TooManyLiveCalls.
    """
    _take_slot(account)
    if route is not None and route.line_pk is not None:
        _take_slot_of_line(route)


def _take_slot(account: Account) -> None:
    """Make sure that one more call may live. The account's row is locked, so two cannot take the last place."""
    if rows.first(_LOCK, [account.pk]) == (Account.Status.SUSPENDED,):
        raise AccountSuspended("This account is suspended.")
    most = limits_of(account).max_live_calls
    (live,) = rows.first(_COUNT_LIVE, [account.pk]) or (0,)
    if live >= most:
        raise TooManyLiveCalls(f"Too many live calls: this account may have {most} at once.", retry_after=5)


def live_on_line(line_pk: int) -> int:
    """How many connections the line has."""
    (live,) = rows.first(_COUNT_LIVE_ON_LINE, [line_pk, line_pk]) or (0,)
    return int(live)


def _take_slot_of_line(route: lines.Route) -> None:
    """Likewise of the line, whose account is locked."""
    if route.line_pk is not None and live_on_line(route.line_pk) >= route.max_live_calls:
        raise TooManyLiveCalls(
            f"Too many live calls: this phone line may have {route.max_live_calls} at once.", retry_after=5
        )
