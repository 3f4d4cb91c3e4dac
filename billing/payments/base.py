"""What we need of whoever takes payments for us. Their words stop here: outside we speak our own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class PaymentsFailed(Exception):
    """The provider did not do what we asked. `retryable` says whether trying again can help."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class ForgedNotice(Exception):
    """A notice that the provider did not sign, or not lately."""


@dataclass(frozen=True)
class Order:
    """What somebody wants to buy, and where the browser goes afterwards."""

    top_up_id: str
    account_id: str
    cents: int
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class Checkout:
    """A page where an order is paid."""

    id: str
    url: str


class CheckoutState(Enum):
    PAID = "paid"
    # Ordered, and the money is on its way: it may still stay away.
    PROCESSING = "processing"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class CheckoutNotice:
    """What became of a checkout. `cents` and `currency` are what was paid or is to be paid."""

    checkout_id: str
    state: CheckoutState
    cents: int
    currency: str
    payment_id: str


@dataclass(frozen=True)
class ReversalNotice:
    """Money that went back to who paid: all that was refunded of a charge so far, or what a dispute took."""

    reference: str
    payment_id: str
    cents: int
    # The dispute was won, and the money came back to us.
    is_undone: bool = False


Notice = CheckoutNotice | ReversalNotice


class Payments(Protocol):
    """A payment provider. Every method but `read_notice` asks it over the network, and raises PaymentsFailed."""

    def create_checkout(self, order: Order) -> Checkout:
        """Open a page where the order can be paid once."""

    def top_up_of(self, payment_id: str) -> str | None:
        """The public id of the top-up that a payment was for; None where it was for something else."""

    def read_notice(self, *, payload: bytes, signature: str) -> Notice | None:
        """What the provider told us; None where it is of no interest. Raises ForgedNotice."""
