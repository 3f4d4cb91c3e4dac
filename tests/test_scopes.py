"""What a key may do: every route says which scope it needs, and refuses a key that has it not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import services as accounts
from accounts.models import ApiKey, IdempotentAnswer, Scope
from agents.models import Agent
from conftest import ApiClient

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "patch", "delete")
ROOT = Path(__file__).resolve().parent.parent
# What there is to read without a key at all.
PUBLIC = {"v1/openapi.json", "v1/asyncapi.json"}


def routes() -> list[tuple[str, str, Any]]:
    """Method, path and declared scope of every route under /v1."""
    found: list[tuple[str, str, Any]] = []

    def walk(patterns: Any, prefix: str) -> None:
        for pattern in patterns:
            path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern) and path.startswith("v1/") and path not in PUBLIC:
                view: Any = pattern.callback
                scopes = getattr(view.cls, "scopes", {})
                found.extend((m, path, scopes.get(view.actions[m])) for m in METHODS if m in view.actions)

    walk(get_resolver().url_patterns, "")
    return sorted(found)


def address(path: str) -> str:
    """An address of the route; nothing is there."""
    return "/" + re.sub(r"\(\?P<\w+>\[[^]]+\]\{[^}]+\}\)", "thing_unknown", path)


def documented(path: str) -> str:
    return "/" + re.sub(r"\(\?P<\w+>\[[^]]+\]\{[^}]+\}\)", ":id", path)


def client(account: Any, *scopes: str) -> ApiClient:
    return ApiClient(accounts.create_api_key(account=account, mode="live", scopes=scopes)[1])


def send(api: ApiClient, method: str, path: str, **headers: str) -> Any:
    send_it: Any = getattr(api, method)
    return send_it(address(path), **headers)


def test_every_route_says_which_scope_it_needs() -> None:
    assert len(routes()) >= 21
    assert [(method, path) for method, path, scope in routes() if not isinstance(scope, Scope)] == []


def test_reading_needs_no_more_than_read() -> None:
    assert {scope for method, _, scope in routes() if method == "get"} == {Scope.READ}
    assert Scope.READ not in {scope for method, _, scope in routes() if method != "get"}


@pytest.mark.parametrize(("method", "path", "scope"), routes())
def test_a_key_without_the_scope_is_refused(account, method, path, scope):
    others = {Scope.READ, Scope.CALLS} - {scope}

    r = send(client(account, *others), method, path)

    assert r.status_code == 403
    error = r.json()["error"]
    assert (error["code"], error["type"], error["param"]) == ("authentication_failed", "permission_error", None)
    assert f"'{scope}'" in error["message"]
    assert "X-RateLimit-Limit" in r.headers


@pytest.mark.parametrize(("method", "path", "scope"), routes())
def test_a_key_with_the_scope_or_admin_is_let_through(account, method, path, scope):
    for held in {scope, Scope.ADMIN}:
        assert send(client(account, held), method, path).status_code in (200, 400, 404)


def test_a_kept_answer_is_not_given_to_a_key_without_the_scope(account):
    body = {"name": "Ada", "voice": "joe"}
    made = client(account, "admin").post("/v1/agents", body, Idempotency_Key="one")

    r = client(account, "read", "calls").post("/v1/agents", body, Idempotency_Key="one")

    assert (made.status_code, r.status_code) == (201, 403)
    assert (Agent.objects.count(), IdempotentAnswer.objects.count()) == (1, 1)


def test_a_key_has_every_scope_unless_it_is_made_with_fewer(account):
    key, _ = accounts.create_api_key(account=account, mode="live")
    few, _ = accounts.create_api_key(account=account, mode="live", scopes=["calls", "read", "calls"])

    assert key.scopes == ["read", "calls", "admin"]
    assert few.scopes == ["read", "calls"]


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "all"]])
def test_scopes_are_known_ones(account, scopes):
    with pytest.raises(accounts.BadScopes):
        accounts.create_api_key(account=account, mode="live", scopes=scopes)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.create(account=account, mode="live", digest="d", last4="last", scopes=scopes)

    assert not ApiKey.objects.exists()


def test_the_page_of_keys_tells_the_scope_of_every_route_but_reading_ones() -> None:
    page = (ROOT / "docs/api/keys.md").read_text()
    told = set(re.findall(r"^\| `([A-Z]+) (/v1/[^`]*)` \| `(\w+)` \|$", page, re.MULTILINE))

    wanted = {(method.upper(), documented(path), str(scope)) for method, path, scope in routes() if method != "get"}
    assert told == wanted
