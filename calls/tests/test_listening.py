"""`/media/listen/…`: a member at the real consumer, in a talk whose leg a real holder keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, Membership, User
from agents.models import Agent
from calls import bus
from calls.audio.wav import read_wav
from calls.consumers import ears, holding, listening
from calls.models import Call, CallEvent, Recording, Turn
from calls.services import operating, starting, transcripts
from calls.services.starting import BrowserTalk
from calls.telephony import guests
from calls.tests.talking import FRAME, SPEECH, FakeBrowser, FakeWorker, in_database, until
from calls.timeline import timeline

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]

MICROPHONE = (3000).to_bytes(2, "little", signed=True) * 320


def is_loud(side: int, value: int) -> Callable[[bytes], bool]:
    """Whether a frame of two channels holds this sample on this side."""
    return lambda frame: bool(np.frombuffer(frame, dtype="<i2").reshape(-1, 2)[0, side] == value)


@pytest.fixture(autouse=True)
async def legs(settings: Any, tmp_path: Path) -> AsyncIterator[None]:
    settings.RECORDINGS_DIR = tmp_path
    settings.SPEECH_URL = "http://127.0.0.1:1"
    settings.BUS_PREFIX = bus.process_name("test")
    yield
    await ears.ears().end()
    await holding.web_legs().close()


@pytest.fixture
def by(agent: Agent) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"), ip="192.0.2.1")


@pytest.fixture
def talk(agent: Agent) -> BrowserTalk:
    return starting.start_browser_talk(account=agent.account, agent=agent, at=timezone.now())


@pytest.fixture
async def worker(talk: BrowserTalk) -> AsyncIterator[FakeWorker]:
    wire = bus.Bus(url=django_settings.REDIS_URL, name=bus.process_name("worker"), prefix=django_settings.BUS_PREFIX)
    worker = FakeWorker(wire, talk.call.public_id)
    yield worker
    await worker.close()


@pytest.fixture
async def caller(talk: BrowserTalk, worker: FakeWorker) -> AsyncIterator[FakeBrowser]:
    """The person who talks with the agent."""
    browser = FakeBrowser(talk.media_url)
    assert await browser.open()
    await browser.message("ringing")
    await worker.dial()
    await browser.message("answered")
    yield browser
    await browser.leave()


@pytest.fixture
async def member(talk: BrowserTalk, caller: FakeBrowser, by: audit.Actor) -> AsyncIterator[FakeBrowser]:
    """The one who listens in."""
    member = FakeBrowser(operating.listen_path(call=talk.call, by=by))
    assert await member.open()
    await member.message("listening")
    yield member
    await member.leave()


async def speaking(browser: FakeBrowser, frame: bytes) -> None:
    while True:
        await browser.speak(frame)
        await asyncio.sleep(0.02)


async def test_both_sides_are_heard(member, caller, worker, talk):
    talking = asyncio.create_task(speaking(caller, FRAME))
    await worker.send(bus.Speech(talk.call.public_id, worker.token, 1, SPEECH * 100, is_last=True))

    await member.sound(is_loud(0, 1000))
    await member.sound(is_loud(1, 2000))

    talking.cancel()
    entry = await in_database(AuditEntry.objects.get, action="call.listened_in")
    assert (entry.actor, entry.target, entry.ip) == ("owner@example.com", talk.call.public_id, "192.0.2.1")


async def test_a_listener_who_leaves_leaves_the_call_alone(member, caller, worker, talk):
    await member.leave()
    await worker.send(bus.Speech(talk.call.public_id, worker.token, 1, SPEECH * 10, is_last=True))

    await caller.sound(lambda frame: frame == SPEECH)

    assert await in_database(lambda: Call.objects.get(pk=talk.call.pk).status) == Call.Status.IN_PROGRESS


async def test_the_end_of_the_call_is_the_end_of_listening(member, caller):
    await caller.send(type="hangup")

    assert (await member.message("ended")) == {"type": "ended"}
    assert await member.close_code() == 1000


async def test_an_address_is_good_once(caller, talk, by):
    path = operating.listen_path(call=talk.call, by=by)
    first, second = FakeBrowser(path), FakeBrowser(path)
    assert await first.open()
    await first.message("listening")

    assert await second.open()
    assert await second.close_code() == listening.GONE
    await first.leave()


async def test_an_address_that_was_tampered_with(caller, talk, by):
    member = FakeBrowser(operating.listen_path(call=talk.call, by=by) + "x")

    assert await member.open()
    assert await member.close_code() == listening.GONE


async def test_other_pages_are_refused(caller, talk, by):
    member = FakeBrowser(operating.listen_path(call=talk.call, by=by), origin="https://elsewhere.example")

    assert not await member.open()


@pytest.mark.parametrize("role", [Membership.Role.VIEWER, None])
async def test_only_developers_listen(caller, talk, by, role):
    path = operating.listen_path(call=talk.call, by=by)
    places = Membership.objects.filter(user=by.user)
    await in_database(places.update, role=role) if role else await in_database(places.delete)
    member = FakeBrowser(path)

    assert await member.open()
    assert await member.close_code() == listening.GONE


async def test_a_member_who_loses_the_role_hears_no_more(member, by, monkeypatch):
    await in_database(Membership.objects.filter(user=by.user).update, role=Membership.Role.VIEWER)

    assert await member.close_code() == listening.GONE


async def test_taken_over_and_handed_back(member, caller, worker, talk):
    call = talk.call
    await worker.send(bus.Speech(call.public_id, worker.token, 1, SPEECH * 500, is_last=True))
    await member.sound(is_loud(1, 2000))

    await member.send(type="take_over")
    await member.message("taken_over")
    speaking_up = asyncio.create_task(speaking(member, MICROPHONE))
    await worker.hear(lambda item: isinstance(item, bus.Operated) and item.is_on)
    await worker.hear(lambda item: isinstance(item, bus.OperatorSaid) and item.pcm.startswith(MICROPHONE))
    await worker.send(bus.Speech(call.public_id, worker.token, 2, SPEECH * 10, is_last=True))
    await caller.sound(lambda frame: frame == MICROPHONE)
    unheard = await worker.hear(lambda item: isinstance(item, bus.Played) and item.utterance == 2)
    speaking_up.cancel()
    await member.send(type="hand_back")
    await member.message("handed_back")
    await worker.hear(lambda item: isinstance(item, bus.Operated) and not item.is_on)
    await worker.send(bus.Speech(call.public_id, worker.token, 3, SPEECH * 10, is_last=True))
    await worker.hear(lambda item: isinstance(item, bus.Played) and item.utterance == 3 and item.played_ms > 0)

    assert (unheard.is_over, unheard.played_ms) == (True, 0)
    moments = await in_database(timeline, call)
    done = [moment for moment in moments if moment.origin]
    assert [(moment.type, moment.origin) for moment in done] == [
        ("call.listened_in", "owner@example.com"),
        ("call.taken_over", "owner@example.com"),
        ("call.handed_back", "owner@example.com"),
    ]
    actions = await in_database(lambda: list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)))
    assert actions == ["call.listened_in", "call.taken_over", "call.handed_back"]
    await caller.send(type="hangup")
    await until(lambda: not Call.objects.get(pk=call.pk).is_live)
    recording = await in_database(Recording.objects.get, call=call)
    samples, _ = read_wav(Path(django_settings.RECORDINGS_DIR) / recording.path)
    assert np.any(samples[:, 1] == 3000)


async def test_an_operator_whose_socket_dies_hands_back_after_a_while(member, caller, worker, talk, monkeypatch):
    monkeypatch.setattr(guests, "LEASE_SECONDS", 0.6)
    await member.send(type="take_over")
    await member.message("taken_over")
    await member.leave()

    await worker.hear(lambda item: isinstance(item, bus.Operated) and not item.is_on)

    # The worker writes it down.
    record = {"call_id": talk.call.public_id, "token": worker.token, "at": timezone.now()}
    await in_database(transcripts.record_operator_turn, text="Hello.", start_ms=0, end_ms=900, **record)
    await in_database(transcripts.record_operator_gone, **record)
    await in_database(transcripts.record_operator_gone, **record)
    events = await in_database(lambda: list(CallEvent.objects.order_by("seq").values("type", "data", "origin")))
    assert [(event["type"], event["data"].get("detail"), event["origin"]) for event in events[-3:]] == [
        ("call.taken_over", None, "owner@example.com"),
        ("transcript.update", None, "owner@example.com"),
        ("call.handed_back", "connection_lost", ""),
    ]
    assert await in_database(operating.said_by_operators, talk.call) == ("Hello.",)
    turn = await Turn.objects.aget(call=talk.call, text="Hello.")
    assert (turn.speaker, turn.source) == ("agent", "operator")


async def test_only_one_has_the_call(member, caller, talk, agent):
    await member.send(type="take_over")
    await member.message("taken_over")
    other = await in_database(User.objects.create_user, email="other@example.com")
    await in_database(
        Membership.objects.create,
        account=agent.account,
        user=other,
        role=Membership.Role.DEVELOPER,
        created_at=timezone.now(),
    )
    second = FakeBrowser(operating.listen_path(call=talk.call, by=audit.Actor(user=other)))
    assert await second.open()
    await second.message("listening")

    await second.send(type="take_over")

    assert await second.message("refused") == {"type": "refused"}
    await second.leave()


async def test_what_is_no_frame_closes_the_socket(member):
    await member.speak(b"\0" * 100)

    assert await member.close_code() == listening.BAD_FRAME


async def test_who_is_switched_off_operates_nothing(member, talk, by):
    """A member still, but one who may no longer log in."""
    unused = operating.listen_path(call=talk.call, by=by)
    await in_database(User.objects.filter(pk=by.user.pk).update, is_active=False)

    await member.send(type="take_over")

    assert await member.close_code() == listening.GONE
    late = FakeBrowser(unused)
    assert await late.open()
    assert await late.close_code() == listening.GONE
    assert not await CallEvent.objects.filter(type="call.taken_over").aexists()
