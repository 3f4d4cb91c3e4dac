"""For staff: find an endpoint, read what was sent to it and what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from webhooks.models import Attempt, Delivery, Endpoint, Event

if TYPE_CHECKING:
    # Generic for the type checker alone.
    ModelAdmin = admin.ModelAdmin[Model]
    TabularInline = admin.TabularInline[Attempt, Delivery]
else:
    ModelAdmin, TabularInline = admin.ModelAdmin, admin.TabularInline


class ReadOnlyAdmin(ModelAdmin):
    """The record of what happened: nobody writes it."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttemptInline(TabularInline):
    model = Attempt
    fields = ("number", "started_at", "duration_ms", "status_code", "error", "response")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "account", "url", "status", "disabled_reason", "failing_since", "created_at"]
    list_filter = ["status"]
    list_select_related = ["account"]
    search_fields = ["public_id", "url", "account__public_id", "account__name"]
    fields = [
        "public_id",
        "account",
        "url",
        "events",
        "description",
        "status",
        "disabled_reason",
        "failing_since",
        "previous_secret_until",
        "created_at",
        "deleted_at",
    ]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "account", "type", "subject", "created_at"]
    list_filter = ["type"]
    list_select_related = ["account"]
    search_fields = ["public_id", "subject", "account__public_id"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "endpoint", "event", "subject", "status", "attempts_made", "next_attempt_at"]
    list_filter = ["status"]
    list_select_related = ["endpoint", "event"]
    search_fields = ["public_id", "subject", "endpoint__public_id", "account__public_id"]
    inlines = [AttemptInline]
