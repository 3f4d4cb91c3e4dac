"""Making and changing agents. What is said and how is in versions, which are never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

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
    "silence_timeout",
)


class UnknownVoice(errors.InvalidRequest):
    """There is no such voice in the catalogue."""


class AgentArchived(errors.InvalidRequest):
    """An archived agent stays as it was."""


@transaction.atomic
def create_agent(*, account: Account, settings: Mapping[str, Any]) -> Agent:
    """Make an agent. `settings` needs `name` and `voice`. Raises UnknownVoice."""
    voice = voices.find(settings["voice"])
    if voice is None:
        raise _unknown_voice(settings["voice"])

    complete = {"prompt": HOUSE_PROMPT, "language": voice.language, **settings}
    agent = Agent.objects.create(account=account)
    agent.current = AgentVersion.objects.create(agent=agent, number=1, **complete)
    agent.save(update_fields=["current"])
    return agent


@transaction.atomic
def update_agent(*, agent: Agent, settings: Mapping[str, Any]) -> Agent:
    """Change some settings; what changes anything makes a new version. Raises UnknownVoice and AgentArchived."""
    agent = Agent.objects.select_for_update(of=("self",)).select_related("current").get(pk=agent.pk)
    if agent.status == Agent.Status.ARCHIVED:
        raise AgentArchived("This agent is archived and cannot be changed.")
    if "voice" in settings and voices.find(settings["voice"]) is None:
        raise _unknown_voice(settings["voice"])

    current = agent.current
    if current is None:
        raise ValueError("an agent has a current version")
    before = {name: getattr(current, name) for name in SETTINGS}
    after = before | dict(settings)
    if after == before:
        return agent

    agent.current = AgentVersion.objects.create(agent=agent, number=current.number + 1, **after)
    agent.save(update_fields=["current", "updated_at"])
    return agent


@transaction.atomic
def archive_agent(*, agent: Agent) -> None:
    """Take an agent out of service; its history stays. Safe to repeat."""
    live = Agent.objects.select_for_update().filter(pk=agent.pk, status=Agent.Status.ACTIVE).first()
    if live is not None:
        live.status = Agent.Status.ARCHIVED
        live.save(update_fields=["status", "updated_at"])


def _unknown_voice(voice: str) -> UnknownVoice:
    return UnknownVoice(f"'voice': there is no voice '{voice}'. GET /v1/voices lists them.", param="voice")
