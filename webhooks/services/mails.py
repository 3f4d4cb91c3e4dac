"""Mails about webhooks."""

from __future__ import annotations

from django.core.mail import send_mail

from accounts.models import Membership
from webhooks.models import Endpoint


def tell_owner_of_disabled_endpoint(*, endpoint_id: int) -> None:
    """Tell the account's owners which endpoint was disabled, and why."""
    endpoint = Endpoint.objects.select_related("account").get(pk=endpoint_id)
    owners = Membership.objects.for_account(endpoint.account).filter(role=Membership.Role.OWNER)
    addresses = list(owners.order_by("pk").values_list("user__email", flat=True))
    if not addresses:
        return
    send_mail(
        subject="A webhook endpoint was disabled",
        message=(
            f"We have stopped sending events to {endpoint.url}, because {endpoint.disabled_reason}.\n\n"
            "Enable it again in the dashboard under Settings, Webhooks, once it can answer. "
            "What was not delivered can be replayed there.\n"
        ),
        from_email=None,
        recipient_list=addresses,
    )
