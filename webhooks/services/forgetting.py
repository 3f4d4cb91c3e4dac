"""Forgetting what events say, before their time."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.models import Account
from webhooks.models import Event


@transaction.atomic
def forget_subjects(*, account: Account, subjects: Sequence[str]) -> None:
    """Delete the account's events about these calls, with their deliveries. What waits to be sent is not sent."""
    Event.objects.for_account(account).filter(subject__in=subjects).delete()
