"""What browsers report of the pages' policy: one line of the log each, and nothing that a sender could misuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from vaniagent import policy_reports

REPORT = {
    "csp-report": {
        "document-uri": "https://vaniagent.example/calls/call_8f2?token=abc",
        "violated-directive": "script-src-elem",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://user:pass@Evil.example/x.js?secret",
        "source-file": "https://vaniagent.example/static/js/call.3f.js",
        "line-number": 12,
        "script-sample": "said by a caller",
    }
}
GATHERED = [
    {
        "type": "csp-violation",
        "body": {
            "documentURL": "https://vaniagent.example/calls",
            "effectiveDirective": "img-src",
            "blockedURL": "data",
        },
    }
]
NO_REPORTS = (
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"null",
    b"7",
    b"[]",
    b"[1]",
    b'"csp-report"',
    b'{"csp-report": []}',
    b'{"csp-report": "x"}',
    b"[" * 16_000,
    b"9" * 10_000,
)
ODD: tuple[Any, ...] = (
    "\ud800",
    "https://[",
    "//",
    "javascript:alert(1)",
    "a" * 500,
    "<b>\n\x1b[31m",
    7,
    None,
    [],
    {"a": 1},
    -1,
    10**30,
)


@pytest.fixture(autouse=True)
def _enough(settings: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Counts of their own for each test."""
    settings.BUS_PREFIX = f"{settings.BUS_PREFIX}:{request.node.name}:{id(request)}"


def post(client: Client, body: Any, kind: str = "application/csp-report") -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post("/csp-report", content, content_type=kind)
    assert answer.content == b""
    return answer.status_code


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    fields = ("page", "directive", "blocked", "source", "line")
    return [
        {name: getattr(record, name) for name in fields}
        for record in caplog.records
        if record.getMessage() == policy_reports.REFUSED
    ]


def test_a_report_is_a_line_without_ids_and_words(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert post(client, REPORT) == 204

    (line,) = told(caplog)
    assert line == {
        "page": "call",
        "directive": "script-src-elem",
        "blocked": "https://evil.example",
        "source": "/static/js/call.3f.js",
        "line": 12,
    }


def test_what_a_browser_gathered_is_a_line_each(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert post(client, GATHERED * 2, "application/reports+json") == 204

    assert [(line["page"], line["directive"], line["blocked"]) for line in told(caplog)] == [
        ("calls", "img-src", "data")
    ] * 2


@pytest.mark.parametrize("body", NO_REPORTS, ids=range(len(NO_REPORTS)))
def test_what_is_no_report_is_refused(client: Client, caplog: pytest.LogCaptureFixture, body: bytes) -> None:
    assert post(client, body) == 400
    assert told(caplog) == []


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_whatever_a_field_holds_fails_nowhere(client: Client, caplog: pytest.LogCaptureFixture, odd: Any) -> None:
    assert post(client, {"csp-report": dict.fromkeys(REPORT["csp-report"], odd)}) == 204

    (line,) = told(caplog)
    assert line["blocked"] in ("", "javascript", "none")
    assert all(str(told_of).isprintable() for told_of in line.values())


def test_a_large_one_is_refused(client: Client) -> None:
    assert post(client, b" " * (policy_reports.MOST_BYTES + 1)) == 413


def test_so_many_a_minute_and_no_more(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    # A minute may end meanwhile, once.
    codes = [post(client, REPORT) for _ in range(2 * policy_reports.MOST_A_MINUTE + 1)]

    assert codes[: policy_reports.MOST_A_MINUTE] == [204] * policy_reports.MOST_A_MINUTE
    assert 429 in codes


def test_only_posted(client: Client) -> None:
    assert client.get("/csp-report").status_code == 405


@pytest.mark.django_db
def test_the_policy_of_every_page_names_it(client: Client) -> None:
    policy = client.get("/pricing").headers["Content-Security-Policy"]

    assert f"report-uri {reverse('policy_report')}" in policy
