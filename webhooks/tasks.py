"""The queue's messages about webhooks. All may arrive twice, late or never: what is due stands in PostgreSQL."""

from __future__ import annotations

from celery import shared_task


@shared_task(queue="webhooks", ignore_result=True)
def deliver_due(**kwargs: object) -> None:
    """Send what is due. Woken by each recorded event, and by beat for what a lost message or a dead sender left."""
    from webhooks.services import sending

    sending.sender.run()


@shared_task(queue="default", ignore_result=True)
def tell_owner_of_disabled_endpoint(*, endpoint_id: int, **kwargs: object) -> None:
    """Mail the account's owners that an endpoint hears nothing more."""
    from webhooks.services import mails

    mails.tell_owner_of_disabled_endpoint(endpoint_id=endpoint_id)


@shared_task(queue="upkeep", ignore_result=True)
def tidy_up(**kwargs: object) -> None:
    """Forget old events and listeners that left, and end what nobody will hear. A second copy finds nothing."""
    from datetime import timedelta

    from django.conf import settings
    from django.utils import timezone

    from webhooks import services

    now = timezone.now()
    services.give_up_unheard(at=now)
    services.forget_silent_listeners(at=now)
    services.forget_old_events(before=now - timedelta(days=settings.WEBHOOKS_RETENTION_DAYS))


def tell_owner(endpoint_id: int) -> None:
    """Queue `tell_owner_of_disabled_endpoint` without waiting; where the broker is away, the dashboard alone tells."""
    tell_owner_of_disabled_endpoint.apply_async(kwargs={"endpoint_id": endpoint_id}, retry=False)


def wake_sender() -> None:
    """Queue `deliver_due`, once and without waiting: where the broker is away, beat's sweep does it later."""
    deliver_due.apply_async(retry=False, expires=60)
