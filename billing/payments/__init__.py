"""Taking payments: the protocol, and the provider that the settings name."""

from __future__ import annotations

from django.conf import settings

from billing.payments.base import Payments
from billing.payments.stripe import stripe_payments


def configured() -> Payments | None:
    """The provider that this installation takes payments by; None where it takes none."""
    if not (settings.STRIPE_SECRET_KEY and settings.STRIPE_WEBHOOK_SECRET):
        return None
    return stripe_payments(
        secret_key=settings.STRIPE_SECRET_KEY,
        webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
        api_base=settings.STRIPE_API_BASE,
    )
