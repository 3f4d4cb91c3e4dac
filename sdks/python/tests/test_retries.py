"""What is sent again, with the same key, and what is not."""

from __future__ import annotations

import time
from email.utils import formatdate

import httpx
import pytest
from conftest import refused

from vaniagent import APIConnectionError, APITimeoutError, ConflictError, InternalServerError, RateLimitError, retries

DONE = httpx.Response(201, json={"id": "call_1", "status": "initiated"})
CALL = {"agent_id": "agent_1", "to_number": "+15005550001"}


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        httpx.RemoteProtocolError("half"),
        httpx.DecodingError("not gzip"),
        refused(500),
        refused(502),
        refused(429, retry_after="0"),
        refused(409, retry_after="0"),
        refused(408),
        httpx.Response(201, content=b'{"id": "call_', headers={"Content-Type": "application/json"}),
        httpx.Response(200, content=b"<html>", headers={"Content-Type": "text/html"}),
    ],
)
def test_a_post_is_sent_again_with_the_key_of_the_first(scripted, fault):
    client, script = scripted(fault, fault, DONE)

    assert client.calls.create(**CALL).id == "call_1"

    keys = {request.headers["Idempotency-Key"] for request in script.requests}
    assert len(script.requests) == 3
    assert len(keys) == 1
    assert [request.headers.get("Connection") for request in script.requests[1:]] == ["close", "close"]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 413, 415, 431])
def test_a_refusal_is_not_sent_again(scripted, status):
    client, script = scripted(refused(status))

    with pytest.raises(Exception, match=f"status {status}"):
        client.calls.create(**CALL)

    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.ConnectError("refused"), APIConnectionError),
        (httpx.ReadTimeout("late"), APITimeoutError),
        (refused(500), InternalServerError),
        (refused(429, retry_after="0"), RateLimitError),
        (refused(409, retry_after="0"), ConflictError),
        (httpx.Response(200, content=b"{"), APIConnectionError),
    ],
)
def test_after_the_last_attempt_it_is_a_typed_error(scripted, answer, error):
    client, script = scripted(answer, max_retries=2)

    with pytest.raises(error) as caught:
        client.agents.get("agent_1")

    assert type(caught.value) is error
    assert len(script.requests) == 3


def test_who_asks_for_more_than_a_minute_is_not_waited_for(scripted):
    client, script = scripted(refused(429, retry_after="61"))

    with pytest.raises(RateLimitError) as caught:
        client.agents.get("agent_1")

    assert caught.value.retry_after == 61
    assert len(script.requests) == 1


def test_an_address_that_cannot_be_asked_is_not_tried_again(scripted):
    client, script = scripted(httpx.UnsupportedProtocol("no"))

    with pytest.raises(APIConnectionError):
        client.agents.get("agent_1")

    assert len(script.requests) == 1


def test_a_redirect_is_not_followed(scripted):
    client, script = scripted(httpx.Response(302, headers={"Location": "https://elsewhere.example/"}))

    with pytest.raises(Exception, match="status 302"):
        client.agents.get("agent_1")

    assert len(script.requests) == 1


def test_the_answer_to_another_request_is_not_taken(scripted):
    stray = httpx.Response(200, json={"id": "call_other"}, headers={"X-Client-Request-Id": "another"})
    client, script = scripted(stray, stray, DONE)

    assert client.calls.get("call_1").id == "call_1"

    names = [request.headers["X-Client-Request-Id"] for request in script.requests]
    assert len(set(names)) == 3


def test_a_key_of_ones_own_is_used(scripted):
    client, script = scripted(DONE)

    client.calls.create(**CALL, idempotency_key="reminder-17")

    assert script.requests[0].headers["Idempotency-Key"] == "reminder-17"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("", None), ("soon", None), ("-1", None), ("Mon, 99 Nov", None), ("\u0663", None)],
)
def test_retry_after(header, seconds):
    assert retries.retry_after({"retry-after": header}) == seconds


def test_retry_after_as_a_date():
    told = retries.retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)})

    assert told is not None
    assert 20 < told <= 30


def test_pauses_grow_and_differ(monkeypatch):
    monkeypatch.undo()
    pauses = [[retries.pause(attempt) or 0 for _ in range(20)] for attempt in range(8)]

    for attempt, each in enumerate(pauses):
        most = min(0.5 * 2**attempt, 8)
        assert all(most / 2 <= pause <= most for pause in each)
        assert len(set(each)) > 1
