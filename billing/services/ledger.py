"""Moving credits: grants, payments, holds, charges, releases and adjustments.

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
from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Account
from billing.models import Balance, LedgerEntry, Transaction
from billing.services import low_balance
from vaniagent.lib import errors, money, rows

Book = LedgerEntry.Book
Kind = Transaction.Kind

# Which book gives and which takes. A grant's other side is the adjustments: credits that nobody paid for yet.
_MOVES: Final[Mapping[str, tuple[str, str]]] = {
    Kind.GRANT: (Book.ADJUSTMENTS, Book.CUSTOMER),
    Kind.HOLD: (Book.CUSTOMER, Book.HELD),
    Kind.CHARGE: (Book.HELD, Book.REVENUE),
    Kind.RELEASE: (Book.HELD, Book.CUSTOMER),
    Kind.TOP_UP: (Book.PAYMENTS, Book.CUSTOMER),
    Kind.REFUND: (Book.CUSTOMER, Book.PAYMENTS),
    Kind.REINSTATEMENT: (Book.PAYMENTS, Book.CUSTOMER),
}
_ADDITION: Final = (Book.ADJUSTMENTS, Book.CUSTOMER)
_DEDUCTION: Final = (Book.CUSTOMER, Book.ADJUSTMENTS)

# One statement for what would be a look, a savepoint and two inserts. Who comes second waits for the first one's commit.
_POST_ONCE: Final = f"""
    WITH posted AS (
        INSERT INTO billing_transaction (account_id, kind, reference, memo, posted_by, posted_at)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (reference, kind) DO NOTHING RETURNING *
    ), entries AS (
        INSERT INTO billing_ledgerentry (transaction_id, book, micro_credits)
        SELECT posted.id, side.book, side.micro_credits
        FROM posted, (VALUES (%s, %s::bigint), (%s, %s::bigint)) AS side (book, micro_credits)
    )
    SELECT {rows.columns(Transaction, "posted")} FROM posted
"""  # noqa: S608  # columns of our model
# Finds no row where the account cannot pay.
_MOVE: Final = f"""
    UPDATE billing_balance AS moved SET available = available + %s, held = held + %s
    WHERE account_id = %s AND available >= %s AND held >= %s
    RETURNING {rows.columns(Balance, "moved")}
"""  # noqa: S608  # likewise


class InsufficientCredits(errors.PaymentRequired):
    """The account cannot pay for it."""


class AlreadySettled(errors.InvalidRequest):
    """What the hold is for has been settled: nothing can be held for it any more."""


class NoReason(errors.InvalidRequest):
    """An adjustment whose customer would not learn why."""


class NothingToMove(errors.InvalidRequest):
    """An adjustment of no credits."""


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
    ensure_balance(account)
    post(Kind.GRANT, account=account, reference=reference, micro_credits=micro_credits, at=at, memo=memo)


@transaction.atomic
def adjust(
    *, account: Account, micro_credits: int, reason: str, by: str, reference: str, at: datetime
) -> Transaction | None:
    """Add credits, or with a negative amount take them, for a reason that the customer will read.

    `by` is who of the staff does it, whom the customer will not see. Takes nothing that is not there, and nothing that
    is held. None where the reference was posted before. Raises NoReason, InsufficientCredits and ReusedReference.
    """
    if not reason.strip():
        raise NoReason("Say why: the customer reads it on the statement.", param="reason")
    if micro_credits == 0:
        raise NothingToMove("An adjustment of nothing changes nothing.", param="credits")

    ensure_balance(account)
    return post(
        Kind.ADJUSTMENT,
        account=account,
        reference=reference,
        micro_credits=abs(micro_credits),
        at=at,
        memo=reason.strip(),
        by=by,
        move=_ADDITION if micro_credits > 0 else _DEDUCTION,
    )


# Whoever opens a call takes all of it back where it cannot be paid: no savepoint.
@transaction.atomic(savepoint=False)
def hold_first_minute(*, account: Account, reference: str, rate_per_minute: int, at: datetime) -> None:
    """Hold a new call's first minute. `reference` is the call's public id. Raises InsufficientCredits."""
    _hold(account, reference, minute=1, rate_per_minute=rate_per_minute, at=at)


@transaction.atomic
def extend_hold(*, account: Account, reference: str, minute: int, rate_per_minute: int, at: datetime) -> None:
    """Hold the `minute`-th minute (from 1) of a call. Raises InsufficientCredits and AlreadySettled."""
    held = _hold(account, reference, minute=minute, rate_per_minute=rate_per_minute, at=at)
    # Posting locked the balance row, so no settlement can run beside this look.
    if held is not None and _settlements(account, reference).exists():
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
    post(Kind.CHARGE, account=account, reference=reference, micro_credits=charged, at=at)
    post(Kind.RELEASE, account=account, reference=reference, micro_credits=held - charged, at=at)
    return charged


@transaction.atomic
def release(*, account: Account, reference: str, at: datetime) -> None:
    """Free all that is held for a call, which costs nothing. Safe to repeat."""
    settle_call(account=account, reference=reference, micro_credits=0, at=at)


def check_ledger(*, account: Account | None = None) -> list[LedgerFault]:
    """Compare the balances with the entries, of one account or of all. An empty list is what should come.

    Each comparison is one statement, and so of one moment: it may run while credits move.
    """
    transactions = Transaction.objects.all() if account is None else Transaction.objects.for_account(account)
    unbalanced = transactions.annotate(total=Coalesce(Sum("entries__micro_credits"), 0)).exclude(total=0)
    faults = [LedgerFault(str(posted), 0, posted.total) for posted in unbalanced.order_by("pk")]

    accounts = Account.objects.annotate(
        available=Coalesce("balance__available", 0),
        held=Coalesce("balance__held", 0),
        posted_available=_sum_of(Book.CUSTOMER),
        posted_held=_sum_of(Book.HELD),
    ).exclude(available=F("posted_available"), held=F("posted_held"))
    if account is not None:
        accounts = accounts.filter(pk=account.pk)
    for wrong in accounts.order_by("pk"):
        for book, should_be, found in (
            (Book.CUSTOMER, wrong.posted_available, wrong.available),
            (Book.HELD, wrong.posted_held, wrong.held),
        ):
            if should_be != found:
                faults.append(LedgerFault(f"{wrong.public_id} {book}", should_be, found))
    return faults


def post(
    kind: Transaction.Kind,
    *,
    account: Account,
    reference: str,
    micro_credits: int,
    at: datetime,
    memo: str = "",
    by: str = "",
    move: tuple[str, str] | None = None,
) -> Transaction | None:
    """Move an amount between two books: this kind's own, or `move`, the book that gives and the one that takes.

    None where that was done before, or where there is nothing to move. Belongs in a transaction, and into the services
    of this package alone. Raises ReusedReference and InsufficientCredits.
    """
    if micro_credits < 0:
        raise ValueError("an amount is never negative")
    if micro_credits == 0:
        return None

    source, target = move or _MOVES[kind]
    sides = [source, -micro_credits, target, micro_credits]
    made = rows.first(_POST_ONCE, [account.pk, kind, reference, memo[:200], by, at, *sides])
    if made is None:
        before = Transaction.objects.get(reference=reference, kind=kind)
        moved = LedgerEntry.objects.filter(transaction=before, book=target, micro_credits=micro_credits)
        if before.account_id != account.pk or not moved.exists():
            raise ReusedReference(f"{reference} was posted before, otherwise.")
        return None

    posted: Transaction = rows.instance(Transaction, made)
    balance = _move_balance(account, {source: -micro_credits, target: micro_credits})
    if source == Book.CUSTOMER:
        low_balance.notice(balance, at=at)
    elif target == Book.CUSTOMER and source != Book.HELD:
        # What a call gives back was the account's before: only what comes in from outside lets it be told again.
        low_balance.rearm(account=account)
    return posted


def _hold(account: Account, reference: str, *, minute: int, rate_per_minute: int, at: datetime) -> Transaction | None:
    # Without a balance row there is nothing that could be held.
    return post(
        Kind.HOLD, account=account, reference=f"{reference}/minute/{minute}", micro_credits=rate_per_minute, at=at
    )


def _move_balance(account: Account, changes: Mapping[str, int]) -> Balance:
    """The balance as it is now, its row locked. Raises InsufficientCredits."""
    available = changes.get(Book.CUSTOMER, 0)
    held = changes.get(Book.HELD, 0)
    moved = rows.first(_MOVE, [available, held, account.pk, -available, -held])
    if moved is None:
        needed = money.to_text(-available)
        raise InsufficientCredits(f"Not enough credits: {needed} are needed. Top up, and try again.")

    balance: Balance = rows.instance(Balance, moved)
    balance.account = account
    return balance


def ensure_balance(account: Account) -> None:
    """Give the account its balance row. One that was never given any credits, such as a further workspace, has none."""
    if not Balance.objects.filter(account=account).exists():
        Balance.objects.bulk_create([Balance(account=account)], ignore_conflicts=True)


def _settlements(account: Account, reference: str) -> QuerySet[Transaction]:
    settled = Q(reference=reference, kind__in=(Kind.CHARGE, Kind.RELEASE))
    transactions: QuerySet[Transaction] = Transaction.objects.for_account(account).filter(settled)
    return transactions


def _sum_of(book: str) -> Coalesce:
    """What an account's entries in a book come to, for a query of accounts."""
    entries = LedgerEntry.objects.filter(transaction__account=OuterRef("pk"), book=book)
    total = entries.order_by().values("transaction__account").annotate(total=Sum("micro_credits")).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), 0)


def _sum(book: str, transactions: QuerySet[Transaction]) -> int:
    entries = LedgerEntry.objects.filter(transaction__in=transactions, book=book)
    return int(entries.aggregate(total=Sum("micro_credits"))["total"] or 0)
