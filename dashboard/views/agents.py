"""The agents of a workspace: the list, making one, changing one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import Http404, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import retarget

from agents import services as agents
from agents import starters, versions, voices
from agents.models import Agent, AgentVersion
from calls.models import Call
from dashboard.access import Role, page, refuse_role
from dashboard.acting import actor_of
from dashboard.forms.agents import LANGUAGES, AgentForm, labels_of, settings_of, settings_of_new
from dashboard.forms.hours import COPY_HOURS, with_monday_copied
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors

PAGE: Final = 25
LATELY: Final = timedelta(days=7)


@page()
def agent_list(request: DashboardRequest) -> HttpResponseBase:
    """Those in service; with `?status=archived` the others."""
    is_archived = request.GET.get("status") == Agent.Status.ARCHIVED
    own = Agent.objects.for_account(request.account)
    counts = {row["status"]: row["count"] for row in own.order_by().values("status").annotate(count=Count("pk"))}
    status = Agent.Status.ARCHIVED if is_archived else Agent.Status.ACTIVE
    wanted = own.filter(status=status).select_related("current", "talk_link").order_by("-pk")
    found = Paginator(wanted, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": found,
        "rows": _described(found, request=request, at=timezone.now()),
        "is_archived": is_archived,
        "has_archived": counts.get(Agent.Status.ARCHIVED, 0) > 0,
        "tabs": [
            {"url": reverse("agents"), "label": _("In service"), "is_current": not is_archived},
            {"url": f"{reverse('agents')}?status=archived", "label": _("Archived"), "is_current": is_archived},
        ],
        "starters": starters.STARTERS,
    }
    return render(request, "dashboard/agents.html", context)


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def new_agent(request: DashboardRequest) -> HttpResponseBase:
    """A form with what a starter says, `?starter=1`, or with little."""
    starter = _starter(request.GET.get("starter", ""))
    is_copied = COPY_HOURS in request.POST
    form = AgentForm(_typed(request), initial=settings_of_new(starter))
    if request.method == "POST" and not is_copied and form.is_valid():
        agent = agents.create_agent(
            account=request.account, settings=form.settings(), by=actor_of(request), at=timezone.now()
        )
        messages.success(request, _("%(name)s is ready. Talk with it here.") % {"name": form.cleaned_data["name"]})
        return redirect("agent", agent.public_id)

    context = {
        "form": form,
        "languages": LANGUAGES,
        "voices": voices.CATALOGUE,
        "starters": starters.STARTERS,
        "starter": starter,
        "is_editable": True,
    }
    return render(request, "dashboard/agents_new.html", context)


@page(methods=("GET", "POST"))
def edit_agent(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    """An agent's settings beside a talk with it."""
    agent = find_agent(request, agent_id)
    if request.method == "POST":
        if not request.membership.reaches(Role.DEVELOPER):
            return refuse_role(request, role=Role.DEVELOPER)
        return _save(request, agent)
    return _editor(request, agent, AgentForm(initial=settings_of(current_of(agent))))


@page(role=Role.DEVELOPER, methods=("POST",))
def duplicate_agent(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    agent = find_agent(request, agent_id)
    copy = agents.duplicate_agent(agent=agent, by=actor_of(request), at=timezone.now())
    messages.success(request, _("This is the copy. Give it a name of its own."))
    return redirect("agent", copy.public_id)


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def archive_agent(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    """Asks first."""
    agent = find_agent(request, agent_id)
    if request.method == "POST":
        agents.archive_agent(agent=agent, by=actor_of(request), at=timezone.now())
        messages.success(request, _("%(name)s is archived.") % {"name": current_of(agent).name})
        return redirect("agents")
    return render(request, "dashboard/agents_archive.html", {"agent": agent})


@page(role=Role.DEVELOPER, methods=("POST",))
def unarchive_agent(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    agent = find_agent(request, agent_id)
    agents.unarchive_agent(agent=agent, by=actor_of(request), at=timezone.now())
    messages.success(request, _("%(name)s is back in service.") % {"name": current_of(agent).name})
    return redirect("agent", agent.public_id)


def find_agent(request: DashboardRequest, agent_id: str) -> Agent:
    """An agent of the reader's workspace, with its version. Raises Http404."""
    own = Agent.objects.for_account(request.account).select_related("account", "current", "current__author")
    agent: Agent = get_object_or_404(own, public_id=agent_id)
    return agent


def current_of(agent: Agent) -> AgentVersion:
    if agent.current is None:
        raise Http404
    return agent.current


def frame_of(request: DashboardRequest, agent: Agent, *, here: str) -> dict[str, Any]:
    """What every page of one agent shows around its own: the way to it, and the other pages."""
    tabs = [("agent", _("Settings")), ("agent_versions", _("Versions")), ("agent_facts", _("Facts"))]
    if request.membership.reaches(Role.ADMIN):
        tabs.append(("agent_share", _("Public link")))
    return {
        "agent": agent,
        "crumbs": [{"url": reverse("agents"), "label": _("Agents")}, {"label": current_of(agent).name}],
        "tabs": [
            {"url": reverse(name, args=[agent.public_id]), "label": label, "is_current": name == here}
            for name, label in tabs
        ],
    }


def _save(request: DashboardRequest, agent: Agent) -> HttpResponseBase:
    base = _version(agent, request.POST.get("version", ""))
    # Whoever wants their changes on top of a newer version names the one they have seen.
    on_top = request.POST.get("on_top", "")
    seen = _version(agent, on_top) if on_top else base
    form = AgentForm(_typed(request))
    if COPY_HOURS in request.POST or not form.is_valid():
        return _editor(request, agent, form, base=base, is_typed=True)

    try:
        agent = agents.update_agent(
            agent=agent,
            settings=form.changes_to(base),
            based_on=seen.number,
            by=actor_of(request),
            at=timezone.now(),
        )
    except agents.ChangedMeanwhile:
        agent = find_agent(request, agent.public_id)
        return _editor(request, agent, form, base=base, newer=current_of(agent))
    except errors.ServiceError as error:
        form.add_error(error.param if error.param in form.fields else None, error.message)
        return _editor(request, agent, form, base=base, is_typed=True)

    if not request.htmx:
        messages.success(request, _("Saved as version %(number)s.") % {"number": current_of(agent).number})
        return redirect("agent", agent.public_id)
    agent = find_agent(request, agent.public_id)
    if on_top or "whole" in request.POST:
        return _editor(request, agent, AgentForm(initial=settings_of(current_of(agent))), is_saved=True)
    # The fields stay as they are, with what is typed while this answer is on its way.
    return _editor(request, agent, form, is_saved=True, part="state")


def _typed(request: DashboardRequest) -> QueryDict | None:
    """What the form holds, with hours copied where that was asked for."""
    if request.method != "POST":
        return None
    if COPY_HOURS not in request.POST:
        return request.POST
    return with_monday_copied(request.POST, "calling_hours")


def _editor(
    request: DashboardRequest,
    agent: Agent,
    form: AgentForm,
    *,
    base: AgentVersion | None = None,
    newer: AgentVersion | None = None,
    is_saved: bool = False,
    is_typed: bool = False,
    part: str = "form",
) -> HttpResponseBase:
    """`base` is the version that the form began from; `newer` one that somebody else made meanwhile. htmx gets a part."""
    is_editable = agent.status == Agent.Status.ACTIVE and request.membership.reaches(Role.DEVELOPER)
    if not is_editable:
        form.disable()
    context = {
        **frame_of(request, agent, here="agent"),
        "form": form,
        "base": base or current_of(agent),
        "newer": newer,
        "newer_changes": labels_of(versions.changed_names(base, newer)) if base and newer else [],
        "languages": LANGUAGES,
        "voices": voices.CATALOGUE,
        "is_editable": is_editable,
        "is_saved": is_saved,
        "is_typed": is_typed or newer is not None,
    }
    if not request.htmx:
        return render(request, "dashboard/agents_edit.html", context)
    return retarget(render(request, f"dashboard/agents_edit.html#{part}", context), f"#agent-{part}")


def _version(agent: Agent, number: str) -> AgentVersion:
    if not (number.isascii() and number.isdecimal() and len(number) < 9):
        raise Http404
    try:
        return agents.get_version(agent=agent, number=int(number))
    except agents.NoSuchVersion:
        raise Http404 from None


def _starter(number: str) -> Any:
    """The how-manieth starter, from 1."""
    return starters.STARTERS[int(number) - 1] if number in ("1", "2", "3") else None


def _described(found: Page[Agent], *, request: DashboardRequest, at: datetime) -> list[dict[str, Any]]:
    """The agents of a page, each with its voice and how many calls it had lately."""
    rows = list(found.object_list)
    calls = Call.objects.for_account(request.account).filter(agent__in=rows, created_at__gte=at - LATELY)
    lately = dict(calls.order_by().values_list("agent").annotate(count=Count("pk")))
    return [
        {"agent": agent, "lately": lately.get(agent.pk, 0), "voice": voices.find(current_of(agent).voice)}
        for agent in rows
    ]
