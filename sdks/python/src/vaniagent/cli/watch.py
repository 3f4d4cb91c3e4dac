"""A call followed in a terminal."""

from __future__ import annotations

from typing import Any, Tuple

from vaniagent.cli import exits
from vaniagent.cli.context import Session
from vaniagent.cli.shown import plain
from vaniagent.models.feed import CallEnded, TranscriptUpdate

SPEAKERS = {"agent": ("Agent", "bold cyan"), "user": ("User", "bold yellow")}
NOTED = {
    "call.scheduled": "The call waits for its time.",
    "call.started": "The call is placed.",
    "call.answered": "Somebody answered.",
    "call.voicemail_detected": "A machine answered.",
    "call.opted_out": "The person wants no more calls.",
    "call.consent": "The person answered whether they may be recorded.",
    "call.recording_paused": "Nothing is recorded for now.",
    "call.recording_resumed": "The call is recorded again.",
    "call.taken_over": "A person speaks in the agent's place.",
    "call.handed_back": "The agent speaks again.",
    "call.transferring": "The call is being transferred.",
    "call.transferred": "The caller talks with whom it was transferred to.",
    "call.transfer_failed": "Nobody took the call.",
    "call.resumed": "The conversation goes on in another process.",
}
# The fields of an event that are worth telling, where no other words are known for it.
TOLD = ("text", "digits", "digit", "detail")


def watch_call(session: Session, call_id: str, *, after: int = 0) -> int:
    """Print what happens in a call until its end; gives the exit code."""
    output = session.output
    with session.client.calls.stream(call_id, after=after) as stream:
        ended = False
        failed = False
        for event in stream:
            if isinstance(event, CallEnded):
                ended, failed = True, event.type == "call.failed"
            if output.as_json:
                output.json_line(event.to_dict())
            else:
                show_event(session, event)
    if not ended:
        output.complain("The feed ended before the call did.")
        return exits.FAILED
    return exits.CALL_FAILED if failed else exits.OK


def show_event(session: Session, event: Any) -> None:
    output = session.output
    if isinstance(event, TranscriptUpdate):
        show_words(session, event.speaker, event.text, is_final=event.is_final, was_cut=event.was_interrupted)
        return
    output.clear_interim()
    if isinstance(event, CallEnded):
        style = "red" if event.type == "call.failed" else "green"
        output.line((f"{event.type}: {plain(event.ended_reason)}, {event.duration} s", style))
        return
    output.line((in_words(event), "dim"))


def show_words(session: Session, speaker: str, text: str, *, is_final: bool, was_cut: bool = False) -> None:
    name, style = SPEAKERS.get(speaker, (plain(speaker), "bold"))
    if not is_final:
        session.output.interim(f"{name}: {plain(text)}")
        return
    session.output.clear_interim()
    cut: Tuple[str, str] = (" (interrupted)" if was_cut else "", "dim")
    session.output.line((f"{name}: ", style), plain(text), cut)


def in_words(event: Any) -> str:
    known = NOTED.get(event.type)
    if known is not None:
        return known
    told = ", ".join(str(event[name]) for name in TOLD if name in event and event[name] is not None)
    return plain(f"{event.type}: {told}" if told else str(event.type))
