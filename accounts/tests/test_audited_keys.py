"""Keys that people make and end are in the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import audit, services
from accounts.models import AuditEntry, User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_keys_are_in_the_log(account: Any) -> None:
    by = audit.Actor(user=User.objects.get(email="owner@example.com"))

    key, text = services.create_api_key(account=account, mode="live", name="CI", scopes=["read"], by=by, at=NOW)
    services.revoke_api_key(key=key, at=NOW, by=by)
    services.revoke_api_key(key=key, at=NOW, by=by)

    made, ended = AuditEntry.objects.order_by("pk")
    assert (made.action, made.target) == ("key.created", key.public_id)
    assert made.details == {"name": "CI", "mode": "live", "scopes": ["read"]}
    assert text not in str(made.details)
    assert (ended.action, ended.details) == ("key.revoked", {"name": "CI"})
