"""Staff look up what an agent was told to be."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from agents.models import Agent, AgentVersion
from vaniagent.lib.staff_admin import ReadOnlyStack, StaffAdmin, by_id, link_to, of

# Of an agent that was changed a thousand times nobody reads all.
NEWEST_VERSIONS = 20


class AgentVersionStack(ReadOnlyStack):
    model = AgentVersion
    fields = [field.name for field in AgentVersion._meta.fields if field.name not in ("id", "agent")]
    readonly_fields = fields
    ordering = ["-number"]
    verbose_name_plural = "Newest versions"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest: QuerySet[Any] = super().get_queryset(request)
        agent = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        numbers = AgentVersion.objects.filter(agent=agent).order_by("-number").values("number")
        return newest.filter(number__in=list(numbers.values_list("number", flat=True)[:NEWEST_VERSIONS]))


@admin.register(Agent)
class AgentAdmin(StaffAdmin):
    list_display = ["public_id", "name", "owner", "status", "created_at"]
    list_filter = ["status"]
    list_select_related = ["account", "current"]
    finders = [by_id("agent"), of("acct", "account__public_id")]
    search_help_text = "Agent id or account id"
    fields = ["public_id", "name", "owner", "status", "public_link", "created_at", "updated_at"]
    readonly_fields = fields
    inlines = [AgentVersionStack]

    def describe(self, row: Agent) -> str:
        return f"{self.name(row)} of {row.account}"

    @admin.display(description="Name")
    def name(self, agent: Agent) -> str:
        return agent.current.name if agent.current else "–"

    @admin.display(description="Account")
    def owner(self, agent: Agent) -> SafeString | str:
        return link_to(agent.account)

    @admin.display(description="Public link")
    def public_link(self, agent: Agent) -> SafeString | str:
        return link_to(getattr(agent, "talk_link", None))
