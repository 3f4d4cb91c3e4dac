"""Listening in on a live call: the socket is asked for here, and everything else is said over it."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from calls.models import Call
from calls.services import operating
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors
from vaniagent.lib.api import envelope


@page(role=Role.DEVELOPER, methods=("POST",))
def listen_in(request: DashboardRequest, call_id: str) -> HttpResponse:
    """The address of a socket for this member, for one minute."""
    call = get_object_or_404(Call.objects.for_account(request.account), public_id=call_id)
    try:
        path = operating.listen_path(call=call, by=actor_of(request))
    except errors.ServiceError as error:
        return JsonResponse(envelope.body_of(error), status=error.status)
    response = JsonResponse({"media_url": path}, status=201)
    response.headers["Cache-Control"] = "no-store"
    return response
