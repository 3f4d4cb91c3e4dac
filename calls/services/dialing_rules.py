"""What an account asks of all its outbound calls: hours, how often a number is called, and whom it has us ask first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.models import Account
from calls.models import DialingRules
from vaniagent.lib import outbound, sealing
from webhooks import signing

FIELDS: Final = ("calling_hours", "max_per_day", "max_per_week", "pre_dial_url", "proof_days")

_SEALED_FOR: Final = "pre-dial secret"


def rules_of(account: Account) -> DialingRules:
    """The account's rules; an unsaved row where it never set any."""
    found: DialingRules | None = DialingRules.objects.filter(account=account).first()
    return found or DialingRules(account=account)


@transaction.atomic
def change_rules(
    *, account: Account, changes: Mapping[str, Any], rotate_secret: bool = False, by: audit.Actor, at: datetime
) -> tuple[DialingRules, str | None]:
    """Change some. The signing secret where one is made: with the first address, or on demand; it is not shown again.

    Raises outbound.UrlRefused.
    """
    url = changes.get("pre_dial_url")
    if url:
        outbound.check_url(url, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE, param="pre_dial_url")
    DialingRules.objects.get_or_create(account=account)
    rules = DialingRules.objects.select_for_update(of=("self",)).get(account=account)
    before = {name: getattr(rules, name) for name in FIELDS}
    for name in FIELDS:
        if name in changes:
            setattr(rules, name, changes[name])
    secret = None
    if rules.pre_dial_url and (rotate_secret or not rules.pre_dial_secret):
        secret = signing.new_secret()
        rules.pre_dial_secret = sealing.seal(secret, purpose=_SEALED_FOR)
    if not rules.pre_dial_url:
        rules.pre_dial_secret = ""
    rules.save(update_fields=[*FIELDS, "pre_dial_secret"])
    changed: list[str] = [name for name in FIELDS if getattr(rules, name) != before[name]]
    if changed or secret is not None:
        details: dict[str, audit.Detail] = {"changed": changed, "new_secret": secret is not None}
        audit.record(account=account, by=by, action="dialing.rules_changed", details=details, at=at)
    return rules, secret


def secret_of(rules: DialingRules) -> str:
    """What signs the request to the account's server. Raises sealing.CannotUnseal."""
    return sealing.unseal(rules.pre_dial_secret, purpose=_SEALED_FOR)


def resealed(sealed: str) -> str:
    """The same secret under the present SECRET_KEY."""
    return sealing.seal(sealing.unseal(sealed, purpose=_SEALED_FOR), purpose=_SEALED_FOR)
