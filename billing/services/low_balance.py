"""Telling an account that its credits run low: once each time they fall below the threshold."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from accounts.models import Account, Membership
from billing import tasks
from billing.models import Balance
from vaniagent.lib import money
from webhooks import event_types
from webhooks import services as webhooks


def threshold_of(balance: Balance | None) -> int:
    """Below how many micro-credits the account is told; 0: never."""
    if balance is not None and balance.low_threshold is not None:
        return balance.low_threshold
    return money.to_micro(settings.LOW_BALANCE_CREDITS)


@transaction.atomic
def set_low_threshold(*, account: Account, micro_credits: int | None) -> None:
    """Tell this account below so many credits from now on; None means the installation's own threshold, 0 never."""
    if micro_credits is not None and micro_credits < 0:
        raise ValueError("a threshold is never negative")

    Balance.objects.bulk_create([Balance(account=account)], ignore_conflicts=True)
    Balance.objects.filter(account=account).update(low_threshold=micro_credits)
    rearm(account=account)


def notice(balance: Balance, *, at: datetime) -> None:
    """Tell of credits that fell below the threshold, unless that was told before.

    The caller has just moved the balance, and so has its row locked.
    """
    if balance.is_low or balance.available >= threshold_of(balance):
        return

    Balance.objects.filter(pk=balance.pk).update(is_low=True)
    account = balance.account
    data = {
        "account_id": account.public_id,
        "credits": money.to_text(balance.available),
        "threshold": money.to_text(threshold_of(balance)),
    }
    webhooks.record_event(
        account=account, event_type=event_types.ACCOUNT_BALANCE_LOW.name, subject=account.public_id, data=data, at=at
    )
    transaction.on_commit(lambda: tasks.tell_owners(account.pk), robust=True)


def rearm(*, account: Account) -> None:
    """Let a low balance be told again, where it is no longer low."""
    Balance.objects.filter(account=account, is_low=True, available__gte=_threshold()).update(is_low=False)


def tell_owners_of_low_balance(*, account_id: int) -> None:
    """Mail the account's owners, unless credits have come in meanwhile."""
    balance = Balance.objects.select_related("account").filter(account=account_id, is_low=True).first()
    if balance is None:
        return

    owners = Membership.objects.for_account(balance.account).filter(role=Membership.Role.OWNER)
    addresses = list(owners.order_by("pk").values_list("user__email", flat=True))
    if not addresses:
        return
    send_mail(
        subject="Your credits run low",
        message=(
            f"{' '.join(balance.account.name.split())} has {money.to_text(balance.available)} credits left, which is less than "
            f"{money.to_text(threshold_of(balance))}.\n\n"
            "Calls go on for as long as there are credits for the next minute; then the agent says goodbye. "
            "Top up in the dashboard under Billing.\n"
        ),
        from_email=None,
        recipient_list=addresses,
    )


def _threshold() -> Coalesce:
    return Coalesce(F("low_threshold"), Value(money.to_micro(settings.LOW_BALANCE_CREDITS)))
