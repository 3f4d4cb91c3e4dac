"""`POST /v1/webhook_endpoints/:id/replay`: what happened from one time to another is sent once more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from conftest import ApiClient, make_account, make_key
from webhooks import services
from webhooks.models import Delivery, Endpoint
from webhooks.services import sending
from webhooks.services.deliveries import Outcome
from webhooks.tests.receivers import Receiver

HOUR = timedelta(hours=1)


@pytest.fixture
def api(endpoint: Endpoint) -> ApiClient:
    return ApiClient(make_key(endpoint.account))


@pytest.fixture
def ended(endpoint: Endpoint, now: datetime) -> list[Delivery]:
    """One an hour: failed, succeeded, failed, succeeded."""
    deliveries = [record(endpoint, now + number * HOUR) for number in range(4)]
    for number, delivery in enumerate(deliveries):
        at = now + number * HOUR
        (claim,) = services.claim_due(at=at, limit=1)
        outcome = Outcome(started_at=at, duration_ms=1, status_code=200 if number % 2 else 500)
        services.record_attempt(claim=claim, outcome=outcome, at=at)
        if not number % 2:
            Delivery.objects.filter(pk=delivery.pk).update(status=Delivery.Status.FAILED, next_attempt_at=None)
    return deliveries


def record(endpoint: Endpoint, at: datetime) -> Delivery:
    services.record_event(
        account=endpoint.account, event_type="call.started", subject=f"call_{at:%H}", data={"call_id": "call_1"}, at=at
    )
    return Delivery.objects.latest("pk")


def replay(api: ApiClient, endpoint: Endpoint, since: Any, until: Any, **more: Any) -> Any:
    body = {"from": _text(since), "to": _text(until), **more}
    return api.post(f"/v1/webhook_endpoints/{endpoint.public_id}/replay", body)


def _text(time: Any) -> Any:
    return time.isoformat() if isinstance(time, datetime) else time


def pending() -> list[int]:
    due = Delivery.objects.filter(status=Delivery.Status.PENDING)
    return list(due.order_by("next_attempt_at", "pk").values_list("pk", flat=True))


def test_all_of_a_time(api: ApiClient, endpoint: Endpoint, ended: list[Delivery], now: datetime) -> None:
    r = replay(api, endpoint, now + HOUR, now + 3 * HOUR)

    assert (r.status_code, r.json()) == (200, {"replayed": 2})
    assert pending() == [ended[1].pk, ended[2].pk]


def test_those_that_failed(api: ApiClient, endpoint: Endpoint, ended: list[Delivery], now: datetime) -> None:
    assert replay(api, endpoint, now, now + 9 * HOUR, status="failed").json() == {"replayed": 2}
    assert pending() == [ended[0].pk, ended[2].pk]


def test_what_is_on_its_way_is_left_alone(
    api: ApiClient, endpoint: Endpoint, ended: list[Delivery], now: datetime
) -> None:
    later = now + timedelta(days=1)
    waiting = Delivery.objects.filter(pk=ended[0].pk)
    waiting.update(status=Delivery.Status.PENDING, next_attempt_at=later)

    assert replay(api, endpoint, now, now + HOUR).json() == {"replayed": 0}
    assert waiting.get().next_attempt_at == later


def test_of_this_endpoint_alone(api: ApiClient, endpoint: Endpoint, ended: list[Delivery], now: datetime) -> None:
    other = services.create_endpoint(account=endpoint.account, url=endpoint.url, events=["call.started"])

    assert replay(api, other, now, now + 9 * HOUR).json() == {"replayed": 0}
    assert pending() == []


def test_of_a_disabled_endpoint(api: ApiClient, endpoint: Endpoint, ended: list[Delivery], now: datetime) -> None:
    services.disable_endpoint(endpoint=endpoint, reason="a test")

    r = replay(api, endpoint, now, now + 9 * HOUR)

    assert (r.status_code, r.json()["error"]["code"]) == (400, "invalid_request")
    assert pending() == []


@pytest.mark.parametrize(
    "time", ["yesterday", "2024-01-15", "2024-01-15T10:00:00", "9999-12-31T23:59:59-01:00", 1, None]
)
def test_a_time_that_is_none(api: ApiClient, endpoint: Endpoint, now: datetime, time: Any) -> None:
    for which, r in (("from", replay(api, endpoint, time, now)), ("to", replay(api, endpoint, now, time))):
        assert (r.status_code, r.json()["error"]["param"]) == (400, which)


def test_another_accounts(endpoint: Endpoint, ended: list[Delivery], now: datetime) -> None:
    stranger = ApiClient(make_key(make_account("stranger@example.com")))

    assert replay(stranger, endpoint, now, now + 9 * HOUR).status_code == 404
    assert pending() == []


def test_the_real_sender_sends_it(
    api: ApiClient, endpoint: Endpoint, ended: list[Delivery], now: datetime, hook: Receiver
) -> None:
    replay(api, endpoint, now, now + 9 * HOUR)
    sending.Sender().run()

    assert sorted(sent.headers["X-Vaniagent-Delivery"] for sent in hook.received) == sorted(
        delivery.public_id for delivery in ended
    )
    assert pending() == []
