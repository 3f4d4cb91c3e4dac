"""Starting a talk: by members on an agent's page, and by anybody on its public link."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Membership, User
from agents import services as agents
from agents.models import Agent
from calls.models import Call, PublicTalk, TalkLink
from calls.services import starting, talk_links
from calls.services.talk_links import NoSuchLink
from conftest import make_account, make_agent

pytestmark = pytest.mark.usefixtures("db")

OURS = {"Origin": "http://testserver"}


def member(account: Account, role: str) -> Client:
    user = User.objects.create_user(f"{role}@example.com", "correct horse battery")
    Membership.objects.create(account=account, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def start(client: Client, agent: Agent, **body: Any) -> Any:
    return client.post(f"/agents/{agent.public_id}/talk", body)


@pytest.fixture
def developer(account: Account) -> Client:
    return member(account, Membership.Role.DEVELOPER)


@pytest.fixture
def link(agent: Agent) -> TalkLink:
    return talk_links.enable_link(agent=agent, allowed_origins=["https://shop.example"], at=timezone.now())


def test_a_developer_gets_a_talk(developer, agent):
    answer = start(developer, agent)

    call = Call.objects.get()
    assert answer.status_code == 201
    assert answer.json()["call_id"] == call.public_id
    assert answer.json()["media_url"].startswith(f"/media/browser/{call.public_id}.")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (call.agent, call.agent_version) == (agent, agent.current)


def test_it_may_be_with_an_earlier_version(developer, agent):
    agents.update_agent(agent=agent, settings={"prompt": "Another."})

    assert start(developer, agent, version="1").status_code == 201
    assert Call.objects.get().agent_version.number == 1


@pytest.mark.parametrize("version", ["3", "x", "-1", "1.0", "99999999999", "²"])
def test_versions_that_are_not_there_are_not_found(developer, agent, version):
    assert start(developer, agent, version=version).status_code == 404
    assert not Call.objects.exists()


def test_a_viewer_may_not_talk(account, agent):
    assert start(member(account, Membership.Role.VIEWER), agent).status_code == 403
    assert not Call.objects.exists()


def test_agents_of_others_are_not_there(developer, other_account):
    assert start(developer, make_agent(other_account)).status_code == 404
    assert not Call.objects.exists()


def test_who_is_logged_out_is_led_to_the_log_in(agent):
    assert start(Client(), agent).status_code == 302
    assert not Call.objects.exists()


def test_it_is_asked_for_by_our_own_pages_only(account, agent):
    client = member(account, Membership.Role.DEVELOPER)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies

    assert start(strict, agent).status_code == 403
    assert not Call.objects.exists()


def test_a_workspace_without_credits_reads_why():
    poor = make_account("poor@example.com", micro_credits=0)
    answer = start(member(poor, Membership.Role.DEVELOPER), make_agent(poor))

    assert answer.status_code == 402
    assert answer.json()["error"]["code"] == "insufficient_credits"


def test_the_public_page_shows_the_agent_to_anybody(client, link):
    answer = client.get(f"/talk/{link.slug}")

    assert answer.status_code == 200
    assert f'data-talk-url="/talk/{link.slug}"' in answer.text
    assert "Talk with Ada" in answer.text
    assert link.agent.public_id not in answer.text


def test_exactly_the_named_pages_may_show_it_in_a_frame(client, link):
    answer = client.get(f"/talk/{link.slug}?frame=1")

    policy = dict(
        directive.strip().split(" ", 1)
        for directive in answer.headers["Content-Security-Policy"].split(";")
        if directive
    )
    assert policy["frame-ancestors"] == "'self' https://shop.example"
    assert "X-Frame-Options" not in answer.headers
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_anybody_gets_a_talk_by_the_link(client, link):
    answer = client.post(f"/talk/{link.slug}", headers=OURS)

    assert answer.status_code == 201
    assert PublicTalk.objects.get().link == link
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_page_that_the_link_names_may_ask_for_a_talk_itself(client, link):
    answer = client.post(f"/talk/{link.slug}", headers={"Origin": "https://shop.example"})

    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "https://shop.example.evil.example"])
def test_other_pages_may_not(client, link, origin):
    assert client.post(f"/talk/{link.slug}", headers={"Origin": origin}).status_code == 403
    assert not Call.objects.exists()


def test_a_link_that_is_off_is_not_there(client, link):
    talk_links.disable_link(agent=link.agent)

    assert client.get(f"/talk/{link.slug}").status_code == 404
    assert client.post(f"/talk/{link.slug}", headers=OURS).status_code == 404


def test_visitors_are_told_when_the_limits_are_reached(client, link):
    talk_links.enable_link(agent=link.agent, limits={"calls_per_visitor_hour": 1}, at=timezone.now())
    client.post(f"/talk/{link.slug}", headers=OURS)

    answer = client.post(f"/talk/{link.slug}", headers=OURS)

    assert answer.status_code == 429
    assert "last hour" in answer.json()["error"]["message"]


def test_visitors_are_not_told_that_the_owner_has_no_credits(client):
    poor = make_account("poor@example.com", micro_credits=0)
    link = talk_links.enable_link(agent=make_agent(poor), at=timezone.now())

    answer = client.post(f"/talk/{link.slug}", headers=OURS)

    assert answer.status_code == 429
    assert "credit" not in answer.text


@pytest.mark.parametrize("refusal", [starting.AccountSuspended("This account is suspended."), NoSuchLink("Nobody.")])
def test_visitors_who_come_as_the_link_is_closed_are_told_the_same(client, link, refusal, monkeypatch):
    def refuse(**_):
        raise refusal

    monkeypatch.setattr(talk_links, "start_public_talk", refuse)

    answer = client.post(f"/talk/{link.slug}", headers=OURS)

    assert answer.status_code == 429
    assert "suspended" not in answer.text


def test_the_widget_is_a_script_for_any_page(client):
    answer = client.get("/widget.js")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "data-agent" in answer.text


def test_a_flood_of_tries_is_refused_before_anything_is_done(agent: Agent, link: TalkLink) -> None:
    talk_links.disable_link(agent=agent)
    talk_links.enable_link(agent=agent, limits={"calls_per_visitor_hour": 1}, at=timezone.now())
    browser = Client(REMOTE_ADDR="198.51.100.77")

    answers = [browser.post(f"/talk/{link.slug}", headers=OURS) for _ in range(50)]

    assert [answer.status_code for answer in answers] == [201] + [429] * 49
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert Call.objects.count() == 1
