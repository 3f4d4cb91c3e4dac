from __future__ import annotations

from datetime import datetime
from typing import Optional

from vaniagent.models.base import Model


class Account(Model):
    """Whose key it is. `credits` and `low_balance_credits` are decimal text; one credit is one US dollar."""

    id: str
    name: str
    plan: str
    credits: str
    live_calls: int
    max_live_calls: int
    low_balance_credits: Optional[str]


class Transaction(Model):
    """A movement of credits."""

    posted_at: datetime
    kind: str
    reference: str
    memo: str
    amount: str


class TopUp(Model):
    """Credits to be paid for at `url`."""

    id: str
    url: Optional[str]
    credits: str
    status: str
    created_at: datetime
    paid_at: Optional[datetime]
