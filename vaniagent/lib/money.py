"""Credits. One credit is one US dollar and a million micro-credits; all sums are whole micro-credits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MICRO = 1_000_000


def to_micro(credits: Decimal | int | str) -> int:
    """Micro-credits of an amount in credits, rounded half up."""
    return int((Decimal(credits) * MICRO).to_integral_value(rounding=ROUND_HALF_UP))


def to_text(micro_credits: int) -> str:
    """An amount as the API shows it: decimal text with at least two and at most six places."""
    whole, _, places = f"{Decimal(micro_credits) / MICRO:.6f}".partition(".")
    return f"{whole}.{places[:2]}{places[2:].rstrip('0')}"
