"""How much an account may do: its plan's numbers, which its own outrank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from accounts.models import Account, Plan
from vaniagent.lib.rate_limits import HOUR, MINUTE, Window

# Requests without a valid key, for each client address.
ANONYMOUS_REQUESTS_PER_MINUTE: Final = 100


@dataclass(frozen=True)
class Limits:
    requests_per_minute: int
    requests_per_hour: int
    new_calls_per_minute: int
    max_live_calls: int


PLANS: Final[Mapping[str, Limits]] = {
    Plan.STARTER: Limits(100, 1_000, new_calls_per_minute=60, max_live_calls=5),
    Plan.PROFESSIONAL: Limits(500, 10_000, new_calls_per_minute=300, max_live_calls=25),
    Plan.ENTERPRISE: Limits(6_000, 200_000, new_calls_per_minute=6_000, max_live_calls=100),
}


def limits_of(account: Account) -> Limits:
    """The numbers in force for this account."""
    plan = PLANS[account.plan]
    per_minute = _own_or(account.requests_per_minute, plan.requests_per_minute)
    # "Custom" on Enterprise: as many new calls as requests.
    new_calls = per_minute if account.plan == Plan.ENTERPRISE else plan.new_calls_per_minute
    return Limits(
        requests_per_minute=per_minute,
        requests_per_hour=_own_or(account.requests_per_hour, plan.requests_per_hour),
        new_calls_per_minute=new_calls,
        max_live_calls=_own_or(account.max_live_calls, plan.max_live_calls),
    )


def windows_for(account: Account, *, method: str, path: str) -> list[Window]:
    """The windows that this request of the account counts in."""
    limits = limits_of(account)
    windows = [
        Window("minute", MINUTE, limits.requests_per_minute),
        Window("hour", HOUR, limits.requests_per_hour),
    ]
    if method == "POST" and path == "/v1/calls":
        windows.append(Window("new-calls-minute", MINUTE, limits.new_calls_per_minute))
    return windows


def anonymous_windows() -> list[Window]:
    """The window of requests that no account answers for."""
    return [Window("minute", MINUTE, ANONYMOUS_REQUESTS_PER_MINUTE)]


def _own_or(own: int | None, plans: int) -> int:
    return plans if own is None else own
