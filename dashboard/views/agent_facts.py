"""What the engine that comes with the product understood of an agent's prompt."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from calls.understanding import KnownFact, understand
from dashboard.access import page
from dashboard.requests import DashboardRequest
from dashboard.views.agents import current_of, find_agent, frame_of

# In the order in which the page shows them.
KINDS: Final = {
    "price": _("Prices"),
    "hours": _("Times"),
    "place": _("Places"),
    "contact": _("Ways to reach you"),
    "list": _("Lists"),
    "other": _("Other facts"),
}
_ORDER: Final = list(KINDS)


@page()
def facts(request: DashboardRequest, agent_id: str) -> HttpResponseBase:
    agent = find_agent(request, agent_id)
    version = current_of(agent)
    understood = understand(
        prompt=version.prompt, name=version.name, language=version.language, first_message=version.first_message
    )
    context = {
        **frame_of(request, agent, here="agent_facts"),
        "version": version,
        "understood": understood,
        "voicemail_message": version.voicemail_message or understood.voicemail_message,
        "kinds": [
            {"label": KINDS[kind], "facts": list(found)}
            for kind, found in groupby(sorted(understood.facts, key=_place), key=lambda fact: fact.kind)
        ],
        "is_foreign": not version.language.lower().startswith("en"),
    }
    return render(request, "dashboard/agents_facts.html", context)


def _place(fact: KnownFact) -> int:
    return _ORDER.index(fact.kind)
