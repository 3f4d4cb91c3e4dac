"""An agent's public link: on and off, its limits, a new address, and the widget for one's own pages."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from agents.models import Agent
from calls.models import TalkLink
from calls.services import talk_links
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.forms.agent_share import TalkLinkForm, limits_of
from dashboard.requests import DashboardRequest
from dashboard.views.agents import find_agent, frame_of
from vaniagent.lib import errors


@page(role=Role.ADMIN, methods=("GET", "POST"))
def share(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    """Saving the limits switches the link on."""
    agent = find_agent(request, agent_id)
    link = TalkLink.objects.for_account(request.account).filter(agent=agent).first() or TalkLink(agent=agent)
    form = TalkLinkForm(request.POST or None, initial=limits_of(link))
    if request.method == "POST" and form.is_valid():
        try:
            _switch_on(request, agent, form, at=timezone.now())
        except errors.ServiceError as error:
            form.add_error(error.param if error.param in form.fields else None, error.message)
        else:
            words = _("The limits are saved.") if link.is_enabled else _("The link is on.")
            messages.success(request, words)
            return redirect("agent_share", agent_id)

    url = f"{settings.PUBLIC_URL}{reverse('public_talk', args=[link.slug])}"
    context = {
        **frame_of(request, agent, here="agent_share"),
        "form": form,
        "link": link,
        "url": url,
        "snippet": f'<script src="{settings.PUBLIC_URL}{reverse("widget")}" data-agent="{link.slug}" defer></script>',
    }
    return render(request, "dashboard/agents_share.html", context)


@page(role=Role.ADMIN, methods=("POST",))
def switch_off(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    agent = find_agent(request, agent_id)
    with transaction.atomic():
        was_on = TalkLink.objects.select_for_update().filter(agent=agent, is_enabled=True).exists()
        talk_links.disable_link(agent=agent)
        if was_on:
            _record(request, agent, "agent.link_disabled", at=timezone.now())
    messages.success(request, _("The link is off. Talks that run go on."))
    return redirect("agent_share", agent_id)


@page(role=Role.ADMIN, methods=("POST",))
def rotate(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    agent = find_agent(request, agent_id)
    try:
        with transaction.atomic():
            talk_links.rotate_link(agent=agent)
            _record(request, agent, "agent.link_rotated", at=timezone.now())
    except talk_links.NoSuchLink as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The link has a new address. The old one leads nowhere."))
    return redirect("agent_share", agent_id)


@transaction.atomic
def _switch_on(request: DashboardRequest, agent: Agent, form: TalkLinkForm, *, at: datetime) -> None:
    limits, origins = form.limits(), form.cleaned_data["allowed_origins"]
    was_on = TalkLink.objects.filter(agent=agent, is_enabled=True).exists()
    talk_links.enable_link(agent=agent, limits=limits, allowed_origins=origins, at=at)
    action = "agent.link_changed" if was_on else "agent.link_enabled"
    _record(request, agent, action, at=at, allowed_origins=origins, **limits)


def _record(request: DashboardRequest, agent: Agent, action: str, *, at: datetime, **details: audit.Detail) -> None:
    audit.record(
        account=request.account, by=actor_of(request), action=action, target=agent.public_id, details=details, at=at
    )
