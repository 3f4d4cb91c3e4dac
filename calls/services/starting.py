"""Placing a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.limits import limits_of
from accounts.models import Account, ApiKey
from agents.models import Agent
from billing import rates
from billing import services as billing
from calls import events, tasks
from calls.models import Call, Leg
from vaniagent.lib import errors


class NoSuchAgent(errors.NotFound):
    """The agent is archived: it takes no new calls."""


class TooManyLiveCalls(errors.TooMany):
    """The account has as many calls in progress as it may have."""


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
    at: datetime,
) -> Call:
    """Queue an outbound call. Raises NoSuchAgent, TooManyLiveCalls and billing.InsufficientCredits."""
    if agent.status != Agent.Status.ACTIVE:
        raise NoSuchAgent("There is no agent with this id.", param="agent_id")
    version = agent.current
    if version is None:
        raise ValueError("an agent has a current version")

    _take_slot(account)
    rate = rates.rate_per_minute(account, is_test=api_key is not None and api_key.mode == ApiKey.Mode.TEST)
    call = Call.objects.create(
        account=account,
        agent=agent,
        agent_version=version,
        api_key=api_key,
        to_number=to_number,
        from_number=from_number,
        metadata=dict(metadata),
        rate_per_minute=rate,
        created_at=at,
        queued_at=at,
    )
    billing.hold_first_minute(account=account, reference=call.public_id, rate_per_minute=rate, at=at)
    Leg.objects.create(
        call=call,
        kind=Leg.Kind.SANDBOX,
        params={} if sandbox_lines is None else {"lines": list(sandbox_lines)},
    )
    events.record(call, "call.started", at=at)
    tasks.queue_call(call.pk)
    return call


def _take_slot(account: Account) -> None:
    """Make sure that one more call may live. The account's row is locked, so two cannot take the last place."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    most = limits_of(account).max_live_calls
    live = Call.objects.for_account(account).filter(status__in=Call.LIVE).count()
    if live >= most:
        raise TooManyLiveCalls(f"Too many live calls: this account may have {most} at once.", retry_after=5)
