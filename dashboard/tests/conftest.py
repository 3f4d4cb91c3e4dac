"""People who look at pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Account, Membership, User


@pytest.fixture(autouse=True)
def _on_their_own(settings: Any) -> None:
    """Tries to log in are counted by address: not over all tests. And files are not looked through for each browser."""
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def log_in() -> Callable[..., Client]:
    """`log_in(account, role)`: a browser of somebody who has that role in the workspace."""

    def log_in(account: Account, role: str = Membership.Role.OWNER) -> Client:
        user = User.objects.create_user(f"{role}-{account.pk}@example.com", "correct horse battery")
        Membership.objects.create(account=account, user=user, role=role)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


@pytest.fixture
def browser(account: Account, log_in: Callable[..., Client]) -> Client:
    """A browser of an owner of `account`."""
    return log_in(account)
