"""`agents`."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, List, Optional, TextIO, TypeVar

import click

from vaniagent.cli.context import Session, at_most, common, fields, not_left_out, pass_session, with_fields
from vaniagent.cli.shown import Column

F = TypeVar("F", bound=Callable[..., Any])

COLUMNS: List[Column] = [
    ("id", lambda agent: agent.id),
    ("name", lambda agent: agent.name),
    ("voice", lambda agent: agent.voice),
    ("status", lambda agent: agent.status),
    ("version", lambda agent: agent.version),
    ("created", lambda agent: agent["created_at"]),
]


def settings(*, required: bool) -> Callable[[F], F]:
    """The options that set an agent's fields."""
    options = [
        click.option("--name", required=required),
        click.option("--voice", required=required, help="One of GET /v1/voices, such as en-US-Neural2-F."),
        click.option("--prompt", help="What the agent is to know and do."),
        click.option("--prompt-file", type=click.File(encoding="utf-8"), help="The same from a file; - is stdin."),
        click.option("--language"),
        click.option("--temperature", type=float),
        click.option("--max-duration", type=int, help="Seconds."),
        click.option("--first-message"),
        click.option("--voicemail-action", type=click.Choice(["leave_message", "hang_up", "off"])),
        click.option("--voicemail-message"),
        click.option("--silence-timeout", type=int, help="Seconds."),
        fields("speech='{\"speed\": 1.1}'"),
    ]

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group()
def agents() -> None:
    """Agents: what speaks on the phone."""


@agents.command("list")
@click.option("--status", type=click.Choice(["active", "archived"]))
@at_most
@common
@pass_session
def list_agents(session: Session, status: Optional[str], limit: int) -> None:
    """List agents, the newest first."""
    page = session.client.agents.list(limit=min(limit, 100), **not_left_out(status=status))
    session.output.listed(page, limit, COLUMNS)


@agents.command()
@click.argument("agent_id")
@common
@pass_session
def get(session: Session, agent_id: str) -> None:
    """Show an agent."""
    _show(session, session.client.agents.get(agent_id))


@agents.command()
@settings(required=True)
@common
@pass_session
def create(session: Session, prompt_file: Optional[TextIO], **given: Any) -> None:
    """Make an agent."""
    wanted = _fields(session.client.agents.create, given, prompt_file)
    _show(session, session.client.agents.create(**wanted))


@agents.command()
@click.argument("agent_id")
@settings(required=False)
@common
@pass_session
def update(session: Session, agent_id: str, prompt_file: Optional[TextIO], **given: Any) -> None:
    """Change an agent. Calls keep the version that they were placed with."""
    wanted = _fields(session.client.agents.update, given, prompt_file)
    if not wanted:
        raise click.UsageError("Say what to change, such as --name")
    _show(session, session.client.agents.update(agent_id, **wanted))


@agents.command()
@click.argument("agent_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
@pass_session
def archive(session: Session, agent_id: str, yes: bool) -> None:
    """Archive an agent: its history stays, and it takes no more calls."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Archive {agent_id}?", abort=True, err=True)
    session.client.agents.delete(agent_id)
    if session.output.as_json:
        session.output.json({"id": agent_id, "status": "archived"})
    session.output.say(f"{agent_id} is archived.")


def _show(session: Session, agent: Any) -> None:
    if session.output.as_json:
        session.output.json(agent.to_dict())
    else:
        session.output.fields(agent.to_dict())


def _fields(method: Callable[..., Any], given: Dict[str, Any], prompt_file: Optional[TextIO]) -> Dict[str, Any]:
    if prompt_file is not None:
        if given["prompt"] is not None:
            raise click.UsageError("--prompt and --prompt-file are two ways to say one thing")
        given = {**given, "prompt": prompt_file.read()}
    more = given.pop("fields")
    return with_fields(method, not_left_out(**given), more)
