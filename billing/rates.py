"""What a conversation costs. A call stores the rate it was placed at; later prices do not change it."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from accounts.models import Account
from vaniagent.lib import money

SECONDS_PER_MINUTE: Final = 60


def rate_per_minute(account: Account, *, is_test: bool) -> int:
    """Micro-credits a minute for a call of this account placed now. Test keys pay nothing."""
    if is_test:
        return 0
    if account.call_price_per_minute is not None:
        return account.call_price_per_minute
    return money.to_micro(settings.CALL_PRICE_PER_MINUTE)


def cost(*, rate_per_minute: int, seconds: int) -> int:
    """The price of a conversation by the second, rounded up to a whole micro-credit."""
    return -(-rate_per_minute * seconds // SECONDS_PER_MINUTE)
