"""`/v1/agents`."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent, AgentVersion
from agents.services import HOUSE_PROMPT
from conftest import make_agent

pytestmark = pytest.mark.django_db

PUBLISHED = {
    "name": "Customer Support Agent",
    "voice": "en-US-Neural2-F",
    "prompt": "You are a helpful customer support agent.",
    "language": "en-US",
    "temperature": 0.7,
    "max_duration": 600,
}


def error_of(response: Any, status: Any = 400) -> Any:
    assert response.status_code == status
    return response.json()["error"]


def test_the_published_example(api: Any, account: Any) -> None:
    r = api.post("/v1/agents", PUBLISHED)

    assert r.status_code == 201
    made = Agent.objects.get(account=account)
    body = r.json()
    assert body["created_at"] == made.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {name: body[name] for name in body if not name.endswith("_at")} == {
        **PUBLISHED,
        "id": made.public_id,
        "first_message": None,
        "voicemail_action": "leave_message",
        "voicemail_message": None,
        "screening_message": None,
        "silence_timeout": 21,
        "speech": {"interruptible": True, "patience": "normal", "speed": 1.0},
        "calling_hours": None,
        "transfers": [],
        "compliance": {
            "recording_announcement": None,
            "consent": None,
            "max_calls_per_day": None,
            "max_calls_per_week": None,
        },
        "keypad": {"menu": [], "terminator": "#", "digit_timeout": 3.0, "may_press": False, "wanted": ""},
        "status": "active",
        "version": 1,
    }
    assert api.get(f"/v1/agents/{made.public_id}").json() == body


def test_only_a_name_and_a_voice(api: Any) -> None:
    body = api.post("/v1/agents", {"name": "Ada", "voice": "en-GB-Neural2-A"}).json()

    assert (body["prompt"], body["language"]) == (HOUSE_PROMPT, "en-GB")
    assert (body["temperature"], body["max_duration"]) == (0.7, 600)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"voice": "joe"}, "name"),
        ({"name": "Ada"}, "voice"),
        ({"name": "", "voice": "joe"}, "name"),
        ({"name": "   ", "voice": "joe"}, "name"),
        ({"name": "x" * 101, "voice": "joe"}, "name"),
        ({"name": 5, "voice": "joe"}, "name"),
        ({"name": None, "voice": "joe"}, "name"),
        ({"name": ["Ada"], "voice": "joe"}, "name"),
        ({"name": "Ada", "voice": "nobody"}, "voice"),
        ({"name": "Ada", "voice": {}}, "voice"),
        ({"name": "Ada", "voice": "joe", "prompt": "x" * 100_001}, "prompt"),
        ({"name": "Ada", "voice": "joe", "prompt": ""}, "prompt"),
        ({"name": "Ada", "voice": "joe", "temperature": 2.1}, "temperature"),
        ({"name": "Ada", "voice": "joe", "temperature": -0.1}, "temperature"),
        ({"name": "Ada", "voice": "joe", "temperature": "0.7"}, "temperature"),
        ({"name": "Ada", "voice": "joe", "temperature": True}, "temperature"),
        ({"name": "Ada", "voice": "joe", "max_duration": 9}, "max_duration"),
        ({"name": "Ada", "voice": "joe", "max_duration": 7201}, "max_duration"),
        ({"name": "Ada", "voice": "joe", "max_duration": 60.5}, "max_duration"),
        ({"name": "Ada", "voice": "joe", "max_duration": "60"}, "max_duration"),
        ({"name": "Ada", "voice": "joe", "max_duration": None}, "max_duration"),
        ({"name": "Ada", "voice": "joe", "silence_timeout": 4}, "silence_timeout"),
        ({"name": "Ada", "voice": "joe", "silence_timeout": 121}, "silence_timeout"),
        ({"name": "Ada", "voice": "joe", "voicemail_action": "sing"}, "voicemail_action"),
        ({"name": "Ada", "voice": "joe", "voicemail_action": []}, "voicemail_action"),
        ({"name": "Ada", "voice": "joe", "language": "English"}, "language"),
        ({"name": "Ada", "voice": "joe", "first_message": "x" * 2_001}, "first_message"),
        ({"name": "Ada", "voice": "joe", "colour": "red"}, "colour"),
        ({"name": "Ada", "voice": "joe", "id": "agent_1"}, "id"),
    ],
)
def test_bad_input(api: Any, body: Any, param: Any) -> None:
    error = error_of(api.post("/v1/agents", body))

    assert error["param"] == param
    assert (error["code"], error["type"]) == ("invalid_request", "validation_error")
    assert not Agent.objects.exists()


def test_limits_are_included(api: Any) -> None:
    widest = {"max_duration": 7200, "temperature": 2, "silence_timeout": 120, "prompt": "x" * 100_000}
    tightest = {"max_duration": 10.0, "temperature": 0, "silence_timeout": 5, "prompt": "x"}

    for settings in (widest, tightest):
        r = api.post("/v1/agents", {"name": "Ada", "voice": "joe", **settings})
        assert r.status_code == 201
        assert {name: r.json()[name] for name in settings} == settings


def test_list_is_newest_first(api: Any, account: Any, other_account: Any) -> None:
    mine = [make_agent(account, name=name).public_id for name in ("a", "b", "c")]
    make_agent(other_account)

    r = api.get("/v1/agents?limit=2")
    rest = api.get("/v1/agents?limit=2&offset=2")

    assert [row["id"] for row in r.json()["data"]] == [mine[2], mine[1]]
    assert (r.json()["total"], r.json()["limit"], r.json()["offset"]) == (3, 2, 0)
    assert [row["id"] for row in rest.json()["data"]] == [mine[0]]
    assert api.get("/v1/agents?offset=3").json() == {"data": [], "total": 3, "limit": 20, "offset": 3}


@pytest.mark.parametrize("count", [1, 10])
def test_list_takes_a_constant_number_of_queries(
    api: Any, account: Any, count: Any, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        make_agent(account)
    api.get("/v1/agents")

    # The key, the count, the page.
    with django_assert_num_queries(3):
        api.get("/v1/agents")


def test_a_change_makes_a_version(api: Any, agent: Any) -> None:
    r = api.patch(f"/v1/agents/{agent.public_id}", {"prompt": "Be brief.", "temperature": 0})

    assert r.status_code == 200
    assert (r.json()["prompt"], r.json()["temperature"], r.json()["version"]) == ("Be brief.", 0, 2)
    assert (r.json()["name"], r.json()["voice"]) == ("Ada", "en-US-Neural2-F")
    first = AgentVersion.objects.get(agent=agent, number=1)
    assert (first.prompt, first.temperature) == (HOUSE_PROMPT, 0.7)


def test_no_change_makes_no_version(api: Any, agent: Any) -> None:
    r = api.patch(f"/v1/agents/{agent.public_id}", {"name": "Ada"})

    assert (r.status_code, r.json()["version"]) == (200, 1)
    assert AgentVersion.objects.count() == 1


def test_null_takes_a_message_back(api: Any, account: Any) -> None:
    agent = make_agent(account, first_message="Hello!")

    r = api.patch(f"/v1/agents/{agent.public_id}", {"first_message": None})

    assert r.json()["first_message"] is None


@pytest.mark.parametrize(
    ("body", "param"), [({"name": ""}, "name"), ({"voice": "nobody"}, "voice"), ({"status": "active"}, "status")]
)
def test_a_bad_change(api: Any, agent: Any, body: Any, param: Any) -> None:
    error = error_of(api.patch(f"/v1/agents/{agent.public_id}", body))

    assert error["param"] == param
    assert AgentVersion.objects.count() == 1


def test_archived(api: Any, agent: Any) -> None:
    path = f"/v1/agents/{agent.public_id}"

    for _ in range(2):
        r = api.delete(path)
        assert (r.status_code, r.content) == (204, b"")

    assert api.get(path).json()["status"] == "archived"
    assert api.get("/v1/agents").json()["total"] == 0
    assert api.get("/v1/agents?status=archived").json()["total"] == 1
    assert error_of(api.patch(path, {"name": "Bob"}))["type"] == "validation_error"
    assert error_of(api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+14155550100"}), 404) == {
        "code": "resource_not_found",
        "message": "There is no agent with this id.",
        "param": "agent_id",
        "type": "not_found_error",
    }


def test_somebody_elses_agent_does_not_exist(other_api: Any, agent: Any) -> None:
    path = f"/v1/agents/{agent.public_id}"
    unknown = error_of(other_api.get("/v1/agents/agent_nothere"), 404)

    for r in (other_api.get(path), other_api.patch(path, {"name": "Bob"}), other_api.delete(path)):
        assert error_of(r, 404) == unknown

    agent.refresh_from_db()
    assert (agent.status, AgentVersion.objects.count()) == ("active", 1)
    assert other_api.get("/v1/agents").json()["total"] == 0
