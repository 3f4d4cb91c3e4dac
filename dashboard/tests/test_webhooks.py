"""`/settings/webhooks`: endpoints, their secrets, their log, and sending again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts.models import Account, AuditEntry
from dashboard import snippets
from webhooks import services as webhooks
from webhooks import signing
from webhooks.models import Attempt, Delivery, Endpoint, Event

HOSTILE = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
BODY = {"url": "https://example.com/hook?token=1", "events": ["call.completed"], "description": "CRM"}


@pytest.fixture
def endpoint(account: Account) -> Endpoint:
    return webhooks.create_endpoint(account=account, url="https://example.com/hook", events=["call.completed"])


def make_deliveries(
    endpoint: Endpoint, count: int = 1, *, status: str = "failed", answer: str = "no"
) -> list[Delivery]:
    now = timezone.now()
    made = []
    for number in range(count):
        event = Event.objects.create(
            account=endpoint.account,
            type="call.completed",
            subject=f"call_{number}",
            body=f'{{"x":"{HOSTILE}"}}',
            created_at=now,
        )
        delivery = Delivery.objects.create(
            account=endpoint.account,
            endpoint=endpoint,
            event=event,
            subject=event.subject,
            status=status,
            attempts_made=2,
        )
        for attempt in (1, 2):
            Attempt.objects.create(
                delivery=delivery, number=attempt, started_at=now, duration_ms=31, status_code=500, response=answer
            )
        made.append(delivery)
    return made


def actions(account: Account) -> list[str]:
    return list(AuditEntry.objects.for_account(account).order_by("pk").values_list("action", flat=True))


def test_an_endpoint_s_secret_is_shown_once(browser: Client, account: Account) -> None:
    response = browser.post("/settings/webhooks/new", BODY)

    endpoint = Endpoint.objects.for_account(account).get()
    assert (endpoint.url, endpoint.events, endpoint.description) == (BODY["url"], BODY["events"], "CRM")
    assert endpoint.secret in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert endpoint.secret not in browser.get(f"/settings/webhooks/{endpoint.public_id}").content.decode()
    entry = AuditEntry.objects.for_account(account).get()
    assert (entry.action, entry.target) == ("webhook.created", endpoint.public_id)
    assert entry.details == {"host": "example.com", "events": ["call.completed"]}


def test_an_address_that_cannot_be_is_refused_at_its_field(browser: Client, settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False

    response = browser.post("/settings/webhooks/new", {**BODY, "url": "http://example.com/"})

    assert response.context["form"].errors == {"url": ["This must begin with https://"]}
    assert not Endpoint.objects.exists()


def test_rotating_keeps_the_old_secret_for_a_day(browser: Client, account: Account, endpoint: Endpoint) -> None:
    old = endpoint.secret
    path = f"/settings/webhooks/{endpoint.public_id}/rotate"
    assert "Rotate the signing secret?" in browser.get(path).content.decode()

    response = browser.post(path)

    endpoint.refresh_from_db()
    assert endpoint.secret != old
    assert endpoint.secret in response.content.decode()
    assert endpoint.signing_secrets(timezone.now()) == [endpoint.secret, old]
    assert response.context["old_secret_until"] == endpoint.previous_secret_until
    assert actions(account) == ["webhook.secret_rotated"]


def test_an_endpoint_is_changed(browser: Client, account: Account, endpoint: Endpoint) -> None:
    path = f"/settings/webhooks/{endpoint.public_id}"

    assertRedirects(browser.post(f"{path}/edit", {**BODY, "events": ["call.failed"]}), path)

    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.events) == (BODY["url"], ["call.failed"])
    assert AuditEntry.objects.for_account(account).get().details == {"fields": ["url", "events", "description"]}


def test_an_endpoint_is_paused_enabled_and_deleted(browser: Client, account: Account, endpoint: Endpoint) -> None:
    path = f"/settings/webhooks/{endpoint.public_id}"

    browser.post(f"{path}/pause")
    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"
    browser.post(f"{path}/enable")
    endpoint.refresh_from_db()
    assert endpoint.status == "enabled"
    assertRedirects(browser.post(f"{path}/delete"), "/settings/webhooks")

    assert browser.get(path).status_code == 404
    assert actions(account) == ["webhook.changed", "webhook.changed", "webhook.deleted"]


def test_a_test_is_sent(browser: Client, account: Account, endpoint: Endpoint) -> None:
    browser.post(f"/settings/webhooks/{endpoint.public_id}/test")

    delivery = Delivery.objects.get()
    assert delivery.event.type == "call.completed"
    assert actions(account) == ["webhook.tested"]
    part = browser.get(f"/settings/webhooks/{endpoint.public_id}", headers={"HX-Request": "true"}).content.decode()
    assert "<h1" not in part
    assert 'hx-trigger="every 3s"' in part


def test_nothing_is_sent_to_a_paused_endpoint(browser: Client, endpoint: Endpoint) -> None:
    webhooks.update_endpoint(endpoint=endpoint, status="disabled")

    response = browser.post(f"/settings/webhooks/{endpoint.public_id}/test", follow=True)

    assert "enable it first" in response.content.decode()
    assert not Delivery.objects.exists()


def test_one_delivery_is_sent_again(browser: Client, account: Account, endpoint: Endpoint) -> None:
    (delivery,) = make_deliveries(endpoint)

    browser.post(f"/settings/webhooks/deliveries/{delivery.public_id}/replay")

    delivery.refresh_from_db()
    assert delivery.status == "pending"
    assert actions(account) == ["webhook.replayed"]


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def test_the_events_of_a_time_are_sent_again(browser: Client, account: Account, endpoint: Endpoint) -> None:
    failed = make_deliveries(endpoint, 2)
    (succeeded,) = make_deliveries(endpoint, status="succeeded")
    now = timezone.now()
    body = {
        "since": _written(now - timedelta(hours=1)),
        "until": _written(now + timedelta(hours=1)),
        "status": "failed",
    }

    response = browser.post(f"/settings/webhooks/{endpoint.public_id}/replay", body, follow=True)

    assert "Sent again: 2, oldest first." in response.content.decode()
    assert {each.pk for each in Delivery.objects.filter(status="pending")} == {each.pk for each in failed}
    succeeded.refresh_from_db()
    assert succeeded.status == "succeeded"
    assert AuditEntry.objects.for_account(account).get().details == {"deliveries": 2}


def test_a_time_that_ends_before_it_begins_is_refused(browser: Client, endpoint: Endpoint) -> None:
    body = {"since": "2026-11-02T10:00", "until": "2026-11-01T10:00", "status": "all"}

    response = browser.post(f"/settings/webhooks/{endpoint.public_id}/replay", body)

    assert response.context["replay"].errors == {"until": ["This is not after the beginning."]}


def test_the_log_is_filtered(browser: Client, endpoint: Endpoint) -> None:
    make_deliveries(endpoint, 2)
    (wanted,) = make_deliveries(endpoint, status="succeeded")
    path = f"/settings/webhooks/{endpoint.public_id}"

    def found(query: str) -> list[int]:
        return [delivery.pk for delivery in browser.get(f"{path}?{query}").context["page"]]

    assert found("status=succeeded") == [wanted.pk]
    assert len(found("call=call_0")) == 2
    assert found("event=call.failed") == []
    assert len(found("status=nonsense&page=x")) == 3


def test_hostile_words_are_text(browser: Client, account: Account) -> None:
    endpoint = webhooks.create_endpoint(
        account=account, url="https://example.com/?a='onload=alert(1)", events=["call.completed"], description=HOSTILE
    )
    (delivery,) = make_deliveries(endpoint, answer=HOSTILE)

    for path in ("", f"/{endpoint.public_id}", f"/{endpoint.public_id}/edit", f"/deliveries/{delivery.public_id}"):
        text = browser.get(f"/settings/webhooks{path}").content.decode()
        assert HOSTILE not in text
        assert ESCAPED in text
        assert "'onload" not in text


def test_the_python_that_is_shown_verifies(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VANIAGENT_WEBHOOK_SECRET", endpoint.secret)
    program: dict[str, Any] = {"__name__": "snippet"}
    exec(snippets.VERIFY_PYTHON, program)  # noqa: S102  # our own
    client = program["app"].test_client()
    body = b'{"event":"call.completed"}'
    headers = signing.headers(body=body, message_id="evt_1", at=timezone.now(), signing_secrets=[endpoint.secret])

    def posted(body: bytes) -> int:
        status: int = client.post("/vaniagent", data=body, content_type="application/json", headers=headers).status_code
        return status

    assert posted(body) == 204
    assert posted(body + b" ") == 401
    headers["X-Vaniagent-Signature"] = "é"
    assert posted(body) == 401


def test_what_belongs_to_others_does_not_exist(browser: Client, other_account: Account) -> None:
    theirs = webhooks.create_endpoint(account=other_account, url="https://example.com/", events=["call.failed"])
    (delivery,) = make_deliveries(theirs)

    for path in (f"{theirs.public_id}/test", f"{theirs.public_id}/delete", f"deliveries/{delivery.public_id}/replay"):
        assert browser.post(f"/settings/webhooks/{path}").status_code == 404
    delivery.refresh_from_db()
    assert delivery.status == "failed"


def test_pages_take_the_same_queries_however_long(
    browser: Client, account: Account, endpoint: Endpoint, django_assert_num_queries: Any
) -> None:
    for count in (5, 20):
        make_deliveries(endpoint, count)
        with django_assert_num_queries(7):
            browser.get(f"/settings/webhooks/{endpoint.public_id}")
        webhooks.create_endpoint(account=account, url="https://example.com/", events=["call.failed"])
        with django_assert_num_queries(4):
            browser.get("/settings/webhooks")
