"""The reader's own in the samples: this installation's address, and ids of their workspace."""

from __future__ import annotations

import re
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Account, Membership
from agents.models import Agent
from calls.models import Call
from dashboard.reference.samples import BASE_URL
from webhooks.models import Delivery, Endpoint

_PLACEHOLDERS: Final = re.compile(
    r"(?:https|wss)://api\.vaniagent\.com|\b(?:acct_abc123|agent_abc123|call_xyz789|we_abc123|whd_abc123)\b"
)


def filled(html: str, *, account: Account | None, membership: Membership | None) -> SafeString:
    """The page with what the reader has in the places of what stands for it."""
    own = _addresses() | (_ids_of(account, membership) if account else {})
    return mark_safe(_PLACEHOLDERS.sub(lambda found: escape(own.get(found[0], found[0])), html))  # noqa: S308 - escaped


def _addresses() -> dict[str, str]:
    secure = BASE_URL.replace("https", "wss", 1)
    return {BASE_URL: settings.PUBLIC_URL, secure: re.sub("^http", "ws", settings.PUBLIC_URL)}


def _ids_of(account: Account, membership: Membership | None) -> dict[str, str]:
    newest: dict[str, QuerySet[Any]] = {
        "agent_abc123": Agent.objects.for_account(account).filter(status=Agent.Status.ACTIVE),
        "call_xyz789": Call.objects.for_account(account),
    }
    if membership and membership.reaches(Membership.Role.DEVELOPER):
        newest["we_abc123"] = Endpoint.objects.for_account(account).existing()
        newest["whd_abc123"] = Delivery.objects.for_account(account)
    found = {
        placeholder: rows.order_by("-pk").values_list("public_id", flat=True).first()
        for placeholder, rows in newest.items()
    }
    return {"acct_abc123": account.public_id, **{name: own for name, own in found.items() if own}}
