"""Moving credits: grants, holds, charges and releases.

Every movement is a transaction of two entries and a conditional update of the account's balance row, in one database
transaction (the caller's, where it has one). What a reference names is posted once for each kind, so that every
service here may be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from accounts.models import Account
from billing.models import Balance, LedgerEntry, Transaction
from vaniagent.lib import errors, money

Book = LedgerEntry.Book
Kind = Transaction.Kind

# Which book gives and which takes. A grant's other side is the adjustments: credits that nobody paid for yet.
_MOVES: Final[Mapping[str, tuple[str, str]]] = {
    Kind.GRANT: (Book.ADJUSTMENTS, Book.CUSTOMER),
    Kind.HOLD: (Book.CUSTOMER, Book.HELD),
    Kind.CHARGE: (Book.HELD, Book.REVENUE),
    Kind.RELEASE: (Book.HELD, Book.CUSTOMER),
}


class InsufficientCredits(errors.PaymentRequired):
    """The account cannot pay for it."""


class AlreadySettled(errors.InvalidRequest):
    """What the hold is for has been settled: nothing can be held for it any more."""


class ReusedReference(errors.InvalidRequest):
    """The reference was posted before, for another account or amount."""


@dataclass(frozen=True)
class LedgerFault:
    """A place where the books and a balance row disagree, or a transaction does not sum to zero."""

    subject: str
    expected: int
    found: int


@transaction.atomic
def grant(*, account: Account, reference: str, micro_credits: int, at: datetime, memo: str = "") -> None:
    """Give credits to an account. Raises ReusedReference."""
    _ensure_balance(account)
    _post(Kind.GRANT, account=account, reference=reference, micro_credits=micro_credits, at=at, memo=memo)


@transaction.atomic
def hold_first_minute(*, account: Account, reference: str, rate_per_minute: int, at: datetime) -> None:
    """Hold a call's first minute. `reference` is the call's public id. Raises InsufficientCredits."""
    extend_hold(account=account, reference=reference, minute=1, rate_per_minute=rate_per_minute, at=at)


@transaction.atomic
def extend_hold(*, account: Account, reference: str, minute: int, rate_per_minute: int, at: datetime) -> None:
    """Hold the `minute`-th minute (from 1) of a call. Raises InsufficientCredits and AlreadySettled."""
    _ensure_balance(account)
    hold = f"{reference}/minute/{minute}"
    is_new = _post(Kind.HOLD, account=account, reference=hold, micro_credits=rate_per_minute, at=at)
    # Posting locked the balance row, so no settlement can run beside this look.
    if is_new and _settlements(account, reference).exists():
        raise AlreadySettled(f"{reference} is settled.")


@transaction.atomic
def settle_call(*, account: Account, reference: str, micro_credits: int, at: datetime) -> int:
    """Charge a finished call out of its holds and free the rest. Safe to repeat: a call is settled once.

    Charges at most what is held, and answers what was charged.
    """
    if micro_credits < 0:
        raise ValueError("a call cannot cost less than nothing")

    Balance.objects.select_for_update().filter(account=account).first()
    if _settlements(account, reference).exists():
        return _sum(Book.REVENUE, _settlements(account, reference))

    held = _sum(Book.HELD, Transaction.objects.for_account(account).filter(reference__startswith=f"{reference}/"))
    charged = min(micro_credits, held)
    _post(Kind.CHARGE, account=account, reference=reference, micro_credits=charged, at=at)
    _post(Kind.RELEASE, account=account, reference=reference, micro_credits=held - charged, at=at)
    return charged


@transaction.atomic
def release(*, account: Account, reference: str, at: datetime) -> None:
    """Free all that is held for a call, which costs nothing. Safe to repeat."""
    settle_call(account=account, reference=reference, micro_credits=0, at=at)


def check_ledger(*, account: Account | None = None) -> list[LedgerFault]:
    """Compare the balances with the entries, of one account or of all. An empty list is what should come."""
    transactions = Transaction.objects.all() if account is None else Transaction.objects.for_account(account)
    balances = Balance.objects.select_related("account").order_by("pk")
    if account is not None:
        balances = balances.filter(account=account)

    unbalanced = transactions.annotate(total=Sum("entries__micro_credits")).exclude(total=0).order_by("pk")
    faults = [LedgerFault(str(posted), 0, posted.total or 0) for posted in unbalanced]

    entries = LedgerEntry.objects.filter(transaction__in=transactions)
    sums = entries.order_by().values("transaction__account", "book").annotate(total=Sum("micro_credits"))
    expected = {(row["transaction__account"], row["book"]): row["total"] for row in sums}
    for balance in balances.iterator():
        for book, found in ((Book.CUSTOMER, balance.available), (Book.HELD, balance.held)):
            should_be = expected.get((balance.account_id, book.value), 0)
            if should_be != found:
                faults.append(LedgerFault(f"{balance.account.public_id} {book}", should_be, found))
    return faults


def _post(
    kind: Transaction.Kind, *, account: Account, reference: str, micro_credits: int, at: datetime, memo: str = ""
) -> bool:
    """Move an amount between this kind's two books. False where that was done before, or where there is nothing to move."""
    if micro_credits < 0:
        raise ValueError("an amount is never negative")
    if micro_credits == 0:
        return False

    source, target = _MOVES[kind]
    posted, is_new = Transaction.objects.get_or_create(
        reference=reference, kind=kind, defaults={"account": account, "memo": memo, "posted_at": at}
    )
    if not is_new:
        moved = LedgerEntry.objects.filter(transaction=posted, book=target, micro_credits=micro_credits)
        if posted.account_id != account.pk or not moved.exists():
            raise ReusedReference(f"{reference} was posted before, otherwise.")
        return False

    LedgerEntry.objects.bulk_create(
        [
            LedgerEntry(transaction=posted, book=source, micro_credits=-micro_credits),
            LedgerEntry(transaction=posted, book=target, micro_credits=micro_credits),
        ]
    )
    _move_balance(account, {source: -micro_credits, target: micro_credits})
    return True


def _move_balance(account: Account, changes: Mapping[str, int]) -> None:
    available = changes.get(Book.CUSTOMER, 0)
    held = changes.get(Book.HELD, 0)
    payable = Q(account=account, available__gte=-available, held__gte=-held)
    moved = Balance.objects.filter(payable).update(available=F("available") + available, held=F("held") + held)
    if moved == 0:
        needed = money.to_text(-available)
        raise InsufficientCredits(f"Not enough credits: {needed} are needed. Top up, and try again.")


def _ensure_balance(account: Account) -> None:
    if not Balance.objects.filter(account=account).exists():
        Balance.objects.bulk_create([Balance(account=account)], ignore_conflicts=True)


def _settlements(account: Account, reference: str) -> QuerySet[Transaction]:
    settled = Q(reference=reference, kind__in=(Kind.CHARGE, Kind.RELEASE))
    transactions: QuerySet[Transaction] = Transaction.objects.for_account(account).filter(settled)
    return transactions


def _sum(book: str, transactions: QuerySet[Transaction]) -> int:
    entries = LedgerEntry.objects.filter(transaction__in=transactions, book=book)
    return int(entries.aggregate(total=Sum("micro_credits"))["total"] or 0)
