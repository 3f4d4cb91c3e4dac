"""A call's page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from calls.models import Call
from dashboard.access import page
from dashboard.requests import DashboardRequest


@page()
def call(request: DashboardRequest, call_id: str) -> HttpResponse:
    found = get_object_or_404(Call.objects.for_account(request.account), public_id=call_id)
    return render(request, "dashboard/call.html", {"call": found})
