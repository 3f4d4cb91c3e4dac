"""Calls for staff: find, read, hang up, queue again. What was said and what happened cannot be changed here."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from accounts import audit
from accounts.staff import actor_of
from calls.models import (
    Call,
    CallBatch,
    CallEvent,
    DialCheck,
    Leg,
    LegHolder,
    LineNumber,
    PhoneLine,
    PublicTalk,
    Recording,
    TalkLink,
    Turn,
)
from calls.services import control, stuck
from calls.telephony.base import EndedBy
from vaniagent.lib import money
from vaniagent.lib.staff_admin import (
    Finder,
    ReadOnlyStack,
    ReadOnlyTable,
    StaffAdmin,
    age,
    as_json,
    by_id,
    link_to,
    of,
)

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
STATUSES = {"scheduled": "info", "initiated": "info", "in_progress": "info", "completed": "success", "failed": "danger"}


class LegStack(ReadOnlyStack):
    model = Leg
    fields = ["public_id", "kind", "status", "holder", "dialed_at", "answered_at", "ended_at", "ended_detail"]
    readonly_fields = fields
    verbose_name_plural = "Leg"


class RecordingTable(ReadOnlyTable):
    model = Recording
    fields = ["status", "path", "sample_rate", "duration_ms", "size_bytes", "ready_at"]


class DialCheckTable(ReadOnlyTable):
    model = DialCheck
    fields = ["is_allowed", "refused_by", "what_was_said", "answer_digest", "at"]
    readonly_fields = fields
    ordering = ["pk"]
    verbose_name_plural = "Before the call"

    @admin.display(description="Rules")
    def what_was_said(self, check: DialCheck) -> SafeString | str:
        return as_json(check.results)


class TurnTable(ReadOnlyTable):
    model = Turn
    fields = ["number", "source", "text", "start_ms", "end_ms", "is_final", "was_interrupted", "stages"]
    readonly_fields = fields
    ordering = ["number"]
    verbose_name_plural = "Transcript"

    @admin.display(description="Latency, ms")
    def stages(self, turn: Turn) -> str:
        return ", ".join(f"{name} {value}" for name, value in (turn.latency or {}).items()) or "–"


class EventTable(ReadOnlyTable):
    model = CallEvent
    fields = ["seq", "type", "content", "at"]
    readonly_fields = fields
    ordering = ["seq"]
    verbose_name_plural = "Events"

    @admin.display(description="Data")
    def content(self, event: CallEvent) -> SafeString | str:
        return as_json(event.data)


class IsStuck(admin.SimpleListFilter):
    """Live calls, or those of them that stand still."""

    title = "progress"
    parameter_name = "progress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "Live"), ("stuck", "Stuck")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "live":
            return queryset.filter(status__in=Call.LIVE)
        if self.value() == "stuck":
            # The ids first: what makes a call stuck is judged on the few that are live.
            return queryset.filter(pk__in=list(stuck.stuck_calls(at=timezone.now()).values_list("pk", flat=True)))
        return queryset


@admin.register(Call)
class CallAdmin(StaffAdmin):
    list_display = ["public_id", "created_at", "owner", "to_number", "progress", "ended_reason", "duration"]
    list_filter = [IsStuck]
    list_select_related = ["account"]
    finders = [
        by_id("call"),
        Finder(re.compile(r"leg_[0-9A-Za-z]{22}"), "legs__public_id"),
        Finder(NUMBER, "to_number"),
        of("acct", "account__public_id"),
        of("agent", "agent__public_id"),
    ]
    search_help_text = "Call id, leg id, the number called as +49…, account id or agent id"
    fieldsets = [
        (None, {"fields": ["public_id", "owner", "speaker", "version", "key", "created_at"]}),
        ("Call", {"fields": ["direction", "to_number", "from_number", "progress", "held_up", "given"]}),
        ("Course", {"fields": ["answered_at", "completed_at", "duration", "ended_reason", "ended_by"]}),
        ("Who has it", {"fields": ["worker", "token", "lease_until", "queued_at", "hangup_requested_at", "hangup_by"]}),
        ("Money", {"fields": ["price", "charged"]}),
        ("Analysis", {"fields": ["sentiment", "summary", "heard_p50_ms", "heard_p95_ms", "analysed_at"]}),
    ]
    readonly_fields = ["owner", "speaker", "version", "key", "progress", "held_up", "given", "price", "charged"]
    inlines = [LegStack, DialCheckTable, RecordingTable, TurnTable, EventTable]
    actions = ["hang_up", "requeue"]
    actions_detail = ["end", "queue_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        calls: QuerySet[Any] = super().get_queryset(request)
        return calls.select_related("account", "agent", "agent_version", "api_key")

    @admin.display(description="Account")
    def owner(self, call: Call) -> SafeString | str:
        return link_to(call.account, call.account.name)

    @admin.display(description="Agent")
    def speaker(self, call: Call) -> SafeString | str:
        return link_to(call.agent, f"{call.agent_version.name} ({call.agent})")

    @admin.display(description="Version")
    def version(self, call: Call) -> int:
        return call.agent_version.number

    @admin.display(description="Key")
    def key(self, call: Call) -> SafeString | str:
        return link_to(call.api_key)

    def idle_actions(self, row: Call) -> list[str]:
        return [] if row.is_live else ["end", "queue_again"]

    def describe(self, row: Call) -> str:
        return f"{row.account.name}, {row.status}, {row.created_at:%Y-%m-%d %H:%M} UTC"

    @display(description="Status", label=STATUSES)
    def progress(self, call: Call) -> str:
        return call.status

    @admin.display(description="Held up")
    def held_up(self, call: Call) -> str:
        held_up = stuck.stuck_calls(at=timezone.now()).filter(pk=call.pk).first() if call.is_live else None
        return getattr(held_up, "stuck_because", "–")

    @admin.display(description="Metadata")
    def given(self, call: Call) -> SafeString | str:
        return as_json(call.metadata)

    @admin.display(description="Credits a minute")
    def price(self, call: Call) -> str:
        return money.to_text(call.rate_per_minute)

    @admin.display(description="Credits charged")
    def charged(self, call: Call) -> str:
        return "not settled" if call.cost is None else money.to_text(call.cost)

    @action(description="Hang up the chosen calls", permissions=["act"])
    def hang_up(self, request: HttpRequest, calls: QuerySet[Call]) -> None:
        self.act_on_each(request, calls, partial(_hang_up, request), done="Calls told to end", refused="Ended before")

    @action(description="Queue the chosen calls again", permissions=["act"])
    def requeue(self, request: HttpRequest, calls: QuerySet[Call]) -> None:
        self.act_on_each(request, calls, partial(_requeue, request), done="Calls queued again", refused="Ended before")

    @action(description="Hang up", permissions=["act"], icon="call_end")
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(call: Call, data: dict[str, Any]) -> str:
            if not _hang_up(request, call, reason=data["reason"]):
                raise control.CallNotLive("The call has ended.")
            return "The call was told to end."

        return self.ask(request, object_id, title="Hang up", submit="Hang up", act=act)

    @action(description="Queue again", permissions=["act"], icon="restart_alt")
    def queue_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(call: Call, data: dict[str, Any]) -> str:
            _requeue(request, call, reason=data["reason"])
            return "The call waits for another worker."

        return self.ask(request, object_id, title="Queue again", submit="Queue again", act=act)


@transaction.atomic
def _hang_up(request: HttpRequest, call: Call, *, reason: str = "") -> bool:
    at = timezone.now()
    was_live = control.hang_up_call(call=call, by=EndedBy.STAFF, at=at)
    if was_live:
        _record(request, "call.hung_up", call, reason, at)
    return was_live


@transaction.atomic
def _requeue(request: HttpRequest, call: Call, *, reason: str = "") -> bool:
    at = timezone.now()
    stuck.requeue_call(call=call, at=at)
    _record(request, "call.requeued", call, reason, at)
    return True


def _record(request: HttpRequest, action: str, call: Call, reason: str, at: datetime) -> None:
    audit.record(
        account=call.account,
        by=actor_of(request),
        action=action,
        target=call.public_id,
        details={"reason": reason} if reason else {},
        at=at,
    )


class LineNumberTable(ReadOnlyTable):
    model = LineNumber
    fields = ["position", "number"]
    readonly_fields = fields
    ordering = ["position"]
    verbose_name_plural = "Numbers"


@admin.register(PhoneLine)
class PhoneLineAdmin(StaffAdmin):
    list_display = ["public_id", "owner", "kind", "name", "domain", "state", "status_detail", "checked_at"]
    list_filter = ["kind", "status"]
    list_select_related = ["account"]
    finders = [
        by_id("line"),
        Finder(NUMBER, "line_numbers__number"),
        of("acct", "account__public_id"),
        of("call", "calls__public_id"),
    ]
    search_help_text = "Line id, a number as +49…, account id or call id"
    fields = ["public_id", "owner", "kind", "name", "domain", "port", "transport", "username", "srtp", "register"]
    fields += ["account_sid", "inbound_agent", "max_live_calls", "calls_per_second", "is_default"]
    fields += ["state", "status_detail", "checked_at", "created_at", "deleted_at"]
    readonly_fields = fields
    inlines = [LineNumberTable]

    @admin.display(description="Account")
    def owner(self, line: PhoneLine) -> SafeString | str:
        return link_to(line.account, line.account.name)

    @display(description="Status", label={"ready": "success", "unreachable": "danger", "unauthorized": "danger"})
    def state(self, line: PhoneLine) -> str:
        return line.status


@admin.register(CallBatch)
class CallBatchAdmin(StaffAdmin):
    list_display = ["public_id", "owner", "agent", "name", "status", "paused_because", "created_at", "ended_at"]
    list_filter = ["status"]
    list_select_related = ["account", "agent"]
    finders = [
        by_id("batch"),
        of("acct", "account__public_id"),
        of("agent", "agent__public_id"),
        of("call", "rows__call__public_id"),
    ]
    search_help_text = "Batch id, account id, agent id or call id"
    fields = [
        "public_id",
        "owner",
        "agent",
        "name",
        "created_by",
        "from_number",
        "at_once",
        "per_minute",
        "rows_by_status",
    ]
    fields += ["status", "paused_because", "scheduled_at", "created_at", "started_at", "ended_at"]
    readonly_fields = fields

    @admin.display(description="Account")
    def owner(self, batch: CallBatch) -> SafeString | str:
        return link_to(batch.account, batch.account.name)

    @admin.display(description="Rows")
    def rows_by_status(self, batch: CallBatch) -> str:
        counted = batch.rows.order_by("status").values_list("status").annotate(count=Count("pk"))
        return ", ".join(f"{count} {status}" for status, count in counted) or "None"


@admin.register(LegHolder)
class LegHolderAdmin(StaffAdmin):
    list_display = ["name", "kind", "seen", "live_legs", "max_legs", "is_draining"]
    finders = [Finder(re.compile(r"[\w-]{2,60}"), "name__startswith")]
    search_help_text = "How its name begins"
    ordering = ["-seen_at"]

    @admin.display(description="Last seen", ordering="seen_at")
    def seen(self, holder: LegHolder) -> str:
        return f"{age(holder.seen_at, timezone.now())} ago"


@admin.register(TalkLink)
class TalkLinkAdmin(StaffAdmin):
    list_display = ["slug", "agent", "owner", "is_enabled", "minutes_per_day", "calls_per_hour", "created_at"]
    list_select_related = ["account", "agent"]
    finders = [
        Finder(re.compile(r"[0-9A-Za-z]{16}"), "slug"),
        of("agent", "agent__public_id"),
        of("acct", "account__public_id"),
    ]
    search_help_text = "The link's last part, agent id or account id"
    raw_id_fields = ["account", "agent"]

    @admin.display(description="Account")
    def owner(self, link: TalkLink) -> SafeString | str:
        return link_to(link.account)


@admin.register(PublicTalk)
class PublicTalkAdmin(StaffAdmin):
    list_display = ["call", "link", "created_at"]
    list_select_related = ["call", "link"]
    finders = [of("call", "call__public_id")]
    search_help_text = "Call id"
