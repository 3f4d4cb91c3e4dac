"""`webhooks`."""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Optional

import click

from vaniagent import errors, feed
from vaniagent.cli import exits
from vaniagent.cli.context import Session, at_most, common, named, not_left_out, pass_session
from vaniagent.cli.shown import Column
from vaniagent.cli.socket import FeedSocket, raise_if_final

ENDPOINTS: List[Column] = [
    ("id", lambda endpoint: endpoint.id),
    ("url", lambda endpoint: endpoint.url),
    ("events", lambda endpoint: endpoint.events),
    ("status", lambda endpoint: endpoint.status),
]
DELIVERIES: List[Column] = [
    ("id", lambda delivery: delivery.id),
    ("event", lambda delivery: delivery.event),
    ("call", lambda delivery: delivery.call_id),
    ("status", lambda delivery: delivery.status),
    ("attempts", lambda delivery: len(delivery.attempts)),
    ("answer", lambda delivery: delivery.attempts[-1].status_code if delivery.attempts else None),
    ("created", lambda delivery: delivery["created_at"]),
]


@click.group()
def webhooks() -> None:
    """Webhooks: endpoints, what was sent to them, and samples."""


@webhooks.command()
@click.argument("endpoint_id", required=False)
@common
@pass_session
def endpoints(session: Session, endpoint_id: Optional[str]) -> None:
    """List endpoints, or show one."""
    if endpoint_id is not None:
        _show(session, session.client.webhook_endpoints.get(endpoint_id))
        return
    page = session.client.webhook_endpoints.list(limit=100)
    rows = list(page)
    if session.output.as_json:
        session.output.json({"data": [endpoint.to_dict() for endpoint in rows], "total": page.total})
    else:
        session.output.table(rows, ENDPOINTS)


@webhooks.command()
@click.argument("endpoint_id")
@click.option("--status", type=click.Choice(["pending", "succeeded", "failed"]))
@at_most
@common
@pass_session
def deliveries(session: Session, endpoint_id: str, status: Optional[str], limit: int) -> None:
    """List what was sent to an endpoint, the newest first."""
    wanted: Dict[str, Any] = {} if status is None else {"status": status}
    page = session.client.webhook_endpoints.list_deliveries(endpoint_id, limit=min(limit, 100), **wanted)
    session.output.listed(page, limit, DELIVERIES)


@webhooks.command()
@click.argument("url")
@click.option("--events", required=True, metavar="A,B", help="What it is to hear of.")
@click.option("--description")
@common
@pass_session
def create(session: Session, url: str, events: str, description: Optional[str]) -> None:
    """Make an endpoint. Keep its secret: it is not shown again."""
    wanted = not_left_out(description=description)
    _show(session, session.client.webhook_endpoints.create(url=url, events=named(events), **wanted))


@webhooks.command()
@click.argument("endpoint_id")
@click.option("--url")
@click.option("--events", metavar="A,B")
@click.option("--description")
@click.option("--status", type=click.Choice(["enabled", "disabled"]))
@common
@pass_session
def update(session: Session, endpoint_id: str, events: Optional[str], **given: Any) -> None:
    """Change an endpoint."""
    wanted = not_left_out(events=None if events is None else named(events), **given)
    if not wanted:
        raise click.UsageError("Say what to change, such as --status disabled")
    _show(session, session.client.webhook_endpoints.update(endpoint_id, **wanted))


@webhooks.command()
@click.argument("endpoint_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
@pass_session
def delete(session: Session, endpoint_id: str, yes: bool) -> None:
    """Remove an endpoint. What waits for it is given up."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Remove {endpoint_id}?", abort=True, err=True)
    session.client.webhook_endpoints.delete(endpoint_id)
    if session.output.as_json:
        session.output.json({"id": endpoint_id, "deleted": True})
    session.output.say(f"{endpoint_id} is removed.")


@webhooks.command("rotate-secret")
@click.argument("endpoint_id")
@common
@pass_session
def rotate_secret(session: Session, endpoint_id: str) -> None:
    """Get a new secret. The old one stays valid for a day."""
    _show(session, session.client.webhook_endpoints.rotate_secret(endpoint_id))


@webhooks.command()
@click.argument("delivery_id")
@common
@pass_session
def delivery(session: Session, delivery_id: str) -> None:
    """Show a delivery, with every attempt that was made."""
    _show(session, session.client.webhook_deliveries.get(delivery_id))


@webhooks.command()
@click.argument("id", metavar="ID")
@click.option("--since", metavar="TIME", help="Of an endpoint: from then on, such as 2026-03-01T18:00:00Z.")
@click.option("--until", metavar="TIME")
@click.option("--status", type=click.Choice(["succeeded", "failed"]))
@common
@pass_session
def replay(session: Session, id: str, since: Optional[str], until: Optional[str], status: Optional[str]) -> None:
    """Send a delivery once more; or with --since and --until, what an endpoint was sent between these times."""
    if since is None and until is None and status is None:
        _show(session, session.client.webhook_deliveries.replay(id))
        return
    if since is None or until is None:
        raise click.UsageError("An endpoint needs both --since and --until")
    wanted = not_left_out(status=status)
    _show(session, session.client.webhook_endpoints.replay(id, since=since, until=until, **wanted))


@webhooks.command()
@click.argument("event")
@click.option("--endpoint", "endpoint_id", metavar="ENDPOINT_ID", help="Send it there, and not to `vaniagent listen`.")
@common
@pass_session
def trigger(session: Session, event: str, endpoint_id: Optional[str]) -> int:
    """Make an event up, such as call.completed, for those who run `vaniagent listen`.

    Its metadata is {"test": true}. With --endpoint it goes to that endpoint, which must want the event.
    """
    if endpoint_id is not None:
        delivery = session.client.webhook_endpoints.test(endpoint_id, event=event)
        if session.output.as_json:
            session.output.json(delivery.to_dict())
        session.output.say(f"{delivery.id} is on its way to {endpoint_id}.")
        return exits.OK

    try:
        socket = FeedSocket(session.client)
        try:
            socket.send({"type": "sample", "event": event})
            sampled = socket.wait_for("sampled")
        finally:
            socket.close()
    except feed.broken() as fault:
        raise_if_final(fault)
        raise errors.APIConnectionError(f"The live feed cannot be reached: {type(fault).__name__}") from fault
    if session.output.as_json:
        session.output.json(sampled)
    if sampled["listeners"]:
        session.output.say(f"{sampled['id']} is told to {sampled['listeners']} that listen.")
        return exits.OK
    session.output.say("Nobody listens: run `vaniagent listen` first, or name an --endpoint.", "yellow")
    return exits.FAILED


def _show(session: Session, thing: Any) -> None:
    if session.output.as_json:
        session.output.json(thing.to_dict())
    else:
        session.output.fields(thing.to_dict())
