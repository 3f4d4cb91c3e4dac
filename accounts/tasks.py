"""The queue's messages about accounts."""

from __future__ import annotations

from celery import shared_task


@shared_task
def forget_old_answers(**kwargs: object) -> None:
    """Delete idempotent answers past their time. A second copy finds nothing."""
    from django.utils import timezone

    from accounts import idempotency

    idempotency.forget_old_answers(at=timezone.now())
