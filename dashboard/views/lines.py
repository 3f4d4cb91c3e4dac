"""Phone lines: the sandbox, which every workspace has, and its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.models import Agent
from calls import inbound_limits
from calls.models import PhoneLine
from calls.services import inbound, line_checks, lines, shield, twilio_calls
from calls.telephony import sandbox
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.confirming import ask, is_confirmed
from dashboard.forms.failing import blame
from dashboard.forms.lines import KEPT, SipLineForm, TwilioLineForm
from dashboard.requests import DashboardRequest
from dashboard.snippets import SANDBOX_SCRIPT
from vaniagent.lib import errors

FORMS: Final[dict[str, type[SipLineForm] | type[TwilioLineForm]]] = {
    PhoneLine.Kind.SIP: SipLineForm,
    PhoneLine.Kind.TWILIO: TwilioLineForm,
}

REFUSALS_DAYS: Final = 7
# Why a caller was turned away.
REFUSED: Final = {
    inbound.UnknownNumber.word: gettext_lazy("The number is not the line’s."),
    inbound.NoAgent.word: gettext_lazy("No agent answers this line."),
    inbound.BlockedCaller.word: gettext_lazy("The caller is blocked."),
    inbound.Suspended.word: gettext_lazy("The workspace is suspended."),
    inbound.NoCapacity.word: gettext_lazy("All channels were taken."),
    inbound.NoCredits.word: gettext_lazy("There were no credits for a minute."),
    inbound.CalledEnough.word: gettext_lazy("The caller had called too often, or for too much."),
}


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
    TestNumber(
        "+15005550100", gettext_lazy("Somebody who talks with the agent, and says goodbye. So does any other number.")
    ),
    TestNumber(sandbox.BUSY, gettext_lazy("The line is busy."), "busy"),
    TestNumber(sandbox.NO_ANSWER, gettext_lazy("It rings, and nobody answers."), "no_answer"),
    TestNumber(sandbox.DECLINES, gettext_lazy("Somebody declines the call."), "rejected"),
    TestNumber(sandbox.CARRIER_FAULT, gettext_lazy("The carrier is at fault."), "carrier_error"),
    TestNumber(sandbox.VOICEMAIL, gettext_lazy("An answering machine with a greeting and a tone.")),
    TestNumber(sandbox.LEAVES_MID_SENTENCE, gettext_lazy("Somebody hangs up in the middle of the agent’s sentence.")),
    TestNumber(sandbox.INTERRUPTS, gettext_lazy("Somebody interrupts the agent.")),
    TestNumber(sandbox.SAYS_NOTHING, gettext_lazy("Somebody answers, and says nothing.")),
    TestNumber(sandbox.TALKS_ON, gettext_lazy("Somebody talks until hung up.")),
)


@page()
def show_lines(request: DashboardRequest) -> HttpResponseBase:
    context = {
        "lines": lines.list_lines(account=request.account),
        "may_change": request.membership.reaches(Role.DEVELOPER),
        "numbers": NUMBERS,
        "place_url": _place_url() if request.membership.reaches(Role.DEVELOPER) else "",
        "script": SANDBOX_SCRIPT % {"url": settings.PUBLIC_URL},
    }
    return render(request, "dashboard/settings_lines.html", context)


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def new_line(request: DashboardRequest, kind: str) -> HttpResponseBase:
    form = FORMS[kind](request.POST or None, agents=_agents(request))
    if request.method == "POST" and form.is_valid():
        try:
            line = lines.create_line(
                account=request.account,
                kind=kind,
                at=timezone.now(),
                by=actor_of(request),
                **form.fields_for_service(keeps_secret=False),
            )
        except errors.ServiceError as error:
            blame(form, error)
        else:
            return _tried(request, line, _("The line is there."))
    return render(request, "dashboard/settings_line_form.html", {"form": form, "kind": kind})


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def edit_line(request: DashboardRequest, line_id: str) -> HttpResponseBase:
    line = _find(request, line_id)
    initial = {field: getattr(line, field, None) for field in FORMS[line.kind].base_fields}
    initial["numbers"] = "\n".join(number.number for number in line.line_numbers.all())
    limits = inbound_limits.read(line.inbound_limits)
    initial |= {**limits.as_json(), "blocked": "\n".join(limits.blocked)}
    initial["inbound_agent"] = line.inbound_agent.public_id if line.inbound_agent else ""
    initial["password"] = initial["auth_token"] = KEPT if line.sealed_secret else ""
    form = FORMS[line.kind](request.POST or None, initial=initial, agents=_agents(request))
    if request.method == "POST" and form.is_valid():
        try:
            line = lines.update_line(
                line=line, at=timezone.now(), by=actor_of(request), **form.fields_for_service(keeps_secret=True)
            )
        except errors.ServiceError as error:
            blame(form, error)
        else:
            return _tried(request, line, _("Saved. Calls from now on go by it."))
    refused = shield.refusals(line=line, days=REFUSALS_DAYS, at=timezone.now())
    turned_away = [(REFUSED.get(word, word), count) for word, count in refused.items()]
    is_twilio = line.kind == PhoneLine.Kind.TWILIO
    webhook = twilio_calls.voice_url(line) if is_twilio else ""
    context = {"form": form, "kind": line.kind, "line": line, "turned_away": turned_away, "webhook": webhook}
    return render(request, "dashboard/settings_line_form.html", context)


@page(role=Role.DEVELOPER, methods=("POST",))
def check_line(request: DashboardRequest, line_id: str) -> HttpResponseBase:
    return _tried(request, _find(request, line_id), "")


@page(role=Role.DEVELOPER, methods=("POST",))
def make_default(request: DashboardRequest, line_id: str) -> HttpResponseBase:
    line = lines.update_line(line=_find(request, line_id), is_default=True, at=timezone.now(), by=actor_of(request))
    messages.success(request, _("Calls that name no number go out by %(name)s now.") % {"name": line.name})
    return redirect("settings_lines")


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def delete_line(request: DashboardRequest, line_id: str) -> HttpResponseBase:
    """Asks first."""
    line = _find(request, line_id)
    if is_confirmed(request):
        lines.delete_line(line=line, at=timezone.now(), by=actor_of(request))
        messages.success(request, _("The line is removed."))
        return redirect("settings_lines")

    return ask(
        request,
        title=_("Remove the line %(name)s?") % {"name": line.name},
        text=_("No call goes out by it or comes in on it any more, and its password is deleted. Live calls go on."),
        label=_("Remove the line"),
        back=reverse("settings_lines"),
    )


def _tried(request: DashboardRequest, line: PhoneLine, said: str) -> HttpResponseBase:
    """Try the line, and tell what came of it on the list."""
    line = line_checks.check_line(line=line, at=timezone.now())
    if line.status == PhoneLine.Status.READY:
        works = _("It works: calls can go over it.")
        messages.success(request, f"{said} {works}".strip())
    else:
        fails, why = _("It does not work yet:"), _(line.status_detail)
        messages.warning(request, f"{said} {fails} {why}".strip())
    return redirect("settings_lines")


def _find(request: DashboardRequest, line_id: str) -> PhoneLine:
    try:
        return lines.get_line(account=request.account, public_id=line_id)
    except lines.NoSuchLine:
        raise Http404 from None


def _agents(request: DashboardRequest) -> QuerySet[Agent]:
    agents = Agent.objects.for_account(request.account).filter(status=Agent.Status.ACTIVE)
    return agents.select_related("current").order_by("-pk")


def _place_url() -> str:
    """Where calls are placed by form; empty where this installation has no such page."""
    try:
        return reverse("place_call")
    except NoReverseMatch:
        return ""
