"""Phone lines that tests begin with."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Account
from calls import tasks
from calls.models import PhoneLine
from calls.services import lines
from calls.tests.conftest import NOW

TRUNK: dict[str, Any] = {
    "kind": "sip",
    "name": "Main trunk",
    "domain": "sip.carrier.example.com",
    "username": "acme",
    "password": "s3cret of ours",
    "numbers": ["+14155550101", "+14155550102"],
}
TWILIO: dict[str, Any] = {
    "kind": "twilio",
    "name": "Twilio",
    "account_sid": "AC" + "0" * 32,
    "auth_token": "token of ours",
    "numbers": ["+14155550103"],
}


def make_line(account: Account, **changes: Any) -> PhoneLine:
    base = TWILIO if changes.get("kind") == "twilio" else TRUNK
    return lines.create_line(account=account, at=NOW, **{**base, **changes})


@pytest.fixture(autouse=True)
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines that were queued to be tried, and calls that wait: no broker takes part."""
    queued: list[int] = []
    monkeypatch.setattr(tasks.check_line, "delay", lambda *, line_pk: queued.append(line_pk))
    monkeypatch.setattr(tasks.run_call, "apply_async", lambda **options: None)
    return queued
