"""What other apps and the API do with credits: `from billing import services as billing`."""

from __future__ import annotations

from billing.services.ledger import (
    AlreadySettled,
    InsufficientCredits,
    LedgerFault,
    NoReason,
    NothingToMove,
    ReusedReference,
    adjust,
    check_ledger,
    extend_hold,
    grant,
    hold_first_minute,
    release,
    settle_call,
)
from billing.services.low_balance import set_low_threshold

__all__ = [
    "AlreadySettled",
    "InsufficientCredits",
    "LedgerFault",
    "NoReason",
    "NothingToMove",
    "ReusedReference",
    "adjust",
    "check_ledger",
    "extend_hold",
    "grant",
    "hold_first_minute",
    "release",
    "set_low_threshold",
    "settle_call",
]
