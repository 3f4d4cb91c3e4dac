"""What is erased of calls: by period, for one caller, and of a closed account."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django import conf

from accounts import audit, workspaces
from accounts.models import AuditEntry, User
from agents.models import Agent
from billing.models import Transaction
from calls.models import Call, CallEvent, CallWords, Recording, Retention, Turn
from calls.services import analysis, erasure
from calls.services.erasure import Erased
from calls.tests.conftest import NOW
from calls.tests.test_finding import ended
from conftest import make_agent
from webhooks.models import Event

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def by(account: Any) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"))


@pytest.fixture(autouse=True)
def recordings(settings: Any, tmp_path: Path) -> Path:
    settings.RECORDINGS_DIR = tmp_path
    return tmp_path


def spoken(agent: Agent, **fields: Any) -> Call:
    """A call with everything that can be erased."""
    call = ended(agent, "My name is Ada.", analysed_at=NOW, summary="Ada called.", metadata={"name": "Ada"}, **fields)
    name = f"{call.public_id}.wav"
    (conf.settings.RECORDINGS_DIR / name).write_bytes(b"sound")
    Recording.objects.create(call=call, status="ready", path=name, sample_rate=8000, duration_ms=1, size_bytes=5)
    said = {"speaker": "user", "text": "My name is Ada.", "is_final": True}
    CallEvent.objects.create(call=call, seq=1, type="transcript.update", data=said, at=NOW)
    Event.objects.create(
        account=agent.account, type="call.completed", subject=call.public_id, body="{}", created_at=NOW
    )
    return call


def left(call: Call) -> list[str]:
    """What there still is of a call."""
    call.refresh_from_db()
    kept = {
        "recording": Recording.objects.filter(call=call).exists(),
        "file": (conf.settings.RECORDINGS_DIR / f"{call.public_id}.wav").exists(),
        "turns": Turn.objects.filter(call=call).exists(),
        "words": CallWords.objects.filter(call=call).exists(),
        "text": CallEvent.objects.filter(call=call, data__has_key="text").exists(),
        "summary": call.summary is not None,
        "number": "…" not in call.to_number,
        "metadata": bool(call.metadata),
        "webhook": Event.objects.filter(subject=call.public_id).exists(),
    }
    return [name for name, is_there in kept.items() if is_there]


EVERYTHING = ["recording", "file", "turns", "words", "text", "summary", "number", "metadata", "webhook"]


def test_nothing_by_default(agent: Agent) -> None:
    call = spoken(agent, completed_at=NOW - 4000 * DAY)

    erasure.expire(at=NOW)

    assert left(call) == EVERYTHING
    assert erasure.retention_of(agent.account).recordings_days is None


def test_periods(agent: Agent, other_account: Any, by: audit.Actor) -> None:
    old, older = spoken(agent, completed_at=NOW - 31 * DAY), spoken(agent, completed_at=NOW - 91 * DAY)
    fresh, strange = (
        spoken(agent, completed_at=NOW - 29 * DAY),
        spoken(make_agent(other_account), completed_at=NOW - 99 * DAY),
    )
    erasure.set_retention(account=agent.account, recordings_days=30, transcripts_days=90, by=by, at=NOW)

    for _ in range(2):
        erasure.expire(at=NOW)

    assert left(fresh) == left(strange) == EVERYTHING
    assert left(old) == EVERYTHING[2:]
    assert left(older) == ["number", "metadata", "webhook"]
    assert CallEvent.objects.get(call=older).data == {"speaker": "user", "is_final": True}
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor_kind", "details")) == [
        ("data.retention_changed", "user", {"recordings_days": 30, "transcripts_days": 90}),
        ("data.expired", "platform", {"calls": 3, "recordings": 2}),
    ]


@pytest.mark.parametrize("days", [0, 3651])
def test_bad_periods(account: Any, by: audit.Actor, days: int) -> None:
    with pytest.raises(erasure.BadPeriod):
        erasure.set_retention(account=account, recordings_days=None, transcripts_days=days, by=by, at=NOW)

    assert not Retention.objects.exists()


def test_a_callers_data(agent: Agent, by: audit.Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "AT_ONCE", 1)
    number = "+442071838750"
    called, calling, other = spoken(agent, to_number=number), spoken(agent, from_number=number), spoken(agent)
    posted = Transaction.objects.count()

    erased = erasure.erase_caller(account=agent.account, number="+44 20 7183-8750", by=by, at=NOW)

    assert erased == Erased(calls=2, recordings=2)
    assert left(called) == left(calling) == []
    assert left(other) == EVERYTHING
    assert (called.to_number, calling.from_number, calling.to_number) == ("+44…50", "+44…50", "+14…00")
    assert (called.duration, Transaction.objects.count()) == (60, posted)
    assert AuditEntry.objects.get().details == {
        "number": "+44…50",
        "calls": 2,
        "recordings": 2,
        "exports": 0,
    }
    assert erasure.erase_caller(account=agent.account, number=number, by=by, at=NOW) == Erased(0, 0)


def test_another_accounts_caller_stays(agent: Agent, other_account: Any, by: audit.Actor) -> None:
    call = spoken(make_agent(other_account))

    assert erasure.erase_caller(account=agent.account, number="+14155550100", by=by, at=NOW) == Erased(0, 0)
    assert left(call) == EVERYTHING


def test_refused(call: Call, by: audit.Actor) -> None:
    with pytest.raises(erasure.CallerOnTheLine):
        erasure.erase_caller(account=call.account, number=call.to_number, by=by, at=NOW)
    with pytest.raises(erasure.BadNumber):
        erasure.erase_caller(account=call.account, number="12", by=by, at=NOW)

    assert not AuditEntry.objects.exists()


def test_a_closed_account_a_month_later(agent: Agent, by: audit.Actor) -> None:
    call, talk = spoken(agent), spoken(agent, to_number="browser", direction="inbound")
    workspaces.close_workspace(account=agent.account, by=by, at=NOW)

    erasure.expire(at=NOW + 30 * DAY)
    assert left(call) == EVERYTHING
    for _ in range(2):
        erasure.expire(at=NOW + 31 * DAY)

    assert left(call) == []
    assert left(talk) == ["number"]
    assert AuditEntry.objects.filter(action="data.expired").count() == 1


def test_a_file_that_is_gone_already(agent: Agent, by: audit.Actor, recordings: Path) -> None:
    call = spoken(agent)
    (recordings / f"{call.public_id}.wav").unlink()

    assert erasure.erase_caller(account=agent.account, number=call.to_number, by=by, at=NOW) == Erased(1, 1)


def test_an_analysis_under_way_brings_nothing_back(
    agent: Agent, by: audit.Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = spoken(agent)
    Call.objects.filter(pk=call.pk).update(analysed_at=None, summary=None)

    def erase_meanwhile(*_: Any) -> str:
        erasure.erase_caller(account=agent.account, number="+14155550100", by=by, at=NOW)
        return "Ada called."

    monkeypatch.setattr(analysis, "_summarize", erase_meanwhile)
    monkeypatch.setattr(analysis, "_read_recording", lambda call: None)
    analysis.analyse_call(call_id=call.pk, at=NOW)

    assert left(call) == []
