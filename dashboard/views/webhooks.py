"""Webhook endpoints: the list, making and changing them, their secrets, their log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import OuterRef, Prefetch, Subquery
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import audit
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.confirming import ask, is_confirmed
from dashboard.forms.failing import blame
from dashboard.forms.webhooks import ALL, EndpointForm, LogFilterForm, ReplayForm
from dashboard.requests import DashboardRequest
from dashboard.snippets import VERIFY_NODE, VERIFY_PYTHON
from vaniagent.lib import errors
from webhooks import services as webhooks
from webhooks.models import Attempt, Delivery, Endpoint

PAGE: Final = 25
# So long the log of a page looks for itself whether something new was delivered.
WATCHED: Final = timedelta(minutes=1)
SNIPPETS: Final = {"python": VERIFY_PYTHON, "node": VERIFY_NODE}


@page(role=Role.DEVELOPER)
def endpoint_list(request: DashboardRequest) -> HttpResponseBase:
    latest = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by("-pk")
    endpoints = webhooks.list_endpoints(account=request.account).annotate(
        latest_at=Subquery(latest.values("created_at")[:1]), latest_status=Subquery(latest.values("status")[:1])
    )
    return render(request, "dashboard/settings_webhooks.html", {"endpoints": endpoints})


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
@never_cache
def new_endpoint(request: DashboardRequest) -> HttpResponseBase:
    """The answer to a POST shows the signing secret, and nothing shows it again."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                endpoint = webhooks.create_endpoint(account=request.account, **form.cleaned_data)
                _record(request, endpoint, "webhook.created", host=_host(endpoint), events=endpoint.events)
        except errors.ServiceError as error:
            blame(form, error)
        else:
            return _show_secret(request, endpoint, is_new=True)
    return render(request, "dashboard/settings_webhook_form.html", {"form": form})


@page(role=Role.DEVELOPER)
def show_endpoint(request: DashboardRequest, endpoint_id: str) -> HttpResponseBase:
    return _endpoint_page(request, _find(request, endpoint_id))


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def edit_endpoint(request: DashboardRequest, endpoint_id: str) -> HttpResponseBase:
    endpoint = _find(request, endpoint_id)
    initial = {"url": endpoint.url, "events": endpoint.events, "description": endpoint.description}
    form = EndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, endpoint, **form.cleaned_data)
        except errors.ServiceError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved. What is sent from now on goes by it."))
            return redirect("webhook", endpoint.public_id)
    return render(request, "dashboard/settings_webhook_form.html", {"form": form, "endpoint": endpoint})


@page(role=Role.DEVELOPER, methods=("POST",))
def pause_endpoint(request: DashboardRequest, endpoint_id: str) -> HttpResponseBase:
    _change(request, _find(request, endpoint_id), status=Endpoint.Status.DISABLED.value)
    messages.success(request, _("Paused: nothing is sent to it until you enable it. What was waiting is given up."))
    return redirect("webhook", endpoint_id)


@page(role=Role.DEVELOPER, methods=("POST",))
def enable_endpoint(request: DashboardRequest, endpoint_id: str) -> HttpResponseBase:
    _change(request, _find(request, endpoint_id), status=Endpoint.Status.ENABLED.value)
    messages.success(
        request, _("Enabled: it hears of what happens from now on. Below you can send again what it missed.")
    )
    return redirect("webhook", endpoint_id)


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def delete_endpoint(request: DashboardRequest, endpoint_id: str) -> HttpResponseBase:
    """Asks first."""
    endpoint = _find(request, endpoint_id)
    if is_confirmed(request):
        with transaction.atomic():
            webhooks.delete_endpoint(endpoint=endpoint, at=timezone.now())
            _record(request, endpoint, "webhook.deleted", host=_host(endpoint))
        messages.success(request, _("The endpoint is deleted."))
        return redirect("settings_webhooks")

    return ask(
        request,
        title=_("Delete the endpoint at %(host)s?") % {"host": _host(endpoint)},
        text=_("It hears nothing more, what waits for it is given up, and its log is no longer shown."),
        label=_("Delete the endpoint"),
        back=reverse("webhook", args=[endpoint_id]),
    )


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
@never_cache
def rotate_secret(request: DashboardRequest, endpoint_id: str) -> HttpResponseBase:
    """Asks first; then shows the new secret, once."""
    endpoint = _find(request, endpoint_id)
    if is_confirmed(request):
        with transaction.atomic():
            endpoint = webhooks.rotate_secret(endpoint=endpoint, at=timezone.now())
            _record(request, endpoint, "webhook.secret_rotated")
        return _show_secret(request, endpoint, is_new=False)

    return ask(
        request,
        title=_("Rotate the signing secret?"),
        text=_(
            "You get a new secret. X-Vaniagent-Signature is signed with it at once; in webhook-signature the old one stays "
            "valid beside it for 24 hours. A receiver that checks the former must know the new secret first, or it refuses "
            "deliveries until then; those are tried again."
        ),
        label=_("Rotate the secret"),
        back=reverse("webhook", args=[endpoint_id]),
    )


@page(role=Role.DEVELOPER, methods=("POST",))
def send_test(request: DashboardRequest, endpoint_id: str) -> HttpResponseBase:
    endpoint = _find(request, endpoint_id)
    try:
        with transaction.atomic():
            delivery = webhooks.send_test_event(endpoint=endpoint, at=timezone.now())
            _record(request, endpoint, "webhook.tested", delivery=delivery.public_id)
    except errors.ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request,
            _("A made-up %(event)s is on its way; the log below tells what came of it.")
            % {"event": endpoint.events[0]},
        )
    return redirect("webhook", endpoint_id)


@page(role=Role.DEVELOPER, methods=("POST",))
def replay_range(request: DashboardRequest, endpoint_id: str) -> HttpResponseBase:
    """Send again what became of events of a time."""
    endpoint = _find(request, endpoint_id)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _endpoint_page(request, endpoint, form)

    found = form.cleaned_data
    try:
        with transaction.atomic():
            count = webhooks.replay_deliveries(
                endpoint=endpoint,
                since=found["since"],
                until=found["until"],
                status=None if found["status"] == ALL else found["status"],
                at=timezone.now(),
            )
            _record(request, endpoint, "webhook.replayed", deliveries=count)
    except errors.ServiceError as error:
        blame(form, error)
        return _endpoint_page(request, endpoint, form)
    messages.success(request, _("Sent again: %(count)d, oldest first.") % {"count": count})
    return redirect("webhook", endpoint_id)


@page(role=Role.DEVELOPER)
def show_delivery(request: DashboardRequest, delivery_id: str) -> HttpResponseBase:
    """One delivery with every attempt, and the body as it is sent."""
    delivery = _find_delivery(request, delivery_id)
    return render(request, "dashboard/settings_webhook_delivery.html", {"delivery": delivery})


@page(role=Role.DEVELOPER, methods=("POST",))
def replay_delivery(request: DashboardRequest, delivery_id: str) -> HttpResponseBase:
    delivery = _find_delivery(request, delivery_id)
    try:
        with transaction.atomic():
            webhooks.replay_delivery(delivery=delivery, at=timezone.now())
            _record(request, delivery.endpoint, "webhook.replayed", delivery=delivery.public_id)
    except errors.ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("It is on its way again."))
    return redirect("webhook_delivery", delivery_id)


def _endpoint_page(request: DashboardRequest, endpoint: Endpoint, replay: ReplayForm | None = None) -> HttpResponseBase:
    now = timezone.now()
    filters = LogFilterForm(request.GET)
    attempts = Prefetch("attempts", Attempt.objects.defer("response").order_by("-number"))
    log = Delivery.objects.for_account(request.account).filter(endpoint=endpoint, **filters.lookups())
    log = log.select_related("event").defer("event__body").prefetch_related(attempts).order_by("-pk")
    found = Paginator(log, PAGE).get_page(request.GET.get("page"))
    context = {
        "endpoint": endpoint,
        "page": found,
        "filters": filters,
        "is_filtered": bool(filters.lookups()),
        "is_watched": any(_is_fresh(delivery, now) for delivery in found),
        "replay": replay or ReplayForm(initial={"since": now - timedelta(days=1), "until": now}),
        "old_secret_until": _old_secret_until(endpoint, now),
        "snippets": SNIPPETS,
    }
    return render(request, f"dashboard/settings_webhook.html{'#log' if request.htmx else ''}", context)


def _show_secret(request: DashboardRequest, endpoint: Endpoint, *, is_new: bool) -> HttpResponseBase:
    context = {
        "endpoint": endpoint,
        "secret": endpoint.secret,
        "is_new": is_new,
        "old_secret_until": _old_secret_until(endpoint, timezone.now()),
        "snippets": SNIPPETS,
    }
    return render(request, "dashboard/settings_webhook_secret.html", context)


@transaction.atomic
def _change(request: DashboardRequest, endpoint: Endpoint, **changes: Any) -> None:
    changed = [name for name, value in changes.items() if getattr(endpoint, name) != value]
    if changed:
        webhooks.update_endpoint(endpoint=endpoint, **changes)
        _record(request, endpoint, "webhook.changed", fields=changed)


def _record(request: DashboardRequest, endpoint: Endpoint, action: str, **details: audit.Detail) -> None:
    audit.record(
        account=request.account,
        by=actor_of(request),
        action=action,
        target=endpoint.public_id,
        details=details,
        at=timezone.now(),
    )


def _find(request: DashboardRequest, endpoint_id: str) -> Endpoint:
    try:
        return webhooks.get_endpoint(account=request.account, public_id=endpoint_id)
    except webhooks.NoSuchEndpoint:
        raise Http404 from None


def _find_delivery(request: DashboardRequest, delivery_id: str) -> Delivery:
    """One of an endpoint that was not deleted, with its attempts. Raises Http404."""
    attempts = Prefetch("attempts", Attempt.objects.order_by("-number"))
    own = Delivery.objects.for_account(request.account).filter(endpoint__deleted_at=None)
    found: Delivery | None = (
        own.select_related("endpoint", "event").prefetch_related(attempts).filter(public_id=delivery_id).first()
    )
    if found is None:
        raise Http404
    return found


def _is_fresh(delivery: Delivery, now: datetime) -> bool:
    due = delivery.next_attempt_at
    return delivery.status == Delivery.Status.PENDING and due is not None and now - WATCHED < due <= now


def _old_secret_until(endpoint: Endpoint, now: datetime) -> datetime | None:
    until = endpoint.previous_secret_until
    return until if until is not None and until > now else None


def _host(endpoint: Endpoint) -> str:
    # Addresses may hold a token of the customer's.
    return urlsplit(endpoint.url).hostname or ""
