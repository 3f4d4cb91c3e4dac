"""`calls`."""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, List, Optional, Sequence

import click

from vaniagent.cli import exits
from vaniagent.cli.context import Session, at_most, common, fields, not_left_out, pass_session, with_fields
from vaniagent.cli.shown import Column, plain
from vaniagent.cli.watch import watch_call

COLUMNS: List[Column] = [
    ("id", lambda call: call.id),
    ("status", lambda call: call.status),
    ("to", lambda call: call.to_number),
    ("seconds", lambda call: call.duration),
    ("ended", lambda call: call.ended_reason),
    ("cost", lambda call: call.cost),
    ("created", lambda call: call["created_at"]),
]
STATUSES = ("initiated", "in_progress", "completed", "failed")


@click.group()
def calls() -> None:
    """Calls: conversations of an agent with a person."""


@calls.command()
@click.option("--agent", "agent_id", required=True, metavar="AGENT_ID")
@click.option("--to", "to_number", required=True, metavar="NUMBER")
@click.option("--from", "from_number", metavar="NUMBER")
@click.option("--metadata", metavar="JSON", help="An object, given back in webhooks.")
@click.option("--say", "lines", multiple=True, metavar="LINE", help="Sandbox: what the person says; again for more.")
@fields("ring_timeout=40")
@click.option("--watch", is_flag=True, help="Follow the call to its end.")
@click.option("--wait", is_flag=True, help="Wait for the call's end, and show the call then.")
@common
@pass_session
def create(
    session: Session,
    agent_id: str,
    to_number: str,
    from_number: Optional[str],
    metadata: Optional[str],
    lines: Sequence[str],
    fields: Dict[str, Any],
    watch: bool,
    wait: bool,
) -> int:
    """Place a call. It is placed once, however often the request has to be sent.

    Later: --set scheduled_at=2026-03-01T18:00:00+01:00
    """
    given = {"agent_id": agent_id, "to_number": to_number, **not_left_out(from_number=from_number)}
    if metadata is not None:
        given["metadata"] = _object(metadata)
    if lines:
        given["sandbox"] = {"lines": list(lines)}
    wanted = with_fields(session.client.calls.create, given, fields)
    call = session.client.calls.create(**wanted)
    if watch:
        session.output.say(f"{call.id} to {call.to_number}")
        return watch_call(session, call.id)
    if wait:
        session.output.say(f"Waiting for the end of {call.id} …")
        call = session.client.calls.wait(call.id)
    _show(session, call)
    return exits.CALL_FAILED if wait and call.status == "failed" else exits.OK


@calls.command("list")
@click.option("--agent", "agent_id", metavar="AGENT_ID")
@click.option("--status", type=click.Choice(STATUSES))
@at_most
@common
@pass_session
def list_calls(session: Session, agent_id: Optional[str], status: Optional[str], limit: int) -> None:
    """List calls, the newest first."""
    wanted: Dict[str, Any] = {}
    if agent_id is not None:
        wanted["agent_id"] = agent_id
    if status is not None:
        wanted["status"] = status
    page = session.client.calls.list(limit=min(limit, 100), **wanted)
    session.output.listed(page, limit, COLUMNS)


@calls.command()
@click.argument("call_id")
@common
@pass_session
def get(session: Session, call_id: str) -> None:
    """Show a call."""
    _show(session, session.client.calls.get(call_id))


@calls.command()
@click.argument("call_id")
@click.option("--after", type=click.IntRange(0), default=0, help="Leave out events up to this seq.")
@common
@pass_session
def watch(session: Session, call_id: str, after: int) -> int:
    """Follow a call to its end, word by word. Ctrl-C stops watching; the call goes on."""
    return watch_call(session, call_id, after=after)


@calls.command()
@click.argument("call_id")
@common
@pass_session
def hangup(session: Session, call_id: str) -> None:
    """End a call."""
    _show(session, session.client.calls.hangup(call_id))


@calls.command()
@click.argument("call_id")
@click.option("--name", help="One of the agent's transfers, by its name.")
@click.option("--to", metavar="NUMBER", help="The same by its address.")
@click.option("--mode", type=click.Choice(["cold", "warm"]))
@common
@pass_session
def transfer(session: Session, call_id: str, name: Optional[str], to: Optional[str], mode: Optional[str]) -> None:
    """Give the caller to a person. `calls watch` tells what becomes of it."""
    if name is None and to is None:
        raise click.UsageError("Say to whom: --name or --to")
    _show(session, session.client.calls.transfer(call_id, **not_left_out(name=name, to=to, mode=mode)))


@calls.command("sip-trace")
@click.argument("call_id")
@common
@pass_session
def sip_trace(session: Session, call_id: str) -> None:
    """Print the SIP messages of a call."""
    trace = session.client.calls.sip_trace(call_id)
    if session.output.as_json:
        session.output.json(trace.to_dict())
        return
    for message in trace.messages:
        head = f"{message['at']} {message.direction} {message.transport} {message.peer}"
        session.output.line((head, "bold"), "\n", plain(message.text.replace("\r", "")))


@calls.command()
@click.argument("call_id")
@click.option("--out", "-o", "file", metavar="FILE", help="Where to write the WAV; - is stdout.")
@click.option("--pause", is_flag=True, help="Record no more for now. The call goes on.")
@click.option("--resume", is_flag=True, help="Record again.")
@click.option("--timeout", type=float, default=120.0, show_default=True, help="Seconds to wait until it is ready.")
@common
@pass_session
def recording(session: Session, call_id: str, file: Optional[str], pause: bool, resume: bool, timeout: float) -> None:
    """Write a call's recording: stereo, the person left, the agent right. Or pause the one of a live call."""
    if [file is not None, pause, resume].count(True) != 1:
        raise click.UsageError("Say one of --out, --pause and --resume")
    if file is None:
        _show(session, session.client.calls.set_recording(call_id, state="paused" if pause else "recording"))
        return
    to: Any = sys.stdout.buffer if file == "-" else file
    size = session.client.calls.download_recording(call_id, to, timeout=timeout)
    if file == "-":
        sys.stdout.buffer.flush()
        return
    if session.output.as_json:
        session.output.json({"call_id": call_id, "file": file, "bytes": size})
    session.output.say(f"{size:,} bytes in {file}")


@calls.command()
@click.argument("call_id")
@common
@pass_session
def transcript(session: Session, call_id: str) -> None:
    """Show what was said, turn by turn."""
    said = session.client.calls.transcript(call_id)
    if session.output.as_json:
        session.output.json(said.to_dict())
        return
    for turn in said.turns:
        at = "" if turn.start_ms is None else f"{turn.start_ms // 60000}:{turn.start_ms // 1000 % 60:02d} "
        name = "Agent" if turn.speaker == "agent" else "User"
        cut = " (interrupted)" if turn.was_interrupted else ""
        session.output.line((at, "dim"), (f"{name}: ", "bold"), plain(turn.text), (cut, "dim"))


def _show(session: Session, call: Any) -> None:
    if session.output.as_json:
        session.output.json(call.to_dict())
    else:
        session.output.fields(call.to_dict())


def _object(text: str) -> Dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise click.BadParameter("it must be a JSON object", param_hint="--metadata")
    return value
