"""Whom we may ring, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from agents import services as agents
from agents.models import Agent
from calls.models import Call
from calls.services import gate

pytestmark = pytest.mark.django_db

OFFICE = {"timezone": "callee", "days": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
NEW_YORK, LONDON, TOLL_FREE = "+12125550100", "+442079460000", "+18005550100"


def at(hour: int, minute: int = 0) -> datetime:
    """Of Monday, 2 March 2026, in UTC."""
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)


@pytest.fixture
def working(agent: Agent) -> Agent:
    return agents.update_agent(agent=agent, settings={"calling_hours": OFFICE})


def refusal(agent: Agent, to_number: str, moment: datetime) -> gate.MayNotRing | None:
    try:
        gate.check_ring(account=agent.account, version=agent.current, to_number=to_number, at=moment)
    except gate.MayNotRing as error:
        return error
    return None


@pytest.mark.parametrize(
    ("to_number", "moment", "opens_at"),
    [
        (NEW_YORK, at(14), None),
        (NEW_YORK, at(13, 59), at(14)),
        (LONDON, at(9), None),
        (LONDON, at(18), datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ("+4930123456", at(7, 59), at(8)),
        ("+15005550001", at(3), None),
    ],
)
def test_the_clock_of_whoever_is_called(working: Agent, to_number: str, moment: datetime, opens_at: datetime | None):
    error = refusal(working, to_number, moment)

    assert (error.opens_at if error else None) == opens_at


def test_a_number_of_many_zones_is_called_when_all_are_open(agent: Agent):
    assert len(gate.zones_of(TOLL_FREE)) > 4
    day = {"timezone": "callee", "days": {"mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]]}}
    mondays = agents.update_agent(agent=agent, settings={"calling_hours": day})
    office = agents.update_agent(agent=agent, settings={"calling_hours": OFFICE})

    assert refusal(mondays, TOLL_FREE, at(14)) is None
    assert refusal(mondays, TOLL_FREE, at(1)) is not None
    error = refusal(office, TOLL_FREE, at(14))
    assert error is not None
    assert error.opens_at is None


def test_a_number_whose_clock_nobody_knows_is_not_called(working: Agent):
    error = refusal(working, "+0987654321", at(14))

    assert error is not None
    assert (error.opens_at, error.reason) == (None, "outside_calling_hours")


def test_a_named_zone_is_the_same_for_all_numbers_those_of_the_sandbox_too(agent: Agent):
    berlin = agents.update_agent(agent=agent, settings={"calling_hours": {**OFFICE, "timezone": "Europe/Berlin"}})

    for number in (NEW_YORK, "+0987654321", "+15005550001"):
        assert refusal(berlin, number, at(8)) is None
        assert refusal(berlin, number, at(7, 59)) is not None


def test_v1_refuses_and_says_when(api: Any, agent: Agent, monkeypatch: pytest.MonkeyPatch):
    api.patch(f"/v1/agents/{agent.public_id}", {"calling_hours": OFFICE})
    body = {"agent_id": agent.public_id, "to_number": NEW_YORK}
    monkeypatch.setattr(timezone, "now", lambda: at(9))

    r = api.post("/v1/calls", body)

    assert (r.status_code, r.json()["error"]) == (
        400,
        {
            "code": "invalid_request",
            "type": "validation_error",
            "param": "calling_hours",
            "message": "Outside this agent's calling hours: they begin again at 2026-03-02T14:00:00Z.",
        },
    )
    assert not Call.objects.exists()

    monkeypatch.setattr(timezone, "now", lambda: at(15))
    assert api.post("/v1/calls", body).status_code == 201
