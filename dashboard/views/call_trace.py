"""The SIP messages of a call: who said what to whom, and the file for the carrier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from calls.services import traces
from dashboard.access import page
from dashboard.requests import DashboardRequest
from dashboard.views.call import find_call


@dataclass(frozen=True)
class Rung:
    """A message as the ladder shows it."""

    message: dict[str, Any]
    milliseconds: int

    @property
    def is_sent(self) -> bool:
        return bool(self.message["direction"] == "sent")


@page()
def sip_trace(request: DashboardRequest, call_id: str) -> HttpResponse:
    found = find_call(request, call_id)
    trace = traces.trace_of(found)
    context = {"call": found, "rungs": _ladder(trace.messages), "is_cut": trace.is_cut}
    return render(request, "dashboard/call_trace.html", context)


@page()
def sip_trace_file(request: DashboardRequest, call_id: str) -> HttpResponse:
    """The same as text. 404 where there is none."""
    found = find_call(request, call_id)
    trace = traces.trace_of(found)
    if not trace.messages:
        raise Http404
    text = traces.as_text(found.public_id, trace.messages)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.public_id}-sip.txt"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _ladder(messages: list[dict[str, Any]]) -> list[Rung]:
    times = [datetime.fromisoformat(message["at"]) for message in messages]
    return [
        Rung(message, round((at - times[0]).total_seconds() * 1000))
        for message, at in zip(messages, times, strict=True)
    ]
