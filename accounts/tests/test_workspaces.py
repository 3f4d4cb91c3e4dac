"""Further workspaces, names, closing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import audit, members, services, workspaces
from accounts.models import Account, ApiKey, AuditEntry, Membership, User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def owner(account: Any) -> User:
    return User.objects.get(email="owner@example.com")


def test_a_further_workspace(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspaces, "MOST_OF_ONE_OWNER", 2)

    second = workspaces.create_workspace(user=owner, name="  Second   one ", at=NOW)

    assert second.name == "Second one"
    assert Membership.objects.get(account=second, user=owner).role == "owner"
    assert AuditEntry.objects.for_account(second).get().action == "workspace.created"
    with pytest.raises(workspaces.TooManyWorkspaces):
        workspaces.create_workspace(user=owner, name="Third", at=NOW)
    assert Account.objects.count() == 2


def test_renamed(account: Any, owner: User) -> None:
    by = audit.Actor(user=owner)

    workspaces.rename_workspace(account=account, name="Acme", by=by, at=NOW)
    workspaces.rename_workspace(account=account, name="Acme", by=by, at=NOW)

    assert Account.objects.get(pk=account.pk).name == "Acme"
    assert AuditEntry.objects.get().details == {"before": "owner@example.com", "after": "Acme"}


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_bad_names(account: Any, owner: User, name: str) -> None:
    with pytest.raises(workspaces.BadName):
        workspaces.rename_workspace(account=account, name=name, by=audit.Actor(user=owner), at=NOW)

    assert not AuditEntry.objects.exists()


def test_closed_by_its_owner(account: Any, owner: User) -> None:
    services.create_api_key(account=account, mode="live")
    admin = User.objects.create_user("admin@example.com")
    Membership.objects.create(account=account, user=admin, role="admin")

    with pytest.raises(members.OwnersOnly):
        workspaces.close_workspace(account=account, by=audit.Actor(user=admin), at=NOW)
    assert workspaces.close_workspace(account=account, by=audit.Actor(user=owner), at=NOW)
    assert not workspaces.close_workspace(account=account, by=audit.Actor(user=owner), at=NOW)

    closed = Account.objects.get(pk=account.pk)
    assert (closed.status, closed.closed_at) == ("suspended", NOW)
    assert not ApiKey.objects.for_account(account).filter(revoked_at=None).exists()
    assert AuditEntry.objects.get().details == {"revoked_keys": 1}
