"""Roles, leaving, ownership."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import audit, members
from accounts.models import AuditEntry, Membership, User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def join(account: Any, email: str, role: str) -> Membership:
    return Membership.objects.create(account=account, user=User.objects.create_user(email), role=role)


def actor(member: Membership) -> audit.Actor:
    return audit.Actor(user=member.user)


@pytest.fixture
def owner(account: Any) -> Membership:
    return Membership.objects.get(account=account)


def roles(account: Any) -> dict[str, str]:
    return {member.user.email: member.role for member in members.members_of(account)}


def test_an_admin_makes_a_viewer_a_developer(account: Any, owner: Membership) -> None:
    admin, viewer = join(account, "admin@example.com", "admin"), join(account, "viewer@example.com", "viewer")

    members.change_role(member=viewer, role="developer", by=actor(admin), at=NOW)

    assert roles(account)["viewer@example.com"] == "developer"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("member.role_changed", "admin@example.com")
    assert entry.details == {"email": "viewer@example.com", "before": "viewer", "after": "developer"}


@pytest.mark.parametrize("role", ["admin", "owner"])
def test_an_admin_neither_makes_nor_unmakes_owners(account: Any, owner: Membership, role: str) -> None:
    admin = join(account, "admin@example.com", "admin")
    target = owner if role == "admin" else admin

    with pytest.raises(members.OwnersOnly):
        members.change_role(member=target, role=role, by=actor(admin), at=NOW)
    with pytest.raises(members.OwnersOnly):
        members.remove_member(member=owner, by=actor(admin), at=NOW)

    assert roles(account) == {"owner@example.com": "owner", "admin@example.com": "admin"}
    assert not AuditEntry.objects.exists()


def test_the_last_owner_stays(account: Any, owner: Membership) -> None:
    with pytest.raises(members.LastOwner):
        members.remove_member(member=owner, by=actor(owner), at=NOW)
    with pytest.raises(members.LastOwner):
        members.change_role(member=owner, role="viewer", by=actor(owner), at=NOW)

    assert roles(account) == {"owner@example.com": "owner"}


def test_one_of_two_owners_leaves(account: Any, owner: Membership) -> None:
    other = join(account, "second@example.com", "owner")

    members.remove_member(member=owner, by=actor(owner), at=NOW)

    assert roles(account) == {"second@example.com": "owner"}
    assert AuditEntry.objects.get().action == "member.left"
    with pytest.raises(members.LastOwner):
        members.remove_member(member=other, by=actor(other), at=NOW)


def test_removed_by_an_admin(account: Any, owner: Membership) -> None:
    admin, viewer = join(account, "admin@example.com", "admin"), join(account, "viewer@example.com", "viewer")

    members.remove_member(member=viewer, by=actor(admin), at=NOW)

    assert sorted(roles(account)) == ["admin@example.com", "owner@example.com"]
    assert AuditEntry.objects.get().details == {"email": "viewer@example.com", "role": "viewer"}
    with pytest.raises(members.NoSuchMember):
        members.remove_member(member=viewer, by=actor(admin), at=NOW)


def test_ownership_is_handed_on(account: Any, owner: Membership) -> None:
    admin = join(account, "admin@example.com", "admin")

    members.transfer_ownership(account=account, to=admin, by=actor(owner), at=NOW)

    assert roles(account) == {"owner@example.com": "admin", "admin@example.com": "owner"}
    assert AuditEntry.objects.get().details == {"to": "admin@example.com"}


def test_ownership_stays_within_the_account(account: Any, other_account: Any, owner: Membership) -> None:
    stranger = Membership.objects.get(account=other_account)

    with pytest.raises(members.NoSuchMember):
        members.transfer_ownership(account=account, to=stranger, by=actor(owner), at=NOW)
    with pytest.raises(members.NoSuchMember):
        members.get_member(account=account, pk=stranger.pk)

    assert roles(account) == {"owner@example.com": "owner"}
