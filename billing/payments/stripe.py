"""Payments by Stripe Checkout. https://docs.stripe.com/payments/checkout"""

from __future__ import annotations

import functools
from http import HTTPStatus
from typing import Final

import stripe

from billing.payments.base import (
    Checkout,
    CheckoutNotice,
    CheckoutState,
    ForgedNotice,
    Notice,
    Order,
    PaymentsFailed,
    ReversalNotice,
)

CURRENCY: Final = "usd"
TIMEOUT_SECONDS: Final = 8
RETRIES: Final = 1

# What we want to be told, and so what the endpoint in Stripe's dashboard must be subscribed to.
_CHECKOUT_STATES: Final = {
    "checkout.session.completed": CheckoutState.PROCESSING,
    "checkout.session.async_payment_succeeded": CheckoutState.PAID,
    "checkout.session.async_payment_failed": CheckoutState.FAILED,
    "checkout.session.expired": CheckoutState.EXPIRED,
}
_REFUNDED: Final = "charge.refunded"
_WITHDRAWN: Final = "charge.dispute.funds_withdrawn"
_REINSTATED: Final = "charge.dispute.funds_reinstated"
EVENTS: Final = (*_CHECKOUT_STATES, _REFUNDED, _WITHDRAWN, _REINSTATED)


class StripePayments:
    """Stripe, by its own library."""

    def __init__(self, *, secret_key: str, webhook_secret: str, api_base: str) -> None:
        self._webhook_secret = webhook_secret
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base},
            http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
            max_network_retries=RETRIES,
        )

    def create_checkout(self, order: Order) -> Checkout:
        marks = {"top_up_id": order.top_up_id, "account_id": order.account_id}
        try:
            session = self._client.v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "client_reference_id": order.top_up_id,
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": CURRENCY,
                                "unit_amount": order.cents,
                                "product_data": {"name": "VaniAgent credits"},
                            },
                        }
                    ],
                    "metadata": marks,
                    # The payment carries them too: a refund or a dispute names only the payment.
                    "payment_intent_data": {"metadata": marks},
                    "success_url": order.success_url,
                    "cancel_url": order.cancel_url,
                },
                {"idempotency_key": order.top_up_id},
            )
        except stripe.StripeError as error:
            raise _failed(error) from error
        if session.url is None:
            raise PaymentsFailed("the checkout has no page", retryable=False)
        return Checkout(id=session.id, url=session.url)

    def top_up_of(self, payment_id: str) -> str | None:
        try:
            payment = self._client.v1.payment_intents.retrieve(payment_id)
        except stripe.StripeError as error:
            if error.http_status == HTTPStatus.NOT_FOUND:
                return None
            raise _failed(error) from error
        return getattr(payment.metadata, "top_up_id", None)

    def read_notice(self, *, payload: bytes, signature: str) -> Notice | None:
        try:
            event = self._client.construct_event(payload, signature, self._webhook_secret)
        except (ValueError, stripe.SignatureVerificationError) as error:
            raise ForgedNotice(str(error)) from error

        about = event.data.object
        if event.type in _CHECKOUT_STATES and isinstance(about, stripe.checkout.Session):
            return _checkout_notice(event.type, about)
        if event.type == _REFUNDED and isinstance(about, stripe.Charge):
            return ReversalNotice(about.id, _id_of(about.payment_intent), about.amount_refunded)
        if event.type in (_WITHDRAWN, _REINSTATED) and isinstance(about, stripe.Dispute):
            is_undone = event.type == _REINSTATED
            return ReversalNotice(about.id, _id_of(about.payment_intent), about.amount, is_undone=is_undone)
        return None


@functools.cache
def stripe_payments(*, secret_key: str, webhook_secret: str, api_base: str) -> StripePayments:
    """The process's client for these settings: it keeps its connections."""
    return StripePayments(secret_key=secret_key, webhook_secret=webhook_secret, api_base=api_base)


def _checkout_notice(event_type: str, session: stripe.checkout.Session) -> CheckoutNotice:
    state = _CHECKOUT_STATES[event_type]
    if state is CheckoutState.PROCESSING and session.payment_status == "paid":
        state = CheckoutState.PAID
    return CheckoutNotice(
        checkout_id=session.id,
        state=state,
        cents=session.amount_total or 0,
        currency=session.currency or "",
        payment_id=_id_of(session.payment_intent),
    )


def _id_of(named: str | stripe.PaymentIntent | None) -> str:
    if named is None:
        return ""
    return named if isinstance(named, str) else named.id


def _failed(error: stripe.StripeError) -> PaymentsFailed:
    status = error.http_status
    return PaymentsFailed(type(error).__name__, retryable=status is None or status == 429 or status >= 500)
