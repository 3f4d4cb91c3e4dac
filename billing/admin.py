"""Staff read the books. Nothing here can change them."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from billing.models import Balance, LedgerEntry, Transaction


class _ReadOnly:
    """No adding, changing or deleting."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LedgerEntryInline(_ReadOnly, admin.TabularInline):
    model = LedgerEntry
    extra = 0
    fields = ("book", "micro_credits")


@admin.register(Transaction)
class TransactionAdmin(_ReadOnly, admin.ModelAdmin):
    list_display = ["posted_at", "kind", "reference", "account", "memo"]
    list_filter = ["kind"]
    list_select_related = ["account"]
    search_fields = ["reference", "account__public_id"]
    inlines = [LedgerEntryInline]


@admin.register(Balance)
class BalanceAdmin(_ReadOnly, admin.ModelAdmin):
    list_display = ["account", "available", "held"]
    list_select_related = ["account"]
    search_fields = ["account__public_id"]
