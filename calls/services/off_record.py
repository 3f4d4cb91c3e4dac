"""Pausing a call's recording: what is said meanwhile is in no file and no transcript."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from accounts import audit
from calls import bus, events
from calls.models import Call, CallEvent, Leg
from calls.services import control
from calls.services.lifecycle import Superseded
from vaniagent.lib import errors

# As /v1 names them.
PAUSED: Final = "paused"
RECORDING: Final = "recording"
STATES: Final = (PAUSED, RECORDING)
# Whose doing an event was.
BY_AGENT: Final = "agent"


class NotReached(errors.Unavailable):
    """Who records the call did not hear of it: nothing has changed."""


class NotAllowed(errors.InvalidRequest):
    """The person does not want to be recorded."""


@transaction.atomic
def set_recording(*, call: Call, state: str, at: datetime, actor: audit.Actor | None = None) -> None:
    """Pause the recording, or go on with it; nothing where it is so already.

    Raises control.CallNotLive, NotAllowed, and NotReached: it is done when this returns, or not at all.
    """
    is_on = state == PAUSED
    leg: Leg | None = Leg.objects.select_for_update(of=("self",)).filter(call=call).first()
    call = control.conversing(call)
    item = bus.OffRecord(call.public_id, 0, is_on)
    if leg is None or leg.is_off_record == is_on:
        if is_on and is_paused_by_agent(call):
            # From now on it is not the agent's any more to go on.
            _write_down(call, state=state, at=at, actor=actor)
        if is_on and call.worker:
            # Or the agent is about to go on, or to pause it.
            control.publish(call.worker, item)
        return
    if not is_on and _has_refused(call):
        raise NotAllowed("The person does not want to be recorded.", param="state")
    Leg.objects.filter(pk=leg.pk).update(is_off_record=is_on)
    _write_down(call, state=state, at=at, actor=actor)
    if not control.publish(leg.holder, item):
        raise NotReached("The recording cannot be reached just now.", retry_after=1)
    # A worker that takes the call over reads it from the leg.
    if call.worker:
        control.publish(call.worker, item)


def _write_down(call: Call, *, state: str, at: datetime, actor: audit.Actor | None) -> None:
    origin = actor.name if actor is not None else ""
    events.record(call, "call.recording_paused" if state == PAUSED else "call.recording_resumed", at=at, origin=origin)
    if actor is not None:
        audit.record(account=call.account, by=actor, action=f"call.recording_{state}", target=call.public_id, at=at)


def _has_refused(call: Call) -> bool:
    """Whether the person does not want to be recorded."""
    return CallEvent.objects.filter(call=call, type="call.consent", data__detail="refused").exists()


def is_paused_by_agent(call: Call) -> bool:
    """Whether the agent was the last to pause the recording, and may go on with it."""
    if _has_refused(call):
        return False
    paused = CallEvent.objects.filter(call=call, type="call.recording_paused").order_by("-seq").first()
    return paused is not None and paused.origin == BY_AGENT


@transaction.atomic
def record_by_agent(*, call_id: str, token: int, is_on: bool, at: datetime) -> None:
    """The agent paused its recording, or went on with it. Raises Superseded."""
    leg = Leg.objects.select_for_update(of=("self",)).filter(call__public_id=call_id).first()
    calls = Call.objects.select_related("account", "agent").select_for_update(of=("self",))
    call: Call | None = calls.filter(public_id=call_id, token=token, status__in=Call.LIVE).first()
    if call is None or leg is None:
        raise Superseded(call_id)
    if leg.is_off_record != is_on:
        Leg.objects.filter(pk=leg.pk).update(is_off_record=is_on)
        events.record(call, "call.recording_paused" if is_on else "call.recording_resumed", at=at, origin=BY_AGENT)
