"""Section 2 of the contract: agents."""

from __future__ import annotations

from typing import Any

import pytest

from calls.models import Call
from conftest import ApiClient

pytestmark = pytest.mark.django_db

LEAST = {"name": "Ada", "voice": "en-US-Neural2-F"}


def test_the_published_example(api: ApiClient) -> None:
    """`POST /v1/agents` answers 201 with at least these; the answer is the whole agent."""
    sent = {
        "name": "Customer Support Agent",
        "voice": "en-US-Neural2-F",
        "prompt": "You are a helpful customer support agent.",
        "language": "en-US",
        "temperature": 0.7,
        "max_duration": 600,
    }

    r = api.post("/v1/agents", sent)

    body = r.json()
    assert r.status_code == 201
    assert body["id"].startswith("agent_")
    assert (body["status"], body["created_at"][-1], len(body["created_at"])) == ("active", "Z", 20)
    assert {name: body[name] for name in sent} == sent
    assert api.get(f"/v1/agents/{body['id']}").json() == body


def test_name_and_voice_are_enough(api: ApiClient) -> None:
    """A body of only `name` and `voice` works; the defaults."""
    body = api.post("/v1/agents", LEAST).json()

    assert body["prompt"]
    assert {name: body[name] for name in ("language", "temperature", "max_duration", "silence_timeout")} == {
        "language": "en-US",
        "temperature": 0.7,
        "max_duration": 600,
        "silence_timeout": 21,
    }
    assert (body["voicemail_action"], body["first_message"], body["voicemail_message"]) == ("leave_message", None, None)


@pytest.mark.parametrize("name", ["name", "voice"])
def test_what_is_required(api: ApiClient, name: str) -> None:
    """Required: `name`, `voice`."""
    r = api.post("/v1/agents", {field: value for field, value in LEAST.items() if field != name})

    assert r.status_code == 400
    assert r.json()["error"]["message"] == f"The '{name}' field is required"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"voice": "nobody"},
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"max_duration": 9},
        {"max_duration": 7201},
        {"silence_timeout": 4},
        {"silence_timeout": 121},
        {"voicemail_action": "sing"},
    ],
)
def test_what_is_out_of_range(api: ApiClient, changes: dict[str, Any]) -> None:
    """`name` 1..100 characters, `temperature` 0..2, `max_duration` 10..7200, `silence_timeout` 5..120."""
    r = api.post("/v1/agents", {**LEAST, **changes})

    (param,) = changes
    assert (r.status_code, r.json()["error"]["param"]) == (400, param)
    assert api.get("/v1/agents").json()["total"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "x" * 100},
        {"temperature": 0},
        {"temperature": 2},
        {"max_duration": 10},
        {"max_duration": 7200},
        {"silence_timeout": 5},
        {"silence_timeout": 120},
        {"voicemail_action": "hang_up"},
    ],
)
def test_what_is_just_within(api: ApiClient, changes: dict[str, Any]) -> None:
    """The ends of the ranges are in them."""
    r = api.post("/v1/agents", {**LEAST, **changes})

    ((name, value),) = changes.items()
    assert (r.status_code, r.json()[name]) == (201, value)


def test_every_voice_of_the_list_is_taken(api: ApiClient) -> None:
    """`voice` is one of `GET /v1/voices`, `language` the voice's."""
    for voice in api.get("/v1/voices?limit=100").json()["data"]:
        made = api.post("/v1/agents", {"name": "Ada", "voice": voice["id"]})
        assert (made.status_code, made.json()["language"]) == (201, voice["language"])


def test_delete_archives(api: ApiClient, ids: dict[str, str]) -> None:
    """Status `archived`, history stays, new calls with it answer 404."""
    agent = f"/v1/agents/{ids['/v1/agents']}"

    assert api.delete(agent).status_code == 204

    refused = api.post("/v1/calls", {"agent_id": ids["/v1/agents"], "to_number": "+14155550100"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "resource_not_found")
    assert api.get(agent).json()["status"] == "archived"
    assert api.get(f"/v1/calls/{ids['/v1/calls']}").json()["agent_id"] == ids["/v1/agents"]
    assert Call.objects.count() == 1


def test_a_call_keeps_its_version(api: ApiClient, ids: dict[str, str]) -> None:
    """A call keeps the version of the agent that it was placed with."""
    changed = api.patch(f"/v1/agents/{ids['/v1/agents']}", {"prompt": "Be brief."})

    assert (changed.status_code, changed.json()["prompt"]) == (200, "Be brief.")
    assert api.get(f"/v1/calls/{ids['/v1/calls']}").json()["agent_version"] == 1
    placed = api.post("/v1/calls", {"agent_id": ids["/v1/agents"], "to_number": "+14155550100"})
    assert placed.json()["agent_version"] == 2
