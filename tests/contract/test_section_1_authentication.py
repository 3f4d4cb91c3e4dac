"""Section 1 of the contract: authentication."""

from __future__ import annotations

import json
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts import services as accounts
from accounts.models import Account, ApiKey
from conftest import ApiClient, make_key
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


def test_every_key_that_is_none(account: Account) -> None:
    """Missing, malformed, unknown, revoked or expired key: 401, code `authentication_failed`."""
    now = timezone.now()
    revoked, revoked_text = accounts.create_api_key(account=account, mode="live")
    accounts.revoke_api_key(key=revoked, at=now)
    expired, expired_text = accounts.create_api_key(account=account, mode="live")
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=now)
    unknown = keys.generate(mode="live")

    for header in ("", "Bearer", "Bearer ", "Basic YTpi", "Bearer va_live_", f"Token {unknown}"):
        refused(header)
    for text in (unknown, revoked_text, expired_text, unknown[:-1], unknown + "0"):
        refused(f"Bearer {text}")


def refused(header: str) -> None:
    r = Client().get("/v1/account", headers={"Authorization": header})
    assert r.status_code == 401, header
    assert r.headers["WWW-Authenticate"] == 'Bearer realm="vaniagent"'
    assert (r.json()["error"]["code"], r.json()["error"]["type"]) == ("authentication_failed", "authentication_error")


@pytest.mark.parametrize("mode", ["live", "test"])
def test_the_form_of_a_key(account: Account, mode: str) -> None:
    """`va_live_` / `va_test_` + 32 base62 characters + 6 characters CRC-32 checksum."""
    text = make_key(account, mode=mode)

    assert re.fullmatch(rf"va_{mode}_[0-9A-Za-z]{{32}}[0-9A-Za-z]{{6}}", text)


def test_a_test_key_costs_nothing(test_api: ApiClient) -> None:
    """`va_test_` keys place every call on the sandbox line and cost nothing."""
    agent = test_api.post("/v1/agents", {"name": "Ada", "voice": "en-US-Neural2-F"}).json()

    call = test_api.post("/v1/calls", {"agent_id": agent["id"], "to_number": "+1234567890"})

    assert (call.status_code, call.json()["phone_line_id"]) == (201, None)
    assert test_api.get("/v1/account").json()["credits"] == "5.00"
