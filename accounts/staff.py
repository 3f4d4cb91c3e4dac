"""Who of the staff acts, for the audit log."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts import audit
from vaniagent.lib.api import requests


def actor_of(request: HttpRequest) -> audit.Actor:
    """The member of the staff who sent this request."""
    user: Any = request.user
    return audit.Actor(user=user, is_staff=True, ip=requests.address_of(request, proxies=settings.TRUSTED_PROXY_COUNT))
