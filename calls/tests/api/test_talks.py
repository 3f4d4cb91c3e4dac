"""`POST /v1/agents/:id/talks`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from accounts import services as accounts
from accounts.models import Account
from agents import services as agents
from agents.models import Agent
from calls import links
from calls.models import Call, Leg
from conftest import ApiClient, make_account, make_agent, make_key


def begin(api: ApiClient, agent: Agent, body: Any = None) -> Any:
    return api.post(f"/v1/agents/{agent.public_id}/talks", body)


def test_begins_a_talk_that_waits_for_its_socket(api: ApiClient, agent: Agent, settings: Any) -> None:
    settings.PUBLIC_URL = "https://api.example.com"

    r = begin(api, agent, {"metadata": {"customer_id": "cust_1"}})

    assert r.status_code == 201
    talk, call = r.json(), Call.objects.get()
    url, _, token = talk.pop("media_url").rpartition("/")
    expires_at = datetime.fromisoformat(talk.pop("expires_at"))
    assert talk == {"call_id": call.public_id, "agent_id": agent.public_id}
    assert url == "wss://api.example.com/media/browser"
    assert links.call_of_media(token, at=expires_at) == call.public_id
    with pytest.raises(links.InvalidLink):
        links.call_of_media(token, at=expires_at + links.MEDIA_LIFETIME)
    assert (call.direction, call.to_number, call.metadata) == ("inbound", "browser", {"customer_id": "cust_1"})
    assert call.api_key is not None
    assert call.rate_per_minute > 0
    assert Leg.objects.get(call=call).kind == Leg.Kind.BROWSER


def test_a_test_key_talks_for_nothing(test_api: ApiClient, agent: Agent) -> None:
    assert begin(test_api, agent).status_code == 201

    assert Call.objects.get().rate_per_minute == 0


def test_only_an_agent_of_ones_own_that_takes_calls(api: ApiClient, other_api: ApiClient, agent: Agent) -> None:
    assert begin(other_api, agent).status_code == 404
    agents.archive_agent(agent=agent, at=agent.created_at)
    r = begin(api, agent)

    assert r.status_code == 404
    assert r.json()["error"]["param"] is None
    assert not Call.objects.exists()


def test_a_key_that_only_reads_begins_none(account: Account, agent: Agent) -> None:
    _, text = accounts.create_api_key(account=account, mode="live", scopes=["read"])

    assert begin(ApiClient(text), agent).status_code == 403
    assert not Call.objects.exists()


@pytest.mark.parametrize(("body", "param"), [({"metadata": []}, "metadata"), ({"version": 1}, "version")])
def test_refuses_what_cannot_be(api: ApiClient, agent: Agent, body: Any, param: str) -> None:
    r = begin(api, agent, body)

    assert (r.status_code, r.json()["error"]["param"]) == (400, param)
    assert not Call.objects.exists()


def test_says_when_credits_are_missing(db: None) -> None:
    poor = make_account("poor@example.com", micro_credits=0)

    r = begin(ApiClient(make_key(poor)), make_agent(poor))

    assert r.status_code == 402
    assert not Call.objects.exists()
