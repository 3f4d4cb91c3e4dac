"""Section 3 of the contract: what holds for every creation and every read."""

from __future__ import annotations

from typing import Any

import pytest

from calls.api.serializers import CallListQuery, CallSummarySerializer
from calls.telephony.base import EndedBy, EndReason
from conftest import ApiClient
from tests.contract.routes import GETS, POSTS, address

pytestmark = pytest.mark.django_db


def test_status_has_exactly_four_values() -> None:
    """`status` has exactly the four documented values, wherever it is shown or asked for: a call that waits for its
    time is `initiated`, too, and its `scheduled_at` says so.
    """
    four = {"initiated", "in_progress", "completed", "failed"}

    for shape in (CallSummarySerializer(), CallListQuery()):
        field: Any = shape.fields["status"]
        assert set(field.choices) == four


def test_the_reasons_of_the_contract_are_there() -> None:
    """`ended_reason` and `ended_by`; clients must accept new values, and none may go."""
    completed = "user_hangup agent_hangup api_hangup max_duration silence_timeout transferred voicemail_left"
    failed = "busy no_answer rejected invalid_number carrier_error voicemail canceled do_not_call"
    ours = "credits_exhausted outside_calling_hours no_capacity speech_error media_lost worker_lost internal_error"

    assert {*completed.split(), *failed.split(), *ours.split()} <= set(EndReason)
    assert {"user", "agent", "api", "staff", "carrier", "platform"} <= set(EndedBy)


@pytest.mark.parametrize("path", POSTS)
def test_a_post_that_is_sent_twice_is_done_once(
    api: ApiClient, ids: dict[str, str], bodies: dict[str, Any], path: str
) -> None:
    """`Idempotency-Key` on every POST: the same key and body within 24 h gives back the first successful answer."""
    where, body = address(path, ids), bodies.get(path, {})

    first = api.post(where, body, Idempotency_Key="once")
    second = api.post(where, body, Idempotency_Key="once")
    another = api.post(where, {**body, "name": "Another"}, Idempotency_Key="once")

    assert first.status_code in (200, 201)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert another.status_code == 409
    assert (another.json()["error"]["code"], another.json()["error"]["type"]) == (
        "invalid_request",
        "idempotency_error",
    )


@pytest.mark.parametrize("path", GETS)
def test_a_get_carries_an_etag(api: ApiClient, ids: dict[str, str], path: str) -> None:
    """GETs carry an `ETag` and answer 304 to `If-None-Match`; `Cache-Control: private, no-cache`."""
    where = address(path, ids)

    first = api.get(where)
    again = api.get(where, If_None_Match=first.headers["ETag"])

    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")


LISTS = [
    path
    for path in GETS
    if not path.endswith((")", "/transcript", "/sip_trace", "/account", "/account/statement", "/dialing_rules", ".csv"))
]


@pytest.mark.parametrize("path", LISTS)
def test_a_page(api: ApiClient, ids: dict[str, str], path: str) -> None:
    """`{"data", "total", "limit", "offset"}`; limit default 20, max 100; out of range: 400 with `param`."""
    where = address(path, ids)

    page = api.get(where).json()
    empty = api.get(f"{where}?limit=100&offset=1000").json()

    assert list(page) == ["data", "total", "limit", "offset"]
    assert (page["limit"], page["offset"]) == (20, 0)
    assert 1 <= len(page["data"]) <= page["total"]
    assert empty == {"data": [], "total": page["total"], "limit": 100, "offset": 1000}
    for query in ("limit=0", "limit=101", "limit=-1", "offset=-1", f"offset={10**30}", "limit=%00", "limit=%ff"):
        refused = api.get(f"{where}?{query}")
        assert refused.status_code == 400
        assert refused.json()["error"]["param"] == query.partition("=")[0]


def test_the_published_exchange(api: ApiClient, ids: dict[str, str]) -> None:
    """`POST /v1/calls` answers 201 with at least these; GETs answer 200."""
    sent = {
        "agent_id": ids["/v1/agents"],
        "to_number": "+1234567890",
        "from_number": "+0987654321",
        "metadata": {"customer_id": "cust_123", "campaign": "support_followup"},
    }

    placed = api.post("/v1/calls", sent)

    call = placed.json()
    assert placed.status_code == 201
    assert call["id"].startswith("call_")
    assert {name: call[name] for name in sent} == sent
    assert (call["status"], call["created_at"][-1], len(call["created_at"])) == ("initiated", "Z", 20)
    shown = api.get(f"/v1/calls/{call['id']}").json()
    published = "id agent_id status duration transcript recording_url sentiment created_at completed_at"
    assert set(published.split()) <= set(shown)
    (listed, _) = api.get("/v1/calls?status=initiated").json()["data"]
    assert {"id", "agent_id", "status", "duration", "created_at"} <= set(listed)
    assert listed["id"] == call["id"]


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("+1234567", 201),
        ("+123456789012345", 201),
        ("+0987654321", 201),
        ("+123456", 400),
        ("+1234567890123456", 400),
        ("1234567890", 400),
        ("+1 415 555 0100", 400),
    ],
)
def test_phone_numbers(api: ApiClient, ids: dict[str, str], number: str, status: int) -> None:
    """`+` and 7..15 digits. The published examples are accepted."""
    r = api.post("/v1/calls", {"agent_id": ids["/v1/agents"], "to_number": number, "from_number": number})

    assert r.status_code == status
    if status == 400:
        assert r.json()["error"]["param"] == "to_number"
