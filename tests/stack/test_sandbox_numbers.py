"""Each number of the sandbox ends as the contract says, three calls at a time, and leaves nothing behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ops.customer import Customer
from ops.leftovers import left_over
from ops.stack import Stack

ENDS = {
    "+15005550001": {("failed", "busy")},
    "+15005550002": {("failed", "no_answer")},
    "+15005550003": {("failed", "rejected")},
    "+15005550004": {("failed", "carrier_error")},
    "+15005550005": {("completed", "voicemail_left")},
    "+15005550006": {("completed", "user_hangup")},
    "+15005550007": {("completed", "user_hangup"), ("completed", "agent_hangup")},
    "+15005550008": {("completed", "silence_timeout")},
    "+14155550123": {("completed", "user_hangup"), ("completed", "agent_hangup")},
}


def test_every_number_ends_as_published(stack: Stack, customer: Customer):
    agent = customer.post("/agents", {"name": "Ava", "voice": "en-US-Neural2-F", "silence_timeout": 6})

    def ended(number: str) -> tuple[str, str]:
        call = customer.place_call(agent["id"], to_number=number)
        call = customer.wait_for_end(call["id"], seconds=180)
        return call["status"], call["ended_reason"]

    with ThreadPoolExecutor(3) as pool:
        ends = dict(zip(ENDS, pool.map(ended, ENDS), strict=True))

    assert {number: end for number, end in ends.items() if end not in ENDS[number]} == {}
    assert left_over(stack) == []


def test_somebody_who_talks_on_is_hung_up(stack: Stack, customer: Customer, agent_id: str):
    call = customer.place_call(agent_id, to_number="+15005550009")
    for message in customer.feed(call["id"], seconds=90):
        if message["type"] == "transcript.update" and message["speaker"] == "user" and message["is_final"]:
            customer.post(f"/calls/{call['id']}/hangup")
            break

    call = customer.wait_for_end(call["id"], seconds=10)

    assert (call["status"], call["ended_reason"], call["ended_by"]) == ("completed", "api_hangup", "api")
    assert left_over(stack) == []
