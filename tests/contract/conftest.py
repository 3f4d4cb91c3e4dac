"""One account's things, made as customers make them. A new resource has its least body in MINIMAL, and a row in `ids`."""

from __future__ import annotations

from typing import Any

import pytest

from calls import tasks
from conftest import ApiClient

MINIMAL: dict[str, Any] = {
    "/v1/agents": {"name": "Ada", "voice": "en-US-Neural2-F"},
    "/v1/webhook_endpoints": {"url": "https://example.com/hook", "events": ["call.started"]},
}


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are placed, and wait."""
    monkeypatch.setattr(tasks.run_call, "apply_async", lambda **options: None)


@pytest.fixture
def bodies(api: ApiClient) -> dict[str, Any]:
    """The least that each POST takes; what is not here takes nothing."""
    agent = api.post("/v1/agents", MINIMAL["/v1/agents"]).json()
    return {**MINIMAL, "/v1/calls": {"agent_id": agent["id"], "to_number": "+14155550100"}}


@pytest.fixture
def ids(api: ApiClient, bodies: dict[str, Any]) -> dict[str, str]:
    """One of each resource, by the address where it is found."""
    call = api.post("/v1/calls", bodies["/v1/calls"]).json()
    endpoint = api.post("/v1/webhook_endpoints", bodies["/v1/webhook_endpoints"]).json()
    delivery = api.post(f"/v1/webhook_endpoints/{endpoint['id']}/test").json()
    return {
        "/v1/agents": call["agent_id"],
        "/v1/calls": call["id"],
        "/v1/webhook_endpoints": endpoint["id"],
        "/v1/webhook_deliveries": delivery["id"],
    }
