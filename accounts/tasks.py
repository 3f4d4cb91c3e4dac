"""The queue's messages about accounts."""

from __future__ import annotations

from celery import shared_task

DEFAULT_QUEUE = "default"


def mail_invitation(invitation_id: int, sealed_token: str) -> None:
    """Have the mail sent. Where the queue is away there is no mail, and the page can invite again."""
    send_invitation.apply_async(
        kwargs={"invitation_id": invitation_id, "sealed_token": sealed_token}, queue=DEFAULT_QUEUE
    )


@shared_task
def forget_old_answers(**kwargs: object) -> None:
    """Delete idempotent answers past their time. A second copy finds nothing."""
    from django.utils import timezone

    from accounts import idempotency

    idempotency.forget_old_answers(at=timezone.now())


@shared_task
def send_invitation(*, invitation_id: int, sealed_token: str, **kwargs: object) -> None:
    """Mail an invitation's link. A second copy mails it again, which harms nobody.

    Only the token's digest is stored, so that the token itself travels in the message, encrypted.
    """
    from accounts import invitations

    invitations.send(invitation_id=invitation_id, sealed_token=sealed_token)
