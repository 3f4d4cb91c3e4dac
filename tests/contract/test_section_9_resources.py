"""Section 9 of the contract: the keys of each resource."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from conftest import ApiClient
from webhooks.models import Attempt, Delivery

pytestmark = pytest.mark.django_db


def test_voices(api: ApiClient) -> None:
    """`id`, `name`, `language`, `gender`, `provider`, `preview_url`; `en-US-Neural2-F` always exists."""
    voices = api.get("/v1/voices?limit=100").json()["data"]

    assert {"id", "name", "language", "gender", "provider", "preview_url"} <= set(voices[0])
    assert "en-US-Neural2-F" in {voice["id"] for voice in voices}


def test_the_account(api: ApiClient) -> None:
    """`id`, `name`, `plan`, `credits` (decimal text), `live_calls`, `max_live_calls`."""
    account = api.get("/v1/account").json()

    assert {"id", "name", "plan", "credits", "live_calls", "max_live_calls"} <= set(account)
    assert account["credits"] == "5.00"
    assert (account["live_calls"], account["max_live_calls"]) == (0, 5)


@pytest.mark.parametrize(("options", "credits"), [((), "5.00"), (("--credits", "12.5"), "12.50")])
def test_sign_up_credits(options: tuple[str, ...], credits: str) -> None:
    """Sign-up gives 5.00; `createaccount --credits N` gives N instead."""
    printed = StringIO()
    call_command("createaccount", "ada@example.com", *options, "--json", stdout=printed)

    api = ApiClient(json.loads(printed.getvalue())["api_key"])
    assert api.get("/v1/account").json()["credits"] == credits


def test_an_endpoint(api: ApiClient) -> None:
    """201 with `"status": "enabled"`, the secret in this answer and in that of `rotate_secret` only."""
    made = api.post("/v1/webhook_endpoints", {"url": "https://example.com/hook", "events": ["call.failed"]})
    where = f"/v1/webhook_endpoints/{made.json()['id']}"

    shown = api.get(where).json()
    rotated = api.post(f"{where}/rotate_secret")

    assert made.status_code == 201
    assert list(made.json()) == ["id", "url", "events", "description", "status", "secret", "created_at"]
    assert (made.json()["status"], made.json()["secret"][:6]) == ("enabled", "whsec_")
    assert {**shown, "secret": made.json()["secret"]} == made.json()
    assert "secret" not in shown
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != made.json()["secret"]
    assert "secret" not in api.patch(where, {"description": "ours"}).json()


def test_a_delivery(api: ApiClient, ids: dict[str, str]) -> None:
    """`id`, `event`, `call_id`, `status`, `attempts`: time, HTTP status, milliseconds, first characters of the answer."""
    delivery = Delivery.objects.get(public_id=ids["/v1/webhook_deliveries"])
    Attempt.objects.create(
        delivery=delivery, number=1, started_at=delivery.created_at, status_code=500, duration_ms=12, response="No."
    )

    (shown,) = api.get(f"/v1/webhook_endpoints/{ids['/v1/webhook_endpoints']}/deliveries").json()["data"]

    assert {"id", "event", "call_id", "status", "attempts"} <= set(shown)
    assert (shown["event"], shown["status"]) == ("call.started", "pending")
    (attempt,) = shown["attempts"]
    assert (attempt["status_code"], attempt["duration_ms"], attempt["response"]) == (500, 12, "No.")
    assert attempt["at"].endswith("Z")


def test_a_call_has_every_field(api: ApiClient, ids: dict[str, str]) -> None:
    """More fields of a call; null until settled, until analysed, until the end."""
    call: dict[str, Any] = api.get(f"/v1/calls/{ids['/v1/calls']}").json()

    unset = "phone_line_id ended_reason ended_by answered_at completed_at duration summary cost latency sentiment"
    assert {name: call[name] for name in unset.split()} == dict.fromkeys(unset.split())
    assert {name: call[name] for name in ("transcript", "recording_url", "transcript_url", "from_number")} == {
        "transcript": None,
        "recording_url": None,
        "transcript_url": None,
        "from_number": None,
    }
    assert (call["direction"], call["agent_version"], call["metadata"]) == ("outbound", 1, {})


@pytest.mark.parametrize("digits", ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009"])
def test_the_sandbox_numbers_are_on_every_account(api: ApiClient, bodies: dict[str, Any], digits: str) -> None:
    """A number `+1500555xxxx`: the sandbox."""
    r = api.post("/v1/calls", {**bodies["/v1/calls"], "to_number": f"+1500555{digits}"})

    assert r.status_code == 201
    assert r.json()["phone_line_id"] is None


def test_a_phone_line(api: ApiClient, bodies: dict[str, Any]) -> None:
    """The same less secrets, `id` (`line_…`) and `status` with `status_detail`; `max_live_calls` 10."""
    body = {**bodies["/v1/phone_lines"], "username": "acme", "password": "s3cret"}

    made = api.post("/v1/phone_lines", body)

    assert made.status_code == 201
    line: dict[str, Any] = made.json()
    assert {name: line[name] for name in body if name != "password"} == {
        name: value for name, value in body.items() if name != "password"
    }
    assert line["id"].startswith("line_")
    assert (line["status"], line["max_live_calls"], line["register"], line["srtp"]) == ("unreachable", 10, False, "off")
    assert line["status_detail"]
    assert "s3cret" not in made.content.decode()
    assert api.post(f"/v1/phone_lines/{line['id']}/check").json()["status"] in ("ready", "unreachable", "unauthorized")
    assert api.delete(f"/v1/phone_lines/{line['id']}").status_code == 204


def test_a_twilio_line(api: ApiClient) -> None:
    """`{"kind": "twilio", "name", "account_sid", "auth_token", "numbers", "inbound_agent_id"?}`."""
    body = {"kind": "twilio", "name": "Twilio", "account_sid": "AC" + "0" * 32, "auth_token": "t0ken"}

    made = api.post("/v1/phone_lines", {**body, "numbers": ["+14155550103"]})

    assert (made.status_code, made.json()["account_sid"]) == (201, body["account_sid"])
    assert "t0ken" not in made.content.decode()


def test_private_domains_are_refused(api: ApiClient, bodies: dict[str, Any]) -> None:
    """A `domain` at a private or loopback address is refused."""
    for domain in ("127.0.0.1", "192.168.1.1", "localhost"):
        r = api.post("/v1/phone_lines", {**bodies["/v1/phone_lines"], "domain": domain})
        assert (r.status_code, r.json()["error"]["param"]) == (400, "domain")
