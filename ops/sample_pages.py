"""Every page that can be looked at: found in the URL map, with the ids of the sample workspace in its address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from typing import Any, Final

from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from ops import sample, sample_staff
from ops.sample_site import Page

# Whom a page is for, besides the owner of the full workspace.
SIGNED_OUT: Final = (
    "home",
    "pricing",
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_email_verification_sent",
    "account_inactive",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "public_talk",
    "invitation",
)
FRESH: Final = (
    "home",
    "agents",
    "agent",
    "calls",
    "place_call",
    "call_batches",
    "settings_keys",
    "settings_webhooks",
    "settings_billing",
    "settings_members",
    "settings_audit",
)
# Addresses of mails, which take a key that is made for one person, once.
MAILED: Final = ("account_confirm_email", "account_reset_password_from_key")


def made() -> str:
    """Fill the database, and say in JSON what is to be known of it."""
    filled = sample.fill()
    sessions = {who: filled.session(who) for who in ("owner", "fresh", sample_staff.STAFF)}
    pages = [asdict(page) for page in pages_of(filled, sessions)]
    return json.dumps({"pages": pages, "sessions": sessions, "ids": filled.ids})


def pages_of(filled: sample.Sample, sessions: Mapping[str, str]) -> list[Page]:
    """Those that are pages for that person, and neither files nor the way to another page."""
    pages = chain(_pages(filled), sample_staff.pages())
    return [page for page in pages if page.who in (*sessions, "nobody") and _answers(page, sessions)]


def _pages(filled: sample.Sample) -> Iterator[Page]:
    fresh_agent = filled.fresh_owner.memberships.get().account.agents.order_by("pk").first()
    for pattern in _patterns(get_resolver().url_patterns):
        name = pattern.name or ""
        if not name or not _is_looked_at(pattern):
            continue
        # One that takes an id which is not known here fails: the sample workspace has to get such a thing.
        parameters = sorted(pattern.pattern.converters)
        path = reverse(name, kwargs={each: filled.ids[each] for each in parameters})
        yield Page(name, path, "owner")
        if name == "call":
            yield Page("call_live", reverse(name, args=[filled.ids["live_call_id"]]), "owner")
            yield Page("call_scheduled", reverse(name, args=[filled.ids["scheduled_call_id"]]), "owner")
            yield Page("call_refused", reverse(name, args=[filled.ids["refused_call_id"]]), "owner")
        if name == "call_checks":
            yield Page("call_checks_refused", reverse(name, args=[filled.ids["refused_call_id"]]), "owner")
        if name == "call_batch":
            yield Page("call_batch_paused", reverse(name, args=[filled.ids["paused_batch_id"]]), "owner")
        if name in SIGNED_OUT:
            yield Page(name, path, "nobody")
        if name in FRESH:
            own = {"agent_id": fresh_agent.public_id} if parameters and fresh_agent else {}
            yield Page(name, reverse(name, kwargs=own), "fresh")


def _patterns(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[URLPattern]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield pattern
        elif address in ("", "accounts/") or address.startswith("accounts/"):
            yield from _patterns(pattern.url_patterns, address)


def _is_looked_at(pattern: URLPattern) -> bool:
    access: Any = getattr(pattern.callback, "access", None)
    if access is not None:
        return "GET" in access.methods
    return (pattern.name or "").startswith(
        ("account_", "mfa_", "usersessions_", "socialaccount_")
    ) and pattern.name not in MAILED


def _answers(page: Page, sessions: Mapping[str, str]) -> bool:
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    if page.who in sessions:
        client.cookies[settings.SESSION_COOKIE_NAME] = sessions[page.who]
    answer = client.get(page.path)
    return answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
