"""`/v1/webhook_deliveries` and an endpoint's delivery log."""

from __future__ import annotations

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from conftest import ApiClient
from webhooks import services
from webhooks.models import Delivery, Endpoint
from webhooks.services.deliveries import Outcome

LOG = "/v1/webhook_endpoints/{}/deliveries"


@pytest.fixture
def delivery(endpoint: Endpoint, now: datetime) -> Delivery:
    """One that failed at first."""
    services.record_event(
        account=endpoint.account, event_type="call.failed", subject="call_1", data={"call_id": "call_1"}, at=now
    )
    (claim,) = services.claim_due(at=now, limit=1)
    outcome = Outcome(started_at=now, duration_ms=17, status_code=503, response="busy")
    services.record_attempt(claim=claim, outcome=outcome, at=now)
    return Delivery.objects.get()


def test_shows_each_attempt(api: ApiClient, endpoint: Endpoint, delivery: Delivery) -> None:
    (shown,) = api.get(LOG.format(endpoint.public_id)).json()["data"]

    assert (shown["id"], shown["endpoint_id"]) == (delivery.public_id, endpoint.public_id)
    assert (shown["event"], shown["call_id"], shown["status"]) == ("call.failed", "call_1", "pending")
    assert shown["attempts"] == [
        {
            "number": 1,
            "at": "2024-01-15T10:39:05Z",
            "status_code": 503,
            "duration_ms": 17,
            "response": "busy",
            "error": "",
        }
    ]
    assert api.get(f"/v1/webhook_deliveries/{delivery.public_id}").json() == shown


def test_replays(api: ApiClient, delivery: Delivery) -> None:
    Delivery.objects.update(status=Delivery.Status.FAILED, next_attempt_at=None)

    answer = api.post(f"/v1/webhook_deliveries/{delivery.public_id}/replay")

    assert answer.status_code == 200
    assert answer.json()["status"] == "pending"
    assert answer.json()["next_attempt_at"] is not None


def test_does_not_replay_to_a_disabled_endpoint(api: ApiClient, endpoint: Endpoint, delivery: Delivery) -> None:
    services.disable_endpoint(endpoint=endpoint, reason="a test")

    answer = api.post(f"/v1/webhook_deliveries/{delivery.public_id}/replay")

    assert answer.status_code == 400
    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", "/replay")])
def test_what_others_own_does_not_exist(other_api: ApiClient, delivery: Delivery, method: str, path: str) -> None:
    Delivery.objects.update(status=Delivery.Status.FAILED, next_attempt_at=None)

    answer = getattr(other_api, method)(f"/v1/webhook_deliveries/{delivery.public_id}{path}")

    assert answer.status_code == 404
    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED


def test_a_log_of_many_deliveries_takes_few_queries(
    api: ApiClient,
    endpoint: Endpoint,
    delivery: Delivery,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(10):
        services.send_test_event(endpoint=endpoint, at=now)

    with django_assert_max_num_queries(8):
        page = api.get(LOG.format(endpoint.public_id)).json()

    assert page["total"] == 11
