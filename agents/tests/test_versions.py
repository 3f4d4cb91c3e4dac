"""Who changed what, back to an earlier version, copies, and the archive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import audit
from accounts.models import ApiKey, AuditEntry, User
from agents import services, versions
from agents.models import Agent, AgentVersion
from agents.versions import Change, Line

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def by(account: Any) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"), ip="192.0.2.1")


def actions() -> list[tuple[str, Any]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "details"))


def test_a_version_has_an_author(agent: Agent, by: audit.Actor) -> None:
    changed = services.update_agent(agent=agent, settings={"prompt": "Be kind.", "temperature": 0.1}, by=by, at=NOW)
    services.update_agent(agent=agent, settings={"prompt": "Be kind."}, by=by, at=NOW)

    assert changed.current.author == by.user
    assert [version.number for version in services.versions_of(agent)] == [2, 1]
    assert actions() == [("agent.changed", {"changed": ["prompt", "temperature"]})]


def test_a_key_is_an_author_too(api: Any, agent: Agent) -> None:
    api.patch(f"/v1/agents/{agent.public_id}", {"name": "Grace"})
    api.delete(f"/v1/agents/{agent.public_id}")

    key = ApiKey.objects.get()
    assert AgentVersion.objects.get(agent=agent, number=2).author_key == key
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor", "ip")) == [
        ("agent.changed", key.public_id, "127.0.0.1"),
        ("agent.archived", key.public_id, "127.0.0.1"),
    ]


def test_restored_by_a_new_version(agent: Agent, by: audit.Actor) -> None:
    services.update_agent(agent=agent, settings={"name": "Grace", "prompt": "Be brief."})

    restored = services.restore_version(agent=agent, number=1, by=by, at=NOW)
    services.restore_version(agent=agent, number=1, by=by, at=NOW)

    assert (restored.current.number, restored.current.name, restored.current.restored_from) == (3, "Ada", 1)
    assert actions() == [("agent.restored", {"changed": ["name", "prompt"], "version": 1})]


def test_no_such_version(agent: Agent, by: audit.Actor) -> None:
    with pytest.raises(services.NoSuchVersion):
        services.restore_version(agent=agent, number=2, by=by, at=NOW)

    assert agent.versions.count() == 1
    assert actions() == []


def test_a_copy(agent: Agent, by: audit.Actor) -> None:
    services.update_agent(agent=agent, settings={"name": "x" * 100, "prompt": "Be brief."})
    agent.refresh_from_db()

    copy = services.duplicate_agent(agent=agent, by=by, at=NOW)

    assert copy.pk != agent.pk
    assert copy.current.name == ("Copy of " + "x" * 100)[:100]
    assert (copy.current.prompt, copy.current.number) == ("Be brief.", 1)
    assert actions() == [("agent.duplicated", {"copy_of": agent.public_id})]


def test_archived_and_brought_back(agent: Agent, by: audit.Actor) -> None:
    for _ in range(2):
        services.archive_agent(agent=agent, by=by, at=NOW)
    with pytest.raises(services.AgentArchived):
        services.restore_version(agent=agent, number=1, by=by, at=NOW)
    for _ in range(2):
        services.unarchive_agent(agent=agent, by=by, at=NOW)

    assert Agent.objects.get(pk=agent.pk).status == "active"
    assert actions() == [("agent.archived", {}), ("agent.unarchived", {})]


def test_what_two_versions_differ_in(agent: Agent) -> None:
    services.update_agent(agent=agent, settings={"prompt": "Be kind.\nWe open at nine.\nBye."})
    services.update_agent(agent=agent, settings={"prompt": "Be kind.\nWe open at ten.\nBye.", "silence_timeout": 30})
    before, after = (services.get_version(agent=agent, number=number) for number in (2, 3))

    assert versions.changes_between(before, before) == []
    assert versions.changes_between(before, after) == [
        Change(
            "prompt",
            before.prompt,
            after.prompt,
            (
                Line("same", "Be kind."),
                Line("removed", "We open at nine."),
                Line("added", "We open at ten."),
                Line("same", "Bye."),
            ),
        ),
        Change("silence_timeout", 21, 30),
    ]


def test_a_change_based_on_an_older_version_is_refused(agent: Agent) -> None:
    services.update_agent(agent=agent, settings={"name": "Eve"})

    with pytest.raises(services.ChangedMeanwhile):
        services.update_agent(agent=agent, settings={"prompt": "Mine."}, based_on=1)

    services.update_agent(agent=agent, settings={"prompt": "Mine."}, based_on=2)
    current = services.get_version(agent=agent, number=3)
    assert (current.name, current.prompt) == ("Eve", "Mine.")


def test_long_texts_are_compared_in_no_time(agent: Agent) -> None:
    before, after = "x\n" + "a\n" * 45_000 + "y", "x\nb\n" + "a\n" * 40_000 + "c\ny"
    services.update_agent(agent=agent, settings={"prompt": before})
    services.update_agent(agent=agent, settings={"prompt": after})

    first, second = (services.get_version(agent=agent, number=number) for number in (2, 3))
    (change,) = versions.changes_between(first, second)

    assert [line.text for line in change.lines if line.kind != "added"] == before.splitlines()
    assert [line.text for line in change.lines if line.kind != "removed"] == after.splitlines()
    assert (change.lines[0], change.lines[-1]) == (Line("same", "x"), Line("same", "y"))
