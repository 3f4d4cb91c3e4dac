from __future__ import annotations

import asyncio

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError

from calls import events
from calls.consumers.talk_log import TalkLog
from calls.models import CallEvent, Turn
from calls.reports import persist
from calls.services import lifecycle, transcripts
from calls.services.background import Jobs
from calls.services.lifecycle import Superseded
from calls.tests.conftest import NOW, WORKER, answer

pytestmark = pytest.mark.usefixtures("db", "queued")


@pytest.fixture
def fence(call) -> dict[str, object]:
    """What every write of the call's worker carries."""
    claim = lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)
    return {"call_id": claim.call_id, "token": claim.token, "at": NOW}


def start_turn(fence: dict[str, object], text: str, *, utterance: int = 1) -> None:
    transcripts.record_agent_turn_started(**fence, utterance=utterance, text=text, latency={"stt": 180})


def end_turn(fence: dict[str, object], text: str, *, was_interrupted: bool = False) -> None:
    transcripts.record_agent_turn_ended(
        **fence, utterance=1, text=text, start_ms=100, end_ms=2100, was_interrupted=was_interrupted
    )


def said(call) -> list[dict[str, object]]:
    return list(
        CallEvent.objects.filter(call=call, type="transcript.update").order_by("seq").values_list("data", flat=True)
    )


def test_what_the_caller_says_is_a_turn_and_an_event(call, fence):
    transcripts.record_user_turn(**fence, text="How much is it?", start_ms=5000, end_ms=6200)

    turn = Turn.objects.get()
    assert (turn.number, turn.speaker, turn.text, turn.is_final) == (1, "user", "How much is it?", True)
    assert (turn.start_ms, turn.end_ms, turn.utterance) == (5000, 6200, None)
    assert said(call) == [{"speaker": "user", "text": "How much is it?", "is_final": True}]


def test_what_is_said_aside_is_marked_and_not_shown_to_whom_is_talked_with_in_a_browser(call, fence, monkeypatch):
    told: list[dict[str, object]] = []
    monkeypatch.setattr(events, "broadcast", lambda call, message: told.append(message))
    transcripts.record_user_turn(**fence, text="Who is it?", start_ms=5000, end_ms=6200, is_aside=True)
    transcripts.record_agent_turn_started(**fence, utterance=1, text="Ada.", latency={"stt": 180}, is_aside=True)

    assert {message.get("aside") for message in (*said(call), *told)} == {True}
    assert [message["type"] for message in TalkLog(call.public_id).read()] == []


def test_what_the_agent_begins_is_stored_but_not_yet_final(call, fence):
    start_turn(fence, "Hello.")
    start_turn(fence, "How can I help?")

    turn = Turn.objects.get()
    assert (turn.text, turn.is_final, turn.utterance) == ("Hello. How can I help?", False, 1)
    assert turn.latency == {"stt": 180}
    assert said(call) == []


def test_what_was_heard_of_it_is_final(call, fence):
    start_turn(fence, "Hello. How can I help?")
    end_turn(fence, "Hello. How", was_interrupted=True)

    turn = Turn.objects.get()
    assert (turn.text, turn.is_final, turn.was_interrupted) == ("Hello. How", True, True)
    assert (turn.start_ms, turn.end_ms) == (100, 2100)
    assert said(call) == [{"speaker": "agent", "text": "Hello. How", "is_final": True, "was_interrupted": True}]


def test_the_end_comes_once(call, fence):
    start_turn(fence, "Hello.")
    end_turn(fence, "Hello.")
    end_turn(fence, "Hello, again.")
    start_turn(fence, "And more.")

    assert Turn.objects.get().text == "Hello."
    assert len(said(call)) == 1


def test_what_nobody_heard_was_no_turn(call, fence):
    start_turn(fence, "Hello.")
    end_turn(fence, " ", was_interrupted=True)

    assert not Turn.objects.exists()
    assert said(call) == []


def test_turns_are_numbered_as_they_begin(call, fence):
    start_turn(fence, "Hello.", utterance=1)
    transcripts.record_user_turn(**fence, text="Hi.", start_ms=2500, end_ms=2900)
    start_turn(fence, "How can I help?", utterance=2)

    assert list(Turn.objects.order_by("number").values_list("number", "text")) == [
        (1, "Hello."),
        (2, "Hi."),
        (3, "How can I help?"),
    ]


def test_a_notice_is_a_line_in_the_log(call, fence):
    transcripts.record_notice(**fence, event_type="call.digit", data={"digit": "5"})

    event = CallEvent.objects.get(call=call, seq=3)
    assert (event.type, event.data) == ("call.digit", {"digit": "5"})


@pytest.mark.parametrize("token", [0, 2])
def test_another_token_writes_nothing(call, fence, token):
    with pytest.raises(Superseded):
        start_turn(fence | {"token": token}, "Hello.")
    with pytest.raises(Superseded):
        end_turn(fence | {"token": token}, "Hello.")
    with pytest.raises(Superseded):
        transcripts.record_notice(**fence | {"token": token}, event_type="call.digit", data={})

    assert not Turn.objects.exists()
    assert CallEvent.objects.filter(call=call).count() == 2


def test_a_database_that_is_away_for_a_moment_costs_no_word(monkeypatch):
    monkeypatch.setattr("calls.reports.RETRY_SECONDS", (0.0, 0.0))
    attempts = []

    def write(*, text: str) -> str:
        attempts.append(text)
        if len(attempts) < 3:
            raise OperationalError
        return "stored"

    with Jobs() as jobs:
        assert asyncio.run(persist(jobs, write, text="Hello.")) == "stored"

    assert attempts == ["Hello."] * 3


async def test_interims_are_told_and_not_stored(call):
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(events.account_group(call.account_id), channel)

    message = events.interim(call, speaker="user", text="How mu", at=NOW)
    await events.abroadcast(call, message)

    assert (await layer.receive(channel))["message"] == {
        "type": "transcript.update",
        "call_id": call.public_id,
        "speaker": "user",
        "text": "How mu",
        "is_final": False,
        "timestamp": "2026-03-01T12:00:00Z",
    }
