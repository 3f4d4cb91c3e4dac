"""What comes with a body, whoever posts it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from webhooks import signing
from webhooks.models import Event


def headers_of(event: Event, *, delivery_id: str, signing_secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of one attempt to tell of this event."""
    signatures = signing.headers(
        body=event.body.encode(), message_id=event.public_id, at=at, signing_secrets=signing_secrets
    )
    return {
        "Content-Type": "application/json",
        "User-Agent": "VaniAgent-Webhooks/1",
        "X-Vaniagent-Event": event.type,
        "X-Vaniagent-Delivery": delivery_id,
        **signatures,
    }
