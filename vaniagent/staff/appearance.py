"""How django-unfold's pages look, and what their menu lists."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# The dashboard's accent, from its palest to its darkest; 600 is the colour itself.
_ACCENT: Final = {
    "50": "#f1f8f7",
    "100": "#deeeec",
    "200": "#bcdcd9",
    "300": "#8fc3bf",
    "400": "#55a09b",
    "500": "#23807b",
    "600": "#0b6461",
    "700": "#084e4b",
    "800": "#073f3d",
    "900": "#063432",
    "950": "#031f1e",
}


def _list(title: str, icon: str, model: str) -> dict[str, Any]:
    """An entry that those see who may see the rows."""
    app, name = model.split(".")

    def may_see(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")

    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{app}_{name}_changelist"), "permission": may_see}


def _page(title: str, icon: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}")}


UNFOLD: Final = {
    "SITE_TITLE": "VaniAgent staff",
    "SITE_HEADER": "VaniAgent",
    "SITE_SUBHEADER": "Staff",
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("img/icon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/icon.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": _ACCENT},
    "STYLES": [lambda request: static("css/staff.css")],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {"items": [_page("Overview", "monitoring", "index"), _page("Find", "search", "find")]},
            {
                "title": "Customers",
                "separator": True,
                "items": [
                    _list("Accounts", "domain", "accounts.account"),
                    _list("People", "group", "accounts.user"),
                    _list("Invitations", "mail", "accounts.invitation"),
                    _list("API keys", "key", "accounts.apikey"),
                    _list("Audit log", "history", "accounts.auditentry"),
                ],
            },
            {
                "title": "Calls",
                "separator": True,
                "items": [
                    _list("Calls", "call", "calls.call"),
                    _list("Agents", "support_agent", "agents.agent"),
                    _list("Phone lines", "settings_phone", "calls.phoneline"),
                    _list("Batches", "list_alt", "calls.callbatch"),
                    _list("Public links", "link", "calls.talklink"),
                ],
            },
            {
                "title": "Money",
                "separator": True,
                "items": [
                    _list("Balances", "account_balance_wallet", "billing.balance"),
                    _list("Ledger", "receipt_long", "billing.transaction"),
                    _list("Top-ups", "credit_card", "billing.topup"),
                    _list("Ledger checks", "fact_check", "billing.ledgercheck"),
                ],
            },
            {
                "title": "Webhooks",
                "separator": True,
                "items": [
                    _list("Endpoints", "webhook", "webhooks.endpoint"),
                    _list("Events", "bolt", "webhooks.event"),
                    _list("Deliveries", "outbox", "webhooks.delivery"),
                ],
            },
            {
                "title": "Platform",
                "separator": True,
                "items": [
                    _page("Processes", "memory", "processes"),
                    _list("Leg holders", "dns", "calls.legholder"),
                ],
            },
        ],
    },
}
