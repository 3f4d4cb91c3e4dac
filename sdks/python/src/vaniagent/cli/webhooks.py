"""`webhooks`."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import click

from vaniagent import errors, feed
from vaniagent.cli import exits
from vaniagent.cli.context import Session, common, pass_session
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
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@common
@pass_session
def deliveries(session: Session, endpoint_id: str, status: Optional[str], limit: int) -> None:
    """List what was sent to an endpoint, the newest first."""
    wanted: Dict[str, Any] = {} if status is None else {"status": status}
    page = session.client.webhook_endpoints.list_deliveries(endpoint_id, limit=min(limit, 100), **wanted)
    rows = [delivery for delivery, _ in zip(page, range(limit))]
    if session.output.as_json:
        session.output.json({"data": [delivery.to_dict() for delivery in rows], "total": page.total})
    else:
        session.output.table(rows, DELIVERIES)


@webhooks.command()
@click.argument("delivery_id")
@common
@pass_session
def replay(session: Session, delivery_id: str) -> None:
    """Send a delivery once more."""
    _show(session, session.client.webhook_deliveries.replay(delivery_id))


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
