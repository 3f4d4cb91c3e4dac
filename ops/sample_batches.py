"""The sample workspace's calls from files, and one that waits for its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from accounts.audit import Actor
from accounts.models import Account
from agents.models import Agent
from calls import retry_rules
from calls.models import BatchRow, Call, CallBatch
from calls.services import batches, starting

NUMBERS: Final = b"phone,name\n+14155550101,Sarah\n+14155550102,Tom\n12,wrong\n+14155550103,Ana\n+14155550101,again\n"


def draft(account: Account, agent: Agent, by: Actor, now: datetime) -> CallBatch:
    """One that its owner has yet to look over."""
    at = now - timedelta(hours=1)
    return batches.draft_batch(account=account, agent=agent, file=NUMBERS, name="Recall of November", by=by, at=at)


def paused(account: Account, agent: Agent, ended: Call, by: Actor, now: datetime) -> CallBatch:
    """One with a row of each kind: called, to be called again, left out."""
    at = now - timedelta(hours=2)
    rule = retry_rules.make(outcomes=None, attempts=3, every=3600)
    batch = batches.draft_batch(
        account=account, agent=agent, file=NUMBERS, name="Reminders", per_minute=30, retry=rule, by=by, at=at
    )
    batches.start_batch(batch=batch, by=by, at=at)
    called, waiting = BatchRow.objects.filter(batch=batch, status=BatchRow.Status.WAITING).order_by("line")[:2]
    BatchRow.objects.filter(pk=called.pk).update(status=BatchRow.Status.PLACED, call=ended, attempts=1, placed_at=at)
    Call.objects.filter(pk=ended.pk).update(batch_row=called)
    BatchRow.objects.filter(pk=waiting.pk).update(not_before=now + timedelta(hours=1), attempts=1, placed_at=at)
    return batches.pause_batch(batch=batch, by=by, at=at)


def scheduled_call(account: Account, agent: Agent, now: datetime) -> Call:
    return starting.start_call(
        account=account,
        agent=agent,
        api_key=None,
        to_number="+14155550188",
        from_number=None,
        metadata={"customer": "c_1042"},
        scheduled_at=now + timedelta(days=2),
        retry=retry_rules.make(outcomes=None, attempts=2, every=3600),
        at=now,
    )
