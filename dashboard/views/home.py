"""The first page: what the product is to strangers, how the workspace does to its members."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from agents.models import Agent
from dashboard.access import page, public
from dashboard.requests import DashboardRequest

# How calls are placed, for those who do not know us.
_SAMPLE: Final = """\
curl %(url)s/v1/calls \\
  -H "Authorization: Bearer va_live_…" \\
  -H "Content-Type: application/json" \\
  -d '{
    "agent_id": "agent_…",
    "to_number": "+14155550100"
  }'
"""


@public()
def home(request: HttpRequest) -> HttpResponseBase:
    if request.user.is_authenticated:
        return overview(request)
    return render(request, "landing.html", {"sample": _SAMPLE % {"url": settings.PUBLIC_URL}})


@page()
def overview(request: DashboardRequest) -> HttpResponseBase:
    agents = Agent.objects.for_account(request.account).filter(status=Agent.Status.ACTIVE).select_related("current")
    return render(request, "dashboard/home.html", {"agents": agents.order_by("pk")[:6]})
