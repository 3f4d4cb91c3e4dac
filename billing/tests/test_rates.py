"""What a conversation costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account
from billing import rates


@pytest.mark.parametrize(
    ("seconds", "micro_credits"), [(0, 0), (1, 1_667), (30, 50_000), (59, 98_334), (60, 100_000), (245, 408_334)]
)
def test_by_the_second_rounded_up(seconds: Any, micro_credits: Any) -> None:
    assert rates.cost(rate_per_minute=100_000, seconds=seconds) == micro_credits


def test_list_price(settings: Any) -> None:
    settings.CALL_PRICE_PER_MINUTE = Decimal("0.125")

    assert rates.rate_per_minute(Account(), is_test=False) == 125_000


def test_own_price() -> None:
    assert rates.rate_per_minute(Account(call_price_per_minute=0), is_test=False) == 0
    assert rates.rate_per_minute(Account(call_price_per_minute=7), is_test=False) == 7


def test_test_keys_pay_nothing() -> None:
    assert rates.rate_per_minute(Account(call_price_per_minute=7), is_test=True) == 0
