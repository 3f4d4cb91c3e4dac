"""Buying credits, being told that they run low, and the month of a statement."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.services.top_ups import LEAST, MOST
from vaniagent.lib import money

_USUAL: Final = Decimal(20)
_MOST_ALERT: Final = 100_000
_MONTH: Final = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")


def _amount(label: Any, least: Decimal | int, most: int, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=Decimal(least), max_value=Decimal(most), decimal_places=2, max_digits=9, **more
    )


class TopUpForm(forms.Form):
    credits = _amount(
        _("US dollars"),
        LEAST // money.MICRO,
        MOST // money.MICRO,
        initial=_USUAL,
        help_text=_("From 1 to 10,000. A credit is a dollar."),
    )


class AlertForm(forms.Form):
    credits = _amount(
        _("Tell us below, in US dollars"),
        0,
        _MOST_ALERT,
        required=False,
        help_text=_("0: never. Empty: as this installation has it."),
    )

    def micro_credits(self) -> int | None:
        chosen = self.cleaned_data["credits"]
        return None if chosen is None else money.to_micro(chosen)


def month_of(text: str) -> date | None:
    """The month that a query names, such as 2026-11."""
    named = _MONTH.fullmatch(text)
    return date(int(named[1]), int(named[2]), 1) if named else None
