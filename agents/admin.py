"""Staff look up what an agent was told to be."""

from __future__ import annotations

from django.contrib import admin

from agents.models import Agent, AgentVersion


class AgentVersionInline(admin.StackedInline):
    model = AgentVersion
    extra = 0
    can_delete = False
    ordering = ["-number"]
    readonly_fields = [field.name for field in AgentVersion._meta.fields if field.name not in ("id", "agent")]
    fields = tuple(readonly_fields)

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Agent)
class AgentAdmin(admin.ModelAdmin):
    list_display = ["public_id", "account", "status", "created_at"]
    list_filter = ["status"]
    list_select_related = ["account"]
    search_fields = ["public_id", "account__public_id", "versions__name"]
    readonly_fields = ["public_id", "account", "status", "current", "created_at", "updated_at"]
    inlines = [AgentVersionInline]
