"""Staff read the books, which nothing here can change, and adjust balances by way of them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from billing import services as billing
from billing.models import Balance, LedgerEntry, Reversal, TopUp, Transaction
from vaniagent.lib import errors, money

if TYPE_CHECKING:
    # Generic for the type checker alone.
    BalanceModelAdmin = admin.ModelAdmin[Balance]
else:
    BalanceModelAdmin = admin.ModelAdmin


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
    list_display = ["posted_at", "kind", "reference", "account", "memo", "posted_by"]
    list_filter = ["kind"]
    list_select_related = ["account"]
    search_fields = ["reference", "account__public_id", "posted_by"]
    inlines = [LedgerEntryInline]


class AdjustmentForm(forms.Form):
    """Credits to add, or with a minus to take, and why."""

    credits = forms.DecimalField(max_digits=12, decimal_places=6, help_text="With a minus they are taken.")
    reason = forms.CharField(max_length=200, help_text="The customer reads it on the statement.")
    # Made with the page, so that a form sent twice adjusts once.
    reference = forms.CharField(max_length=100, widget=forms.HiddenInput)


@admin.register(Balance)
class BalanceAdmin(_ReadOnly, BalanceModelAdmin):
    list_display = ["account", "available", "held", "is_low"]
    list_select_related = ["account"]
    search_fields = ["account__public_id", "account__name"]
    change_form_template = "admin/billing/balance/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        adjust = self.admin_site.admin_view(self.adjust)
        return [path("<int:pk>/adjust/", adjust, name="billing_balance_adjust"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["may_adjust"] = request.user.has_perm("billing.adjust_balance")
        return super().render_change_form(request, context, *args, **kwargs)

    def adjust(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for an adjustment, and make it."""
        if not request.user.has_perm("billing.adjust_balance"):
            raise PermissionDenied

        balance = get_object_or_404(Balance.objects.select_related("account"), pk=pk)
        form = AdjustmentForm(request.POST or None, initial={"reference": f"adjustment/{secrets.token_hex(8)}"})
        if request.method == "POST" and form.is_valid() and self._is_done(request, balance, form):
            messages.success(request, f"Adjusted the balance of {balance.account}.")
            return redirect("admin:billing_balance_change", balance.pk)

        context = {
            **self.admin_site.each_context(request),
            "title": f"Adjust the balance of {balance.account}",
            "opts": self.opts,
            "balance": balance,
            "available": money.to_text(balance.available),
            "form": form,
        }
        return TemplateResponse(request, "admin/billing/balance/adjust.html", context)

    def _is_done(self, request: HttpRequest, balance: Balance, form: AdjustmentForm) -> bool:
        try:
            billing.adjust(
                account=balance.account,
                micro_credits=money.to_micro(form.cleaned_data["credits"]),
                reason=form.cleaned_data["reason"],
                by=request.user.get_username(),
                reference=form.cleaned_data["reference"],
                at=timezone.now(),
            )
        except billing.InsufficientCredits:
            form.add_error("credits", "There is not so much to take: what is held for calls is not available.")
        except errors.ServiceError as error:
            form.add_error(error.param if error.param in form.fields else None, error.message)
        return not form.errors


class ReversalInline(_ReadOnly, admin.TabularInline):
    model = Reversal
    extra = 0


@admin.register(TopUp)
class TopUpAdmin(_ReadOnly, admin.ModelAdmin):
    list_display = ["created_at", "public_id", "account", "micro_credits", "status", "shortfall"]
    list_filter = ["status"]
    list_select_related = ["account"]
    search_fields = ["public_id", "checkout_id", "payment_id", "account__public_id"]
    inlines = [ReversalInline]
