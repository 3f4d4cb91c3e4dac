"""Every answer under /v1 says how its client stands, whoever made it."""

from __future__ import annotations

import uuid
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from accounts import authentication
from conftest import ApiClient

pytestmark = pytest.mark.django_db

HEADERS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}


def answers(api: ApiClient) -> dict[int, Any]:
    return {
        200: api.get("/v1/voices"),
        400: api.send_raw("post", "/v1/agents", b"{"),
        401: ApiClient("va_live_nobody").get("/v1/agents"),
        404: api.get("/v1/nothing"),
        405: api.put("/v1/agents"),
        413: api.send_raw("post", "/v1/agents", b" " * 1_048_577),
        415: api.send_raw("post", "/v1/agents", b"x", "text/plain"),
    }


def test_whatever_the_status(api):
    for status, r in answers(api).items():
        assert r.status_code == status
        assert set(r.headers) >= HEADERS, status


def test_a_view_that_fails(api):
    with mock.patch("agents.api.views.voice_page", autospec=True, side_effect=ZeroDivisionError):
        r = api.get("/v1/voices")

    assert r.status_code == 500
    assert set(r.headers) >= HEADERS


def test_a_database_that_is_away(api):
    with mock.patch.object(authentication, "_find", autospec=True, side_effect=OperationalError):
        r = api.get("/v1/voices")

    assert r.status_code == 500
    assert r.json()["error"]["code"] == "internal_error"
    assert set(r.headers) >= HEADERS


def test_clients_behind_a_trusted_proxy_are_told_apart(settings):
    settings.TRUSTED_PROXY_COUNT = 1
    settings.BUS_PREFIX = f"test-{uuid.uuid4()}"

    def remaining(forwarded: str) -> str:
        return Client().get("/v1/voices", headers={"X-Forwarded-For": forwarded}).headers["X-RateLimit-Remaining"]

    # What a client writes itself does not make it another.
    one, again = remaining("198.51.100.201"), remaining("10.9.8.7, 198.51.100.201")
    other = remaining("198.51.100.202")

    assert int(one) - int(again) == 1
    assert other == one
