"""A request that a page gets to see."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Account, Membership, User


class DashboardRequest(HttpRequest):
    """What `access.page` has let through: somebody who is logged in, in one of their workspaces."""

    user: User
    account: Account
    membership: Membership
    # Everything the person is a member of, the current one among it; what the switcher shows.
    memberships: list[Membership]
    htmx: HtmxDetails
    csp_nonce: Any
