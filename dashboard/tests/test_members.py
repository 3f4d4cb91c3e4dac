"""`/settings/members` and `/invitations/…`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts import audit, invitations
from accounts.models import Account, AuditEntry, Invitation, Membership, User
from dashboard import onboarding
from dashboard.tests.test_access import RANKS

HOSTILE = "<script>alert(1)</script>"


def make_member(account: Account, email: str, role: str = "viewer") -> Membership:
    user = User.objects.create_user(email, "correct horse battery")
    return Membership.objects.create(account=account, user=user, role=role)


def log_in_as(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    """What the next invitation's link ends in."""
    monkeypatch.setattr("accounts.invitations.ids.base62", lambda length: "t" * length)
    return "t" * invitations.TOKEN_LENGTH


def invite(account: Account, email: str = "new@example.com", role: str = "developer") -> Invitation:
    owner = Membership.objects.for_account(account).get(user__email="owner@example.com")
    by = audit.Actor(user=owner.user)
    return invitations.invite(account=account, email=email, role=role, by=by, at=timezone.now())


def test_somebody_is_invited(browser: Client, account: Account) -> None:
    response = browser.post("/settings/members", {"email": "New@Example.com", "role": "viewer"}, follow=True)

    invitation = Invitation.objects.for_account(account).get()
    assert (invitation.email, invitation.role) == ("new@example.com", "viewer")
    assert "new@example.com gets a mail with a link." in response.content.decode()
    assert AuditEntry.objects.for_account(account).get().action == "member.invited"


def test_a_member_is_not_invited(browser: Client) -> None:
    response = browser.post("/settings/members", {"email": "owner@example.com", "role": "viewer"})

    assert response.context["form"].errors == {"email": ["owner@example.com is a member already."]}
    assert not Invitation.objects.exists()


def test_only_owners_make_owners(account: Account, log_in: Callable[..., Client]) -> None:
    admin = log_in(account, "admin")
    member = make_member(account, "m@example.com")

    invited = admin.post("/settings/members", {"email": "new@example.com", "role": "owner"})
    changed = admin.post("/settings/members/role", {"member": member.pk, "role": "owner"}, follow=True)

    assert list(invited.context["form"].errors) == ["role"]
    assert "Only an owner of the workspace may do this." in changed.content.decode()
    member.refresh_from_db()
    assert member.role == "viewer"
    assert not AuditEntry.objects.exists()


def test_a_role_is_changed(browser: Client, account: Account) -> None:
    member = make_member(account, "m@example.com")

    assertRedirects(browser.post("/settings/members/role", {"member": member.pk, "role": "admin"}), "/settings/members")

    member.refresh_from_db()
    assert member.role == "admin"
    assert AuditEntry.objects.for_account(account).get().action == "member.role_changed"


def test_removing_asks_first(browser: Client, account: Account) -> None:
    member = make_member(account, "m@example.com")

    asked = browser.post("/settings/members/remove", {"member": member.pk})

    assert "Remove m@example.com?" in asked.content.decode()
    assert Membership.objects.filter(pk=member.pk).exists()
    browser.post("/settings/members/remove", {"member": member.pk, "is_sure": "1"})
    assert not Membership.objects.filter(pk=member.pk).exists()
    assert AuditEntry.objects.for_account(account).get().action == "member.removed"


def test_a_viewer_leaves_and_removes_nobody(account: Account) -> None:
    viewer, other = make_member(account, "v@example.com"), make_member(account, "o@example.com")
    client = log_in_as(viewer.user)

    assert client.post("/settings/members/remove", {"member": other.pk, "is_sure": "1"}).status_code == 403
    assert client.post("/settings/members", {"email": "new@example.com", "role": "viewer"}).status_code == 403
    client.post("/settings/members/remove", {"member": viewer.pk, "is_sure": "1"})

    assert [each.pk for each in Membership.objects.filter(pk__in=[viewer.pk, other.pk])] == [other.pk]
    assert [entry.action for entry in AuditEntry.objects.for_account(account)] == ["member.left"]


def test_the_last_owner_stays(account: Account) -> None:
    owner = Membership.objects.for_account(account).get()

    response = log_in_as(owner.user).post("/settings/members/remove", {"member": owner.pk, "is_sure": "1"}, follow=True)

    assert "A workspace needs an owner." in response.content.decode()


def test_ownership_is_handed_on(account: Account) -> None:
    owner = Membership.objects.for_account(account).get()
    member = make_member(account, "m@example.com", "admin")
    client = log_in_as(owner.user)

    assert (
        "Make m@example.com the owner?"
        in client.post("/settings/members/transfer", {"member": member.pk}).content.decode()
    )
    client.post("/settings/members/transfer", {"member": member.pk, "is_sure": "1"})

    owner.refresh_from_db()
    member.refresh_from_db()
    assert (owner.role, member.role) == ("admin", "owner")
    assert AuditEntry.objects.for_account(account).get().action == "workspace.transferred"


def test_an_invitation_is_sent_again_and_withdrawn(browser: Client, account: Account) -> None:
    first = invite(account)

    browser.post(f"/settings/members/invitations/{first.public_id}/resend")
    second = Invitation.objects.get(withdrawn_at=None)
    browser.post(f"/settings/members/invitations/{second.public_id}/withdraw")

    assert second.pk != first.pk
    assert not Invitation.objects.filter(withdrawn_at=None).exists()


def test_members_of_others_are_not_touched(browser: Client, other_account: Account) -> None:
    theirs = Membership.objects.for_account(other_account).get()
    for path in ("role", "remove", "transfer"):
        body = {"member": theirs.pk, "role": "viewer", "is_sure": "1"}
        assert browser.post(f"/settings/members/{path}", body).status_code == 404

    theirs.refresh_from_db()
    assert theirs.role == "owner"


def test_signed_out_one_is_told_the_ways_in(client: Client, account: Account, token: str, settings: Any) -> None:
    settings.SIGN_UP_OPEN = False
    invite(account)

    text = client.get(f"/invitations/{token}").content.decode()

    assert "owner@example.com invites you to their workspace, as Developer." in text
    assert f"/accounts/signup/?next=/invitations/{token}" in text
    assert client.session[onboarding.INVITATION] == token
    assert client.get("/accounts/signup/").status_code == 200


def test_who_is_invited_joins(account: Account, token: str) -> None:
    invite(account)
    user = User.objects.create_user("new@example.com", "correct horse battery")
    client = log_in_as(user)

    assert "Join" in client.get(f"/invitations/{token}").content.decode()
    assertRedirects(client.post(f"/invitations/{token}"), "/")

    assert Membership.objects.get(account=account, user=user).role == "developer"
    gone = client.get(f"/invitations/{token}")
    assert gone.status_code == 404
    assert "Ask for a new one." in gone.content.decode()


def test_whoever_signed_up_by_an_invitation_is_led_back_to_it(account: Account, token: str) -> None:
    invite(account)
    client = log_in_as(User.objects.create_user("new@example.com", "correct horse battery"))
    session = client.session
    session[onboarding.INVITATION] = token
    session.save()

    assertRedirects(client.get("/welcome"), f"/invitations/{token}")


def test_another_person_is_told_whose_it_is(browser: Client, account: Account, token: str) -> None:
    invite(account)

    shown, posted = browser.get(f"/invitations/{token}"), browser.post(f"/invitations/{token}")

    for response in (shown, posted):
        assert "It is for new@example.com, and you are logged in as owner-" in response.content.decode()
    assert Membership.objects.for_account(account).count() == 2


def test_names_are_text(client: Client, account: Account, token: str) -> None:
    Account.objects.filter(pk=account.pk).update(name=HOSTILE)
    invite(account)

    text = client.get(f"/invitations/{token}").content.decode()

    assert HOSTILE not in text
    assert "Join &lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.parametrize("role", RANKS)
def test_everybody_sees_who_is_in(account: Account, log_in: Callable[..., Client], role: str) -> None:
    invite(account)

    text = log_in(account, role).get("/settings/members").content.decode()

    assert "owner@example.com" in text
    assert ("new@example.com" in text) == (role in ("admin", "owner"))


def test_the_list_takes_the_same_queries_however_long(
    browser: Client, account: Account, django_assert_num_queries: Any
) -> None:
    for count in (5, 15):
        for number in range(count):
            make_member(account, f"{count}-{number}@example.com")
            invite(account, f"i{count}-{number}@example.com")
        with django_assert_num_queries(5):
            browser.get("/settings/members")
