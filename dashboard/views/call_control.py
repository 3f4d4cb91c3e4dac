"""What somebody does to a call from its page: speak through the agent, give it a note, hang up, send a webhook again."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from calls.services import control, transfers
from calls.telephony.base import EndedBy
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.requests import DashboardRequest
from dashboard.views.call import find_call
from vaniagent.lib import errors
from webhooks import services as webhooks
from webhooks.models import Delivery


@page(role=Role.DEVELOPER, methods=("POST",))
def say_in_call(request: DashboardRequest, call_id: str) -> HttpResponseBase:
    call, text = find_call(request, call_id), request.POST.get("text", "")
    return _do(
        request,
        call_id,
        lambda: control.say(call=call, text=text, at=timezone.now(), actor=actor_of(request)),
        done=_("The agent says it now."),
    )


@page(role=Role.DEVELOPER, methods=("POST",))
def note_in_call(request: DashboardRequest, call_id: str) -> HttpResponseBase:
    call, text = find_call(request, call_id), request.POST.get("text", "")
    return _do(
        request,
        call_id,
        lambda: control.note(call=call, text=text, at=timezone.now(), actor=actor_of(request)),
        done=_("The agent knows it from its next turn on."),
    )


@page(role=Role.DEVELOPER, methods=("POST",))
def press_in_call(request: DashboardRequest, call_id: str) -> HttpResponseBase:
    """Keys of the telephone, from the page's keypad (`digit`) or typed (`digits`)."""
    call, digits = find_call(request, call_id), request.POST.get("digit") or request.POST.get("digits", "")
    return _do(
        request,
        call_id,
        lambda: control.send_digits(call=call, digits=digits.strip(), at=timezone.now(), actor=actor_of(request)),
        done=_("The keys are pressed."),
    )


@page(role=Role.DEVELOPER, methods=("POST",))
def transfer_call(request: DashboardRequest, call_id: str) -> HttpResponseBase:
    """To one of the destinations of its agent, and nobody else."""
    call, name = find_call(request, call_id), request.POST.get("name", "")
    return _do(
        request,
        call_id,
        lambda: transfers.request_transfer(
            call=call, by=EndedBy.USER, name=name, at=timezone.now(), actor=actor_of(request)
        ),
        done=_("The agent tells the caller, and puts them through."),
    )


@page(role=Role.DEVELOPER, methods=("POST",))
def hang_up_call(request: DashboardRequest, call_id: str) -> HttpResponseBase:
    call = find_call(request, call_id)
    return _do(
        request,
        call_id,
        lambda: control.hang_up_call(call=call, by=EndedBy.API, at=timezone.now(), actor=actor_of(request)),
        done=_("The call ends."),
    )


@page(role=Role.DEVELOPER, methods=("POST",))
def replay_call_delivery(request: DashboardRequest, call_id: str, delivery_id: str) -> HttpResponseBase:
    """Send one webhook of the call once more."""
    call = find_call(request, call_id)
    deliveries = Delivery.objects.for_account(request.account).filter(subject=call.public_id)
    delivery = get_object_or_404(deliveries.select_related("endpoint"), public_id=delivery_id)

    def replay() -> None:
        now = timezone.now()
        with transaction.atomic():
            webhooks.replay_delivery(delivery=delivery, at=now)
            audit.record(
                account=request.account,
                by=actor_of(request),
                action="webhook.replayed",
                target=delivery.public_id,
                details={"call": call.public_id},
                at=now,
            )

    return _do(request, call_id, replay, done=_("The webhook is sent again."))


def _do(request: DashboardRequest, call_id: str, service: Callable[[], object], *, done: str) -> HttpResponseBase:
    """One service call, and what came of it: for htmx a status, else the page with a message."""
    try:
        service()
    except errors.ServiceError as error:
        if request.htmx:
            return render(request, "dashboard/_refusal.html", {"message": error.message}, status=error.status)
        messages.error(request, error.message)
    else:
        if request.htmx:
            return HttpResponse(status=204)
        messages.success(request, done)
    return redirect("call", call_id)
