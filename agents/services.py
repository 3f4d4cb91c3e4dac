"""Making and changing agents. What is said and how is in versions, which are never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Account
from agents import voices
from agents.models import Agent, AgentVersion
from vaniagent.lib import errors

HOUSE_PROMPT: Final = (
    "You are a friendly and helpful assistant on the phone. Listen, answer briefly and honestly, and say so when you do "
    "not know something. Ask how you can help, and say goodbye when everything is settled."
)

# What a version holds of an agent, and a customer may set.
SETTINGS: Final = (
    "name",
    "voice",
    "prompt",
    "language",
    "temperature",
    "max_duration",
    "first_message",
    "voicemail_action",
    "voicemail_message",
    "screening_message",
    "silence_timeout",
    "interruptible",
    "patience",
    "speed",
    "calling_hours",
    "transfers",
    "compliance",
    "keypad",
)


class UnknownVoice(errors.InvalidRequest):
    """There is no such voice in the catalogue."""


class AgentArchived(errors.InvalidRequest):
    """An archived agent stays as it was."""


class ChangedMeanwhile(errors.Conflict):
    """Somebody else made a newer version than the one that the change began from."""


class NoSuchVersion(errors.NotFound):
    """The agent has no version of this number."""


@transaction.atomic
def create_agent(
    *, account: Account, settings: Mapping[str, Any], by: audit.Actor | None = None, at: datetime | None = None
) -> Agent:
    """Make an agent. `settings` needs `name` and `voice`. Raises UnknownVoice.

    Here and below, `by` is the version's author; with `at` it goes into the audit log.
    """
    agent = _make(account=account, settings=settings, by=by)
    _log(agent, "agent.created", by=by, at=at)
    return agent


@transaction.atomic
def update_agent(
    *,
    agent: Agent,
    settings: Mapping[str, Any],
    based_on: int | None = None,
    by: audit.Actor | None = None,
    at: datetime | None = None,
) -> Agent:
    """Change some settings; what changes anything makes a new version. Raises UnknownVoice and AgentArchived, and
    ChangedMeanwhile where the version that it is based on is no longer the current one."""
    agent = _locked(agent)
    if based_on is not None and _current(agent).number != based_on:
        raise ChangedMeanwhile("This agent has a newer version.", param="version")
    changed = _change(agent, settings, by=by)
    if changed:
        _log(agent, "agent.changed", by=by, at=at, changed=changed)
    return agent


@transaction.atomic
def restore_version(*, agent: Agent, number: int, by: audit.Actor, at: datetime) -> Agent:
    """Make the agent as it was in this version, by a new one. Nothing happens where it is so already. Raises
    NoSuchVersion, UnknownVoice and AgentArchived."""
    agent = _locked(agent)
    earlier = get_version(agent=agent, number=number)
    changed = _change(agent, {name: getattr(earlier, name) for name in SETTINGS}, by=by, restored_from=number)
    if changed:
        _log(agent, "agent.restored", by=by, at=at, changed=changed, version=number)
    return agent


@transaction.atomic
def duplicate_agent(*, agent: Agent, by: audit.Actor, at: datetime) -> Agent:
    """Another agent with the settings that this one has now, archived or not. Raises UnknownVoice."""
    settings = {name: getattr(_current(agent), name) for name in SETTINGS}
    settings["name"] = (_("Copy of %(name)s") % {"name": settings["name"]})[:100]
    copy = _make(account=agent.account, settings=settings, by=by)
    _log(copy, "agent.duplicated", by=by, at=at, copy_of=agent.public_id)
    return copy


@transaction.atomic
def archive_agent(*, agent: Agent, by: audit.Actor | None = None, at: datetime | None = None) -> None:
    """Take an agent out of service; its history stays. Safe to repeat."""
    if _move(agent, to=Agent.Status.ARCHIVED):
        _log(agent, "agent.archived", by=by, at=at)


@transaction.atomic
def unarchive_agent(*, agent: Agent, by: audit.Actor, at: datetime) -> None:
    """Put an agent back into service, as it was. Safe to repeat."""
    if _move(agent, to=Agent.Status.ACTIVE):
        _log(agent, "agent.unarchived", by=by, at=at)


def get_version(*, agent: Agent, number: int) -> AgentVersion:
    """One version of the agent, with its authors. Raises NoSuchVersion."""
    version = versions_of(agent).filter(number=number).first()
    if version is None:
        raise NoSuchVersion("This agent has no such version.", param="version")
    return version


def versions_of(agent: Agent) -> QuerySet[AgentVersion]:
    """What the agent was and is, newest first, with `author` and `author_key`."""
    return AgentVersion.objects.filter(agent=agent).select_related("author", "author_key").order_by("-number")


def _make(*, account: Account, settings: Mapping[str, Any], by: audit.Actor | None) -> Agent:
    voice = voices.find(settings["voice"])
    if voice is None:
        raise _unknown_voice(settings["voice"])

    complete = {"prompt": HOUSE_PROMPT, "language": voice.language, **settings}
    agent = Agent.objects.create(account=account)
    agent.current = AgentVersion.objects.create(agent=agent, number=1, **complete, **_author(by))
    agent.save(update_fields=["current"])
    return agent


def _change(
    agent: Agent, settings: Mapping[str, Any], *, by: audit.Actor | None, restored_from: int | None = None
) -> list[str]:
    """Give a locked agent a new version. Answers the names of what it changes."""
    if agent.status == Agent.Status.ARCHIVED:
        raise AgentArchived("This agent is archived and cannot be changed.")
    if "voice" in settings and voices.find(settings["voice"]) is None:
        raise _unknown_voice(settings["voice"])

    current = _current(agent)
    before = {name: getattr(current, name) for name in SETTINGS}
    after = before | dict(settings)
    changed = [name for name in SETTINGS if after[name] != before[name]]
    if changed:
        agent.current = AgentVersion.objects.create(
            agent=agent, number=current.number + 1, restored_from=restored_from, **after, **_author(by)
        )
        agent.save(update_fields=["current", "updated_at"])
    return changed


def _move(agent: Agent, *, to: Agent.Status) -> bool:
    """Change the status, unless it is that already."""
    other = Agent.objects.select_for_update(of=("self",)).filter(pk=agent.pk).exclude(status=to).first()
    if other is None:
        return False

    other.status = to
    other.save(update_fields=["status", "updated_at"])
    return True


def _locked(agent: Agent) -> Agent:
    found: Agent = Agent.objects.select_for_update(of=("self",)).select_related("account", "current").get(pk=agent.pk)
    return found


def _current(agent: Agent) -> AgentVersion:
    if agent.current is None:
        raise ValueError("an agent has a current version")
    return agent.current


def _author(by: audit.Actor | None) -> dict[str, Any]:
    return {} if by is None else {"author": by.user, "author_key": by.api_key}


def _log(agent: Agent, action: str, *, by: audit.Actor | None, at: datetime | None, **details: audit.Detail) -> None:
    if by is not None and at is not None:
        audit.record(account=agent.account, by=by, action=action, target=agent.public_id, details=details, at=at)


def _unknown_voice(voice: str) -> UnknownVoice:
    return UnknownVoice(f"'voice': there is no voice '{voice}'. GET /v1/voices lists them.", param="voice")
