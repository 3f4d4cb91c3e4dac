"""What the menus list. A page that this installation does not have (yet) is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership

Role = Membership.Role


@dataclass(frozen=True)
class Page:
    name: str
    label: str | Promise
    icon: str = ""
    role: str = Role.VIEWER
    # The menu's entry is the current one below these paths, too.
    below: Sequence[str] = ()


@dataclass(frozen=True)
class Entry:
    url: str
    label: str | Promise
    icon: str
    is_current: bool


MAIN: Final = (
    Page("home", _("Home"), "home"),
    Page("agents", _("Agents"), "agent", below=["/agents"]),
    Page("calls", _("Calls"), "phone", below=["/calls"]),
    Page("settings_workspace", _("Settings"), "settings", below=["/settings"]),
)
HELP: Final = (Page("docs", _("Documentation"), "book", below=["/docs"]),)
SITE: Final = (
    Page("docs", _("Documentation"), below=["/docs"]),
    Page("pricing", _("Pricing")),
)
SETTINGS: Final = (
    Page("settings_workspace", _("Workspace"), "home", below=["/settings/workspace"]),
    Page("settings_members", _("Members"), "people", below=["/settings/members"]),
    Page("settings_keys", _("API keys"), "key", below=["/settings/keys"], role=Role.DEVELOPER),
    Page("settings_webhooks", _("Webhooks"), "webhook", below=["/settings/webhooks"], role=Role.DEVELOPER),
    Page("settings_lines", _("Phone lines"), "line", below=["/settings/lines"]),
    Page("settings_do_not_call", _("Do not call"), "shield", below=["/settings/do-not-call"]),
    Page("settings_dialing_rules", _("Dialing rules"), "clock", below=["/settings/dialing-rules"], role=Role.DEVELOPER),
    Page("settings_billing", _("Billing"), "card", below=["/settings/billing"]),
    Page("settings_data", _("Data"), "shield", below=["/settings/data"], role=Role.ADMIN),
    Page("settings_audit", _("Audit log"), "list", below=["/settings/audit"], role=Role.ADMIN),
)
# A person's own, whatever the workspace.
PERSON: Final = (
    Page("preferences", _("Preferences"), "user"),
    Page("account_email", _("E-mail"), "mail"),
    Page("account_change_password", _("Password"), "key"),
    Page("mfa_index", _("Two-factor log-in"), "shield", below=["/accounts/2fa"]),
    Page("usersessions_list", _("Log-ins"), "line"),
    *([Page("socialaccount_connections", _("Other sites"), "people")] if settings.SOCIALACCOUNT_PROVIDERS else []),
)


def entries(pages: Iterable[Page], request: HttpRequest) -> list[Entry]:
    """The menu of these pages, as far as the reader may see them."""
    membership = getattr(request, "membership", None)
    found = []
    for page in pages:
        if page.role != Role.VIEWER and not (membership and membership.reaches(page.role)):
            continue
        try:
            url = reverse(page.name)
        except NoReverseMatch:
            continue
        found.append(Entry(url=url, label=page.label, icon=page.icon, is_current=_is_current(page, url, request.path)))
    return found


def _is_current(page: Page, url: str, path: str) -> bool:
    return path == url or any(path == base or path.startswith(f"{base}/") for base in page.below)
