"""Which webhooks are taken for ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, Dict

import pytest

from vaniagent import webhooks
from vaniagent.models.webhook_event import CallEndedEvent, UnknownWebhookEvent

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDa2QbD1Jpu3E="
OTHER = "whsec_" + base64.b64encode(b"x" * 32).decode()


def body_of(event: str = "call.completed", at: str = "2024-01-15T10:39:05Z") -> bytes:
    data = {"call_id": "call_1", "agent_id": "agent_1", "status": "completed", "metadata": {"ä": 1}, "duration": 245}
    return json.dumps({"event": event, "timestamp": at, "data": data}, ensure_ascii=False).encode()


def documented(body: bytes, secret: str = SECRET) -> Dict[str, Any]:
    return {"X-Vaniagent-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def standard(body: bytes, *secrets: str, at: float = 0) -> Dict[str, Any]:
    stamp = str(int(at or time.time()))
    signed = b"evt_1." + stamp.encode() + b"." + body
    signatures = [
        base64.b64encode(hmac.new(base64.b64decode(each[6:]), signed, hashlib.sha256).digest()).decode()
        for each in secrets or (SECRET,)
    ]
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
        "X-Vaniagent-Delivery": "whd_1",
    }


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def test_a_delivery_as_it_is_sent():
    body = body_of()

    event = webhooks.unwrap(body, {**standard(body), **documented(body)}, SECRET)

    assert isinstance(event, CallEndedEvent)
    assert (event.event, event.data.duration, event.delivery_id) == ("call.completed", 245, "whd_1")
    assert event.data.metadata == {"ä": 1}


def test_the_body_as_text_and_headers_in_capitals():
    body = body_of()
    headers = {name.upper(): value for name, value in standard(body).items()}

    assert webhooks.unwrap(body.decode(), headers, SECRET).event == "call.completed"


def test_headers_as_bytes():
    body = body_of()
    headers = {name.encode(): value.encode() for name, value in standard(body).items()}

    assert webhooks.unwrap(body, headers, SECRET).event == "call.completed"


def test_while_a_secret_is_rotated():
    body = body_of()

    # Signed with both, known to us one of them; and signed with one, both known to us.
    assert webhooks.unwrap(body, standard(body, OTHER, SECRET), SECRET)
    assert webhooks.unwrap(body, {**standard(body, OTHER, SECRET), **documented(body, OTHER)}, SECRET)
    assert webhooks.unwrap(body, standard(body), [OTHER, SECRET])
    assert webhooks.unwrap(body, documented(body), [OTHER, SECRET], tolerance=None)


def test_the_documented_header_alone():
    body = body_of(at=now())

    assert webhooks.unwrap(body, documented(body), SECRET).event == "call.completed"


@pytest.mark.parametrize("change", [b" ", b"\n"])
def test_another_body(change):
    body = body_of(at=now())

    for headers in (standard(body), documented(body)):
        with pytest.raises(webhooks.WebhookVerificationError, match="not signed"):
            webhooks.unwrap(body + change, headers, SECRET)


def test_another_secret():
    body = body_of(at=now())

    for headers in (standard(body), documented(body)):
        with pytest.raises(webhooks.WebhookVerificationError, match="not signed"):
            webhooks.unwrap(body, headers, OTHER)


@pytest.mark.parametrize("seconds", [-301, 301, -(10**6)])
def test_too_old_or_of_a_time_to_come(seconds):
    body = body_of()
    headers = standard(body, at=time.time() + seconds)

    with pytest.raises(webhooks.WebhookVerificationError, match="too old"):
        webhooks.unwrap(body, headers, SECRET)

    assert webhooks.unwrap(body, headers, SECRET, tolerance=10**7)
    assert webhooks.unwrap(body, headers, SECRET, tolerance=None)


def test_a_caught_request_is_not_made_new_by_taking_headers_away():
    """Without the signed time of the request, the event's own time counts."""
    body = body_of()
    caught = {**standard(body, at=time.time() - 3600), **documented(body)}

    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        fewer = {key: value for key, value in caught.items() if key != name}
        with pytest.raises(webhooks.WebhookVerificationError, match="too old"):
            webhooks.unwrap(body, fewer, SECRET)


def test_the_time_is_signed():
    body = body_of()
    headers = {**standard(body, at=time.time() - 3600), "webhook-timestamp": str(int(time.time()))}

    with pytest.raises(webhooks.WebhookVerificationError, match="not signed"):
        webhooks.unwrap(body, headers, SECRET)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Vaniagent-Signature": ""},
        {"X-Vaniagent-Signature": "zz"},
        {"X-Vaniagent-Signature": "ä"},
        {"webhook-id": "evt_1", "webhook-timestamp": "soon", "webhook-signature": "v1,AAAA"},
        {"webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "v2,AAAA"},
        {"webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "ä"},
    ],
)
def test_headers_that_are_none_of_ours(headers):
    with pytest.raises(webhooks.WebhookVerificationError):
        webhooks.unwrap(body_of(), headers, SECRET, tolerance=None)


@pytest.mark.parametrize("secret", ["", [], [""], ["", SECRET]])
def test_no_secret(secret):
    body = body_of()
    unsigned = hmac.new(b"", body, hashlib.sha256).hexdigest()

    with pytest.raises(webhooks.WebhookVerificationError, match="no secret"):
        webhooks.unwrap(body, {"X-Vaniagent-Signature": unsigned}, secret, tolerance=None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null"])
def test_a_body_that_is_no_event(body):
    with pytest.raises(webhooks.WebhookVerificationError, match="JSON"):
        webhooks.unwrap(body, standard(body), SECRET)


def test_an_event_that_is_newer_than_the_sdk():
    body = body_of("call.sneezed")

    event = webhooks.unwrap(body, standard(body), SECRET)

    assert isinstance(event, UnknownWebhookEvent)
    assert event.event == "call.sneezed"
    assert event.data["duration"] == 245
