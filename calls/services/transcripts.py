"""What is said in a call, as the worker that drives it reports it. Every write carries the worker's token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts import audit
from calls import events
from calls.models import Call, CallEvent, Turn
from calls.services import operating
from calls.services.lifecycle import Superseded


@transaction.atomic
def record_user_turn(
    *, call_id: str, token: int, text: str, start_ms: int, end_ms: int, is_aside: bool = False, at: datetime
) -> None:
    """The caller said this; or, aside, whom the call is being transferred to. Raises Superseded."""
    call = _fenced(call_id, token)
    turn = Turn(call=call, speaker=Turn.Speaker.USER, text=text, start_ms=start_ms, end_ms=end_ms, is_final=True)
    turn.is_aside = is_aside
    _store(turn, at=at)
    _announce(turn, call=call, at=at)


@transaction.atomic
def record_agent_turn_started(
    *,
    call_id: str,
    token: int,
    utterance: int,
    text: str,
    latency: Mapping[str, int | None] | None,
    is_aside: bool = False,
    at: datetime,
) -> None:
    """This goes to speech synthesis; a further text of the same utterance continues it. Raises Superseded."""
    call = _fenced(call_id, token)
    turn = Turn.objects.filter(call=call, utterance=utterance).first()
    if turn is None:
        turn = Turn(call=call, speaker=Turn.Speaker.AGENT, utterance=utterance, text=text, latency=_plain(latency))
        turn.is_aside = is_aside
        _store(turn, at=at)
    elif not turn.is_final:
        turn.text = f"{turn.text} {text}".strip()
        turn.latency = turn.latency or _plain(latency)
        turn.save(update_fields=["text", "latency"])
    message = events.interim(call, speaker=Turn.Speaker.AGENT, text=turn.text, is_aside=turn.is_aside, at=at)
    events.broadcast(call, message)


@transaction.atomic
def record_agent_turn_ended(
    *,
    call_id: str,
    token: int,
    utterance: int,
    text: str,
    start_ms: int,
    end_ms: int,
    was_interrupted: bool,
    at: datetime,
) -> None:
    """The utterance was played or cut off; `text` is what was heard of it, and if that is nothing, it was no turn.

    Repeating it changes nothing. Raises Superseded.
    """
    call = _fenced(call_id, token)
    turn = Turn.objects.filter(call=call, utterance=utterance).first()
    if turn is not None and turn.is_final:
        return
    if not text.strip():
        if turn is not None:
            turn.delete()
        return

    turn = turn or Turn(call=call, speaker=Turn.Speaker.AGENT, utterance=utterance)
    turn.text, turn.start_ms, turn.end_ms = text, start_ms, end_ms
    turn.is_final, turn.was_interrupted = True, was_interrupted
    _store(turn, at=at)
    _announce(turn, call=call, at=at)


@transaction.atomic
def record_operator_turn(*, call_id: str, token: int, text: str, start_ms: int, end_ms: int, at: datetime) -> None:
    """Somebody said this in the agent's place: it is the agent's side. Raises Superseded."""
    call = _fenced(call_id, token)
    turn = Turn(call=call, speaker=Turn.Speaker.AGENT, text=text, start_ms=start_ms, end_ms=end_ms, is_final=True)
    turn.by_operator = True
    _store(turn, at=at)
    operator = CallEvent.objects.filter(call=call, type="call.taken_over").order_by("-seq").first()
    data = {"speaker": turn.speaker, "text": turn.text, "is_final": True, "by_operator": True}
    events.record(call, "transcript.update", at=at, data=data, origin=operator.origin if operator else "")


@transaction.atomic
def record_operator_gone(*, call_id: str, token: int, at: datetime) -> None:
    """The agent has the call again. Nothing is written where the operator handed it back. Raises Superseded."""
    call = _fenced(call_id, token)
    if operating.is_taken_over(call):
        events.record(call, "call.handed_back", at=at, data={"detail": "connection_lost"})
        audit.record(account=call.account, by=audit.PLATFORM, action="call.handed_back", target=call.public_id, at=at)


@transaction.atomic
def record_notice(*, call_id: str, token: int, event_type: str, data: Mapping[str, Any], at: datetime) -> None:
    """Something worth a line in the call's log, such as a pressed key. Raises Superseded."""
    events.record(_fenced(call_id, token), event_type, at=at, data=data)


def _fenced(call_id: str, token: int) -> Call:
    """The call, locked, if this token still drives it. Raises Superseded."""
    calls = Call.objects.select_related("account", "agent").select_for_update(of=("self",))
    try:
        call: Call = calls.get(public_id=call_id, token=token, status__in=Call.LIVE)
    except Call.DoesNotExist:
        raise Superseded(call_id) from None
    return call


def _store(turn: Turn, *, at: datetime) -> None:
    """Save a turn; a new one gets the call's next number. The call is locked."""
    if turn._state.adding:
        newest = Turn.objects.filter(call=turn.call).aggregate(number=Max("number"))["number"]
        turn.number = (newest or 0) + 1
        turn.created_at = at
    turn.save()


def _announce(turn: Turn, *, call: Call, at: datetime) -> None:
    data: dict[str, Any] = {"speaker": turn.speaker, "text": turn.text, "is_final": True}
    if turn.was_interrupted:
        data["was_interrupted"] = True
    if turn.is_aside:
        data["aside"] = True
    events.record(call, "transcript.update", at=at, data=data)


def _plain(latency: Mapping[str, int | None] | None) -> dict[str, int | None] | None:
    return dict(latency) if latency is not None else None
