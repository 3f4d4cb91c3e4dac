"""The week of an agent in the editor."""

from __future__ import annotations

from typing import Any

import pytest

from agents import services as agents
from agents.models import Agent
from conftest import make_agent
from dashboard.tests.test_agents import HTMX, body, current

pytestmark = pytest.mark.usefixtures("db")

LUNCH = {
    "timezone": "Europe/Berlin",
    "days": {"mon": [["09:00", "12:00"], ["13:00", "18:00"]], "sun": [["10:00", "24:00"]]},
}


def week(**changes: str) -> dict[str, str]:
    """What a browser sends of the table."""
    given = {"calling_hours_mode": "set", "calling_hours_zone": "Europe/Berlin"}
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        for place in (0, 1):
            given |= {f"calling_hours_{day}_{place}_{edge}": "" for edge in ("from", "until")}
    return given | {f"calling_hours_{name}": value for name, value in changes.items()}


def with_lunch() -> dict[str, str]:
    """What a browser sends of LUNCH."""
    monday = {"mon_0_from": "09:00", "mon_0_until": "12:00", "mon_1_from": "13:00", "mon_1_until": "18:00"}
    return week(**monday, sun_0_from="10:00", sun_0_until="00:00")


def test_hours_are_set_and_taken_back(browser, agent):
    path = f"/agents/{agent.public_id}"
    hours = with_lunch()

    browser.post(path, body(agent, **hours))
    assert current(agent).calling_hours == LUNCH
    shown = browser.get(path).text
    assert 'name="calling_hours_sun_0_until" value="00:00"' in " ".join(shown.split())

    browser.post(path, body(agent, **hours | {"calling_hours_mode": "any"}))
    assert current(agent).calling_hours is None
    assert agents.versions_of(agent).count() == 3


def test_saving_something_else_leaves_them(browser, agent):
    agents.update_agent(agent=agent, settings={"calling_hours": LUNCH})
    hours = with_lunch()

    browser.post(f"/agents/{agent.public_id}", body(agent, name="Eve", **hours), headers=HTMX)

    assert (current(agent).name, current(agent).calling_hours) == ("Eve", LUNCH)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mon_0_from": "09:00"},
        {"mon_0_from": "18:00", "mon_0_until": "09:00"},
        {"mon_0_from": "<b>", "mon_0_until": "09:00"},
        {"mon_0_from": "09:00", "mon_0_until": "18:00", "zone": "Mars/Olympus"},
    ],
)
def test_what_makes_no_sense_is_refused_and_kept_in_the_form(browser, agent: Agent, changes: Any):
    answer = browser.post(f"/agents/{agent.public_id}", body(agent, **week(**changes)))

    assert list(answer.context["form"].errors) == ["calling_hours"]
    assert agents.versions_of(agent).count() == 1
    assert "<b>" not in answer.text


@pytest.mark.parametrize(("which", "saturday"), [("week", ""), ("all", "08:30")])
@pytest.mark.parametrize("path", ["/agents/new", "/agents/{agent}"])
def test_mondays_hours_are_copied_and_nothing_is_saved(browser, account, path: str, which: str, saturday: str):
    agent = make_agent(account)
    hours = week(mon_0_from="08:30", mon_0_until="12:00", sat_0_from="")

    answer = browser.post(path.format(agent=agent.public_id), body(agent, **hours, name="Eve", copy_hours=which))

    shown = " ".join(answer.text.split())
    assert 'name="calling_hours_fri_0_until" value="12:00"' in shown
    assert f'name="calling_hours_sat_0_from" value="{saturday}"' in shown
    assert 'value="Eve"' in shown
    assert Agent.objects.count() == agents.versions_of(agent).count() == 1


def test_versions_tell_them_in_words(browser, agent):
    agents.update_agent(agent=agent, settings={"calling_hours": LUNCH, "interruptible": False, "patience": "patient"})

    text = browser.get(f"/agents/{agent.public_id}/versions/2").text

    assert "Mon 09:00–12:00, 13:00–18:00; Sun 10:00–24:00 (Europe/Berlin)" in text
    assert "At any time" in text
    assert "It finishes first, then answers" in text
