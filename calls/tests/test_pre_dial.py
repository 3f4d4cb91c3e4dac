"""The customer's own server is asked before a call is dialled: signed, within seconds, and only a clear yes counts."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from accounts import audit
from agents.models import Agent
from calls.models import Call, DialCheck
from calls.services import dialing_rules, lifecycle, pre_dial, starting
from vaniagent.lib import outbound

pytestmark = pytest.mark.django_db

YES = b'{"allow": true}'


class Answers(BaseHTTPRequestHandler):
    """A server that answers as the test says."""

    status: ClassVar[int] = 200
    body: ClassVar[bytes] = YES
    delay: ClassVar[float] = 0.0
    asked: ClassVar[list[tuple[bytes, dict[str, str]]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((body, dict(self.headers)))
        time.sleep(self.delay)
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", self.path)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in (("status", 200), ("body", YES), ("delay", 0.0), ("asked", [])):
        monkeypatch.setattr(Answers, name, value)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/may-i"
        running.shutdown()
        thread.join(5)


@pytest.fixture
def secret(agent: Agent, server: str, settings: Any) -> str:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    changes = {"pre_dial_url": server}
    _rules, made = dialing_rules.change_rules(
        account=agent.account, changes=changes, by=audit.PLATFORM, at=timezone.now()
    )
    assert made is not None
    return made


@pytest.fixture
def call(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setattr("calls.tasks.run_call.apply_async", lambda **options: None)
    return starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+15005550001",
        from_number=None,
        metadata={"customer_id": "cust_1"},
        at=timezone.now(),
    )


def ask(call: Call) -> pre_dial.Verdict:
    question = pre_dial.next_question(call_id=call.public_id, at=timezone.now())
    assert question is not None
    return asyncio.run(pre_dial.ask(question))


def settle(call: Call, verdict: pre_dial.Verdict) -> bool:
    claim = lifecycle.claim_call(call_id=call.pk, worker="worker-1", at=timezone.now())
    assert claim is not None
    return pre_dial.settle(call_id=call.public_id, token=claim.token, verdict=verdict, at=timezone.now())


def test_a_yes_lets_the_call_out_and_is_kept(call_with_secret: Call, secret: str):
    call = call_with_secret

    verdict = ask(call)

    assert verdict.is_yes
    assert settle(call, verdict)
    (body, headers) = Answers.asked[0]
    said = Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    assert (said["type"], said["call_id"], said["to_number"]) == ("call.dial_check", call.public_id, "+15005550001")
    assert said["metadata"] == {"customer_id": "cust_1"}
    check = DialCheck.objects.get(call=call, answer_digest=verdict.answer_digest)
    assert (check.is_allowed, check.results[0]["rule"]) == (True, "pre_dial")
    # Who drives the call after a lost worker does not ask again.
    assert pre_dial.next_question(call_id=call.public_id, at=timezone.now()) is None


@pytest.fixture
def call_with_secret(secret: str, call: Call) -> Call:
    return call


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"allow": false}'),
        (200, b'{"allow": "true"}'),
        (200, b'{"allow": 1}'),
        (200, b"true"),
        (200, b"[]"),
        (200, b""),
        (200, b"[" * 900),
        (200, b'{"allow": true, "more": "' + b"x" * 5_000 + b'"}'),
        (201, YES),
        (204, b""),
        (302, YES),
        (500, YES),
    ],
)
def test_anything_else_is_a_no(call_with_secret: Call, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes):
    call = call_with_secret
    monkeypatch.setattr(Answers, "status", status)
    monkeypatch.setattr(Answers, "body", body)

    assert not settle(call, ask(call))

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by, call.cost) == ("failed", "do_not_call", "platform", 0)
    assert DialCheck.objects.filter(call=call, refused_by="pre_dial").count() == 1
    assert len(Answers.asked) == 1


def test_a_server_that_is_slow_or_gone_is_a_no(call_with_secret: Call, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pre_dial, "DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr(Answers, "delay", 1.0)

    verdict = ask(call_with_secret)

    assert (verdict.is_yes, verdict.answer_digest) == (False, "")
    assert verdict.detail.startswith("no answer")


def test_another_worker_settles_nothing(call_with_secret: Call):
    with pytest.raises(lifecycle.Superseded):
        pre_dial.settle(
            call_id=call_with_secret.public_id, token=9, verdict=pre_dial.Verdict(True, ""), at=datetime.now(UTC)
        )


def test_nobody_is_asked_where_there_is_no_server(call: Call):
    assert pre_dial.next_question(call_id=call.public_id, at=timezone.now()) is None


@pytest.mark.parametrize("url", ["http://example.com/x", "https://127.0.0.1/x", "https://10.0.0.1/", "https://[::1]/"])
def test_a_server_of_ours_is_not_asked(agent: Agent, url: str):
    with pytest.raises(outbound.UrlRefused) as refused:
        dialing_rules.change_rules(
            account=agent.account, changes={"pre_dial_url": url}, by=audit.PLATFORM, at=timezone.now()
        )

    assert refused.value.param == "pre_dial_url"


def test_the_secret_is_told_once(api: Any, settings: Any):
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    body = {"pre_dial_url": "https://example.com/may-i-call"}

    first = api.patch("/v1/dialing_rules", body).json()
    again = api.patch("/v1/dialing_rules", body).json()
    rotated = api.patch("/v1/dialing_rules", {"rotate_secret": True}).json()

    assert first["pre_dial_secret"].startswith("whsec_")
    assert (again["pre_dial_secret"], again["pre_dial_url"]) == (None, body["pre_dial_url"])
    assert rotated["pre_dial_secret"] not in (None, first["pre_dial_secret"])
    assert api.get("/v1/dialing_rules").json()["pre_dial_secret"] is None
    assert json.dumps(first).count("whsec_") == 1
