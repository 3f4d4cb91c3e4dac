"""Somebody says in a call that they want no more of them, is heard, and is called no more."""

from __future__ import annotations

import requests

from ops.customer import Customer

PERSON = "+14155550100"


def test_who_asks_not_to_be_called_again_is_not(customer: Customer, agent_id: str):
    placed = customer.place_call(agent_id, to_number=PERSON, sandbox={"lines": ["Please do not call me again."]})
    messages = list(customer.feed(placed["id"], seconds=60))
    call = customer.wait_for_end(placed["id"], seconds=10)

    assert (call["status"], call["ended_reason"], call["ended_by"]) == ("completed", "agent_hangup", "agent")
    kinds = [message["type"] for message in messages]
    assert kinds.count("call.opted_out") == 1
    said = [
        m["text"] for m in messages if m["type"] == "transcript.update" and m["is_final"] and m["speaker"] == "agent"
    ]
    assert "we will not call you again" in said[-1]
    (entry,) = customer.get("/do_not_call")["data"]
    assert (entry["number"], entry["source"], entry["call_id"]) == (PERSON, "call", call["id"])

    body = {"agent_id": agent_id, "to_number": PERSON}
    refused = requests.post(
        f"{customer.url}/v1/calls", json=body, headers={"Authorization": f"Bearer {customer.key}"}, timeout=10
    )

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "do_not_call")
    newest = customer.get("/dial_checks")["data"][0]
    assert (newest["allowed"], newest["refused_by"], newest["call_id"]) == (False, "do_not_call", None)
