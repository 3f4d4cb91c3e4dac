"""Who does what a page asks for, as services and the audit log take it."""

from __future__ import annotations

from django.conf import settings

from accounts.audit import Actor
from dashboard import impersonation
from dashboard.requests import DashboardRequest
from vaniagent.lib.api import requests


def actor_of(request: DashboardRequest) -> Actor:
    """The person who is logged in, and where they are. Of staff who look as a member it is not the member."""
    ip = requests.address_of(request, proxies=settings.TRUSTED_PROXY_COUNT)
    return Actor(user=request.user, is_staff=impersonation.current(request) is not None, ip=ip)
