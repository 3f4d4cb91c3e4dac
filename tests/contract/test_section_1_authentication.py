"""Section 1 of the contract: authentication."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from conftest import ApiClient
from tests.contract.routes import ROUTES, address

pytestmark = pytest.mark.django_db


def test_bearer_on_every_request(ids: dict[str, str]) -> None:
    """`Authorization: Bearer <API key>` on every request; 401 carries `WWW-Authenticate: Bearer realm="vaniagent"`."""
    for method, path in ROUTES:
        r = getattr(Client(), method)(address(path, ids))

        assert r.status_code == 401, path
        assert r.headers["WWW-Authenticate"] == 'Bearer realm="vaniagent"'
        assert r.json()["error"]["code"] == "authentication_failed"


def test_a_first_live_key_works_at_once() -> None:
    """A newly signed-up account has free trial credits and the sandbox line."""
    printed = StringIO()
    call_command("createaccount", "ada@example.com", "--json", stdout=printed)
    api = ApiClient(json.loads(printed.getvalue())["api_key"])

    agent = api.post("/v1/agents", {"name": "Ada", "voice": "en-US-Neural2-F"}).json()
    call = api.post("/v1/calls", {"agent_id": agent["id"], "to_number": "+1234567890"})

    assert api.key.startswith("va_live_")
    assert call.status_code == 201
    assert call.json()["phone_line_id"] is None
    assert api.get("/v1/account").json()["credits"] == "4.90"
