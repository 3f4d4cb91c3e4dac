"""A call's page, and what is done from it."""

from __future__ import annotations

import wave
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts.models import Account, AuditEntry, Membership
from agents.models import Agent
from billing import services as billing
from calls import events
from calls.models import Call, CallEvent, Recording, Turn
from calls.peaks import peaks_of
from calls.services import control
from calls.services.traces import add_trace
from calls.telephony.sip_trace import SipMessage, Trace
from conftest import make_agent
from dashboard.tests.test_calls import HOSTILE, ended, live
from webhooks import services as webhooks
from webhooks.models import Attempt, Delivery

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def write_wav(path: Path, *channels: list[int], rate: int = 16_000) -> None:
    with wave.open(str(path), "wb") as recording:
        recording.setnchannels(len(channels))
        recording.setsampwidth(2)
        recording.setframerate(rate)
        recording.writeframes(np.array(channels, dtype="<i2").T.tobytes())


def record(call: Call, path: Path) -> Recording:
    write_wav(path, [0, 100, -32768, 0], [8192, 0, 0, 0])
    return Recording.objects.create(
        call=call, status="ready", path=path.name, sample_rate=16_000, duration_ms=4000, size_bytes=path.stat().st_size
    )


def say(call: Call, number: int, speaker: str, text: str, **fields: Any) -> Turn:
    place = {"start_ms": number * 1000, "end_ms": number * 1000 + 900}
    return Turn.objects.create(
        call=call,
        number=number,
        speaker=speaker,
        text=text,
        is_final=True,
        created_at=timezone.now(),
        **place,
        **fields,
    )


def delivery_of(call: Call, status: str = Delivery.Status.FAILED) -> Delivery:
    endpoint = webhooks.create_endpoint(
        account=call.account, url="https://hooks.example.com/v", events=["call.started", "call.completed"]
    )
    events.record(call, "call.started", at=timezone.now())
    delivery = Delivery.objects.get(endpoint=endpoint)
    Delivery.objects.filter(pk=delivery.pk).update(status=status, attempts_made=1)
    Attempt.objects.create(
        delivery=delivery, number=1, started_at=timezone.now(), duration_ms=90, status_code=500, response=HOSTILE
    )
    return delivery


@pytest.fixture(autouse=True)
def recordings(settings: Any, tmp_path: Path) -> Path:
    settings.RECORDINGS_DIR = tmp_path
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    return tmp_path


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put on the bus."""
    sent: list[Any] = []
    monkeypatch.setattr(control, "publish", lambda to, item: sent.append(item) or 1)
    return sent


def test_a_call_that_ended(browser: Client, agent: Agent, recordings: Path) -> None:
    now = timezone.now()
    call = ended(
        agent,
        ended_reason="silence_timeout",
        sentiment="positive",
        summary="They moved a booking.",
        metadata={"customer": "c_1", "tags": ["a", 1]},
        heard_p50_ms=780,
        heard_p95_ms=1240,
        heard_turns=5,
        created_at=now - timedelta(seconds=90),
    )
    say(call, 1, "agent", "Good morning.", was_interrupted=True, latency={"llm": 240, "total": 840})
    record(call, recordings / "a.wav")
    CallEvent.objects.create(
        call=call, seq=1, type="call.note", data={"text": "A guest."}, at=now, origin="a@b.example"
    )
    billing.hold_first_minute(account=call.account, reference=call.public_id, rate_per_minute=100_000, at=now)
    billing.settle_call(account=call.account, reference=call.public_id, micro_credits=38_000, at=now)

    html = browser.get(f"/calls/{call.public_id}").content.decode()

    for text in (
        "Nobody spoke for a while, so the agent said goodbye.",
        "raise the agent’s silence timeout",
        "They moved a booking.",
        "Good morning.",
        "interrupted",
        "answered after 840 ms",
        "240 ms thinking of an answer",
        "780 ms",
        "A note was whispered to the agent.",
        "a@b.example",
        "−$0.0380",
        "Held and given back",
        "$0.0620",
        "[&quot;a&quot;, 1]",
        f"&quot;id&quot;: &quot;{call.public_id}&quot;",
        f'src="/files/{call.public_id}/recording.wav?',
    ):
        assert text in html, text
    assert "data-live=" not in html


def test_a_call_that_nobody_answered(browser: Client, agent: Agent) -> None:
    call = ended(agent, status="failed", ended_reason="busy", answered_at=None, duration=0, cost=0)

    html = browser.get(f"/calls/{call.public_id}").content.decode()

    assert "Nobody was spoken to" in html
    assert "<audio" not in html


def test_a_live_call_is_followed_and_steered_by_those_who_may(
    account: Account, agent: Agent, log_in: Callable[..., Client]
) -> None:
    call = live(agent)

    developer = log_in(account, Membership.Role.DEVELOPER).get(f"/calls/{call.public_id}").content.decode()
    viewer = log_in(account, Membership.Role.VIEWER).get(f"/calls/{call.public_id}").content.decode()

    for html in (developer, viewer):
        assert f'data-live="{account.public_id}"' in html
    assert "Hang up" in developer
    assert "Have the agent say" in developer
    assert "Hang up" not in viewer
    assert "<form" not in viewer.partition('<article id="call"')[2]


def test_htmx_gets_the_call_alone(browser: Client, agent: Agent) -> None:
    part = browser.get(f"/calls/{ended(agent).public_id}", headers=HTMX).content.decode()

    assert part.lstrip().startswith("<article")


def test_hostile_texts_come_back_as_text(browser: Client, account: Account) -> None:
    call = ended(
        make_agent(account, name=HOSTILE),
        HOSTILE,
        metadata={HOSTILE: HOSTILE},
        summary=HOSTILE,
        ended_reason="<b>moon</b>",
        from_number="<b>1</b>",
        direction="inbound",
    )
    CallEvent.objects.create(
        call=call, seq=1, type=HOSTILE[:40], data={"text": HOSTILE}, at=timezone.now(), origin=HOSTILE
    )
    Call.objects.filter(pk=call.pk).update(last_seq=1)
    delivery_of(call)

    html = browser.get(f"/calls/{call.public_id}").content.decode()

    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_costs_as_much_for_a_long_call(browser: Client, agent: Agent, django_assert_num_queries: Any) -> None:
    short, long = ended(agent), ended(agent)
    for number, call in ((1, short), (40, long)):
        for at in range(number):
            say(call, at + 1, "agent", "Hello.")
            CallEvent.objects.create(call=call, seq=at + 1, type="call.note", data={"text": "x"}, at=timezone.now())
            billing.hold_first_minute(
                account=call.account, reference=f"{call.public_id}/minute/{at}", rate_per_minute=1, at=timezone.now()
            )
        Call.objects.filter(pk=call.pk).update(last_seq=number)
        delivery_of(call)

    for call in (short, long):
        with django_assert_num_queries(12):
            browser.get(f"/calls/{call.public_id}")


def test_calls_of_others_do_not_exist(browser: Client, other_account: Account, published: list[Any]) -> None:
    call = live(make_agent(other_account))
    delivery = delivery_of(call)

    for path in ("", "/peaks.json"):
        assert browser.get(f"/calls/{call.public_id}{path}").status_code == 404
    for path in ("/say", "/note", "/hang-up", f"/deliveries/{delivery.public_id}/replay"):
        assert browser.post(f"/calls/{call.public_id}{path}", {"text": "Hi"}).status_code == 404
    assert published == []


def test_peaks_of_a_recording(browser: Client, agent: Agent, recordings: Path) -> None:
    call = ended(agent)
    assert browser.get(f"/calls/{call.public_id}/peaks.json").status_code == 404

    record(call, recordings / "a.wav")
    for _again in range(2):
        answer = browser.get(f"/calls/{call.public_id}/peaks.json")
        assert answer.json() == {"peaks": [[0.0, 0.003, 1.0, 0.0], [0.25, 0.0, 0.0, 0.0]], "seconds": 4.0}


def test_peaks_of_a_recording_that_is_none(browser: Client, agent: Agent, recordings: Path) -> None:
    for name, text in (("none.wav", None), ("bad.wav", b"RIFF"), ("../out.wav", None)):
        if text:
            (recordings / name).write_bytes(text)
        call = ended(agent)
        Recording.objects.create(call=call, status="ready", path=name, sample_rate=16_000, size_bytes=1)

        assert browser.get(f"/calls/{call.public_id}/peaks.json").status_code == 404


def test_peaks_are_as_many_as_are_drawn(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", [1000] * 10_001, [0] * 10_001)

    left, right = peaks_of(tmp_path / "a.wav", points=100)

    assert (len(left), set(left), set(right)) == (100, {0.031}, {0.0})


@pytest.mark.parametrize(
    ("path", "event", "action"), [("say", "call.say", "call.said"), ("note", "call.note", "call.noted")]
)
def test_something_is_said_or_whispered(
    browser: Client, agent: Agent, published: list[Any], path: str, event: str, action: str
) -> None:
    call = live(agent)

    assertRedirects(
        browser.post(f"/calls/{call.public_id}/{path}", {"text": "Hi"}),
        f"/calls/{call.public_id}",
        fetch_redirect_response=False,
    )
    assert browser.post(f"/calls/{call.public_id}/{path}", {"text": "Hi"}, headers=HTMX).status_code == 204

    logged = CallEvent.objects.filter(call=call, type=event)
    assert [(one.data, one.origin) for one in logged] == [({"text": "Hi"}, f"owner-{agent.account.pk}@example.com")] * 2
    assert AuditEntry.objects.filter(action=action, target=call.public_id).count() == 2


@pytest.mark.parametrize(("sent", "digits"), [({"digits": "12#"}, "12#"), ({"digits": "", "digit": "*"}, "*")])
def test_keys_are_pressed(browser: Client, agent: Agent, published: list[Any], sent: Any, digits: str) -> None:
    call = live(agent)

    assert browser.post(f"/calls/{call.public_id}/press", sent, headers=HTMX).status_code == 204
    assert browser.post(f"/calls/{call.public_id}/press", {"digits": "x"}, headers=HTMX).status_code == 400

    assert [event.data for event in CallEvent.objects.filter(call=call, type="call.digits_sent")] == [
        {"digits": digits}
    ]
    assert AuditEntry.objects.filter(action="call.digits_sent", target=call.public_id).count() == 1


def test_what_somebody_said_in_the_agents_place_is_marked(browser: Client, agent: Agent) -> None:
    call = live(agent)
    say(call, 1, "agent", "I am a person.", by_operator=True)

    text = " ".join(browser.get(f"/calls/{call.public_id}").text.split())

    assert 'class="line line-agent line-operator"' in text
    assert '<span class="line-who"> Operator </span>' in text


def test_what_cannot_be_said_is_refused_in_words(browser: Client, agent: Agent) -> None:
    call = ended(agent)

    answer = browser.post(f"/calls/{call.public_id}/say", {"text": "Hi"}, headers=HTMX)
    page = browser.post(f"/calls/{call.public_id}/note", {"text": ""}, follow=True)

    assert (answer.status_code, answer.content.decode().strip()) == (400, "<p>The call is not in progress.</p>")
    assert "1 to 2000 characters" in page.content.decode()
    assert not CallEvent.objects.filter(call=call).exists()


def test_a_call_is_hung_up(browser: Client, agent: Agent) -> None:
    call = live(agent)

    assert browser.post(f"/calls/{call.public_id}/hang-up").status_code == 302

    call.refresh_from_db()
    assert call.hangup_by == "api"
    assert AuditEntry.objects.get(action="call.hung_up").target == call.public_id


def test_a_webhook_is_sent_again(browser: Client, agent: Agent) -> None:
    call = ended(agent)
    delivery = delivery_of(call)

    browser.post(f"/calls/{call.public_id}/deliveries/{delivery.public_id}/replay")

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.PENDING
    assert AuditEntry.objects.get(action="webhook.replayed").target == delivery.public_id


def test_a_webhook_of_another_call_is_not_sent_again_from_here(browser: Client, agent: Agent) -> None:
    delivery = delivery_of(ended(agent))

    answer = browser.post(f"/calls/{ended(agent).public_id}/deliveries/{delivery.public_id}/replay")

    assert answer.status_code == 404


def test_the_sip_trace(browser: Client, agent: Agent) -> None:
    call, bare = ended(agent), ended(agent)
    text = f"INVITE sip:x SIP/2.0\nSubject: {HOSTILE}"
    add_trace(
        call_id=call.public_id,
        trace=Trace([SipMessage(timezone.now(), True, "udp", "198.51.100.7:5060", text)], is_cut=True),
    )

    page = browser.get(f"/calls/{call.public_id}/sip").content.decode()
    file = browser.get(f"/calls/{call.public_id}/sip.txt")

    assert "198.51.100.7:5060" in page
    assert "There were more messages than are kept." in page
    assert HOSTILE not in page
    assert HOSTILE in file.content.decode()
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert "There is none" in browser.get(f"/calls/{bare.public_id}/sip").content.decode()
    assert browser.get(f"/calls/{bare.public_id}/sip.txt").status_code == 404
