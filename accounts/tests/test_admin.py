"""Staff find accounts, people and keys, settle terms and standing, and leave a trace."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts import standing
from accounts.models import Account, ApiKey, AuditEntry, User
from conftest import make_account, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("staff@example.com"), "django.contrib.auth.backends.ModelBackend")
    return client


def page_of(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def rows_of(client: Client, model: str, text: str) -> list[Any]:
    page = client.get(reverse(f"admin:accounts_{model}_changelist"), {"q": text})
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


def do(client: Client, account: Account, action: str, **form: Any) -> Any:
    return client.post(reverse(f"admin:accounts_account_{action}", args=[account.pk]), form)


def log() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("actor_kind", "actor", "action"))


@pytest.mark.parametrize(
    "text",
    ["{0.public_id}", "acct_{1}", "owner@example.com", "OWNER@example.com", "hedge", "{2}"],
    ids=["id", "how the id begins", "e-mail", "e-mail in capitals", "how the name begins", "key id"],
)
def test_an_account_is_found(staff: Client, account: Account, other_account: Account, text: str) -> None:
    Account.objects.filter(pk=account.pk).update(name="Hedgerow Dental")
    make_key(account)
    key = account.api_keys.get().public_id

    assert rows_of(staff, "account", text.format(account, account.public_id[5:12], key)) == [account]


def test_what_has_no_known_form_finds_nothing_and_asks_for_nothing(staff: Client, account: Account) -> None:
    assert rows_of(staff, "account", "x") == []
    assert rows_of(staff, "apikey", "%") == []


def test_a_key_is_found_by_itself_and_by_its_last_characters(staff: Client, account: Account) -> None:
    text = make_key(account)
    make_key(account)
    key = ApiKey.objects.get(last4=text[-4:])

    assert rows_of(staff, "apikey", text) == [key]
    assert rows_of(staff, "apikey", text[-4:]) == [key]
    assert rows_of(staff, "apikey", text[:-1] + "_") == []
    assert key.digest not in staff.get(page_of(key)).content.decode()


def test_a_person_is_found_by_how_the_address_begins(staff: Client, account: Account) -> None:
    assert rows_of(staff, "user", "owner@") == [User.objects.get(email="owner@example.com")]


@pytest.mark.parametrize("model", ["account", "apikey", "user"])
def test_queries_do_not_grow_with_the_rows(staff: Client, model: str, django_assert_max_num_queries: Any) -> None:
    address = reverse(f"admin:accounts_{model}_changelist")
    for number in range(12):
        make_key(make_account(f"person{number}@example.com"))

    with django_assert_max_num_queries(9):
        assert len(staff.get(address).context["cl"].result_list) >= 12


def test_terms_are_changed_with_a_reason(staff: Client, account: Account) -> None:
    shown = staff.get(reverse("admin:accounts_account_change_terms", args=[account.pk]))
    assert shown.context["form"]["plan"].value() == "starter"

    r = do(
        staff, account, "change_terms", plan="professional", max_live_calls="40", price_per_minute="0.08", reason="Deal"
    )

    account.refresh_from_db()
    assert r.status_code == 302
    assert standing.terms_of(account) == standing.Terms("professional", None, None, 40, 80_000)
    entry = AuditEntry.objects.get()
    assert log() == [("staff", "staff@example.com", "workspace.limits_changed")]
    assert entry.details == {
        "plan": "starter → professional",
        "max_live_calls": "as the plan says → 40",
        "call_price_per_minute": "as the plan says → 80000",
        "reason": "Deal",
    }


def test_an_account_is_suspended_and_resumed(staff: Client, account: Account, api: Any) -> None:
    assert do(staff, account, "suspend", reason="Fraud").status_code == 302
    assert api.get("/v1/account").status_code in (401, 403)
    assert "/suspend" not in staff.get(page_of(account)).content.decode()

    assert do(staff, account, "resume", reason="Cleared").status_code == 302
    assert api.get("/v1/account").status_code == 200
    assert [action for _, _, action in log()] == ["workspace.suspended", "workspace.reinstated"]


@pytest.mark.parametrize("form", [{"reason": ""}, {"reason": "  "}, {}])
def test_nothing_without_a_reason(staff: Client, account: Account, form: dict[str, str]) -> None:
    r = do(staff, account, "suspend", **form)

    account.refresh_from_db()
    assert (r.status_code, account.status) == (200, "active")
    assert log() == []


def test_what_is_so_already_is_said(staff: Client, account: Account) -> None:
    r = do(staff, account, "resume", reason="Why not")

    assert r.status_code == 200
    assert "active already" in r.content.decode()
    assert log() == []


@pytest.mark.parametrize("action", ["change_terms", "suspend", "resume"])
def test_staff_without_the_permission_only_read(client: Client, account: Account, action: str) -> None:
    user = User.objects.create_user("reader@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_account"))
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    assert client.get(page_of(account)).status_code == 200
    assert do(client, account, action, plan="enterprise", reason="Mine").status_code == 403
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403
    assert client.post(page_of(account), {"name": "Mine"}).status_code == 403
    assert log() == []


def test_a_key_is_revoked_and_that_is_written_down(staff: Client, account: Account) -> None:
    make_key(account)
    key = account.api_keys.get()

    staff.post(reverse("admin:accounts_apikey_changelist"), {"action": "revoke", "_selected_action": [key.pk]})

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert log() == [("staff", "staff@example.com", "key.revoked")]


def test_only_superusers_change_people(client: Client, account: Account) -> None:
    user = User.objects.create_user("reader@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    assert client.get(page_of(user)).status_code == 200
    assert client.post(page_of(user), {"is_superuser": "on", "is_staff": "on", "is_active": "on"}).status_code == 403
    user.refresh_from_db()
    assert not user.is_superuser


def test_the_audit_log_is_read_only(staff: Client, account: Account) -> None:
    do(staff, account, "suspend", reason="Fraud")
    entry = AuditEntry.objects.get()

    assert "Fraud" in staff.get(page_of(entry)).content.decode()
    assert staff.post(page_of(entry), {"action": "x"}).status_code == 403
    assert staff.post(reverse("admin:accounts_auditentry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403
