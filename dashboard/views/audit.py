"""The audit log: who did what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts import audit
from accounts.models import ApiKey, AuditEntry
from dashboard.access import Role, page
from dashboard.forms.audit import AuditFilterForm
from dashboard.requests import DashboardRequest

PAGE: Final = 50


@page(role=Role.ADMIN)
def audit_log(request: DashboardRequest) -> HttpResponseBase:
    """Newest first, narrowed by action and by who did it."""
    filters = AuditFilterForm(request.GET)
    lookups = filters.lookups()
    entries = AuditEntry.objects.for_account(request.account).filter(**lookups).order_by("-pk")
    found: Page[Any] = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    _put_into_words(found, names=_names_of_keys(request, found))
    context = {"page": found, "filters": filters, "is_filtered": bool(lookups)}
    return render(request, "dashboard/settings_audit.html", context)


def _put_into_words(entries: Iterable[Any], *, names: dict[str, str]) -> None:
    for entry in entries:
        entry.words = audit.words_of(entry.action)
        entry.key_name = names.get(entry.actor, "")
        entry.pairs = [
            (name.replace("_", " "), _text_of(value))
            for name, value in entry.details.items()
            if value not in ("", None)
        ]


def _names_of_keys(request: DashboardRequest, entries: Iterable[AuditEntry]) -> dict[str, str]:
    """What the keys that did something are called."""
    ids = {entry.actor for entry in entries if entry.actor_kind == AuditEntry.ActorKind.KEY}
    keys = ApiKey.objects.for_account(request.account).filter(public_id__in=ids)
    return dict(keys.values_list("public_id", "name"))


def _text_of(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
