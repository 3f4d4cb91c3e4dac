"""Staff read the books, which nothing here can change, and adjust balances by way of them."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from accounts import audit
from accounts.staff import actor_of
from billing import services as billing
from billing.models import Balance, LedgerCheck, LedgerEntry, Reversal, TopUp, Transaction
from vaniagent.lib import errors, money
from vaniagent.lib.staff_admin import Finder, ReadOnlyTable, StaffAdmin, by_id, link_to, of

# As services name what they post: "call_…/minute/2", "adjustment/…", a top-up's id.
REFERENCE = re.compile(r"(?:call|acct|top)_[0-9A-Za-z]{22}(?:/[\w/-]+)?|[a-z_]+/[\w/-]+")
# What Stripe calls its checkout pages and payments.
CHECKOUT = re.compile(r"cs_\w+")
PAYMENT = re.compile(r"(?:pi|ch)_\w+")


class LedgerEntryTable(ReadOnlyTable):
    model = LedgerEntry
    fields = ["book", "credits"]
    readonly_fields = fields
    ordering = ["pk"]

    @admin.display(description="Credits")
    def credits(self, entry: LedgerEntry) -> str:
        return money.to_text(entry.micro_credits)


@admin.register(Transaction)
class TransactionAdmin(StaffAdmin):
    list_display = ["posted_at", "kind", "amount", "reference", "customer", "memo"]
    list_select_related = ["account"]
    finders = [
        of("acct", "account__public_id"),
        Finder(REFERENCE, "reference__startswith"),
    ]
    search_help_text = "Reference, such as a call's id; or account id"
    fields = ["posted_at", "kind", "reference", "owner", "memo", "posted_by"]
    readonly_fields = fields
    inlines = [LedgerEntryTable]

    @admin.display(description="Account")
    def owner(self, posted: Transaction) -> SafeString | str:
        return link_to(posted.account)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        posted: QuerySet[Any] = super().get_queryset(request).prefetch_related("entries")
        return posted

    @admin.display(description="Credits")
    def amount(self, posted: Transaction) -> str:
        """What it moved: of two entries one gives what the other takes."""
        return money.to_text(max((entry.micro_credits for entry in posted.entries.all()), default=0))

    @admin.display(description="Account")
    def customer(self, posted: Transaction) -> SafeString | str:
        return link_to(posted.account, posted.account.name)

    def describe(self, row: Transaction) -> str:
        return f"{row.account}, {row.posted_at:%Y-%m-%d %H:%M} UTC"


class AdjustmentForm(forms.Form):
    """Credits to add, or with a minus to take, and why."""

    credits = forms.DecimalField(
        max_digits=12,
        decimal_places=6,
        help_text="With a minus they are taken.",
        widget=UnfoldAdminDecimalFieldWidget,
    )
    reason = forms.CharField(
        max_length=200, help_text="The customer reads it on the statement.", widget=UnfoldAdminTextInputWidget
    )
    # Made with the page, so that a form sent twice adjusts once.
    reference = forms.CharField(max_length=100, widget=forms.HiddenInput)


@admin.register(Balance)
class BalanceAdmin(StaffAdmin):
    list_display = ["owner", "free", "on_hold", "is_low"]
    # The first leads to the account.
    list_display_links = ["free"]
    list_select_related = ["account"]
    finders = [of("acct", "account__public_id")]
    search_help_text = "Account id"
    fields = ["owner", "free", "on_hold", "threshold", "is_low"]
    readonly_fields = fields
    actions_detail = ["adjust"]

    def has_adjust_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("billing.adjust_balance")

    @admin.display(description="Account")
    def owner(self, balance: Balance) -> SafeString | str:
        return link_to(balance.account, f"{balance.account.name} ({balance.account})")

    @admin.display(description="Available", ordering="available")
    def free(self, balance: Balance) -> str:
        return money.to_text(balance.available)

    @admin.display(description="Held", ordering="held")
    def on_hold(self, balance: Balance) -> str:
        return money.to_text(balance.held)

    @admin.display(description="Told when below")
    def threshold(self, balance: Balance) -> str:
        own = balance.low_threshold
        return "As the installation's settings say" if own is None else money.to_text(own)

    @action(description="Adjust", permissions=["adjust"], icon="exposure")
    def adjust(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for an adjustment, and make it."""

        def act(balance: Balance, data: dict[str, Any]) -> str:
            self._adjust(request, balance, data)
            return f"Adjusted by {money.to_text(money.to_micro(data['credits']))} credits."

        def initial(balance: Balance) -> dict[str, Any]:
            return {"reference": f"adjustment/{secrets.token_hex(8)}"}

        return self.ask(
            request,
            object_id,
            title="Adjust the balance",
            submit="Adjust",
            act=act,
            form_class=AdjustmentForm,
            initial=initial,
        )

    @transaction.atomic
    def _adjust(self, request: HttpRequest, balance: Balance, data: dict[str, Any]) -> None:
        at = timezone.now()
        try:
            posted = billing.adjust(
                account=balance.account,
                micro_credits=money.to_micro(data["credits"]),
                reason=data["reason"],
                by=request.user.get_username(),
                reference=data["reference"],
                at=at,
            )
        except billing.InsufficientCredits as error:
            words = "There is not so much to take: what is held for calls is not available."
            raise errors.PaymentRequired(words, param="credits") from error
        if posted is not None:
            audit.record(
                account=balance.account,
                by=actor_of(request),
                action="billing.adjusted",
                target=balance.account.public_id,
                details={"credits": str(data["credits"]), "reason": data["reason"]},
                at=at,
            )


class ReversalTable(ReadOnlyTable):
    model = Reversal
    fields = ["reference", "credits", "is_undone"]
    readonly_fields = fields

    @admin.display(description="Credits")
    def credits(self, reversal: Reversal) -> str:
        return money.to_text(reversal.micro_credits)


@admin.register(TopUp)
class TopUpAdmin(StaffAdmin):
    list_display = ["created_at", "public_id", "owner", "credits", "state", "missing"]
    list_select_related = ["account"]
    finders = [
        by_id("top"),
        Finder(CHECKOUT, "checkout_id"),
        Finder(PAYMENT, "payment_id"),
        of("acct", "account__public_id"),
    ]
    search_help_text = "Top-up id, Stripe's id of the checkout or the payment, or account id"
    fields = ["public_id", "owner", "credits", "state", "failure", "checkout_id", "payment_id", "missing"]
    fields += ["created_at", "paid_at"]
    readonly_fields = fields
    inlines = [ReversalTable]

    @admin.display(description="Account")
    def owner(self, top_up: TopUp) -> SafeString | str:
        return link_to(top_up.account)

    @admin.display(description="Credits")
    def credits(self, top_up: TopUp) -> str:
        return money.to_text(top_up.micro_credits)

    @display(description="Status", label={"paid": "success", "failed": "danger", "processing": "info"})
    def state(self, top_up: TopUp) -> str:
        return top_up.status

    @admin.display(description="Missing")
    def missing(self, top_up: TopUp) -> str:
        return money.to_text(top_up.shortfall) if top_up.shortfall else "–"


@admin.register(LedgerCheck)
class LedgerCheckAdmin(StaffAdmin):
    list_display = ["checked_at", "faults"]
    readonly_fields = ["checked_at", "faults", "details"]
