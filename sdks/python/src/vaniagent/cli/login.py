"""`login`, `logout`, `keys`."""

from __future__ import annotations

import sys

import click

from vaniagent.cli import exits, profiles
from vaniagent.cli.context import Session, common, pass_session
from vaniagent.client import VaniAgent
from vaniagent.errors import ConfigurationError


@click.command()
@click.option("--key-stdin", is_flag=True, help="Read the key from standard input, for scripts.")
@common
@pass_session
def login(session: Session, key_stdin: bool) -> None:
    """Store an API key, once the server has said that it is valid.

    Keys are made in the dashboard, under Settings, API keys. VANIAGENT_API_KEY goes before a stored key.
    """
    if key_stdin:
        key = sys.stdin.readline().strip()
    elif sys.stdin.isatty():
        key = click.prompt("API key", hide_input=True, err=True).strip()
    else:
        raise click.UsageError("There is no terminal to ask on: use --key-stdin")
    server = session.server()
    with VaniAgent(api_key=key, base_url=server) as client:
        mine = client.account.get()
    profile = profiles.Profile(session.profile_name, key, server, mine.name)
    file = profiles.store(profile)
    if session.output.as_json:
        session.output.json({"profile": profile.name, "account": mine.to_dict(), "file": str(file)})
    session.output.say(f"Logged in to {mine.name} ({mine.id}) with {profiles.masked(key)}; kept in {file}.", "green")


@click.command()
@common
@pass_session
def logout(session: Session) -> int:
    """Forget a stored key. It stays valid: end it in the dashboard."""
    was_there = profiles.forget(session.profile_name)
    if session.output.as_json:
        session.output.json({"profile": session.profile_name, "forgotten": was_there})
    session.output.say(
        f"The key of profile {session.profile_name} is forgotten."
        if was_there
        else f"There is no profile {session.profile_name}."
    )
    return exits.OK if was_there else exits.NOT_FOUND


@click.command()
@common
@pass_session
def keys(session: Session) -> None:
    """Show the stored keys, and which one is used.

    Keys are made and ended in the dashboard; the API has no way to.
    """
    kept = [profile for profile in map(profiles.find, profiles.names()) if profile is not None]
    rows = [
        {
            "profile": profile.name,
            "key": profiles.masked(profile.api_key),
            "account": profile.account,
            "base_url": profile.base_url,
        }
        for profile in kept
    ]
    try:
        used = {"key": profiles.masked(session.api_key), "from": session.key_source, "base_url": session.server()}
    except ConfigurationError:
        used = None
    if session.output.as_json:
        session.output.json({"used": used, "profiles": rows})
        return
    columns = [(name, lambda row, name=name: row[name]) for name in ("profile", "key", "account", "base_url")]
    session.output.table(rows, columns)
    if used is not None:
        session.output.say(f"Used: {used['key']}, from {used['from']}.")
