"""Staff's pages open, and the books cannot be changed in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import Invitation, User
from billing.models import LedgerEntry, Transaction
from calls.models import BatchRow, CallBatch

pytestmark = pytest.mark.django_db

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
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


def test_a_batch_and_an_invitation_are_read_and_found(staff: Any, account: Any, agent: Any) -> None:
    batch = CallBatch.objects.create(account=account, agent=agent, name="Reminders", at_once=1, created_at=NOW)
    for line, status in enumerate(("placed", "placed", "skipped"), start=1):
        BatchRow.objects.create(batch=batch, line=line, status=status, to_number="+14155550100")
    invited = Invitation.objects.create(
        account=account, email="New@example.com", role="viewer", digest="d" * 64, created_at=NOW, expires_at=NOW
    )

    for row, words in (
        (batch, [batch.public_id, account.public_id]),
        (invited, [invited.public_id, "new@example.com"]),
    ):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        for text in words:
            assert list(staff.get(reverse(f"{name}_changelist"), {"q": text}).context["cl"].result_list) == [row]
        page = staff.get(reverse(f"{name}_change", args=[row.pk])).content.decode()
        assert "d" * 64 not in page
        assert ("2 placed, 1 skipped" in page) == (row is batch)


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
