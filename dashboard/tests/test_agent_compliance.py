"""What an agent owes whom it calls, in the editor."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agents import services as agents
from agents.models import Agent
from dashboard.forms.agents import AgentForm, settings_of
from dashboard.tests.test_agents import body, current

pytestmark = pytest.mark.django_db

WANTED = {
    "recording_announcement": "This call is recorded.",
    "consent": {"ask": "May we record?", "if_no": "go_on_unrecorded", "record_from": "consent"},
    "max_calls_per_day": 2,
    "max_calls_per_week": None,
}


def fields(**changes: str) -> dict[str, str]:
    """What a browser sends of them."""
    given = {
        "recording_announcement": "This call\r\nis recorded.",
        "ask": "May we record?",
        "after_no": "go_on_unrecorded-consent",
        "max_calls_per_day": "2",
        "max_calls_per_week": "",
    }
    return {f"compliance_{name}": value for name, value in (given | changes).items()}


def test_it_is_set_shown_and_taken_back(browser: Any, agent: Agent) -> None:
    path = f"/agents/{agent.public_id}"

    browser.post(path, body(agent, **fields()))
    assert current(agent).compliance == WANTED
    shown = " ".join(browser.get(path).text.split())
    assert '<option value="go_on_unrecorded-consent" selected>' in shown
    assert 'name="compliance_max_calls_per_day" value="2"' in shown

    browser.post(path, body(agent, **fields(recording_announcement="", ask=" ", max_calls_per_day="")))
    assert current(agent).compliance == {}
    assert agents.versions_of(agent).count() == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recording_announcement": "…"}, "There is no word to say in this."),
        ({"ask": "a" * 1001}, "At most 1000 characters."),
        ({"after_no": "go_on_unrecorded-answer"}, "is not recorded before the answer"),
        ({"after_no": "<b>"}, "A consent has"),
        ({"max_calls_per_day": "0"}, "Calls to one number are 1 to 1000."),
        ({"max_calls_per_week": "1.5"}, "Calls to one number are 1 to 1000."),
    ],
)
def test_what_the_api_refuses_is_refused_in_its_words_and_kept_in_the_form(
    browser: Any, agent: Agent, changes: dict[str, str], words: str
) -> None:
    answer = browser.post(f"/agents/{agent.public_id}", body(agent, **fields(**changes)))

    assert list(answer.context["form"].errors) == ["compliance"]
    assert words in answer.context["form"].errors["compliance"][0]
    assert "This call" in answer.text or "…" in answer.text
    assert agents.versions_of(agent).count() == 1


def test_what_follows_a_no_is_chosen_before_the_question_is_written(browser: Any, agent: Agent) -> None:
    chosen = fields(ask="", after_no="go_on_unrecorded-consent", max_calls_per_day="0")

    answer = browser.post(f"/agents/{agent.public_id}", body(agent, **chosen))

    assert re.search(r'value="go_on_unrecorded-consent"\s+(?:checked|selected)', answer.text)


def test_a_form_that_does_not_know_it_leaves_it(browser: Any, agent: Agent) -> None:
    agents.update_agent(agent=agent, settings={"compliance": WANTED})

    browser.post(f"/agents/{agent.public_id}", body(agent, name="Eve"))

    assert (current(agent).name, current(agent).compliance) == ("Eve", WANTED)


def test_nothing_in_other_words_is_no_change(api: Any, browser: Any, agent: Agent) -> None:
    api.patch(f"/v1/agents/{agent.public_id}", {"compliance": {"consent": None}})
    nothing = fields(recording_announcement="", ask="", max_calls_per_day="")

    browser.post(f"/agents/{agent.public_id}", body(agent, **nothing))

    assert agents.versions_of(agent).count() == 2


def test_the_editor_has_a_field_for_every_setting(agent: Agent) -> None:
    assert set(settings_of(current(agent))) == set(AgentForm.base_fields)
