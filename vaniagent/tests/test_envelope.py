"""Whatever goes wrong under /v1 has one shape."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from asgiref import testing

from agents import services
from agents.models import Agent
from vaniagent import asgi

pytestmark = pytest.mark.django_db

# Its types are unknown.
communicator: Any = testing.ApplicationCommunicator

INVALID = ("invalid_request", "validation_error")


def fault(response: Any) -> Any:
    """The four keys, after a look that there are exactly these."""
    body = response.json()
    assert list(body) == ["error"]
    assert sorted(body["error"]) == ["code", "message", "param", "type"]
    assert response.headers["X-Request-Id"].startswith("req_")
    assert response.headers["Content-Type"] == "application/json"
    return body["error"]


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/agents/", "/v1/agents/a/b/c", "/v1/calls/%00"])
def test_unknown_path(api: Any, path: Any) -> None:
    r = api.get(path)

    assert r.status_code == 404
    assert fault(r) == {
        "code": "resource_not_found",
        "message": "There is nothing at this address.",
        "param": None,
        "type": "not_found_error",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("put", "/v1/agents"), ("delete", "/v1/agents"), ("patch", "/v1/voices"), ("post", "/v1/account")],
)
def test_wrong_method(api: Any, method: Any, path: Any) -> None:
    r = getattr(api, method)(path)

    assert r.status_code == 405
    assert (fault(r)["code"], fault(r)["type"]) == INVALID
    assert "Allow" in r.headers


def test_body_over_one_mebibyte(api: Any) -> None:
    r = api.send_raw("post", "/v1/agents", b'{"name":"' + b"x" * 1024 * 1024 + b'"}')

    assert r.status_code == 413
    assert (fault(r)["code"], fault(r)["type"]) == INVALID
    assert r.headers["X-RateLimit-Limit"] == "100"


def test_body_of_one_mebibyte_is_read(api: Any) -> None:
    body = b'{"name":"' + b"x" * (1024 * 1024 - 11) + b'"}'

    r = api.send_raw("post", "/v1/agents", body)

    assert len(body) == 1024 * 1024
    assert r.status_code == 400
    assert fault(r)["param"] == "name"


@pytest.mark.django_db(transaction=True)
async def test_body_without_announced_length_is_read(api: Any) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/agents",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", f"Bearer {api.key}".encode()),
            (b"content-type", b"application/json"),
            (b"transfer-encoding", b"chunked"),
        ],
    }
    web: Any = communicator(asgi.application, scope)

    await web.send_input({"type": "http.request", "body": b'{"name": "Ada",', "more_body": True})
    await web.send_input({"type": "http.request", "body": b'"voice": "joe"}'})
    start = await web.receive_output(timeout=5)
    await web.receive_output(timeout=5)
    await web.wait(timeout=5)

    assert start["status"] == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"\xef\xbb\xbf{}",
        b'{"name": "\xff"}',
        b'{"name": NaN, "voice": "joe"}',
        b'{"name": "\\u0000", "voice": "joe"}',
        b'{"name": "\\ud800", "voice": "joe"}',
        b'{"temperature": 1e400}',
        b'{"max_duration": 99999999999999999999}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"name": ' + b"1" * 10_000 + b"}",
    ],
)
def test_hostile_bodies(api: Any, body: Any) -> None:
    r = api.send_raw("post", "/v1/agents", body)

    assert r.status_code == 400
    assert (fault(r)["code"], fault(r)["type"]) == INVALID
    assert not Agent.objects.exists()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "é"]
)
def test_wrong_content_type(api: Any, content_type: Any) -> None:
    r = api.send_raw("post", "/v1/agents", b'{"name": "Ada", "voice": "joe"}', content_type)

    assert r.status_code == 415
    assert (fault(r)["code"], fault(r)["type"]) == INVALID


def test_required_field(api: Any) -> None:
    r = api.post("/v1/calls", {})

    assert r.status_code == 400
    assert fault(r) == {
        "code": "invalid_request",
        "message": "The 'agent_id' field is required",
        "param": "agent_id",
        "type": "validation_error",
    }


@pytest.mark.parametrize(
    "path", ["/v1/agents?colour=red", "/v1/voices?x=", "/v1/account?limit=1", "/v1/calls?to_number=1"]
)
def test_unknown_parameter(api: Any, path: Any) -> None:
    name = path.partition("?")[2].partition("=")[0]

    r = api.get(path)

    assert r.status_code == 400
    assert fault(r)["param"] == name


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=1.0", "limit=٣", "limit=1&limit=2"]
)
def test_limit_out_of_range(api: Any, query: Any) -> None:
    r = api.get(f"/v1/agents?{query}")

    assert r.status_code == 400
    assert fault(r)["param"] == "limit"


@pytest.mark.parametrize("offset", ["-1", "x", "99999999999999999999999", "1000000001"])
def test_offset_out_of_range(api: Any, offset: Any) -> None:
    r = api.get(f"/v1/agents?offset={offset}")

    assert r.status_code == 400
    assert fault(r)["param"] == "offset"


def test_what_nobody_anticipated(api: Any) -> None:
    with mock.patch.object(services, "create_agent", autospec=True, side_effect=RuntimeError("secret inside")):
        r = api.post("/v1/agents", {"name": "Ada", "voice": "joe"})

    assert r.status_code == 500
    error = fault(r)
    assert (error["code"], error["param"], error["type"]) == ("internal_error", None, "api_error")
    assert r.headers["X-Request-Id"] in error["message"]
    assert "secret" not in r.content.decode()


def test_what_nobody_anticipated_outside_a_view(api: Any) -> None:
    with mock.patch("accounts.middleware._count", autospec=True, side_effect=RuntimeError("secret inside")):
        r = api.get("/v1/agents")

    assert r.status_code == 500
    assert r.headers["X-Request-Id"] in fault(r)["message"]
    assert "secret" not in r.content.decode()


def test_unknown_host(api: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["vaniagent.example"]

    r = api.get("/v1/agents")

    assert r.status_code == 400
    assert (fault(r)["code"], fault(r)["type"]) == INVALID


def test_reads_carry_a_validator(api: Any, agent: Any) -> None:
    first = api.get("/v1/agents")

    again = api.get("/v1/agents", If_None_Match=first.headers["ETag"])

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "X-RateLimit-Limit" in again.headers
    assert "X-Request-Id" in again.headers


@pytest.mark.parametrize("sent", ['"other"', "rubbish", 'W/"x", "y"'])
def test_another_validator_gets_the_answer(api: Any, agent: Any, sent: Any) -> None:
    r = api.get("/v1/agents", If_None_Match=sent)

    assert r.status_code == 200
    assert r.json()["total"] == 1


def test_what_the_client_accepts_does_not_matter(api: Any, agent: Any) -> None:
    r = api.get("/v1/agents", Accept="text/html")

    assert r.status_code == 200
    assert r.headers["Content-Type"] == "application/json"


def test_outside_v1_nothing_is_enveloped(client: Any) -> None:
    r = client.get("/nothing")

    assert r.status_code == 404
    assert r.headers["Content-Type"].startswith("text/html")
    assert "X-RateLimit-Limit" not in r.headers


@pytest.mark.parametrize(("charset", "status"), [("utf-8", 201), ('"UTF-8"', 201), ("utf-16", 415), ("latin-1", 415)])
def test_a_body_is_utf_8(api: Any, charset: str, status: int) -> None:
    body = b'{"name": "Ada", "voice": "joe"}'

    r = api.send_raw("post", "/v1/agents", body, f"application/json; charset={charset}")

    assert r.status_code == status


@pytest.mark.parametrize("path", ["/v1/voices", "/v1/nothing"])
def test_an_answer_has_the_name_that_the_client_gave_its_request(api: Any, path: Any) -> None:
    r = api.get(path, **{"X-Client-Request-Id": "4f1c-a_Z"})

    assert r.headers["X-Client-Request-Id"] == "4f1c-a_Z"


@pytest.mark.parametrize("name", ["", "a b", "a\u00e9", "a" * 65, "a\tb"])
def test_another_name_is_not_given_back(api: Any, name: Any) -> None:
    r = api.get("/v1/voices", **{"X-Client-Request-Id": name})

    assert "X-Client-Request-Id" not in r.headers
