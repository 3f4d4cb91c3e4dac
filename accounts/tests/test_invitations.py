"""Invitations: mailed, accepted once, by the address that was invited."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts import audit, invitations, members, tasks
from accounts.models import Account, AuditEntry, Invitation, Membership, User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def owner(account: Any) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"), ip="192.0.2.1")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue's message is done as it is sent."""
    monkeypatch.setattr(tasks.send_invitation, "apply_async", lambda *, kwargs, queue: tasks.send_invitation(**kwargs))


@pytest.fixture
def invite(account: Any, owner: audit.Actor, mailoutbox: Any, django_capture_on_commit_callbacks: Any) -> Any:
    """Invites, and gives back the token of the mail."""

    def invite(email: str = "new@example.com", role: str = "developer", **options: Any) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            invitations.invite(account=account, email=email, role=role, **{"by": owner, "at": NOW, **options})
        (token,) = re.findall(r"/invitations/([0-9A-Za-z]{43})\n", mailoutbox[-1].body)
        return token

    return invite


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bright\r\nBcc: x\u2028Smile", "Bright Bcc: x Smile"),
        ("Win at https://evil.example/x", "a workspace"),
        ("evil.example", "a workspace"),
        ("pay@evil", "a workspace"),
        ("Dr. Smith & Sons", "Dr. Smith & Sons"),
    ],
)
def test_no_customer_writes_the_mails_of_others(
    account: Any, invite: Any, mailoutbox: Any, name: str, shown: str
) -> None:
    Account.objects.filter(pk=account.pk).update(name=name)
    account.refresh_from_db()

    invite()

    assert mailoutbox[0].subject == f"Join {shown} on VaniAgent"
    assert mailoutbox[0].body.startswith(f"owner@example.com invites you to {shown}, as")


def test_the_mail(account: Any, invite: Any, mailoutbox: Any) -> None:
    account.name = "Bright Smile Dental"
    account.save()
    token = invite(" New@Example.com ")

    (mail,) = mailoutbox
    assert mail.to == ["new@example.com"]
    assert mail.subject == "Join Bright Smile Dental on VaniAgent"
    assert "owner@example.com invites you" in mail.body
    kept = Invitation.objects.get()
    assert token not in (kept.digest, kept.public_id)
    assert AuditEntry.objects.get().details == {"email": "new@example.com", "role": "developer"}


def test_accepted_once(account: Any, invite: Any) -> None:
    token = invite()
    user = User.objects.create_user("new@example.com")

    membership = invitations.accept(token=token, user=user, at=NOW + timedelta(days=6))

    assert (membership.account, membership.role) == (account, "developer")
    assert AuditEntry.objects.filter(action="member.joined", actor="new@example.com").count() == 1
    with pytest.raises(invitations.InvitationGone):
        invitations.accept(token=token, user=user, at=NOW)


def test_for_another_address(account: Any, invite: Any) -> None:
    token = invite()
    user = User.objects.create_user("somebody@example.com")

    with pytest.raises(invitations.OtherAddress):
        invitations.accept(token=token, user=user, at=NOW)

    assert not Membership.objects.filter(user=user).exists()
    assert invitations.find(token=token, at=NOW).account == account


def test_expired_withdrawn_or_of_a_suspended_account(account: Any, owner: audit.Actor, invite: Any) -> None:
    token = invite()
    with pytest.raises(invitations.InvitationGone):
        invitations.find(token=token, at=NOW + timedelta(days=7))

    account.status = "suspended"
    account.save(update_fields=["status"])
    with pytest.raises(invitations.InvitationGone):
        invitations.find(token=token, at=NOW)
    account.status = "active"
    account.save(update_fields=["status"])

    invitation = invitations.find(token=token, at=NOW)
    assert invitations.withdraw(invitation=invitation, by=owner, at=NOW)
    assert not invitations.withdraw(invitation=invitation, by=owner, at=NOW)
    with pytest.raises(invitations.InvitationGone):
        invitations.find(token=token, at=NOW)


def test_inviting_again_ends_the_earlier_link(invite: Any) -> None:
    first, second = invite(), invite(role="viewer")

    with pytest.raises(invitations.InvitationGone):
        invitations.find(token=first, at=NOW)
    assert invitations.find(token=second, at=NOW).role == "viewer"


def test_who_is_here_already_or_is_no_address(account: Any, owner: audit.Actor, mailoutbox: Any) -> None:
    for email in ("OWNER@example.com", "nobody", ""):
        with pytest.raises(invitations.BadInvitation):
            invitations.invite(account=account, email=email, role="viewer", by=owner, at=NOW)

    assert not Invitation.objects.exists()
    assert mailoutbox == []


def test_only_owners_invite_owners(account: Any) -> None:
    admin = User.objects.create_user("admin@example.com")
    Membership.objects.create(account=account, user=admin, role="admin")

    with pytest.raises(members.OwnersOnly):
        invitations.invite(account=account, email="new@example.com", role="owner", by=audit.Actor(user=admin), at=NOW)

    assert not Invitation.objects.exists()


def test_one_address_is_mailed_a_few_times_a_day(account: Any, invite: Any) -> None:
    for _number in range(invitations.MOST_A_DAY_TO_ONE):
        invite()

    with pytest.raises(invitations.BadInvitation, match="mailed often enough"):
        invite(" NEW@example.com")

    assert invitations.open_invitations(account=account, at=NOW).count() == 1
    invite(at=NOW + timedelta(days=1))


def test_a_bound_on_the_mails_of_a_day(
    account: Any, owner: audit.Actor, invite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MOST_A_DAY", 1)
    invite()
    invitations.withdraw(invitation=Invitation.objects.get(), by=owner, at=NOW)

    with pytest.raises(invitations.BadInvitation, match="which is the most"):
        invite("other@example.com")

    assert Invitation.objects.count() == 1


def test_a_bound_on_mails(account: Any, owner: audit.Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    for number in range(2):
        invitations.invite(account=account, email=f"n{number}@example.com", role="viewer", by=owner, at=NOW)

    with pytest.raises(invitations.BadInvitation):
        invitations.invite(account=account, email="n2@example.com", role="viewer", by=owner, at=NOW)

    assert [one.email for one in invitations.open_invitations(account=account, at=NOW)] == [
        "n1@example.com",
        "n0@example.com",
    ]
