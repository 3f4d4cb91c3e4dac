"""Calls for staff: find, read, hang up. What was said and what happened cannot be changed here."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from calls.models import Call, CallEvent, Leg, LegHolder, Recording, Turn
from calls.services import control
from calls.telephony.base import EndedBy


class _ReadOnly:
    """No adding, changing or deleting."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LegInline(_ReadOnly, admin.TabularInline):
    model = Leg
    readonly_fields = ["public_id"]
    fields = ["public_id", "kind", "status", "holder", "dialed_at", "answered_at", "ended_at", "ended_detail"]


class RecordingInline(_ReadOnly, admin.TabularInline):
    model = Recording
    fields = ["status", "path", "sample_rate", "duration_ms", "size_bytes", "ready_at"]


class TurnInline(_ReadOnly, admin.TabularInline):
    model = Turn
    fields = ["number", "speaker", "text", "start_ms", "end_ms", "is_final", "was_interrupted", "latency"]
    ordering = ["number"]


class EventInline(_ReadOnly, admin.TabularInline):
    model = CallEvent
    fields = ["seq", "type", "data", "at"]
    ordering = ["seq"]


@admin.register(Call)
class CallAdmin(_ReadOnly, admin.ModelAdmin):
    list_display = ["public_id", "account", "agent", "direction", "status", "ended_reason", "duration", "created_at"]
    list_filter = ["status", "direction", "ended_reason"]
    list_select_related = ["account", "agent"]
    search_fields = ["public_id", "account__public_id", "agent__public_id", "to_number"]
    raw_id_fields = ["account", "agent", "agent_version", "api_key"]
    show_full_result_count = False
    inlines = [LegInline, RecordingInline, TurnInline, EventInline]
    actions = ["hang_up"]

    @admin.action(description="Hang up the chosen calls")
    def hang_up(self, request: HttpRequest, calls: QuerySet[Call]) -> None:
        ended = sum(control.hang_up_call(call=call, by=EndedBy.STAFF, at=timezone.now()) for call in calls)
        self.message_user(request, f"Calls told to end: {ended}.", messages.INFO)


@admin.register(LegHolder)
class LegHolderAdmin(_ReadOnly, admin.ModelAdmin):
    list_display = ["name", "kind", "seen_at", "live_legs", "max_legs", "is_draining"]
    search_fields = ["name"]
    ordering = ["-seen_at"]
