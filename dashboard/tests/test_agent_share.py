"""An agent's public link, set by admins."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts.models import AuditEntry, Membership
from agents import services as agents
from agents.models import Agent
from calls.models import TalkLink
from calls.services import talk_links

pytestmark = pytest.mark.usefixtures("db")

LIMITS = {"minutes_per_day": 60, "max_duration": 120, "calls_per_hour": 20, "calls_per_visitor_hour": 3}


def body(**changes: Any) -> dict[str, Any]:
    return {**LIMITS, "allowed_origins": "https://shop.example/\r\nhttps://www.shop.example:443", **changes}


def entries() -> list[tuple[str, Any]]:
    return list(
        AuditEntry.objects.filter(action__startswith="agent.link").order_by("pk").values_list("action", "details")
    )


@pytest.fixture
def link(agent: Agent) -> TalkLink:
    return talk_links.enable_link(agent=agent, at=timezone.now())


def test_it_is_off_until_somebody_switches_it_on(browser, agent):
    text = browser.get(f"/agents/{agent.public_id}/share").text

    assert "Switch the link on" in text
    assert "/talk/" not in text
    assert "widget.js" not in text
    assert not TalkLink.objects.exists()


def test_switching_it_on(browser, agent):
    answer = browser.post(f"/agents/{agent.public_id}/share", body())

    assertRedirects(answer, f"/agents/{agent.public_id}/share")
    link = TalkLink.objects.get()
    assert link.is_enabled
    assert {name: getattr(link, name) for name in talk_links.LIMITS} == LIMITS
    assert link.allowed_origins == ["https://shop.example", "https://www.shop.example"]
    assert entries() == [("agent.link_enabled", {**LIMITS, "allowed_origins": link.allowed_origins})]


def test_it_shows_the_address_and_the_widget(browser, agent, link):
    text = browser.get(f"/agents/{agent.public_id}/share").text

    assert f"/talk/{link.slug}</code>" in text
    assert f"/widget.js&quot; data-agent=&quot;{link.slug}&quot; defer&gt;&lt;/script&gt;" in text
    assert "No page may show it yet." in text


def test_changing_the_limits(browser, agent, link):
    browser.post(f"/agents/{agent.public_id}/share", body(allowed_origins=""))

    link.refresh_from_db()
    assert link.minutes_per_day == 60
    assert entries() == [("agent.link_changed", {**LIMITS, "allowed_origins": []})]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes_per_day", "0"),
        ("minutes_per_day", "1441"),
        ("max_duration", "29"),
        ("max_duration", "3601"),
        ("calls_per_hour", "10001"),
        ("calls_per_visitor_hour", ""),
        ("allowed_origins", "javascript:alert(1)"),
        ("allowed_origins", "https://example.com/path"),
        ("allowed_origins", "\n".join(f"https://{number}.example" for number in range(21))),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(browser, agent, field, value):
    answer = browser.post(f"/agents/{agent.public_id}/share", body(**{field: value}))

    assert list(answer.context["form"].errors) == [field]
    assert not TalkLink.objects.exists()
    assert entries() == []


def test_switching_it_off(browser, client, agent, link):
    browser.post(f"/agents/{agent.public_id}/share/off")

    assert client.get(f"/talk/{link.slug}").status_code == 404
    assert entries() == [("agent.link_disabled", {})]


def test_a_new_address(browser, client, agent, link):
    browser.post(f"/agents/{agent.public_id}/share/rotate")

    assert client.get(f"/talk/{link.slug}").status_code == 404
    assert TalkLink.objects.get().slug != link.slug
    assert entries() == [("agent.link_rotated", {})]


def test_without_a_link_there_is_nothing_to_rotate_or_switch_off(browser, agent):
    answer = browser.post(f"/agents/{agent.public_id}/share/rotate", follow=True)
    browser.post(f"/agents/{agent.public_id}/share/off")

    assert "This agent has no public link." in answer.text
    assert entries() == []


def test_an_archived_agent_gets_none(browser, agent):
    agents.archive_agent(agent=agent)

    answer = browser.post(f"/agents/{agent.public_id}/share", body())

    assert answer.status_code == 200
    assert not TalkLink.objects.exists()
    assert entries() == []


def test_developers_neither_see_nor_set_it(account, agent, log_in):
    developer = log_in(account, Membership.Role.DEVELOPER)

    assert "/share" not in developer.get(f"/agents/{agent.public_id}").text
    assert developer.get(f"/agents/{agent.public_id}/share").status_code == 403
    assert developer.post(f"/agents/{agent.public_id}/share", body()).status_code == 403
    assert not TalkLink.objects.exists()
