"""Staff's pages open, and the books cannot be changed in them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from billing.models import LedgerEntry, Transaction

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


@pytest.fixture
def staff(client: Any) -> Any:
    client.force_login(User.objects.create_superuser("staff@example.com", "correct horse battery"))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_pages_open(staff: Any, api: Any, agent: Any, model: Any) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert staff.get(reverse(f"{name}_changelist"), {"q": "x"}).status_code == 200
    for row in model.objects.all()[:1]:
        assert staff.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_customers_see_no_page_of_staffs(client: Any, account: Any, model: Any) -> None:
    client.force_login(account.memberships.get().user)

    r = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))

    assert r.status_code == 302
    assert r.headers["Location"].startswith("/admin/login/")


def test_the_ledger_is_read_only(staff: Any, account: Any) -> None:
    posted = Transaction.objects.get()
    address = reverse("admin:billing_transaction_change", args=[posted.pk])

    assert staff.post(address, {"memo": "changed"}).status_code == 403
    assert staff.get(reverse("admin:billing_transaction_add")).status_code == 403
    assert staff.post(reverse("admin:billing_transaction_delete", args=[posted.pk]), {"post": "yes"}).status_code == 403
    assert LedgerEntry.objects.count() == 2


def test_keys_are_revoked(staff: Any, account: Any, api: Any) -> None:
    key = account.api_keys.get()

    staff.post(reverse("admin:accounts_apikey_changelist"), {"action": "revoke", "_selected_action": [key.pk]})

    assert api.get("/v1/account").status_code == 401
