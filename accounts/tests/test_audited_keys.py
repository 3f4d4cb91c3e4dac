"""Keys that people make: none beyond their role, and all in the audit log."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import audit, authentication, members, services
from accounts.models import ApiKey, AuditEntry, Membership, User

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


@pytest.mark.parametrize(
    ("role", "given"),
    [
        ("viewer", []),
        ("developer", ["read", "calls"]),
        ("admin", ["read", "calls", "admin"]),
        ("owner", ["read", "calls", "admin"]),
    ],
)
def test_a_member_gives_no_more_than_their_role_has(account: Any, role: str, given: list[str]) -> None:
    user = User.objects.create_user("member@example.com", "correct horse battery")
    Membership.objects.create(account=account, user=user, role=role)
    by = audit.Actor(user=user)

    for scope in ("read", "calls", "admin"):
        with nullcontext() if scope in given else pytest.raises(services.ScopeBeyondRole):
            services.create_api_key(account=account, mode="live", scopes=[scope], by=by, at=NOW)

    made = [key.scopes for key in ApiKey.objects.order_by("pk")]
    assert made == [[scope] for scope in given]


def test_a_stranger_makes_no_key(account: Any) -> None:
    stranger = audit.Actor(user=User.objects.create_user("stranger@example.com", "correct horse battery"))

    with pytest.raises(services.ScopeBeyondRole):
        services.create_api_key(account=account, mode="test", scopes=["read"], by=stranger, at=NOW)

    assert not ApiKey.objects.exists()


def test_a_key_outlives_its_maker_s_role(account: Any) -> None:
    """It is the workspace's: programs go on when people go."""
    user = User.objects.create_user("member@example.com", "correct horse battery")
    member = Membership.objects.create(account=account, user=user, role="admin")
    key, text = services.create_api_key(
        account=account, mode="live", scopes=["admin"], by=audit.Actor(user=user), at=NOW
    )
    owner = audit.Actor(user=User.objects.get(email="owner@example.com"))

    members.change_role(member=member, role="viewer", by=owner, at=NOW)
    members.remove_member(member=member, by=owner, at=NOW)

    assert authentication.authenticate_key(text, NOW) == key
    # The log tells whose keys to look at.
    assert AuditEntry.objects.get(action="key.created").actor == "member@example.com"
