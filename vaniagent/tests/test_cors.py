"""Pages of other origins: /v1 is open to them, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from calls.models import Call
from conftest import ApiClient

pytestmark = pytest.mark.django_db

ORIGIN = {"Origin": "https://shop.example"}
ASKED = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.mark.parametrize("path", ["/v1/calls", "/v1/nothing"])
def test_a_browser_may_ask_without_a_key(path: str) -> None:
    r = Client().options(path, headers=ASKED)

    assert (r.status_code, r.content) == (204, b"")
    assert r.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in r.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in r.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in r.headers
    assert r.headers["X-RateLimit-Limit"] == "100"
    assert not Call.objects.exists()


def test_options_that_ask_for_nothing_are_a_wrong_method(api: ApiClient) -> None:
    assert api.send_raw("options", "/v1/calls", b"").status_code == 405


@pytest.mark.parametrize(("path", "status"), [("/v1/calls", 200), ("/v1/calls/call_nothere", 404), ("/v1/", 404)])
def test_every_answer_may_be_read(api: ApiClient, path: str, status: int) -> None:
    r = api.get(path, **ORIGIN)

    assert r.status_code == status
    assert r.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-RateLimit-Remaining" in r.headers["Access-Control-Expose-Headers"]


def test_every_header_of_an_answer_may_be_read(api: ApiClient) -> None:
    r = api.get("/v1/calls")

    readable = {
        *r.headers["Access-Control-Expose-Headers"].split(", "),
        "Cache-Control",
        "Content-Length",
        "Content-Type",
    }
    ours = {name for name in r.headers if not name.startswith("Access-Control-")}
    assert ours - readable <= {
        "Vary",
        "Allow",
        "Cross-Origin-Opener-Policy",
        "Referrer-Policy",
        "X-Content-Type-Options",
    }


@pytest.mark.parametrize("path", ["/admin/login/", "/healthz"])
def test_pages_have_no_other_origins(path: str) -> None:
    asked: Any = Client().options(path, headers=ASKED)
    got: Any = Client().get(path, headers=ORIGIN)

    assert not [name for r in (asked, got) for name in r.headers if name.startswith("Access-Control-")]
