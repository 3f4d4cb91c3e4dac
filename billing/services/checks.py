"""The nightly look at the books, and what is kept of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from billing.models import LedgerCheck
from billing.services.ledger import LedgerFault, check_ledger

DETAILS: Final = 50
KEPT_FOR: Final = timedelta(days=400)


def record_ledger_check(*, at: datetime) -> list[LedgerFault]:
    """Compare all balances with the entries, and keep the result for staff to see. It mends nothing."""
    faults = check_ledger()
    details = [f"{fault.subject}: the entries say {fault.expected}, found {fault.found}" for fault in faults[:DETAILS]]
    LedgerCheck.objects.create(checked_at=at, faults=len(faults), details="\n".join(details))
    LedgerCheck.objects.filter(checked_at__lt=at - KEPT_FOR).delete()
    return faults
