"""What other apps and the API do with credits: `from billing import services as billing`."""

from __future__ import annotations

from billing.services.checks import record_ledger_check
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
from billing.services.low_balance import set_low_threshold, threshold_of
from billing.services.statements import StatementLine, stated_transactions, statement, statement_version
from billing.services.top_ups import (
    AmountOutOfRange,
    TopUpNotSetUp,
    create_top_up,
    take_notice,
)

__all__ = [
    "AlreadySettled",
    "AmountOutOfRange",
    "InsufficientCredits",
    "LedgerFault",
    "NoReason",
    "NothingToMove",
    "ReusedReference",
    "StatementLine",
    "TopUpNotSetUp",
    "adjust",
    "check_ledger",
    "create_top_up",
    "extend_hold",
    "grant",
    "hold_first_minute",
    "record_ledger_check",
    "release",
    "set_low_threshold",
    "settle_call",
    "stated_transactions",
    "statement",
    "statement_version",
    "take_notice",
    "threshold_of",
]
