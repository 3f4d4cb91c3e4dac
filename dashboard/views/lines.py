"""Phone lines: as yet the sandbox, which every workspace has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.telephony import sandbox
from dashboard.access import Role, page
from dashboard.requests import DashboardRequest
from dashboard.snippets import SANDBOX_SCRIPT


@dataclass(frozen=True)
class TestNumber:
    number: str
    what: str | Promise
    # How such a call ends, where it is not a conversation.
    ends: str = ""

    @property
    def query(self) -> str:
        return urlencode({"to": self.number})


NUMBERS: Final = (
    TestNumber("+15005550100", _("Somebody who talks with the agent, and says goodbye. So does any other number.")),
    TestNumber(sandbox.BUSY, _("The line is busy."), "busy"),
    TestNumber(sandbox.NO_ANSWER, _("It rings, and nobody answers."), "no_answer"),
    TestNumber(sandbox.DECLINES, _("Somebody declines the call."), "rejected"),
    TestNumber(sandbox.CARRIER_FAULT, _("The carrier is at fault."), "carrier_error"),
    TestNumber(sandbox.VOICEMAIL, _("An answering machine with a greeting and a tone.")),
    TestNumber(sandbox.LEAVES_MID_SENTENCE, _("Somebody hangs up in the middle of the agent’s sentence.")),
    TestNumber(sandbox.INTERRUPTS, _("Somebody interrupts the agent.")),
    TestNumber(sandbox.SAYS_NOTHING, _("Somebody answers, and says nothing.")),
    TestNumber(sandbox.TALKS_ON, _("Somebody talks until hung up.")),
)


@page()
def show_lines(request: DashboardRequest) -> HttpResponseBase:
    context = {
        "numbers": NUMBERS,
        "place_url": _place_url() if request.membership.reaches(Role.DEVELOPER) else "",
        "script": SANDBOX_SCRIPT % {"url": settings.PUBLIC_URL},
    }
    return render(request, "dashboard/settings_lines.html", context)


def _place_url() -> str:
    """Where calls are placed by form; empty where this installation has no such page."""
    try:
        return reverse("place_call")
    except NoReverseMatch:
        return ""
