"""Staff look up who somebody is, settle an account's terms and standing, and end keys."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from accounts import audit, keys, services, standing
from accounts.limits import limits_of
from accounts.models import Account, ApiKey, AuditEntry, Invitation, Membership, Plan, User
from accounts.staff import actor_of
from vaniagent.lib import money
from vaniagent.lib.staff_admin import (
    Finder,
    ReadOnlyTable,
    ReasonForm,
    StaffAdmin,
    as_json,
    by_id,
    link_to,
    of,
)

EMAIL = re.compile(r"[^@\s]+@[^@\s]*")
# The beginning of a name: no id, no address, no number.
NAME = re.compile(r"(?![a-z]+_[0-9A-Za-z]{3,}|\+?\d)[^@]{2,100}")


def _lower(text: str) -> str:
    return text.lower()


# Secrets of people's log-in, and what allauth's own pages show to them: nobody's to browse.
for _model in (Authenticator, EmailAddress, Group, SocialAccount, SocialApp, SocialToken, UserSession):
    try:
        admin.site.unregister(_model)
    except NotRegistered:
        continue


class MembershipTable(ReadOnlyTable):
    model = Membership
    fields = ["person", "role", "created_at", "look"]
    readonly_fields = fields
    verbose_name_plural = "Members"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        members: QuerySet[Any] = super().get_queryset(request).select_related("user", "account").order_by("pk")
        return members

    @admin.display(description="Person")
    def person(self, membership: Membership) -> SafeString | str:
        return link_to(membership.user)

    @admin.display(description="Look at the dashboard")
    def look(self, membership: Membership) -> SafeString:
        address = reverse("admin:impersonate", args=[membership.pk])
        return format_html('<a href="{}">as this member, read-only</a>', address)


class WorkspaceTable(MembershipTable):
    fields = ["workspace", "role", "created_at", "look"]
    readonly_fields = fields
    verbose_name_plural = "Accounts"

    @admin.display(description="Account")
    def workspace(self, membership: Membership) -> SafeString | str:
        return link_to(membership.account, f"{membership.account.name} ({membership.account})")


class TermsForm(ReasonForm):
    """A plan, and what differs from it."""

    plan = forms.ChoiceField(choices=Plan.choices, widget=UnfoldAdminSelectWidget)
    requests_per_minute = forms.IntegerField(required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    requests_per_hour = forms.IntegerField(required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    max_live_calls = forms.IntegerField(
        label="Live calls at most", required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
    )
    price_per_minute = forms.DecimalField(
        label="Credits a minute",
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=6,
        widget=UnfoldAdminDecimalFieldWidget,
    )

    field_order = ["plan", "requests_per_minute", "requests_per_hour", "max_live_calls", "price_per_minute", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("requests_per_minute", "requests_per_hour", "max_live_calls", "price_per_minute"):
            self.fields[name].help_text = "Empty: as the plan says."


@admin.register(Account)
class AccountAdmin(StaffAdmin):
    list_display = ["public_id", "name", "plan", "standing", "credits", "created_at"]
    list_filter = ["plan", "status"]
    list_select_related = ["balance"]
    finders = [
        by_id("acct"),
        Finder(EMAIL, "memberships__user__email", _lower, is_own=False),
        of("key", "api_keys__public_id"),
        Finder(NAME, "name__istartswith"),
    ]
    search_help_text = "Account id, key id, a member's e-mail address, or how the name begins"
    readonly_fields = ["credits", "limits", "price", "related", "standing"]
    fieldsets = [
        (None, {"fields": ["public_id", "name", "standing", "created_at", "related"]}),
        ("Terms", {"fields": ["plan", "limits", "price", "credits"]}),
    ]
    inlines = [MembershipTable]
    actions_detail = ["change_terms", "suspend", "resume"]

    def idle_actions(self, row: Account) -> list[str]:
        if row.closed_at is not None:
            return ["suspend", "resume"]
        return ["suspend"] if row.status == Account.Status.SUSPENDED else ["resume"]

    def describe(self, row: Account) -> str:
        return f"{row.name}, {row.plan}, {row.status}"

    @display(description="Status", label={"active": "success", "suspended": "danger"})
    def standing(self, account: Account) -> str:
        return account.status

    @admin.display(description="Credits")
    def credits(self, account: Account) -> SafeString | str:
        # Billing's row, which this app does not know.
        balance = getattr(account, "balance", None)
        return link_to(balance, money.to_text(balance.available)) if balance else "0.00"

    @admin.display(description="Limits in force")
    def limits(self, account: Account) -> str:
        limits = limits_of(account)
        return (
            f"{limits.requests_per_minute:,} requests a minute, {limits.requests_per_hour:,} an hour; "
            f"{limits.max_live_calls:,} live calls, {limits.new_calls_per_minute:,} new ones a minute"
        )

    @admin.display(description="Own price")
    def price(self, account: Account) -> str:
        own = account.call_price_per_minute
        return "As the installation's settings say" if own is None else f"{money.to_text(own)} credits a minute"

    @admin.display(description="Lists")
    def related(self, account: Account) -> SafeString:
        """Lists of what is the account's, each in the app that owns it."""
        lists = [
            ("Calls", "calls_call"),
            ("Agents", "agents_agent"),
            ("Keys", "accounts_apikey"),
            ("Ledger", "billing_transaction"),
            ("Top-ups", "billing_topup"),
            ("Endpoints", "webhooks_endpoint"),
            ("Deliveries", "webhooks_delivery"),
        ]
        links = [
            format_html('<a href="{}?q={}">{}</a>', reverse(f"admin:{name}_changelist"), account.public_id, text)
            for text, name in lists
        ]
        return SafeString(" · ".join(links))

    @action(description="Plan and limits", permissions=["act"], icon="tune")
    def change_terms(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(account: Account, data: dict[str, Any]) -> str:
            own = data["price_per_minute"]
            terms = standing.Terms(
                plan=data["plan"],
                requests_per_minute=data["requests_per_minute"],
                requests_per_hour=data["requests_per_hour"],
                max_live_calls=data["max_live_calls"],
                call_price_per_minute=None if own is None else money.to_micro(own),
            )
            standing.agree_terms(
                account=account, terms=terms, reason=data["reason"], by=actor_of(request), at=timezone.now()
            )
            return "Changed the terms."

        return self.ask(
            request,
            object_id,
            title="Plan and limits",
            submit="Change",
            act=act,
            form_class=TermsForm,
            initial=_to_initial,
        )

    @action(description="Suspend", permissions=["act"], icon="block")
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(account: Account, data: dict[str, Any]) -> str:
            standing.suspend_account(account=account, reason=data["reason"], by=actor_of(request), at=timezone.now())
            return "Suspended the account."

        return self.ask(request, object_id, title="Suspend the account", submit="Suspend", act=act)

    @action(description="Resume", permissions=["act"], icon="play_arrow")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(account: Account, data: dict[str, Any]) -> str:
            standing.resume_account(account=account, reason=data["reason"], by=actor_of(request), at=timezone.now())
            return "Resumed the account."

        return self.ask(request, object_id, title="Resume the account", submit="Resume", act=act)


def _to_initial(account: Account) -> dict[str, Any]:
    terms = asdict(standing.terms_of(account))
    own = terms.pop("call_price_per_minute")
    return {**terms, "price_per_minute": None if own is None else money.to_text(own)}


@admin.register(User)
class PersonAdmin(StaffAdmin, UserAdmin):  # type: ignore[misc]  # what StaffAdmin changes, UserAdmin declares more exactly
    """People. Only a superuser gives rights or sets a password; people are made by signing up or on the command line."""

    form = UserChangeForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "first_name", "last_name", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_staff"]
    finders = [
        Finder(EMAIL, "email__startswith", _lower),
        of("acct", "memberships__account__public_id"),
    ]
    search_help_text = "How the e-mail address begins, with its @; or an account id"
    readonly_fields = ["email", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "first_name", "last_name", "last_login", "date_joined"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "user_permissions"]}),
    ]
    # Django's two lists side by side have labels that no screen reader reads.
    filter_horizontal = []
    inlines = [WorkspaceTable]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False))


@admin.register(ApiKey)
class ApiKeyAdmin(StaffAdmin):
    list_display = ["public_id", "owner", "name", "mode", "scopes", "last4", "last_used_at", "revoked_at"]
    list_filter = ["mode"]
    list_select_related = ["account"]
    finders = [
        by_id("key"),
        Finder(re.compile(r"va_(live|test)_\w+"), "digest", keys.digest),
        Finder(re.compile(r"[0-9A-Za-z]{4}"), "last4"),
        of("acct", "account__public_id"),
    ]
    search_help_text = (
        "Key id, the last four characters, or account id; a whole key only in the search of the first page"
    )
    fields = ["public_id", "owner", "name", "mode", "scopes", "last4", "created_at", "last_used_at"]
    fields += ["expires_at", "revoked_at"]
    readonly_fields = fields
    actions = ["revoke"]

    @admin.display(description="Account")
    def owner(self, key: ApiKey) -> SafeString | str:
        return link_to(key.account)

    def describe(self, row: ApiKey) -> str:
        return f"{row.name or 'no name'}, …{row.last4} of {row.account}{', revoked' if row.revoked_at else ''}"

    @action(description="Revoke the chosen keys", permissions=["act"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        def act(key: ApiKey) -> bool:
            return services.revoke_api_key(key=key, at=timezone.now(), by=actor_of(request))

        rows = rows.select_related("account")
        self.act_on_each(request, rows, act, done="Revoked", refused="Revoked before")


@admin.register(Invitation)
class InvitationAdmin(StaffAdmin):
    list_display = ["public_id", "owner", "email", "role", "created_at", "expires_at", "accepted_at", "withdrawn_at"]
    list_filter = ["role"]
    list_select_related = ["account"]
    finders = [by_id("inv"), of("acct", "account__public_id"), Finder(EMAIL, "email__iexact")]
    search_help_text = "Invitation id, account id or e-mail address"
    fields = ["public_id", "owner", "email", "role", "invited_by"]
    fields += ["created_at", "expires_at", "accepted_at", "withdrawn_at"]
    readonly_fields = fields

    @admin.display(description="Account")
    def owner(self, invitation: Invitation) -> SafeString | str:
        return link_to(invitation.account, invitation.account.name)


@admin.register(AuditEntry)
class AuditEntryAdmin(StaffAdmin):
    list_display = ["at", "owner", "who", "action", "target", "ip"]
    list_filter = ["actor_kind"]
    list_select_related = ["account"]
    finders = [of("acct", "account__public_id")]
    search_help_text = "Account id"
    fields = ["at", "owner", "who", "action", "meaning", "target", "said", "ip"]
    readonly_fields = fields

    @admin.display(description="Account")
    def owner(self, entry: AuditEntry) -> SafeString | str:
        return link_to(entry.account)

    @admin.display(description="Who")
    def who(self, entry: AuditEntry) -> str:
        return f"{entry.actor} ({entry.actor_kind})" if entry.actor else entry.actor_kind

    @admin.display(description="That is")
    def meaning(self, entry: AuditEntry) -> str:
        return f"Somebody {audit.words_of(entry.action)}."

    @admin.display(description="Details")
    def said(self, entry: AuditEntry) -> SafeString | str:
        return as_json(entry.details)
