"""The plans as their page tells them: from the numbers that are in force."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.limits import PLANS, Limits
from accounts.models import Plan

_FOR_WHOM = {
    Plan.STARTER: _("To try things, and for a first agent in production."),
    Plan.PROFESSIONAL: _("For teams whose agents are on the phone all day."),
    Plan.ENTERPRISE: _("For many calls at once, with limits and prices of your own."),
}


@dataclass(frozen=True)
class Offer:
    name: str
    for_whom: str | Promise
    price_per_minute: Decimal
    limits: Limits
    # Enterprise: the numbers are where talks begin.
    is_custom: bool


def all_plans() -> list[Offer]:
    """Every plan, the smallest first."""
    return [
        Offer(
            name=Plan(plan).label,
            for_whom=_FOR_WHOM[Plan(plan)],
            price_per_minute=settings.CALL_PRICE_PER_MINUTE,
            limits=limits,
            is_custom=plan == Plan.ENTERPRISE,
        )
        for plan, limits in PLANS.items()
    ]
