"""What an agent was: who changed what and when, what differs between two versions, and back to one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import services as agents
from agents import versions, voices
from agents.models import Agent, AgentVersion
from agents.versions import Change, Line
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.forms import compliance, hours, keypad, transfers
from dashboard.forms.agents import AgentForm, labels_of
from dashboard.requests import DashboardRequest
from dashboard.views.agents import current_of, find_agent, frame_of
from vaniagent.lib import errors

PAGE: Final = 25
# So many versions are offered to compare with.
OFFERED: Final = 50
# Lines that stayed are folded away, but for these around a change.
AROUND: Final = 3


@page()
def version_list(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    agent = find_agent(request, agent_id)
    found = Paginator(agents.versions_of(agent), PAGE).get_page(request.GET.get("page"))
    shown = list(found.object_list)
    before = agents.versions_of(agent).filter(number__lt=shown[-1].number).first()
    rows = [
        {"version": version, "changed": labels_of(versions.changed_names(earlier, version)) if earlier else []}
        for version, earlier in zip(shown, [*shown[1:], before], strict=True)
    ]
    context = {**frame_of(request, agent, here="agent_versions"), "page": found, "rows": rows}
    return render(request, "dashboard/agents_versions.html", context)


@page()
def show_version(request: DashboardRequest, agent_id: str, number: int) -> HttpResponseBase:
    """What a version changed of the one before it, or of the one that `?against=` names."""
    agent = find_agent(request, agent_id)
    version = _find(agent, number)
    against = _against(agent, number, request.GET.get("against", ""))
    changes = versions.changes_between(against, version) if against else []
    context = {
        **frame_of(request, agent, here="agent_versions"),
        "version": version,
        "against": against,
        "changes": [_shown(change) for change in changes],
        "settings": [
            {"label": label, "value": _words(name, getattr(version, name))}
            for name, label in zip(agents.SETTINGS, labels_of(agents.SETTINGS), strict=True)
        ],
        "numbers": list(agents.versions_of(agent).exclude(number=number).values_list("number", flat=True)[:OFFERED]),
        "is_current": version == agent.current,
    }
    return render(request, "dashboard/agents_version.html", context)


@page(role=Role.DEVELOPER, methods=("POST",))
def restore(request: DashboardRequest, agent_id: str, number: int) -> HttpResponseBase:
    agent = find_agent(request, agent_id)
    _find(agent, number)
    try:
        agent = agents.restore_version(agent=agent, number=number, by=actor_of(request), at=timezone.now())
    except errors.ServiceError as error:
        messages.error(request, error.message)
        return redirect("agent_version", agent_id, number)
    words = {"number": number, "new": current_of(agent).number}
    messages.success(request, _("The agent is as it was in version %(number)s. That is version %(new)s now.") % words)
    return redirect("agent", agent_id)


def _find(agent: Agent, number: int) -> AgentVersion:
    if number > current_of(agent).number:
        raise Http404
    try:
        return agents.get_version(agent=agent, number=number)
    except agents.NoSuchVersion:
        raise Http404 from None


def _against(agent: Agent, number: int, wanted: str) -> AgentVersion | None:
    if wanted:
        if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 9):
            raise Http404
        return _find(agent, int(wanted))
    return _find(agent, number - 1) if number > 1 else None


def _shown(change: Change) -> dict[str, Any]:
    return {
        "label": labels_of([change.field])[0],
        "before": _words(change.field, change.before),
        "after": _words(change.field, change.after),
        "parts": list(_folded(change.lines)),
    }


def _folded(lines: tuple[Line, ...]) -> Iterator[dict[str, Any]]:
    """Runs of lines, with those that are far from any change apart."""
    runs = [(is_same, list(run)) for is_same, run in groupby(lines, key=lambda line: line.kind == "same")]
    for place, (is_same, run) in enumerate(runs):
        head = AROUND if place > 0 else 0
        tail = AROUND if place < len(runs) - 1 else 0
        if not is_same or len(run) <= head + tail + 1:
            yield {"lines": run, "is_folded": False}
            continue
        yield {"lines": run[:head], "is_folded": False}
        yield {"lines": run[head : len(run) - tail], "is_folded": True}
        yield {"lines": run[len(run) - tail :], "is_folded": False}


def _words(name: str, value: Any) -> str:
    """A setting as people read it; empty where it is made from the prompt."""
    if name == "voice":
        voice = voices.find(value)
        return f"{voice.name} ({voice.id})" if voice else str(value)
    if name == "calling_hours":
        return hours.in_words(value)
    if name == "compliance":
        return compliance.in_words(value)
    if name == "keypad":
        return keypad.in_words(value)
    if name == "transfers":
        return transfers.in_words(value)
    if name in ("voicemail_action", "patience", "interruptible"):
        choices: Any = AgentForm.base_fields[name]
        return str(dict(choices.choices).get(str(value), value))
    if name in ("max_duration", "silence_timeout"):
        return _("%(number)s seconds") % {"number": value}
    return "" if value is None else str(value)
