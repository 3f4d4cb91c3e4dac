"""How a client is made, what it sends, and what it never shows."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime, timezone

import httpx
import pytest
from conftest import refused

import vaniagent
from vaniagent import AsyncVaniAgent, ConfigurationError, VaniAgent, VaniAgentError, errors

KEY = "va_live_0123456789abcdefghijABCDEFGHIJ0123abcdef"


def test_key_and_address_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("VANIAGENT_API_KEY", f" {KEY}\n")
    monkeypatch.setenv("VANIAGENT_BASE_URL", "http://127.0.0.1:8000/v1/")

    client = VaniAgent()

    assert client.settings.api_key == KEY
    assert client.settings.base_url == "http://127.0.0.1:8000/v1"
    assert client.settings.feed_url == "ws://127.0.0.1:8000/v1/ws"


@pytest.mark.parametrize("key", ["", " ", "va live", "va\nlive", "vä"])
def test_what_is_no_key_is_refused_without_being_repeated(monkeypatch, key):
    monkeypatch.delenv("VANIAGENT_API_KEY", raising=False)

    with pytest.raises(ConfigurationError) as caught:
        VaniAgent(api_key=key)

    assert not key.strip() or key not in str(caught.value)


@pytest.mark.parametrize("base_url", ["api.vaniagent.com", "ftp://api.vaniagent.com", "https://", "x"])
def test_what_is_no_address_is_refused(base_url):
    with pytest.raises(ConfigurationError):
        VaniAgent(api_key=KEY, base_url=base_url)


def test_the_key_is_in_no_repr_log_or_error(scripted, caplog):
    caplog.set_level(logging.DEBUG)
    http = httpx.Client(transport=httpx.MockTransport(lambda request: refused(401)))
    client = VaniAgent(api_key=KEY, http_client=http, headers={"X-Secret": "s3cret"})

    with pytest.raises(errors.AuthenticationError) as caught:
        client.calls.get("call_1")

    shown = [
        repr(client),
        repr(client.settings),
        repr(AsyncVaniAgent(api_key=KEY)),
        repr(caught.value),
        str(caught.value),
    ]
    shown += [repr(client.with_options(timeout=1)), caplog.text, repr(client.calls)]
    assert "GET /calls/call_1: 401" in caplog.text
    for text in shown:
        assert KEY not in text
        assert "s3cret" not in text


def test_the_secret_of_an_endpoint_is_not_in_its_repr(scripted):
    client, _ = scripted(httpx.Response(201, json={"id": "we_1", "secret": "whsec_abc"}))

    endpoint = client.webhook_endpoints.create(url="https://example.com/hook", events=["call.completed"])

    assert endpoint.secret == "whsec_abc"
    assert repr(endpoint) == "EndpointWithSecret(id='we_1', secret=...)"


def test_what_is_left_out_is_not_sent_and_none_is_null(scripted):
    client, script = scripted(httpx.Response(200, json={"id": "agent_1"}))

    client.agents.update("agent_1", first_message=None, temperature=0.2)

    assert json.loads(script.requests[0].content) == {"first_message": None, "temperature": 0.2}


def test_an_id_stays_in_its_place(scripted):
    client, script = scripted(httpx.Response(200, json={}))

    client.calls.get("../agents/a?b#c")

    assert script.requests[0].url.raw_path == b"/v1/calls/..%2Fagents%2Fa%3Fb%23c"
    for empty in ("", ".", ".."):
        with pytest.raises(VaniAgentError):
            client.calls.get(empty)


def test_headers_of_ones_own_and_of_the_sdk(scripted):
    client, script = scripted(httpx.Response(200, json={}), headers={"X-Team": "blue"})

    client.with_options(headers={"X-Run": "7"}).calls.get("call_1")

    sent = script.requests[0].headers
    assert (sent["X-Team"], sent["X-Run"]) == ("blue", "7")
    assert sent["User-Agent"].startswith(f"vaniagent-python/{vaniagent.__version__} (")
    assert sent["Authorization"] == "Bearer va_test_key"
    assert "Idempotency-Key" not in sent


def test_the_answer_with_its_headers(scripted):
    client, _ = scripted(httpx.Response(200, json={"id": "call_1"}, headers={"X-Request-Id": "req_7"}))

    raw = client.calls.with_raw_response.get("call_1")

    assert (raw.status_code, raw.request_id, raw.json()) == (200, "req_7", {"id": "call_1"})
    assert raw.parse() == client.calls.get("call_1")


def test_errors_say_what_the_server_said(scripted):
    client, _ = scripted(refused(404, "resource_not_found"))

    with pytest.raises(errors.NotFoundError) as caught:
        client.calls.get("call_1")

    error = caught.value
    assert (error.status_code, error.code, error.param) == (404, "resource_not_found", "to_number")
    assert (error.type, error.request_id, error.message) == ("validation_error", "req_1", "No.")
    assert str(error) == "No. (status 404, code resource_not_found, param to_number, request id req_1)"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "no"}', b'{"error": {"message": null}}'])
def test_an_error_of_something_on_the_way_is_typed_too(scripted, body):
    client, _ = scripted(httpx.Response(503, content=body), max_retries=0)

    with pytest.raises(errors.InternalServerError, match="The server answered 503"):
        client.calls.get("call_1")


def test_times_for_a_replay(scripted):
    client, script = scripted(httpx.Response(200, json={"replayed": 2}))
    since = datetime(2026, 11, 1, tzinfo=timezone.utc)

    assert client.webhook_endpoints.replay("we_1", since=since, until="2026-11-02T00:00:00Z").replayed == 2

    assert json.loads(script.requests[0].content) == {"from": "2026-11-01T00:00:00+00:00", "to": "2026-11-02T00:00:00Z"}
    with pytest.raises(VaniAgentError, match="time zone"):
        client.webhook_endpoints.replay("we_1", since=datetime(2026, 11, 1), until=since)  # noqa: DTZ001 - on purpose


def test_a_client_of_ones_own_stays_open(scripted):
    client, _ = scripted(httpx.Response(200, json={"id": "call_1"}))

    with client:
        pass

    assert client.calls.get("call_1").id == "call_1"


def test_waiting_ends_with_the_call_or_the_patience(scripted):
    live, ended = (httpx.Response(200, json={"id": "call_1", "status": status}) for status in ("initiated", "failed"))
    client, script = scripted(live, live, ended)

    assert client.calls.wait("call_1", poll_interval=0).status == "failed"
    assert len(script.requests) == 3

    client, _ = scripted(live)
    with pytest.raises(vaniagent.WaitTimeoutError):
        client.calls.wait("call_1", timeout=0.05, poll_interval=0.02)


def test_a_recording_is_fetched_without_the_key(tmp_path):
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path.endswith(".wav"):
            return httpx.Response(200, content=b"RIFF1234")
        url = "https://files.example/rec.wav" if len(seen) > 1 else None
        return httpx.Response(200, json={"id": "call_1", "status": "completed", "duration": 3, "recording_url": url})

    client = VaniAgent(api_key=KEY, http_client=httpx.Client(transport=httpx.MockTransport(answer)))

    assert client.calls.download_recording("call_1", tmp_path / "call.wav", poll_interval=0) == 8

    assert (tmp_path / "call.wav").read_bytes() == b"RIFF1234"
    assert "Authorization" not in seen[-1].headers
    assert [path.name for path in tmp_path.iterdir()] == ["call.wav"]


def test_a_recording_that_breaks_off_leaves_nothing(tmp_path):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(".wav"):
            raise httpx.RemoteProtocolError("half")
        return httpx.Response(200, json={"status": "completed", "recording_url": "https://files.example/rec.wav"})

    client = VaniAgent(api_key=KEY, http_client=httpx.Client(transport=httpx.MockTransport(answer)))

    with pytest.raises(vaniagent.APIConnectionError):
        client.calls.download_recording("call_1", tmp_path / "call.wav")

    assert list(tmp_path.iterdir()) == []


def test_asyncio_has_the_same(scripted):
    async def use() -> None:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"id": "call_1", "status": "failed"}))
        async with AsyncVaniAgent(api_key=KEY, http_client=httpx.AsyncClient(transport=transport)) as client:
            assert (await client.calls.get("call_1")).id == "call_1"
            assert (await client.calls.wait("call_1")).status == "failed"
            assert (await client.calls.with_raw_response.get("call_1")).parse().id == "call_1"

    asyncio.run(use())
