"""The rules that a call is asked of before it is dialled, in words. One entry for each of the gate's, and the server's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.models import DialCheck
from calls.services import pre_dial

WORDS: Final[Mapping[str, str | Promise]] = {
    "do_not_call": _("Do-not-call list"),
    "account_calling_hours": _("Hours of the workspace"),
    "calling_hours": _("Hours of the agent"),
    "calls_per_number": _("Calls to one number"),
    pre_dial.RULE: _("Your own server"),
}


def words_of(rule: str) -> str:
    """What people call a rule."""
    return str(WORDS.get(rule, rule))


def results_of(check: DialCheck) -> list[dict[str, Any]]:
    """What each rule said, in the order asked."""
    return [{**result, "words": words_of(result["rule"])} for result in check.results]


def refusal_of(check: DialCheck) -> dict[str, Any] | None:
    """What the rule said that refused; None where none did."""
    return next((result for result in results_of(check) if not result["passed"]), None)
