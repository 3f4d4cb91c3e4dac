"""What keys do to webhook endpoints stands in the audit log, as what people do."""

from __future__ import annotations

import pytest

from accounts.models import ApiKey, AuditEntry
from conftest import ApiClient

URL = "/v1/webhook_endpoints"

pytestmark = pytest.mark.django_db


def test_everything_that_a_key_does(api: ApiClient) -> None:
    made = api.post(URL, {"url": "https://user.example.com/hook?token=secret", "events": ["call.started"]}).json()
    one = f"{URL}/{made['id']}"
    api.patch(one, {"description": "CRM"})
    api.post(f"{one}/rotate_secret")
    delivery = api.post(f"{one}/test").json()
    api.post(f"/v1/webhook_deliveries/{delivery['id']}/replay")
    api.post(f"{one}/replay", {"from": "2024-01-01T00:00:00Z", "to": "2024-01-02T00:00:00Z"})
    api.delete(one)
    api.patch("/v1/account", {"low_balance_credits": "2.00"})

    entries = list(AuditEntry.objects.order_by("pk"))
    assert [(entry.action, entry.details) for entry in entries] == [
        ("webhook.created", {"host": "user.example.com", "events": ["call.started"]}),
        ("webhook.changed", {"fields": ["description"]}),
        ("webhook.secret_rotated", {}),
        ("webhook.tested", {"delivery": delivery["id"]}),
        ("webhook.replayed", {"delivery": delivery["id"]}),
        ("webhook.replayed", {"deliveries": 0}),
        ("webhook.deleted", {"host": "user.example.com"}),
        ("billing.low_balance_changed", {"credits": "2.00"}),
    ]
    assert {(entry.actor_kind, entry.actor) for entry in entries} == {("key", ApiKey.objects.get().public_id)}
    assert [entry.target for entry in entries] == [made["id"]] * 7 + [""]
    assert made["secret"] not in str([entry.details for entry in entries])


def test_what_is_refused_is_not_told(api: ApiClient) -> None:
    assert api.post(URL, {"url": "https://169.254.169.254/", "events": ["call.started"]}).status_code == 400
    assert api.delete(f"{URL}/we_0000000000000000000000").status_code == 404

    assert not AuditEntry.objects.exists()
