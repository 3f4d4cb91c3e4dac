"""The first minute: a workspace with something in it."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.models import Account, Membership, User
from agents import starters
from billing import services as billing
from vaniagent.lib import money

logger = logging.getLogger(__name__)

# The session's key for an invitation that somebody followed before they signed up: they get no workspace of their own.
INVITATION: Final = "invitation"


@transaction.atomic
def open_first_workspace(*, user: User, name: str = "", at: datetime) -> Account | None:
    """A workspace with ready-made agents, and with trial credits where it is the person's first; None for somebody who has
    one."""
    # Two requests of one person must not make two.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if Membership.objects.filter(user=user).exists():
        return None

    account = accounts.open_account(user=user, name=name.strip() or name_for(user))
    try:
        billing.grant(
            account=account,
            # A person gets them once, however often they leave a workspace and open another.
            reference=f"sign-up/{salted_hmac('dashboard.onboarding', str(user.pk)).hexdigest()[:16]}",
            micro_credits=money.to_micro(settings.SIGN_UP_CREDITS),
            at=at,
            memo="Sign-up",
        )
    except billing.ReusedReference:
        logger.info("somebody opened a workspace who had trial credits before", extra={"account_id": account.public_id})
    starters.create_starters(account=account)
    return account


def name_for(user: User) -> str:
    """What a workspace is called until its owner says."""
    first = user.first_name or user.email.partition("@")[0].partition("+")[0].replace(".", " ").title()
    return _("%(name)s’s workspace") % {"name": first[:60]}
