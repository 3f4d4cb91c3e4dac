"""Section 4 of the contract: one shape for all that goes wrong, on every route."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model

from accounts.models import IdempotentAnswer
from agents.models import AgentVersion
from calls.models import Call, CallEvent
from conftest import ApiClient
from tests.contract.routes import GETS, METHODS, PATHS, ROUTES, WITH_BODY, address
from vaniagent.lib import errors
from webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db

CODES = {
    "invalid_request",
    "authentication_failed",
    "resource_not_found",
    "rate_limit_exceeded",
    "internal_error",
    "insufficient_credits",
}
# Actions without a body.
TAKE_NOTHING = (
    *("hangup", "test", "rotate_secret", "replay", "talks", "check"),
    *("start", "pause", "resume", "cancel"),
)
HOSTILE = [
    b"",
    b"[]",
    b"null",
    b"\xef\xbb\xbf{}",
    b"\xff",
    b'{"metadata": {"a": "\x00"}}',
    b'{"metadata": {"a": "\\u0000"}}',
    b'{"metadata": {"\\ud800": 1}}',
    b'{"temperature": 1e400}',
    b'{"max_duration": -Infinity}',
    b'{"max_duration": ' + b"9" * 5_000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"__proto__": {}}',
    b'{"name": "x"} {}',
]


def error_of(response: Any, status: int) -> Any:
    """Exactly the four keys, one of the six codes, and the headers that every answer has."""
    assert response.status_code == status
    body = response.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "param", "type"]
    assert body["error"]["code"] in CODES
    assert response.headers["Content-Type"] == "application/json"
    for header in ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"):
        assert response.headers[header]
    return body["error"]


def rows() -> list[Any]:
    kept: tuple[type[Model], ...] = (AgentVersion, Call, CallEvent, Endpoint, Delivery, IdempotentAnswer)
    return [list(model._default_manager.order_by("pk").values()) for model in kept]


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_method(api: ApiClient, ids: dict[str, str], path: str) -> None:
    """405 has `invalid_request`; every answer of 4xx under /v1, whatever made it, has this shape."""
    taken = {method for method, route in ROUTES if route == path}
    before = rows()

    for method in sorted({*METHODS, "put", "options", "trace", "foo"} - taken):
        error = error_of(api.send_raw(method, address(path, ids), b"{}"), 405)
        assert (error["code"], error["type"], error["param"]) == ("invalid_request", "validation_error", None)

    assert rows() == before


@pytest.mark.parametrize("path", GETS)
def test_an_unknown_parameter(api: ApiClient, ids: dict[str, str], path: str) -> None:
    """Unknown fields in a query are refused and named in `param`."""
    assert error_of(api.get(address(path, ids) + "?colour=red"), 400)["param"] == "colour"


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_an_unknown_field(api: ApiClient, ids: dict[str, str], bodies: dict[str, Any], method: str, path: str) -> None:
    """Unknown fields in a body are refused and named in `param` (a typo is never ignored)."""
    before = rows()

    r = getattr(api, method)(address(path, ids), {**bodies.get(path, {}), "colour": "red"})

    assert error_of(r, 400)["param"] == "colour"
    assert rows() == before


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_hostile_bodies(api: ApiClient, ids: dict[str, str], method: str, path: str) -> None:
    """Malformed JSON, and what the byte rule of webhooks refuses: 400 on every route, and nothing is changed."""
    where, before = address(path, ids), rows()
    takes_nothing = where.rpartition("/")[2] in TAKE_NOTHING

    for body in HOSTILE:
        if not (takes_nothing and body == b"") and not (method == "patch" and body == b""):
            error = error_of(api.send_raw(method, where, body), 400)
            assert (error["code"], error["type"]) == ("invalid_request", "validation_error")

    assert rows() == before


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_a_wrong_content_type(api: ApiClient, ids: dict[str, str], method: str, path: str) -> None:
    """415 has `invalid_request`."""
    before = rows()

    r = api.send_raw(method, address(path, ids), b'{"name": "Bob"}', "application/x-www-form-urlencoded")

    assert error_of(r, 415)["code"] == "invalid_request"
    assert rows() == before


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_body_over_one_mebibyte(api: ApiClient, ids: dict[str, str], method: str, path: str) -> None:
    """A body over 1 MiB (413)."""
    if method != "get":
        error = error_of(api.send_raw(method, address(path, ids), b" " * (1024 * 1024 + 1)), 413)
        assert (error["code"], error["type"]) == ("invalid_request", "validation_error")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_answer_says_how_one_stands(
    api: ApiClient, ids: dict[str, str], bodies: dict[str, Any], method: str, path: str
) -> None:
    """Every answer has `X-Request-Id`, and every API response the three headers of the limits."""
    where = address(path, ids)

    r = api.get(where) if method == "get" else getattr(api, method)(where, **_sent(method, bodies.get(path)))

    assert 200 <= r.status_code < 300
    assert r.headers["X-Request-Id"].startswith("req_")
    assert int(r.headers["X-RateLimit-Limit"]) > int(r.headers["X-RateLimit-Remaining"]) >= 0
    assert int(r.headers["X-RateLimit-Reset"]) % 60 == 0


def _sent(method: str, body: Any) -> dict[str, Any]:
    return {} if method == "delete" else {"body": body}


def test_the_documented_error(api: ApiClient, ids: dict[str, str]) -> None:
    """The documented body, word for word."""
    r = api.post("/v1/calls", {"agent_id": ids["/v1/agents"]})

    assert error_of(r, 400) == {
        "code": "invalid_request",
        "message": "The 'to_number' field is required",
        "param": "to_number",
        "type": "validation_error",
    }


def test_the_codes_are_the_whole_set() -> None:
    """These six codes are the whole set, each with the status of the table, and so are the types."""

    def below(base: type[errors.ServiceError]) -> list[type[errors.ServiceError]]:
        return [base, *(each for known in base.__subclasses__() for each in below(known))]

    known = below(errors.ServiceError)
    assert {error.code for error in known} == CODES
    assert {error.type for error in known} <= {
        "validation_error",
        "authentication_error",
        "permission_error",
        "not_found_error",
        "idempotency_error",
        "rate_limit_error",
        "billing_error",
        "api_error",
    }
    assert {(error.status, error.code) for error in known if error.status in (400, 401, 402, 404, 429, 500)} == {
        (400, "invalid_request"),
        (401, "authentication_failed"),
        (402, "insufficient_credits"),
        (404, "resource_not_found"),
        (429, "rate_limit_exceeded"),
        (500, "internal_error"),
    }
