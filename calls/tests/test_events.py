from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.core.signing import Signer
from django.db import transaction

from calls import events, links
from calls.models import Call, CallEvent, Recording
from calls.tests.conftest import NOW, answer, in_thread, make_call
from webhooks.models import Event

pytestmark = pytest.mark.usefixtures("queued")


def test_events_are_numbered_from_one(call):
    events.record(call, "call.note", at=NOW, data={"text": "Be brief."})

    assert list(call.events.order_by("seq").values_list("seq", "type")) == [(1, "call.started"), (2, "call.note")]
    assert Call.objects.get(pk=call.pk).last_seq == 2


def test_the_feed_shows_an_event_with_its_fields(call):
    event = events.record(call, "call.note", at=NOW, data={"text": "Be brief."})

    assert events.to_message(event) == {
        "type": "call.note",
        "call_id": call.public_id,
        "seq": 2,
        "text": "Be brief.",
        "timestamp": "2026-03-01T12:00:00Z",
    }


def test_what_is_rolled_back_leaves_no_hole(call):
    with transaction.atomic():
        events.record(call, "call.note", at=NOW)
        transaction.set_rollback(True)
    call.refresh_from_db()

    event = events.record(call, "call.note", at=NOW)

    assert event.seq == 2


def test_published_events_reach_the_webhooks_and_others_do_not(account, agent, endpoint):
    call = make_call(agent)
    events.record(call, "call.note", at=NOW)

    assert list(Event.objects.values_list("type", "subject")) == [("call.started", call.public_id)]
    assert Event.objects.get().body == (
        '{"event":"call.started","timestamp":"2026-03-01T12:00:00Z","data":{"call_id":"CALL","agent_id":"AGENT",'
        '"status":"initiated","metadata":{"customer_id":"cust_1"}}}'
    ).replace("CALL", call.public_id).replace("AGENT", agent.public_id)


def test_the_files_are_announced_with_links_that_hold(call, endpoint):
    answer(call)
    call.refresh_from_db()
    Recording.objects.create(call=call, path="x.wav", sample_rate=8000, duration_ms=61_400)

    ready = events.record(call, "recording.ready", at=NOW)

    assert ready.data == {"duration": 61}
    url = links.recording_url(call.public_id, at=NOW)
    assert Event.objects.get(type="recording.ready").body.endswith(
        f'"metadata":{{"customer_id":"cust_1"}},"duration":61,"recording_url":"{url}"}}}}'
    )


def test_a_link_is_for_one_file_and_seven_days(call):
    query = links.recording_url(call.public_id, at=NOW).partition("?")[2]
    given = dict(part.split("=") for part in query.split("&"))

    links.check(call_id=call.public_id, name=links.RECORDING, **given, at=NOW + timedelta(days=7))
    for wrong in (
        {"name": links.TRANSCRIPT},
        {"call_id": "call_other"},
        {"expires": given["expires"] + "0"},
        {"signature": ""},
        {"at": NOW + timedelta(days=7, seconds=1)},
    ):
        with pytest.raises(links.InvalidLink):
            links.check(**({"call_id": call.public_id, "name": links.RECORDING, **given, "at": NOW} | wrong))


def test_links_that_djangos_signer_made_hold(settings):
    expires = str(int((NOW + links.LIFETIME).timestamp()))
    for settings.SECRET_KEY in ("one secret", "another"):
        signature = Signer(salt="calls.links").signature(f"call_x/{links.RECORDING}?{expires}")

        links.check(call_id="call_x", name=links.RECORDING, expires=expires, signature=signature, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_recording_at_once_gives_every_seq_once(agent):
    call = make_call(agent)

    def record() -> None:
        for _ in range(10):
            events.record(Call.objects.select_related("account", "agent").get(pk=call.pk), "call.note", at=NOW)

    threads = [threading.Thread(target=in_thread(record)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert list(CallEvent.objects.filter(call=call).order_by("seq").values_list("seq", flat=True)) == [*range(1, 42)]


@pytest.mark.django_db(transaction=True)
async def test_followers_are_woken_after_the_commit(agent):
    call = await sync_to_async(make_call)(agent)
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(events.call_group(call.public_id), channel)

    event = await sync_to_async(events.record)(call, "call.note", at=NOW, data={"text": "Be brief."})

    assert await layer.receive(channel) == {"type": "feed.message", "message": events.to_message(event)}
