"""`calling_hours`: what is taken, when it is open, and when it opens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents import hours, services
from agents.models import Agent

NEW_YORK, LOS_ANGELES = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
OFFICE = hours.read(
    {"timezone": "callee", "days": {"mon": [["13:00", "17:00"], ["08:30", "12:00"]], "fri": [["22:00", "24:00"]]}}
)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """Of March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (utc(2, 13, 29), False),
        (utc(2, 13, 30), True),
        (utc(2, 16, 59), True),
        (utc(2, 17, 0), False),
        (utc(2, 18, 0), True),
        (utc(3, 14, 0), False),
        (utc(7, 4, 59), True),
        (utc(7, 5, 0), False),
    ],
)
def test_the_clock_on_the_wall_counts(at: datetime, is_open: bool) -> None:
    assert OFFICE.is_open(at, [NEW_YORK]) is is_open


def test_after_the_clocks_change_it_is_open_an_hour_earlier_in_utc() -> None:
    assert not OFFICE.is_open(utc(2, 12, 30), [NEW_YORK])
    assert OFFICE.is_open(utc(9, 12, 30), [NEW_YORK])


def test_it_must_be_open_in_all_zones() -> None:
    assert not OFFICE.is_open(utc(2, 14, 0), [NEW_YORK, LOS_ANGELES])
    assert OFFICE.is_open(utc(2, 16, 45), [NEW_YORK, LOS_ANGELES])


@pytest.mark.parametrize(
    ("at", "zones", "opens"),
    [
        (utc(1, 9, 0), [NEW_YORK], utc(2, 13, 30)),
        (utc(2, 17, 30), [NEW_YORK], utc(2, 18, 0)),
        (utc(2, 14, 0), [NEW_YORK], utc(2, 14, 0)),
        (utc(2, 22, 30), [NEW_YORK], utc(7, 3, 0)),
        # The 8th is the day when clocks change.
        (utc(7, 6, 0), [NEW_YORK], utc(9, 12, 30)),
        (utc(2, 14, 0), [NEW_YORK, LOS_ANGELES], utc(2, 16, 30)),
    ],
)
def test_when_it_opens(at: datetime, zones: list[ZoneInfo], opens: datetime) -> None:
    assert OFFICE.opens_at(at, zones) == opens


def test_zones_that_share_no_hour_never_open() -> None:
    early = hours.read({"timezone": "callee", "days": {"mon": [["08:00", "09:00"]]}})

    assert early.opens_at(utc(1, 0), [NEW_YORK, LOS_ANGELES]) is None


@pytest.mark.django_db
def test_they_are_kept_in_order_and_shown(api: Any) -> None:
    days = {"tue": [], "mon": [["13:00", "17:00"], ["08:30", "12:00"]]}

    made = api.post("/v1/agents", {"name": "Ada", "voice": "joe", "calling_hours": {"days": days}})

    assert made.json()["calling_hours"] == {
        "timezone": "callee",
        "days": {"mon": [["08:30", "12:00"], ["13:00", "17:00"]]},
    }


@pytest.mark.django_db
def test_null_is_any_time_again(api: Any, agent: Agent) -> None:
    path = f"/v1/agents/{agent.public_id}"
    api.patch(path, {"calling_hours": {"timezone": "Europe/Berlin", "days": {"sun": [["00:00", "24:00"]]}}})

    assert api.get(path).json()["calling_hours"]["timezone"] == "Europe/Berlin"
    assert api.patch(path, {"calling_hours": None}).json()["calling_hours"] is None
    assert [version.number for version in services.versions_of(agent)] == [3, 2, 1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "param"),
    [
        ({"days": {}}, "calling_hours"),
        ({}, "calling_hours"),
        ({"days": {"mon": []}}, "calling_hours"),
        ({"timezone": "Mars/Olympus", "days": {"mon": [["09:00", "18:00"]]}}, "calling_hours"),
        ({"days": {"mon": [["18:00", "09:00"]]}}, "calling_hours"),
        ({"days": {"mon": [["09:00", "09:00"]]}}, "calling_hours"),
        ({"days": {"mon": [["9:00", "18:00"]]}}, "calling_hours"),
        ({"days": {"mon": [["09:00", "24:01"]]}}, "calling_hours"),
        ({"days": {"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}}, "calling_hours"),
        ({"days": {"mon": [["09:00"]]}}, "calling_hours.days.mon.0"),
        ({"days": {"mon": [["09:00", "10:00"]] * 3}}, "calling_hours.days.mon"),
        ({"days": {"monday": [["09:00", "10:00"]]}}, "calling_hours.days.monday"),
        ({"days": {"mon": [[9, 10]]}}, "calling_hours.days.mon.0.0"),
        ([], "calling_hours"),
    ],
)
def test_what_is_refused(api: Any, agent: Agent, value: Any, param: str) -> None:
    r = api.patch(f"/v1/agents/{agent.public_id}", {"calling_hours": value})

    assert (r.status_code, r.json()["error"]["param"]) == (400, param)
    assert services.versions_of(agent).count() == 1
