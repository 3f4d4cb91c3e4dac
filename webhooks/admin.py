"""For staff: find an endpoint, read what was sent to it and what came back, send it again; see who listens over a socket."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from accounts import audit
from accounts.staff import actor_of
from vaniagent.lib.staff_admin import Finder, ReadOnlyTable, StaffAdmin, by_id, link_to, of
from webhooks import services
from webhooks.models import Attempt, Delivery, Endpoint, Event, Listener

HAPPENED = {"enabled": "success", "disabled": "danger", "succeeded": "success", "failed": "danger", "pending": "info"}
HAPPENED |= {"listening": "success", "gone": "warning"}
# Of what waits for a listener; thousands may.
MOST_FORWARDS = 50


class AttemptTable(ReadOnlyTable):
    model = Attempt
    fields = ["number", "started_at", "duration_ms", "status_code", "error", "response"]
    readonly_fields = fields
    ordering = ["number"]


class IsDue(admin.SimpleListFilter):
    """Deliveries on their way, or those whose time has come."""

    title = "progress"
    parameter_name = "progress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pending", "Pending"), ("due", "Due")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "pending":
            return queryset.filter(status=Delivery.Status.PENDING)
        if self.value() == "due":
            return queryset.filter(status=Delivery.Status.PENDING, next_attempt_at__lte=timezone.now())
        return queryset


@admin.register(Endpoint)
class EndpointAdmin(StaffAdmin):
    list_display = ["public_id", "owner", "url", "state", "disabled_reason", "failing_since", "created_at"]
    list_filter = ["status"]
    list_select_related = ["account"]
    finders = [by_id("we"), of("acct", "account__public_id")]
    search_help_text = "Endpoint id or account id"
    fields = ["public_id", "owner", "url", "events", "description", "state", "disabled_reason", "failing_since"]
    fields += ["previous_secret_until", "created_at", "deleted_at"]
    readonly_fields = fields

    @admin.display(description="Account")
    def owner(self, endpoint: Endpoint) -> SafeString | str:
        return link_to(endpoint.account)

    @display(description="Status", label=HAPPENED)
    def state(self, endpoint: Endpoint) -> str:
        return "deleted" if endpoint.deleted_at else endpoint.status


@admin.register(Event)
class EventAdmin(StaffAdmin):
    list_display = ["public_id", "owner", "type", "subject", "created_at"]
    list_select_related = ["account"]
    finders = [by_id("evt"), of("whd", "deliveries__public_id")]
    search_help_text = "Event id or delivery id"
    fields = ["public_id", "owner", "type", "subject", "created_at", "body"]
    readonly_fields = fields

    @admin.display(description="Account")
    def owner(self, event: Event) -> SafeString | str:
        return link_to(event.account)


@admin.register(Delivery)
class DeliveryAdmin(StaffAdmin):
    list_display = ["public_id", "to", "about", "subject", "state", "attempts_made", "next_attempt_at", "created_at"]
    list_filter = [IsDue]
    list_select_related = ["endpoint", "event"]
    finders = [
        by_id("whd"),
        of("we", "endpoint__public_id"),
        of("evt", "event__public_id"),
        # An account has a few endpoints, by which the log is indexed; of the account itself there is no index.
        Finder(re.compile(r"acct_[0-9A-Za-z]{22}"), "endpoint__account__public_id", is_own=False),
    ]
    search_help_text = "Delivery id, endpoint id, event id or account id"
    fields = ["public_id", "to", "about", "subject", "state", "attempts_made", "next_attempt_at", "created_at"]
    readonly_fields = fields
    inlines = [AttemptTable]
    actions = ["resend"]

    @admin.display(description="Endpoint")
    def to(self, delivery: Delivery) -> SafeString | str:
        return link_to(delivery.endpoint)

    @admin.display(description="Event")
    def about(self, delivery: Delivery) -> SafeString | str:
        return link_to(delivery.event, f"{delivery.event.type} ({delivery.event})")

    @display(description="Status", label=HAPPENED)
    def state(self, delivery: Delivery) -> str:
        return delivery.status

    @action(description="Send the chosen deliveries again", permissions=["act"])
    def resend(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        def act(delivery: Delivery) -> bool:
            at = timezone.now()
            with transaction.atomic():
                services.replay_delivery(delivery=delivery, at=at)
                audit.record(
                    account=delivery.account,
                    by=actor_of(request),
                    action="webhook.replayed",
                    target=delivery.endpoint.public_id,
                    details={"delivery": delivery.public_id},
                    at=at,
                )
            return True

        rows = deliveries.select_related("endpoint", "account")
        self.act_on_each(request, rows, act, done="Sent again", refused="Their endpoint is disabled")


@admin.register(Listener)
class ListenerAdmin(StaffAdmin):
    list_display = ["public_id", "owner", "state", "alive_until", "created_at"]
    list_select_related = ["account"]
    finders = [by_id("lsn"), of("acct", "account__public_id")]
    search_help_text = "Listener id or account id"
    fields = ["public_id", "owner", "events", "state", "socket", "alive_until", "created_at", "waiting"]
    readonly_fields = fields

    @admin.display(description="Account")
    def owner(self, listener: Listener) -> SafeString | str:
        return link_to(listener.account)

    @display(description="Status", label=HAPPENED)
    def state(self, listener: Listener) -> str:
        return "listening" if listener.alive_until > timezone.now() else "gone"

    @admin.display(description="Waiting")
    def waiting(self, listener: Listener) -> SafeString | str:
        first = listener.forwards.select_related("event").order_by("pk")[:MOST_FORWARDS]
        links = [(link_to(one.event, f"{one.event.type} ({one.event})"),) for one in first]
        return format_html_join(SafeString("<br>"), "{}", links) or "–"
