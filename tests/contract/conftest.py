"""One account's things, made as customers make them. A new resource has its least body in MINIMAL, and a row in `ids`."""

from __future__ import annotations

from typing import Any, Final

import pytest
from django.utils import timezone

from billing import payments
from billing.payments.fake import FakePayments
from calls import tasks
from calls.services import legs
from conftest import ApiClient

MINIMAL: dict[str, Any] = {
    "/v1/account/top_ups": {"credits": "20.00"},
    "/v1/agents": {"name": "Ada", "voice": "en-US-Neural2-F"},
    "/v1/do_not_call": {"number": "+14155550199"},
    "/v1/do_not_call/import": {"csv": "number\n+14155550198\n"},
    "/v1/phone_lines": {
        "kind": "sip",
        "name": "Main trunk",
        "domain": "sip.carrier.example.com",
        "numbers": ["+14155550101"],
    },
    "/v1/calls/(?P<id>[0-9A-Za-z_]{1,60})/recording": {"state": "recording"},
    "/v1/calls/(?P<id>[0-9A-Za-z_]{1,60})/transfer": {"name": "Sales"},
    "/v1/webhook_endpoints": {"url": "https://example.com/hook", "events": ["call.started"]},
    "/v1/webhook_endpoints/(?P<id>[0-9A-Za-z_]{1,60})/replay": {
        "from": "2024-01-15T08:00:00Z",
        "to": "2024-01-15T12:00:00Z",
    },
}

TRANSFERS: Final = [{"name": "Sales", "to": "+15005550100"}, {"name": "Another", "to": "+15005550101"}]

# What the published examples, and ours, call from.
CALLED_FROM: Final = ["+0987654321", "+1234567", "+123456789012345"]


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are placed, and wait."""
    monkeypatch.setattr(tasks.run_call, "apply_async", lambda **options: None)
    monkeypatch.setattr(tasks.check_line, "delay", lambda **options: None)


@pytest.fixture(autouse=True)
def _no_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Top-ups are ordered, and never paid."""
    provider = FakePayments()
    monkeypatch.setattr(payments, "configured", lambda: provider)


@pytest.fixture
def bodies(api: ApiClient) -> dict[str, Any]:
    """The least that each POST takes; what is not here takes nothing."""
    agent = api.post("/v1/agents", {**MINIMAL["/v1/agents"], "transfers": TRANSFERS}).json()
    return {
        **MINIMAL,
        "/v1/batches": {"agent_id": agent["id"], "rows": [{"to_number": "+14155550100"}]},
        "/v1/calls": {"agent_id": agent["id"], "to_number": "+14155550100"},
    }


def answer(call_id: str) -> None:
    """Let somebody answer: nobody else is transferred."""
    legs.begin_dial(call_id=call_id, holder="gateway-0000aaaa", at=timezone.now())
    legs.mark_leg_answered(
        call_id=call_id, holder="gateway-0000aaaa", at=timezone.now(), recording=f"{call_id}.wav", rate=8000
    )


@pytest.fixture
def ids(api: ApiClient, bodies: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, str]:
    """One of each resource, by the address where it is found."""
    top_up = api.post("/v1/account/top_ups", bodies["/v1/account/top_ups"]).json()
    call = api.post("/v1/calls", bodies["/v1/calls"]).json()
    if request.node.name.endswith(("/transfer]", "/recording]")):
        answer(call["id"])
    batch = api.post("/v1/batches", bodies["/v1/batches"]).json()
    entry = api.post("/v1/do_not_call", bodies["/v1/do_not_call"]).json()
    check = api.get("/v1/dial_checks").json()["data"][0]
    line = api.post("/v1/phone_lines", {**bodies["/v1/phone_lines"], "numbers": CALLED_FROM}).json()
    endpoint = api.post("/v1/webhook_endpoints", bodies["/v1/webhook_endpoints"]).json()
    delivery = api.post(f"/v1/webhook_endpoints/{endpoint['id']}/test").json()
    return {
        "/v1/account/top_ups": top_up["id"],
        "/v1/agents": call["agent_id"],
        "/v1/batches": batch["id"],
        "/v1/calls": call["id"],
        "/v1/dial_checks": check["id"],
        "/v1/do_not_call": entry["id"],
        "/v1/phone_lines": line["id"],
        "/v1/webhook_endpoints": endpoint["id"],
        "/v1/webhook_deliveries": delivery["id"],
    }
