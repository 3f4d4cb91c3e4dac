"""Staff look at a workspace as a member: everything to read, nothing to change, all of it in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AuditEntry, User
from dashboard import impersonation

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def person() -> User:
    return User.objects.create_superuser("staff@example.com")


@pytest.fixture
def staff(client: Client, person: User) -> Client:
    client.force_login(person, BACKEND)
    return client


def look(client: Client, account: Account, *, reason: str = "Ticket 7") -> Any:
    membership = account.memberships.get()
    return client.post(reverse("admin:impersonate", args=[membership.pk]), {"reason": reason})


def log() -> list[tuple[str, str, dict[str, Any]]]:
    entries = AuditEntry.objects.filter(action__endswith="by_staff").order_by("pk")
    return [(entry.actor, entry.action, entry.details) for entry in entries]


def test_staff_see_what_the_member_sees(staff: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(name="Hedgerow Dental")

    r = look(staff, account)
    page = staff.get(reverse("home"))

    assert (r.status_code, r.headers["Location"]) == (302, "/")
    request: Any = page.wsgi_request
    assert request.account == account
    assert request.user.email == "staff@example.com"
    assert "You look at <strong>Hedgerow Dental</strong> as owner@example.com" in page.content.decode()
    [(actor, action, details)] = log()
    assert (actor, action) == ("staff@example.com", "workspace.viewed_by_staff")
    assert (details["as"], details["reason"]) == ("owner@example.com", "Ticket 7")


def test_what_staff_take_with_them_is_in_the_log(staff: Client, account: Account) -> None:
    look(staff, account)

    assert staff.get("/calls/export.csv?status=failed&number=%2B14155550100").status_code == 200

    entry = AuditEntry.objects.get(action="data.calls_exported")
    assert (entry.account, entry.actor_kind, entry.actor) == (account, "staff", "staff@example.com")
    assert entry.details == {"filters": ["number", "status"]}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ["/", "/workspace", "/preferences", "/theme", "/accounts/email/"])
def test_nothing_can_be_changed(staff: Client, account: Account, method: str, address: str) -> None:
    look(staff, account)

    assert getattr(staff, method)(address).status_code == 403


def test_it_ends_on_demand(staff: Client, account: Account) -> None:
    look(staff, account)

    r = staff.post(reverse("admin:impersonate_end"))

    assert r.headers["Location"] == reverse("admin:accounts_account_change", args=[account.pk])
    assert "You look at" not in staff.get("/", follow=True).content.decode()
    assert [entry[1:] for entry in log()][1] == (
        "workspace.left_by_staff",
        {"as": "owner@example.com", "how": "stopped"},
    )


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_ends_by_itself_and_never_in_a_workspace_of_their_own(
    staff: Client, account: Account, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(staff, account)
    later = timezone.now() + impersonation.LASTS + timedelta(seconds=1)
    monkeypatch.setattr("dashboard.impersonation.timezone.now", lambda: later)

    r = getattr(staff, method)("/")

    assert (r.status_code, r.headers["Location"]) == (302, reverse("admin:accounts_account_change", args=[account.pk]))
    assert log()[1][2]["how"] == "its time was over"
    assert impersonation._KEY not in staff.session


def test_it_ends_with_the_right_to_it(staff: Client, account: Account, person: User) -> None:
    look(staff, account)
    User.objects.filter(pk=person.pk).update(is_superuser=False)

    assert staff.get("/").status_code == 302
    assert len(log()) == 2


def test_logging_out_is_written_down(staff: Client, account: Account) -> None:
    look(staff, account)

    staff.post(reverse("account_logout"))

    assert log()[1][2]["how"] == "logged out"
    assert staff.get("/admin/").status_code == 302


def test_staff_act_as_themselves_in_their_own_pages(staff: Client, account: Account) -> None:
    look(staff, account)

    r = staff.post(reverse("admin:accounts_account_suspend", args=[account.pk]), {"reason": "Fraud"})

    account.refresh_from_db()
    assert (r.status_code, account.status) == (302, "suspended")


def test_not_without_a_reason(staff: Client, account: Account) -> None:
    assert look(staff, account, reason=" ").status_code == 200
    assert log() == []


@pytest.mark.parametrize("rights", [[], ["view_account", "change_account", "view_membership", "change_membership"]])
def test_not_without_the_permission(client: Client, account: Account, rights: list[str]) -> None:
    user = User.objects.create_user("reader@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user, BACKEND)

    assert look(client, account).status_code == 403
    assert log() == []


def test_not_for_customers(client: Client, account: Account, other_account: Account) -> None:
    client.force_login(other_account.memberships.get().user, BACKEND)

    assert look(client, account).status_code == 302
    assert impersonation._KEY not in client.session
    assert log() == []
