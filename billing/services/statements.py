"""What an account paid, was given and was charged: a month of it with the balance after each, and all of it as a query.

The balance here is all that the account owns, what calls in progress hold included. So holds and releases, which move nothing
in or out, are left out, and a call is one line: its charge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import Account
from billing.models import STATED_KINDS, LedgerEntry, Transaction

_OWNED: Final = (LedgerEntry.Book.CUSTOMER, LedgerEntry.Book.HELD)
_BATCH: Final = 1_000


@dataclass(frozen=True)
class StatementLine:
    """One transaction, and what the account had after it."""

    at: datetime
    kind: str
    reference: str
    memo: str
    micro_credits: int
    balance_after: int


def stated_transactions(*, account: Account) -> QuerySet[Transaction]:
    """What came in and went out, each with its amount as `micro_credits`."""
    transactions: QuerySet[Transaction] = Transaction.objects.for_account(account).filter(kind__in=STATED_KINDS)
    return transactions.annotate(
        micro_credits=Coalesce(Sum("entries__micro_credits", filter=Q(entries__book__in=_OWNED)), 0)
    )


def statement(*, account: Account, month: date) -> Iterator[StatementLine]:
    """The lines of the month that this day is in, by UTC and in their order. Read as they are asked for, so that any number may come."""
    start, end = bounds_of(month)
    transactions: QuerySet[Any] = stated_transactions(account=account).filter(posted_at__lt=end)
    balance = _balance_at(account, start)
    since = Q(posted_at__gte=start)
    while batch := list(transactions.filter(since).order_by("posted_at", "pk")[:_BATCH]):
        for posted in batch:
            amount: int = posted.micro_credits
            balance += amount
            yield StatementLine(posted.posted_at, posted.kind, posted.reference, posted.memo, amount, balance)
        last = batch[-1]
        since = Q(posted_at__gt=last.posted_at) | Q(posted_at=last.posted_at, pk__gt=last.pk)


def statement_version(*, account: Account, month: date) -> str:
    """Another text once another line could be on the statement."""
    _, end = bounds_of(month)
    known = Transaction.objects.for_account(account).filter(posted_at__lt=end, kind__in=STATED_KINDS)
    return f"{account.public_id}/{month:%Y-%m}/{known.aggregate(last=Max('pk'))['last'] or 0}"


def bounds_of(month: date) -> tuple[datetime, datetime]:
    """When the month of this day begins, and when the next one does."""
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    return start, datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)


def _balance_at(account: Account, at: datetime) -> int:
    before = LedgerEntry.objects.filter(
        transaction__account=account, transaction__posted_at__lt=at, transaction__kind__in=STATED_KINDS, book__in=_OWNED
    )
    return int(before.aggregate(total=Sum("micro_credits"))["total"] or 0)
