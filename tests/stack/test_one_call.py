"""One AI call, followed as its customer would, and then listened to."""

from __future__ import annotations

import requests

from ops.customer import Customer
from ops.listening import AGENT, CALLER, in_words, listen, shared_words
from ops.receiver import Receiver
from ops.takeover import LINES

EVENTS = {"call.started", "call.completed", "transcript.ready", "recording.ready"}
HOSTILE = {
    "quote": '"\\/\b\f\n\r\t',
    "script": "</script>",
    "separator": "\u2028",
    "10": 1.0,
    "9": 1e-7,
    "nested": {"a": [None, True]},
}


def test_a_whole_call(customer: Customer, agent_id: str, tmp_path):
    with Receiver() as receiver:
        endpoint = customer.post("/webhook_endpoints", {"url": receiver.url, "events": sorted(EVENTS)})
        receiver.secret = endpoint["secret"]

        placed = customer.place_call(agent_id, from_number="+0987654321", metadata=HOSTILE, sandbox={"lines": LINES})
        messages = list(customer.feed(placed["id"], seconds=180))
        call = customer.wait_for_analysis(placed["id"], seconds=60)
        deliveries = receiver.wait_for(EVENTS, call_id=call["id"], seconds=30)

    assert placed["status"] == "initiated"
    assert (call["status"], call["ended_reason"], call["ended_by"]) in [
        ("completed", "user_hangup", "user"),
        ("completed", "agent_hangup", "agent"),
    ]
    assert call["metadata"] == HOSTILE
    assert call["sentiment"] in ("positive", "neutral", "negative")
    assert call["summary"]
    assert call["latency"]["turns"] >= 3

    # The feed: every event once, in order.
    sequence = [message["seq"] for message in messages if "seq" in message]
    assert sequence == list(range(1, len(sequence) + 1))
    kinds = [message["type"] for message in messages]
    assert kinds.count("call.started") == kinds.count("call.answered") == kinds.count("call.completed") == 1

    # The transcript: both sides, the agent's from its prompt.
    turns = [m for m in messages if m["type"] == "transcript.update" and m["is_final"]]
    agent_said = " ".join(turn["text"] for turn in turns if turn["speaker"] == "agent")
    assert sum(turn["speaker"] == "agent" for turn in turns) >= 3
    assert sum(turn["speaker"] == "user" for turn in turns) >= 3
    assert "90" in agent_said or "ninety" in agent_said.lower()
    assert all(turn["text"] in call["transcript"] for turn in turns)

    # The webhooks: all of them, in order, and genuine.
    assert [delivery.event for delivery in deliveries][:2] == ["call.started", "call.completed"]
    assert {delivery.event for delivery in deliveries} == EVENTS
    assert all(delivery.is_genuine for delivery in deliveries)
    assert all(delivery.body["data"]["metadata"] == HOSTILE for delivery in deliveries)

    # The recording: who said what, each on a channel of their own.
    heard = listen(customer.download_recording(call, tmp_path))
    assert abs(heard.duration_ms / 1000 - call["duration"]) <= 1.1
    assert shared_words(in_words(agent_said), heard.words(AGENT)) >= 0.7
    assert shared_words(in_words(" ".join(LINES)), heard.words(CALLER)) >= 0.6
    assert heard.crosstalk_db(CALLER) > 20
    assert heard.crosstalk_db(AGENT) > 20

    # The money: by the second, at ten cents a minute.
    assert abs(float(call["cost"]) - call["duration"] * 0.10 / 60) < 0.002


def test_a_recording_plays_in_a_browser(customer: Customer, agent_id: str):
    call = customer.place_call(agent_id, sandbox={"lines": ["Thank you very much for your help."]})
    call = customer.wait_for_end(call["id"], seconds=90)
    call = customer.wait_for_analysis(call["id"], seconds=60)

    part = requests.get(call["recording_url"], headers={"Range": "bytes=0-43"}, timeout=10)
    forged = requests.get(call["recording_url"] + "x", timeout=10)

    assert part.status_code == 206
    assert part.headers["Content-Type"] == "audio/wav"
    assert part.content[:4] == b"RIFF"
    assert len(part.content) == 44
    assert forged.status_code == 403
