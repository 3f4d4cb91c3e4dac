"""Buying credits: a checkout at the payment provider, and what it tells us of it.

What the provider tells may come twice, late and in any order. So each notice is written down as a state, and then the ledger is
brought to what the states say: the credits once, and back what went back.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet, Sum

from accounts import audit
from accounts.models import Account
from billing.models import Balance, LedgerEntry, Reversal, TopUp, Transaction
from billing.payments.base import CheckoutNotice, CheckoutState, Notice, Order, Payments, ReversalNotice
from billing.services.ledger import ensure_balance, post
from vaniagent.lib import errors, ids, money

log = logging.getLogger(__name__)

CURRENCY: Final = "usd"
LEAST: Final = 1 * money.MICRO
MOST: Final = 10_000 * money.MICRO
# As long as the provider remembers its own idempotency key.
SEED_IS_GOOD_FOR: Final = timedelta(hours=24)
_CENT: Final = money.MICRO // 100

Status = TopUp.Status
Kind = Transaction.Kind


class TopUpNotSetUp(errors.InvalidRequest):
    """This installation takes no payments."""


class AmountOutOfRange(errors.InvalidRequest):
    """So many credits are not sold at once."""


def create_top_up(
    *,
    account: Account,
    micro_credits: int,
    success_url: str,
    cancel_url: str,
    payments: Payments | None,
    at: datetime,
    by: audit.Actor = audit.PLATFORM,
    seed: str | None = None,
) -> TopUp:
    """Open a page where the credits can be paid. Raises TopUpNotSetUp, AmountOutOfRange and PaymentsFailed.

    The provider is asked before anything is stored, and outside any transaction: a page that we do not know is one that nobody
    was shown. The same `seed` within a day gives the same page.
    """
    if payments is None:
        raise TopUpNotSetUp("Top-up is not set up here: whoever runs this installation adds credits.")
    if not LEAST <= micro_credits <= MOST or micro_credits % _CENT:
        raise AmountOutOfRange("Top up by 1.00 to 10000.00 credits, in whole cents.", param="credits")

    public_id = ids.new("top") if seed is None else ids.derived("top", seed=seed)
    made: TopUp | None = TopUp.objects.for_account(account).filter(public_id=public_id).first()
    if made is not None and made.created_at > at - SEED_IS_GOOD_FOR:
        return made
    if made is not None:
        public_id = ids.new("top")
    checkout = payments.create_checkout(
        Order(
            top_up_id=public_id,
            account_id=account.public_id,
            cents=micro_credits // _CENT,
            success_url=success_url,
            cancel_url=cancel_url,
        )
    )
    with transaction.atomic():
        audit.record(
            account=account,
            by=by,
            action="billing.top_up_started",
            target=public_id,
            details={"credits": money.to_text(micro_credits)},
            at=at,
        )
        return TopUp.objects.create(
            public_id=public_id,
            account=account,
            micro_credits=micro_credits,
            checkout_id=checkout.id,
            url=checkout.url,
            created_at=at,
        )


def take_notice(*, notice: Notice, payments: Payments, at: datetime) -> None:
    """Do what a notice of the provider's entails. Safe to repeat, and in any order. Raises PaymentsFailed."""
    if isinstance(notice, CheckoutNotice):
        _take_checkout(notice, at=at)
        return

    if notice.payment_id:
        top_up = TopUp.objects.filter(payment_id=notice.payment_id).only("public_id").first()
        # The payment's own notice may be still to come: then only the provider knows whose it is.
        top_up_id = top_up.public_id if top_up else payments.top_up_of(notice.payment_id)
        if top_up_id is not None:
            _take_reversal(notice, top_up_id=top_up_id, at=at)


@transaction.atomic
def _take_checkout(notice: CheckoutNotice, *, at: datetime) -> None:
    top_up = _locked().filter(checkout_id=notice.checkout_id).first()
    if top_up is None or top_up.status == Status.PAID:
        return

    top_up.payment_id = notice.payment_id or top_up.payment_id
    match notice.state:
        case CheckoutState.PAID if (notice.cents * _CENT, notice.currency) != (top_up.micro_credits, CURRENCY):
            top_up.status = Status.FAILED
            top_up.failure = f"Paid {notice.cents} {notice.currency} cents, which is not what was asked for"[:200]
            log.error("A payment is not what was asked for", extra={"top_up_id": top_up.public_id})
        case CheckoutState.PAID:
            top_up.status, top_up.paid_at, top_up.failure = Status.PAID, at, ""
            ensure_balance(top_up.account)
            post(
                Kind.TOP_UP,
                account=top_up.account,
                reference=top_up.checkout_id,
                micro_credits=top_up.micro_credits,
                at=at,
                memo=f"Top-up {top_up.public_id}",
            )
        case CheckoutState.PROCESSING if top_up.status == Status.OPEN:
            top_up.status = Status.PROCESSING
        case CheckoutState.FAILED if top_up.status != Status.FAILED:
            top_up.status, top_up.failure = Status.FAILED, "The payment failed"
        case CheckoutState.EXPIRED if top_up.status == Status.OPEN:
            top_up.status = Status.EXPIRED
    top_up.save(update_fields=["status", "failure", "payment_id", "paid_at"])
    _square(top_up, at=at)


@transaction.atomic
def _take_reversal(notice: ReversalNotice, *, top_up_id: str, at: datetime) -> None:
    top_up = _locked().filter(public_id=top_up_id).first()
    if top_up is None:
        return

    reversal, _ = Reversal.objects.get_or_create(
        reference=notice.reference, defaults={"top_up": top_up, "micro_credits": notice.cents * _CENT}
    )
    # What was refunded in all only grows, and a dispute is won once: an older notice changes nothing.
    reversal.micro_credits = max(reversal.micro_credits, notice.cents * _CENT)
    reversal.is_undone = reversal.is_undone or notice.is_undone
    reversal.save(update_fields=["micro_credits", "is_undone"])
    _square(top_up, at=at)


def _square(top_up: TopUp, *, at: datetime) -> None:
    """Take back what went back of a paid top-up, as far as it is there, or give back what was taken too much."""
    if top_up.status != Status.PAID:
        return

    reversals = Reversal.objects.filter(top_up=top_up, is_undone=False)
    gone = min(int(reversals.aggregate(total=Sum("micro_credits"))["total"] or 0), top_up.micro_credits)
    moves = Transaction.objects.for_account(top_up.account).filter(reference__startswith=f"{top_up.public_id}/")
    entries = LedgerEntry.objects.filter(transaction__in=moves, book=LedgerEntry.Book.CUSTOMER)
    taken = -int(entries.aggregate(total=Sum("micro_credits"))["total"] or 0)
    # The lock makes the amount exact: nothing else spends it meanwhile.
    available = Balance.objects.select_for_update().get(account=top_up.account).available
    to_take, to_give = min(max(gone - taken, 0), available), max(taken - gone, 0)
    if to_take or to_give:
        post(
            Kind.REFUND if to_take else Kind.REINSTATEMENT,
            account=top_up.account,
            reference=f"{top_up.public_id}/{moves.count() + 1}",
            micro_credits=to_take or to_give,
            at=at,
            memo=f"Refund of top-up {top_up.public_id}" if to_take else f"Dispute won, top-up {top_up.public_id}",
        )

    shortfall = gone - taken - to_take + to_give
    if shortfall != top_up.shortfall:
        TopUp.objects.filter(pk=top_up.pk).update(shortfall=shortfall)
        if shortfall:
            log.warning("A payment went back after its credits were spent", extra={"top_up_id": top_up.public_id})


def _locked() -> QuerySet[TopUp]:
    top_ups: QuerySet[TopUp] = TopUp.objects.select_related("account").select_for_update(of=("self",), no_key=True)
    return top_ups
