"""Section 5 of the contract: what an endpoint hears of a call, key by key."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from agents.models import Agent
from calls import events, links
from calls.models import Call, Leg, Recording
from calls.services import lifecycle, starting
from conftest import ApiClient
from webhooks import signing
from webhooks.models import Event

pytestmark = pytest.mark.django_db

NOW = datetime(2024, 1, 15, 10, 35, 0, 999_999, tzinfo=UTC)
EVENTS = ["call.started", "call.completed", "call.failed", "transcript.ready", "recording.ready"]
METADATA = {"customer_id": "cust_123"}


@pytest.fixture
def call(api: ApiClient, agent: Agent) -> Call:
    """A call of an account with an endpoint that wants everything."""
    api.post("/v1/webhook_endpoints", {"url": "https://example.com/hook", "events": EVENTS})
    return starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+1234567890",
        from_number="+0987654321",
        metadata=METADATA,
        at=NOW,
    )


def end(call: Call, reason: str, *, seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    lifecycle.complete_call(call_id=call.public_id, token=None, reason=reason, by="user", at=at)
    call.refresh_from_db()


def answer(call: Call) -> None:
    Leg.objects.filter(call=call).update(status=Leg.Status.ANSWERED, answered_at=NOW)
    lifecycle.mark_answered(call_id=call.public_id, at=NOW)
    call.refresh_from_db()


def body_of(event_type: str) -> Any:
    body = json.loads(Event.objects.get(type=event_type).body)
    assert list(body) == ["event", "timestamp", "data"]
    assert body["event"] == event_type
    return body


def test_a_busy_number_gives_started_then_failed(call: Call) -> None:
    """`call.started` is recorded when the call is initiated, so a busy number gives `call.started`, then `call.failed`;
    its URLs are null where nobody answered."""
    end(call, "busy", seconds=2)

    assert list(Event.objects.order_by("pk").values_list("type", flat=True)) == ["call.started", "call.failed"]
    assert body_of("call.started") == {
        "event": "call.started",
        "timestamp": "2024-01-15T10:35:00Z",
        "data": {
            "call_id": call.public_id,
            "agent_id": call.agent.public_id,
            "status": "initiated",
            "metadata": METADATA,
        },
    }
    assert body_of("call.failed")["data"] == {
        "call_id": call.public_id,
        "agent_id": call.agent.public_id,
        "status": "failed",
        "metadata": METADATA,
        "duration": 0,
        "ended_reason": "busy",
        "transcript_url": None,
        "recording_url": None,
    }


def test_a_conversation(call: Call) -> None:
    """The body of `call.completed`; `transcript.ready` has `transcript_url`, `recording.ready` `recording_url` and
    `duration`."""
    answer(call)
    end(call, "user_hangup", seconds=245)
    Recording.objects.create(call=call, path="x.wav", sample_rate=8000, duration_ms=245_000, status="ready")
    events.record(call, "transcript.ready", at=NOW)
    events.record(call, "recording.ready", at=NOW)

    every = {
        "call_id": call.public_id,
        "agent_id": call.agent.public_id,
        "status": "completed",
        "metadata": METADATA,
    }
    completed = body_of("call.completed")
    assert completed["timestamp"] == "2024-01-15T10:39:05Z"
    urls = {name: completed["data"].pop(name) for name in ("transcript_url", "recording_url")}
    assert all(url.startswith("http://127.0.0.1:8000/files/") for url in urls.values())
    assert completed["data"] == {**every, "duration": 245, "ended_reason": "user_hangup"}
    ready = body_of("transcript.ready")["data"]
    assert ready.pop("transcript_url")
    assert ready == every
    ready = body_of("recording.ready")["data"]
    assert ready.pop("recording_url")
    assert ready == {**every, "duration": 245}


def test_the_links_answer_404_until_the_files_are_there(call: Call, client: Client) -> None:
    """Until the file is ready they answer 404 with `Retry-After`. They are valid for 7 days."""
    answer(call)
    end(call, "user_hangup", seconds=245)

    r = client.get(body_of("call.completed")["data"]["recording_url"].removeprefix("http://127.0.0.1:8000"))

    # Written in 2024, this one has expired; one of now has not.
    assert r.status_code == 403
    now = datetime.now(UTC)
    r = client.get(links.recording_url(call.public_id, at=now).removeprefix("http://127.0.0.1:8000"))
    assert r.status_code == 404
    assert int(r.headers["Retry-After"]) > 0


def test_the_documented_signature() -> None:
    """`X-Vaniagent-Signature`: lower-case hex HMAC-SHA256, key = the secret's UTF-8 bytes as shown, over the raw body."""
    secret, body = signing.new_secret(), b'{"event":"call.started"}'

    headers = signing.headers(body=body, message_id="whd_1", at=NOW, signing_secrets=[secret])

    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Vaniagent-Signature"] == expected
    assert len(signing.new_secret()) == len("whsec_") + 44
