"""Payments for tests: nobody pays, and notices are believed that were made here."""

from __future__ import annotations

from billing.payments.base import Checkout, ForgedNotice, Notice, Order, PaymentsFailed


class FakePayments:
    """A provider whose every answer a test decides."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        # The top-up that each payment was for.
        self.payments: dict[str, str] = {}
        # What each payload says.
        self.notices: dict[bytes, Notice | None] = {}
        self.is_away = False

    def create_checkout(self, order: Order) -> Checkout:
        self._answer()
        self.orders.append(order)
        return Checkout(id=f"checkout_{len(self.orders)}", url=f"https://pay.example.com/{len(self.orders)}")

    def top_up_of(self, payment_id: str) -> str | None:
        self._answer()
        return self.payments.get(payment_id)

    def read_notice(self, *, payload: bytes, signature: str) -> Notice | None:
        if payload not in self.notices or signature != "fake":
            raise ForgedNotice("not one of mine")
        return self.notices[payload]

    def _answer(self) -> None:
        if self.is_away:
            raise PaymentsFailed("away", retryable=True)
