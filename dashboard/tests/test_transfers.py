"""Transfers in the editor of agents, and from a call's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, AuditEntry, Membership
from agents import services as agents
from agents.models import Agent
from calls import tasks
from calls.models import Call, Transfer, Turn
from calls.services import control, lifecycle
from calls.tests.conftest import NOW, WORKER, answer, make_call
from conftest import make_agent
from dashboard.tests.test_agents import body, current

pytestmark = pytest.mark.usefixtures("db")

SALES = {
    "name": "Sales",
    "to": "+14155552671",
    "mode": "warm",
    "via": "bridge",
    "when": "they want to buy",
    "announcement": "One moment.",
    "record": False,
}
ROW = {
    "transfers_0_name": "Sales",
    "transfers_0_to": "+14155552671",
    "transfers_0_handing": "warm",
    "transfers_0_when": "they want to buy",
    "transfers_0_announcement": "One moment.",
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.run_call, "apply_async", lambda **options: None)
    monkeypatch.setattr(control, "publish", lambda to, item: 1)


@pytest.fixture
def talking(account: Account) -> Call:
    call = make_call(make_agent(account, transfers=[SALES]))
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)
    return call


def test_a_row_is_a_destination_and_an_empty_one_is_none(browser: Client, agent: Agent) -> None:
    browser.post(f"/agents/{agent.public_id}", body(agent, **ROW, transfers_1_name="", transfers_1_handing="cold"))

    assert current(agent).transfers == [SALES]
    shown = " ".join(browser.get(f"/agents/{agent.public_id}").text.split())
    assert 'name="transfers_0_name" value="Sales"' in shown
    assert 'name="transfers_2_name" value=""' in shown


def test_saving_them_as_they_are_makes_no_version(browser: Client, agent: Agent) -> None:
    agents.update_agent(agent=agent, settings={"transfers": [SALES]})

    browser.post(f"/agents/{agent.public_id}", body(agent, **ROW))

    assert agents.versions_of(agent).count() == 2


@pytest.mark.parametrize("to", ["+19005550100", "sales", "sip:sales"])
def test_who_may_not_be_reached_is_refused_and_kept_in_the_form(browser: Client, agent: Agent, to: str) -> None:
    answered = browser.post(f"/agents/{agent.public_id}", body(agent, **ROW | {"transfers_0_to": to}))

    assert list(answered.context["form"].errors) == ["transfers"]
    assert f'value="{to}"' in answered.text
    assert agents.versions_of(agent).count() == 1


def test_versions_tell_them_in_words(browser: Client, agent: Agent) -> None:
    agents.update_agent(agent=agent, settings={"transfers": [SALES]})

    text = browser.get(f"/agents/{agent.public_id}/versions/2").text

    assert "Sales (+14155552671): The agent speaks with them first" in text


def test_a_call_is_transferred_from_its_page(browser: Client, talking: Call) -> None:
    assert '<option value="Sales">' in browser.get(f"/calls/{talking.public_id}").text

    assert browser.post(f"/calls/{talking.public_id}/transfer", {"name": "Sales"}).status_code == 302

    transfer = Transfer.objects.get()
    assert (transfer.name, transfer.requested_by) == ("Sales", "user")
    assert AuditEntry.objects.filter(action="call.transferred", target=talking.public_id).count() == 1


def test_to_nobody_else(browser: Client, talking: Call) -> None:
    refused = browser.post(
        f"/calls/{talking.public_id}/transfer", {"name": "+19005550100"}, headers={"HX-Request": "true"}
    )

    assert refused.status_code == 400
    assert not Transfer.objects.exists()


def test_not_by_a_viewer(browser: Client, talking: Call) -> None:
    Membership.objects.update(role=Membership.Role.VIEWER)

    refused = browser.post(f"/calls/{talking.public_id}/transfer", {"name": "Sales"})

    assert refused.status_code == 403
    assert 'name="name"' not in browser.get(f"/calls/{talking.public_id}").text
    assert not Transfer.objects.exists()


def test_what_was_said_aside_is_told_apart(browser: Client, talking: Call) -> None:
    aside: dict[str, Any] = {"is_aside": True, "is_final": True, "created_at": NOW}
    Turn.objects.create(call=talking, number=1, speaker="agent", text="Shall I put them through?", **aside)
    Turn.objects.create(call=talking, number=2, speaker="user", text="Yes, please.", **aside)

    text = " ".join(browser.get(f"/calls/{talking.public_id}").text.split())

    assert '<span class="line-who"> Colleague </span>' in text
    assert text.count('<span class="line-cut">not heard by the caller</span>') == 2
