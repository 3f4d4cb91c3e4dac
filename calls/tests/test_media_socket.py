"""`/media/browser/…`: a scripted browser at the real consumer, and a scripted worker on the real bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from agents.models import Agent
from billing.models import Balance
from calls import bus, links
from calls.audio.wav import read_wav
from calls.consumers import holding, media
from calls.models import Call, Leg, LegHolder, Recording
from calls.services import starting, talk_links, transcripts
from calls.services.starting import BrowserTalk
from calls.telephony.browser import MOST_ON_ITS_WAY
from calls.tests.talking import FRAME, SPEECH, FakeBrowser, FakeWorker, in_database, until

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]


async def state_of(call: Call) -> tuple[str, str | None, str | None]:
    rows = Call.objects.filter(pk=call.pk).values_list("status", "ended_reason", "ended_by")
    return await in_database(rows.get)


async def until_ended(call: Call) -> tuple[str, str | None, str | None]:
    await until(lambda: not Call.objects.get(pk=call.pk).is_live)
    return await state_of(call)


@pytest.fixture(autouse=True)
async def legs(settings: Any, tmp_path: Path) -> AsyncIterator[None]:
    settings.RECORDINGS_DIR = tmp_path
    settings.SPEECH_URL = "http://127.0.0.1:1"
    settings.BUS_PREFIX = bus.process_name("test")
    yield
    await holding.web_legs().close()


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
async def browser(talk: BrowserTalk) -> AsyncIterator[FakeBrowser]:
    """A page in the talk, before a worker has come."""
    browser = FakeBrowser(talk.media_url)
    assert await browser.open()
    yield browser
    await browser.leave()


@pytest.fixture
async def talking(browser: FakeBrowser, worker: FakeWorker) -> FakeBrowser:
    await browser.message("ringing")
    await worker.dial()
    await browser.message("answered")
    return browser


async def test_an_open_socket_queues_the_call(browser, talk, queued):
    ringing = await browser.message("ringing")

    await until(lambda: bool(queued))
    assert queued == [("run_call", talk.call.pk, "calls")]
    assert ringing == {"type": "ringing", "call_id": talk.call.public_id, "rate": 16_000}
    holder = await in_database(LegHolder.objects.get)
    leg = await in_database(Leg.objects.get, call=talk.call)
    assert (holder.kind, holder.name) == ("web", leg.holder)
    assert leg.status == "planned"


async def test_sound_goes_to_the_worker_and_comes_from_it(talking, worker, talk):
    await talking.speak()
    heard = await worker.hear(lambda item: isinstance(item, bus.Heard) and FRAME in item.pcm)
    assert heard.call == talk.call.public_id

    await worker.send(bus.Speech(talk.call.public_id, worker.token, utterance=1, pcm=SPEECH * 5, is_last=True))
    assert await talking.sound(lambda frame: frame == SPEECH) == SPEECH
    over = await worker.hear(lambda item: isinstance(item, bus.Played) and item.is_over)
    assert (over.utterance, over.played_ms) == (1, 100)
    assert await state_of(talk.call) == ("in_progress", None, None)


async def test_interrupted_speech_counts_as_far_as_the_browser_played_it(talking, worker, talk):
    call_id = talk.call.public_id
    await worker.send(bus.Speech(call_id, worker.token, utterance=1, pcm=SPEECH * 500, is_last=True))
    for _ in range(20):
        await talking.sound(lambda frame: frame == SPEECH)
    await worker.send(bus.Flush(call_id, worker.token))
    assert await talking.message("flush") == {"type": "flush"}

    over = await worker.hear(lambda item: isinstance(item, bus.Played) and item.is_over)
    # The browser has reported nothing, so that the half second that may be on its way does not count.
    assert over.played_ms == 20 * max(0, talking.spoken_before_flush - MOST_ON_ITS_WAY)


async def test_the_person_reads_what_is_said_and_how_quick_the_answer_was(talking, worker, talk):
    said = {"call_id": talk.call.public_id, "token": worker.token, "at": timezone.now()}
    await in_database(transcripts.record_user_turn, **said, text="When are you open?", start_ms=900, end_ms=2000)
    await in_database(
        transcripts.record_agent_turn_started, **said, utterance=1, text="From nine to five.", latency={"total": 600}
    )
    await in_database(
        transcripts.record_agent_turn_ended,
        **said,
        utterance=1,
        text="From nine to five.",
        start_ms=2650,
        end_ms=4000,
        was_interrupted=False,
    )

    lines = [await talking.message("transcript") for _ in range(3)]
    latency = await talking.message("latency")

    assert [(line["speaker"], line["text"]) for line in lines if line["is_final"]] == [
        ("user", "When are you open?"),
        ("agent", "From nine to five."),
    ]
    assert (latency["heard_ms"], latency["stages"]["total"]) == (650, 600)


async def test_leaving_the_page_hangs_up(talking, worker, talk, tmp_path):
    for _ in range(20):
        await talking.speak()
        await asyncio.sleep(0.02)

    await talking.leave()
    ended = await worker.hear(lambda item: isinstance(item, bus.LegState) and item.state == "ended")

    assert (ended.reason, ended.by) == ("user_hangup", "user")
    # No worker completes it here: the holder does.
    assert await until_ended(talk.call) == ("completed", "user_hangup", "user")
    recording = await in_database(Recording.objects.get, call=talk.call)
    samples, rate = read_wav(tmp_path / recording.path)
    assert (rate, recording.sample_rate) == (16_000, 16_000)
    assert samples[:, 0].max() == 1000


async def test_who_hangs_up_by_the_button_reads_how_it_ended(talking, worker, talk):
    await talking.send(type="hangup")

    ended = await talking.message("ended")

    assert (ended["reason"], ended["duration"]) == ("user_hangup", 0)
    assert await talking.close_code() == 1000


async def test_who_is_hung_up_on_reads_so(talking, worker, talk):
    await worker.send(
        bus.HangUp(talk.call.public_id, worker.token, reason="agent_hangup", by="agent", after_speech=False)
    )

    assert (await talking.message("ended"))["reason"] == "agent_hangup"
    assert await talking.close_code() == 1000


async def test_the_button_hushes_the_agent(talking, worker, talk):
    await talking.send(type="interrupt")

    assert await worker.hear(lambda item: isinstance(item, bus.Hush)) == bus.Hush(talk.call.public_id, 0)


async def test_who_leaves_before_anybody_came_has_canceled(browser, talk):
    await browser.message("ringing")

    await browser.leave()

    assert await until_ended(talk.call) == ("failed", "canceled", "user")
    assert (await in_database(Balance.objects.get)).held == 0


async def test_an_address_is_good_once(browser, talk):
    await browser.message("ringing")
    second = FakeBrowser(talk.media_url)

    assert await second.open()
    assert await second.close_code() == media.TALK_GONE
    assert (await state_of(talk.call))[0] == "initiated"


async def test_addresses_that_were_not_made_here_lead_nowhere(talk, settings):
    call_id, expires, signature = talk.media_url.rpartition("/")[2].split(".")
    old = links.media_path(call_id, at=timezone.now() - links.MEDIA_LIFETIME * 2).rpartition("/")[2]
    for token in (
        f"{call_id}.{int(expires) + 60}.{signature}",
        f"call_other.{expires}.{signature}",
        f"{call_id}.{expires}",
        f"{call_id}.x.{signature}",
        call_id,
        old,
        "%00",
    ):
        stranger = FakeBrowser(f"/media/browser/{token}")
        assert await stranger.open()
        assert await stranger.close_code() == media.TALK_GONE, token
    assert await in_database(Leg.objects.filter(holder="").count) == 1


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        ("http://testserver", True),
        ("https://vani.example", True),
        ("https://shop.example", True),
        ("https://evil.example", False),
        ("http://shop.example", False),
        ("null", False),
    ],
)
async def test_only_pages_that_may_show_the_agent_open_its_socket(agent, settings, origin, is_let_in):
    settings.PUBLIC_URL = "https://vani.example"
    link = await in_database(
        talk_links.enable_link, agent=agent, allowed_origins=["https://shop.example"], at=timezone.now()
    )
    talk = await in_database(talk_links.start_public_talk, slug=link.slug, visitor="203.0.113.9", at=timezone.now())
    browser = FakeBrowser(talk.media_url, origin=origin)

    assert await browser.open() is is_let_in
    if is_let_in:
        await browser.leave()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\0" * 638, media.BAD_FRAME),
        (b"\0" * 100_000, media.BAD_FRAME),
    ],
)
async def test_frames_of_another_size_close_the_socket(talking, frame, code):
    await talking.speak(frame)

    assert await talking.close_code() == code


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "say"}', '{"type": "played", "frames": "1"}', "null"])
async def test_messages_that_are_none_close_the_socket(talking, text):
    await talking._socket.send_to(text_data=text)

    assert await talking.close_code() == media.BAD_FRAME


async def test_a_flood_closes_the_socket(talking):
    # What is counted begins anew with each look at the log.
    for _ in range(3 * media.MOST_MESSAGES):
        await talking.send(type="played", frames=1)

    assert await talking.close_code() == media.ABUSE


async def test_a_microphone_that_is_too_fast_closes_the_socket(talking):
    for _ in range(media.MOST_DROPPED_FRAMES + 200):
        await talking.speak()

    assert await talking.close_code() == media.ABUSE


async def test_a_full_process_turns_browsers_away(talk, settings):
    settings.MEDIA_MAX_SOCKETS = 0
    browser = FakeBrowser(talk.media_url)

    assert await browser.open()
    assert await browser.close_code() == media.NOT_NOW


async def test_the_end_of_the_process_ends_its_legs(talking, worker, talk):
    await holding.web_legs().close()

    assert await until_ended(talk.call) == ("failed", "media_lost", "platform")
    assert await in_database(LegHolder.objects.count) == 0
