"""`/v1/batches`."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from accounts.models import AuditEntry
from calls.models import BatchRow, Call, CallBatch
from calls.services import batch_work, lifecycle
from calls.tests.api.test_create_call import error_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queued")]

ROWS = [
    {"to_number": "+14155550100", "metadata": {"name": "Ada"}},
    {"to_number": "+14155550101", "metadata": {"name": "=1+1", "visits": 3}},
    {"to_number": "+14155550100"},
]


@pytest.fixture
def make(api: Any, agent: Any) -> Any:
    def post(client: Any = api, **changes: Any) -> Any:
        headers = {name: changes.pop(name) for name in list(changes) if name.startswith("Idempotency")}
        body = {"agent_id": agent.public_id, "rows": ROWS, **changes}
        return client.post("/v1/batches", {name: it for name, it in body.items() if it is not ...}, **headers)

    return post


def end(call: Call, reason: str = "busy") -> None:
    lifecycle.complete_undialled(call_id=call.public_id, reason=reason, by="carrier", at=timezone.now())


def test_rows_are_called(make: Any, api: Any, agent: Any) -> None:
    r = make(name="March", retry={"every": 60}, per_minute=30, at_once=1)

    assert r.status_code == 201
    batch = r.json()
    progress = batch.pop("progress")
    stored = CallBatch.objects.get()
    assert batch == {
        "id": stored.public_id,
        "agent_id": agent.public_id,
        "name": "March",
        "status": "running",
        "paused_because": "",
        "from_number": None,
        "at_once": 1,
        "per_minute": 30,
        "hours": None,
        "retry": {"outcomes": ["busy", "no_answer"], "attempts": 1, "every": 60},
        "scheduled_at": None,
        "created_at": batch["created_at"],
        "started_at": batch["created_at"],
        "ended_at": None,
    }
    assert progress == {
        "rows": 3,
        "waiting": 2,
        "placed": 0,
        "skipped": 1,
        "refused": 0,
        "canceled": 0,
        "calls": 0,
        "live": 0,
        "answered": 0,
        "ended": 0,
        "duration": 0,
        "cost": "0.00",
    }
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["batch.started"]

    batch_work.work(at=timezone.now())
    call = Call.objects.get()
    shown = api.get(f"/v1/calls/{call.public_id}").json()
    assert (shown["batch_id"], shown["metadata"], shown["attempt"]) == (batch["id"], {"name": "Ada"}, 1)
    end(call)
    (listed,) = api.get("/v1/batches?status=running").json()["data"]
    assert (listed["progress"]["waiting"], listed["progress"]["calls"], listed["progress"]["ended"]) == (2, 1, 1)
    assert api.get("/v1/batches?status=done").json()["total"] == 0


def test_a_file(make: Any) -> None:
    r = make(rows=..., csv="name;phone\nAda;+1 415 555 0100\nBob;12\n", start=False)

    assert (r.status_code, r.json()["status"]) == (201, "draft")
    assert list(BatchRow.objects.order_by("line").values_list("to_number", "status")) == [
        ("+14155550100", "waiting"),
        ("12", "skipped"),
    ]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"rows": ...}, "rows"),
        ({"csv": "to_number\n+14155550100\n"}, "rows"),
        ({"rows": []}, "rows"),
        ({"rows": ROWS[:1] * 10_001}, "rows"),
        ({"rows": [{"to_number": "14155550100"}]}, "rows"),
        ({"rows": [{"to_number": "+14155550100", "metdata": {}}]}, "rows"),
        ({"rows": [{"to_number": "+14155550100", "metadata": {"big": 2**60}}]}, "rows"),
        ({"rows": ["+14155550100"]}, "rows"),
        ({"rows": ..., "csv": "name\nAda\n"}, "csv"),
        ({"at_once": 0}, "at_once"),
        ({"per_minute": 6_001}, "per_minute"),
        ({"scheduled_at": "2999-01-01T00:00:00Z"}, "scheduled_at"),
        ({"hours": {"days": {}}}, "hours"),
        ({"retry": {"every": 1}}, "retry.every"),
    ],
)
def test_no_batch(make: Any, changes: Any, param: str) -> None:
    found = error_of(make(**changes))["param"]

    assert found is not None
    assert found.startswith(param)
    assert not CallBatch.objects.exists()


def test_a_number_may_come_again_where_that_is_meant(make: Any) -> None:
    assert make(duplicates="call").json()["progress"]["waiting"] == 3
    assert error_of(make(rows=..., csv="to_number\n+14155550100\n", duplicates="call"))["param"] == "duplicates"


def test_nobody_to_call(make: Any) -> None:
    assert make(rows=..., csv="phone\n12\n").status_code == 400
    assert not CallBatch.objects.exists()


def test_sent_again_it_is_one_batch(make: Any) -> None:
    first, second = make(Idempotency_Key="once"), make(Idempotency_Key="once")

    assert (first.json(), CallBatch.objects.count()) == (second.json(), 1)


def test_moved(make: Any, api: Any) -> None:
    batch_id = make(start=False).json()["id"]

    for verb, status in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("cancel", "canceled")):
        r = api.post(f"/v1/batches/{batch_id}/{verb}")
        assert (r.status_code, r.json()["status"]) == (200, status)
    assert error_of(api.post(f"/v1/batches/{batch_id}/resume"))["message"] == "This batch is canceled."
    assert r.json()["progress"]["canceled"] == 2


def test_for_later(make: Any) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    batch = make(scheduled_at=tomorrow).json()

    assert (batch["status"], batch["scheduled_at"], batch["started_at"]) == ("scheduled", tomorrow, None)


def test_its_rows(make: Any, api: Any) -> None:
    batch_id = make(at_once=1).json()["id"]
    batch_work.work(at=timezone.now())
    end(Call.objects.get(), reason="rejected")

    page = api.get(f"/v1/batches/{batch_id}/rows?limit=2").json()
    assert (page["total"], [row["line"] for row in page["data"]]) == (3, [1, 2])
    (row,) = api.get(f"/v1/batches/{batch_id}/rows?ended_reason=rejected").json()["data"]
    call = Call.objects.get()
    assert row == {
        "line": 1,
        "to_number": "+14155550100",
        "metadata": {"name": "Ada"},
        "status": "placed",
        "problem": "",
        "attempts": 1,
        "not_before": None,
        "call_id": call.public_id,
        "call_status": "failed",
        "ended_reason": "rejected",
        "duration": 0,
    }
    (skipped,) = api.get(f"/v1/batches/{batch_id}/rows?status=skipped").json()["data"]
    assert (skipped["line"], skipped["problem"]) == (3, "The same number as in line 1.")


async def read(response: Any) -> list[list[str]]:
    text = b"".join([part async for part in response.streaming_content]).decode()
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.django_db(transaction=True)
def test_results(make: Any, api: Any) -> None:
    batch_id = make(at_once=1).json()["id"]
    batch_work.work(at=timezone.now())
    end(Call.objects.get())

    r = api.get(f"/v1/batches/{batch_id}/results.csv")
    heading, ada, formula, _again = async_to_sync(read)(r)

    assert heading[-2:] == ["metadata.name", "metadata.visits"]
    assert (ada[1], ada[2], ada[6], ada[10], ada[13]) == ("'+14155550100", "placed", "busy", "0.00", "Ada")
    assert formula[13:] == ["'=1+1", "3"]
    assert api.get(f"/v1/batches/{batch_id}/results.csv", If_None_Match=r.headers["ETag"]).status_code == 304


def test_another_accounts_batch(make: Any, other_api: Any) -> None:
    batch_id = make().json()["id"]

    for path in ("", "/rows", "/results.csv"):
        assert other_api.get(f"/v1/batches/{batch_id}{path}").status_code == 404
    for verb in ("start", "pause", "resume", "cancel"):
        assert other_api.post(f"/v1/batches/{batch_id}/{verb}").status_code == 404
    assert other_api.get("/v1/batches").json()["total"] == 0
    assert make(other_api).status_code == 404
    assert CallBatch.objects.get().status == "running"
