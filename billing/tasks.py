"""The queue's messages about money."""

from __future__ import annotations

import logging

from celery import shared_task

log = logging.getLogger(__name__)


@shared_task
def tell_owners_of_low_balance(*, account_id: int, **kwargs: object) -> None:
    """Mail an account's owners that credits run low. A second copy mails again; one that comes late looks first."""
    from billing.services import low_balance

    low_balance.tell_owners_of_low_balance(account_id=account_id)


@shared_task
def check_ledger(**kwargs: object) -> None:
    """Compare the balances with the entries, log what differs, and keep the result. A second copy looks again."""
    from django.utils import timezone

    from billing import services

    for fault in services.record_ledger_check(at=timezone.now()):
        log.error(
            "The ledger and a balance differ",
            extra={"subject": fault.subject, "expected": fault.expected, "found": fault.found},
        )


def tell_owners(account_id: int) -> None:
    """Queue `tell_owners_of_low_balance` without waiting; where the broker is away, the webhook alone tells."""
    tell_owners_of_low_balance.apply_async(kwargs={"account_id": account_id}, retry=False)
