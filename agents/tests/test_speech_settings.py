"""`speech` of an agent: how it takes turns, and how fast it talks."""

from __future__ import annotations

from typing import Any

import pytest

from agents import services, versions
from agents.models import Agent
from agents.versions import Change

pytestmark = pytest.mark.django_db

USUAL = {"interruptible": True, "patience": "normal", "speed": 1.0}


def test_all_of_it_can_be_set(api: Any) -> None:
    speech = {"interruptible": False, "patience": "patient", "speed": 0.7}

    r = api.post("/v1/agents", {"name": "Ada", "voice": "joe", "speech": speech})

    assert (r.status_code, r.json()["speech"]) == (201, speech)
    assert api.get(f"/v1/agents/{r.json()['id']}").json()["speech"] == speech


def test_a_change_leaves_the_rest_as_it_was(api: Any, agent: Agent) -> None:
    r = api.patch(f"/v1/agents/{agent.public_id}", {"speech": {"speed": 1.3}})

    assert (r.json()["speech"], r.json()["version"]) == ({**USUAL, "speed": 1.3}, 2)
    before, after = (services.get_version(agent=agent, number=number) for number in (1, 2))
    assert versions.changes_between(before, after) == [Change("speed", 1.0, 1.3)]


@pytest.mark.parametrize(
    ("speech", "param"),
    [
        ({"interruptible": "no"}, "speech.interruptible"),
        ({"patience": "endless"}, "speech.patience"),
        ({"speed": 0.69}, "speech.speed"),
        ({"speed": 1.31}, "speech.speed"),
        ({"speed": True}, "speech.speed"),
        ({"volume": 1}, "speech.volume"),
        (None, "speech"),
        ([], "speech"),
    ],
)
def test_what_is_refused(api: Any, agent: Agent, speech: Any, param: str) -> None:
    r = api.patch(f"/v1/agents/{agent.public_id}", {"speech": speech})

    assert (r.status_code, r.json()["error"]["param"]) == (400, param)
    assert services.versions_of(agent).count() == 1
