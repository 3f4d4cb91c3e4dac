"""The list of agents, making one, and the editor."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.asserts import assertRedirects

from accounts.models import AuditEntry, Membership
from agents import services as agents
from agents import starters
from agents.models import Agent, AgentVersion
from calls.models import Call
from conftest import make_agent

pytestmark = pytest.mark.usefixtures("db")

Role = Membership.Role
HOSTILE = "\"><script>alert('x')</script>{{ 7|add:7 }}"
HTMX = {"HX-Request": "true"}


def body(agent: Agent | None = None, **changes: Any) -> dict[str, Any]:
    """What a browser sends for the form."""
    given: dict[str, Any] = {
        "name": "Ada",
        "voice": "joe",
        "prompt": "Help.",
        "language": "en-US",
        "temperature": "0.7",
    }
    given |= {"max_duration": "600", "silence_timeout": "21", "voicemail_action": "leave_message"}
    given |= {"interruptible": "True", "patience": "normal", "speed": "1.0"}
    if agent is not None:
        current = AgentVersion.objects.filter(agent=agent).latest("number")
        given |= {name: getattr(current, name) or "" for name in agents.SETTINGS} | {"version": current.number}
    return given | changes


def current(agent: Agent) -> AgentVersion:
    return Agent.objects.select_related("current").get(pk=agent.pk).current


def on_one_line(html: str) -> str:
    return " ".join(html.split())


def test_the_list_says_who_speaks_and_how_often(browser, account, agent):
    archived = make_agent(account, name="Bertha")
    agents.archive_agent(agent=archived)
    for _ in range(3):
        Call.objects.create(account=account, agent=agent, agent_version=agent.current, to_number="+14155550100")

    text = browser.get("/agents").text

    assert f'href="/agents/{agent.public_id}"' in text
    assert "Fiona, en-US" in " ".join(text.split())
    assert "<dd> 3 </dd>" in " ".join(text.split())
    assert "Bertha" not in text
    assert "Bertha" in browser.get("/agents?status=archived").text


def test_agents_of_others_are_neither_listed_nor_opened(browser, other_account):
    theirs = make_agent(other_account, name="Somebody else's")

    assert "Somebody else" not in browser.get("/agents").text
    for path in ("", "/versions", "/versions/1", "/facts", "/share", "/archive"):
        assert browser.get(f"/agents/{theirs.public_id}{path}").status_code == 404
    for path in ("", "/duplicate", "/archive", "/unarchive", "/versions/1/restore", "/share/off", "/share/rotate"):
        assert browser.post(f"/agents/{theirs.public_id}{path}", body(version="1")).status_code == 404


def test_without_agents_the_starters_are_offered(browser):
    text = browser.get("/agents").text

    for number, starter in enumerate(starters.STARTERS, 1):
        assert starter["name"] in text
        assert f"/agents/new?starter={number}" in text


def test_a_viewer_is_offered_nothing_to_change(account, agent, log_in):
    viewer = log_in(account, Role.VIEWER)

    assert "/agents/new" not in viewer.get("/agents").text
    page = viewer.get(f"/agents/{agent.public_id}").text
    assert "data-talk-url" not in page
    shown = page.split('class="agent-fields"')[1]
    fields = re.findall(r"<(?:input|select|textarea)[^>]* name=[^>]*>", shown)
    assert len(fields) > 40
    assert [field for field in fields if " disabled" not in field] == []
    # The sample of a voice is for everybody.
    assert "disabled" not in shown.split("data-voice-play")[0].rpartition("<button")[2]
    assert viewer.post(f"/agents/{agent.public_id}", body(agent, name="Eve")).status_code == 403
    assert current(agent).name == "Ada"


def test_the_list_costs_as_many_queries_for_25_as_for_one(
    browser, account, agent, django_assert_num_queries: Callable[..., Any]
):
    queries = 7
    with django_assert_num_queries(queries):
        browser.get("/agents")
    for number in range(24):
        make_agent(account, name=f"Agent {number}")

    with django_assert_num_queries(queries):
        assert browser.get("/agents").text.count('class="agent-row card"') == 25


def test_making_an_agent(browser, account):
    answer = browser.post("/agents/new", body(name="Reception", prompt="One.\r\nTwo.", first_message=""))

    agent = Agent.objects.get()
    assertRedirects(answer, f"/agents/{agent.public_id}")
    assert (agent.account, agent.current.name, agent.current.prompt) == (account, "Reception", "One.\nTwo.")
    assert agent.current.first_message is None
    assert agent.current.author.email == f"owner-{account.pk}@example.com"
    assert AuditEntry.objects.filter(account=account, action="agent.created").count() == 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_starter_fills_the_form_in(browser, number):
    text = browser.get(f"/agents/new?starter={number}").text

    assert f'value="{starters.STARTERS[number - 1]["name"]}"' in text


@pytest.mark.parametrize("number", ["0", "4", "x", "²", "-1"])
def test_other_starters_are_a_blank_form(browser, number):
    assert browser.get(f"/agents/new?starter={number}").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 101),
        ("name", ""),
        ("prompt", "x" * 100_001),
        ("first_message", "x" * 2_001),
        ("voicemail_message", "x" * 2_001),
        ("language", "english, please"),
        ("temperature", "2.1"),
        ("temperature", "nan"),
        ("max_duration", "9"),
        ("max_duration", "7201"),
        ("silence_timeout", "121"),
        ("speed", "1.4"),
        ("patience", "endless"),
        ("interruptible", "perhaps"),
        ("voice", "nobody"),
        ("voicemail_action", "shout"),
    ],
)
def test_what_v1_refuses_is_refused_beside_its_field(browser, field, value):
    answer = browser.post("/agents/new", body(**{field: value}))

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in answer.text
    assert not Agent.objects.exists()


def test_what_no_form_can_hold_is_refused_before_it(browser):
    assert browser.post("/agents/new", body(prompt="nul \0 inside")).status_code == 400
    assert not Agent.objects.exists()


def test_saving_makes_a_version(browser, account, agent):
    answer = browser.post(f"/agents/{agent.public_id}", body(agent, prompt="Be brief."))

    assertRedirects(answer, f"/agents/{agent.public_id}")
    assert (current(agent).number, current(agent).prompt) == (2, "Be brief.")
    assert AuditEntry.objects.get(action="agent.changed").details == {"changed": ["prompt"]}


def test_the_line_ends_of_a_browser_change_nothing(browser, account):
    agent = make_agent(account, prompt="One.\nTwo.", first_message="Hello.\r\nYou.")

    browser.post(f"/agents/{agent.public_id}", body(agent, prompt="One.\r\nTwo.", first_message="Hello.\r\nYou."))

    assert current(agent).number == 1


def test_htmx_gets_the_state_alone_and_the_version_to_talk_with(browser, agent):
    answer = browser.post(f"/agents/{agent.public_id}", body(agent, name="Eve"), headers=HTMX)

    assert answer.headers["HX-Retarget"] == "#agent-state"
    assert 'data-agent-version="2"' in answer.text
    assert "Saved as version 2." in answer.text
    assert "<textarea" not in answer.text


def test_htmx_gets_the_whole_form_where_something_is_wrong(browser, agent):
    answer = browser.post(f"/agents/{agent.public_id}", body(agent, max_duration="1"), headers=HTMX)

    assert answer.headers["HX-Retarget"] == "#agent-form"
    assert 'name="whole"' in answer.text
    assert "data-agent-is-saved" not in answer.text
    assert "<html" not in answer.text


def test_the_page_talks_with_the_saved_version(browser, agent):
    agents.update_agent(agent=agent, settings={"prompt": "Another."})

    text = browser.get(f"/agents/{agent.public_id}").text

    assert 'data-talk-version="2"' in text
    assert f'data-talk-url="/agents/{agent.public_id}/talk"' in text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_newer_version_of_somebody_else_is_not_overwritten(browser, agent, headers):
    mine = body(agent, prompt="My prompt.", name="Mine")
    agents.update_agent(agent=agent, settings={"voice": "joe", "name": "Theirs"})

    answer = browser.post(f"/agents/{agent.public_id}", mine, headers=headers)

    assert (current(agent).number, current(agent).name) == (2, "Theirs")
    assert "Nothing of yours is lost" in answer.text
    assert "Name, Voice" in answer.text
    assert "My prompt." in answer.text
    assert 'name="version" value="1"' in answer.text
    assert 'name="on_top" value="2"' in on_one_line(answer.text)


def test_who_has_seen_it_puts_their_changes_on_top(browser, agent):
    mine = body(agent, prompt="My prompt.")
    agents.update_agent(agent=agent, settings={"voice": "joe"})

    browser.post(f"/agents/{agent.public_id}", mine | {"on_top": "2"})

    assert (current(agent).number, current(agent).prompt, current(agent).voice) == (3, "My prompt.", "joe")


def test_and_is_refused_again_where_there_is_a_still_newer_one(browser, agent):
    mine = body(agent, prompt="My prompt.")
    agents.update_agent(agent=agent, settings={"voice": "joe"})
    agents.update_agent(agent=agent, settings={"name": "Eve"})

    answer = browser.post(f"/agents/{agent.public_id}", mine | {"on_top": "2"})

    assert current(agent).number == 3
    assert 'name="on_top" value="3"' in on_one_line(answer.text)


@pytest.mark.parametrize("version", ["", "0", "7", "x", "²", "999999999999"])
def test_versions_that_never_were_are_not_found(browser, agent, version):
    assert browser.post(f"/agents/{agent.public_id}", body(agent, version=version, name="Eve")).status_code == 404
    assert current(agent).number == 1


def test_names_and_prompts_are_shown_as_text(browser, account):
    agent = make_agent(account, name=HOSTILE, prompt=HOSTILE, first_message=HOSTILE)
    agents.update_agent(agent=agent, settings={"prompt": f"{HOSTILE} More."})

    for path in ("", f"/{agent.public_id}", f"/{agent.public_id}/versions", f"/{agent.public_id}/versions/2"):
        text = browser.get(f"/agents{path}").text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text
        assert "14" not in text.partition("{{")[0][-20:]
    for path in ("facts", "share", "archive"):
        assert "<script>alert" not in browser.get(f"/agents/{agent.public_id}/{path}").text


def test_duplicating_leads_to_the_copy(browser, agent):
    answer = browser.post(f"/agents/{agent.public_id}/duplicate")

    copy = Agent.objects.exclude(pk=agent.pk).get()
    assertRedirects(answer, f"/agents/{copy.public_id}")
    assert copy.current.name == "Copy of Ada"


def test_archiving_asks_first_and_can_be_undone(browser, agent):
    assert "Archive Ada?" in browser.get(f"/agents/{agent.public_id}/archive").text
    assert Agent.objects.get().status == Agent.Status.ACTIVE

    assertRedirects(browser.post(f"/agents/{agent.public_id}/archive"), "/agents")
    assert Agent.objects.get().status == Agent.Status.ARCHIVED
    assert "data-talk-url" not in browser.get(f"/agents/{agent.public_id}").text

    answer = browser.post(f"/agents/{agent.public_id}", body(agent, name="Eve"))
    assert "This agent is archived and cannot be changed." in answer.text

    browser.post(f"/agents/{agent.public_id}/unarchive")
    assert Agent.objects.get().status == Agent.Status.ACTIVE


def test_the_editor_costs_a_constant_number_of_queries(browser, agent, django_assert_num_queries: Callable[..., Any]):
    queries = 4
    with django_assert_num_queries(queries):
        browser.get(f"/agents/{agent.public_id}")
    for number in range(10):
        agents.update_agent(agent=agent, settings={"name": f"Name {number}"})

    with django_assert_num_queries(queries):
        browser.get(f"/agents/{agent.public_id}")
