"""Transfers: asked for, dialled, connected, ended. Here, and not in what the agent is told, it is decided who is reached."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import ApiKey
from agents import transfers
from agents.transfers import Destination
from calls import bus, events
from calls.models import Call, Leg, LineNumber, PhoneLine, PublicTalk, Transfer
from calls.services import control, lifecycle, lines, operating, starting
from calls.services.lifecycle import Superseded
from calls.telephony.base import EndedBy, EndReason, LegKind, LegSpec
from calls.telephony.relayed import TRANSFER
from calls.telephony.store import PlannedTransfer
from vaniagent.lib import errors

Status = Transfer.Status

# An agent that is talked in circles does not ring a colleague all day.
MOST_OF_A_CALL: Final = 5
RING_SECONDS: Final = 30.0
# Two who forgot to hang up.
LONGEST_CONNECTED: Final = timedelta(hours=4)
# What the sandbox's colleague says.
SANDBOX_LINES: Final = (
    "Hello.",
    "Yes, please put them through.",
    "Hello. How can I help you?",
    "When are you open?",
    "Thank you very much for your help.",
)
_BEFORE_THE_TALK: Final = (Status.DIALING, Status.RINGING, Status.ANSWERED)


class NotADestination(errors.InvalidRequest):
    """The agent's setting names nobody like that."""


class NotTransferable(errors.InvalidRequest):
    """The call cannot be transferred, or not now."""


@dataclass(frozen=True)
class _Route:
    kind: str
    line: PhoneLine | None
    from_number: str


@transaction.atomic
def request_transfer(
    *,
    call: Call,
    by: str,
    at: datetime,
    name: str = "",
    to: str = "",
    mode: str | None = None,
    actor: audit.Actor | None = None,
) -> Transfer:
    """Have a call transferred to one of its agent's destinations, by name or address. Raises NotADestination and
    NotTransferable.

    The agent tells the caller, and has the colleague dialled. `by` is `api`, `user` or `agent`; `actor` a person, for the
    audit log.
    """
    call = _locked(call)
    destination = transfers.find(call.agent_version.transfers, name=name, to=to)
    if destination is None:
        raise NotADestination("The agent may transfer calls to nobody like that.", param="name" if name else "to")
    _check_now(call)
    route = _route(call, destination)
    chosen = mode or destination.mode
    transfer = Transfer.objects.create(
        call=call,
        name=destination.name,
        to=destination.to,
        mode=chosen,
        via=Transfer.Via.BRIDGE if chosen == Transfer.Mode.WARM else destination.via,
        announcement=destination.announcement,
        is_recorded=destination.is_recorded,
        requested_by=by,
        kind=route.kind,
        phone_line=route.line,
        from_number=route.from_number,
        created_at=at,
    )
    told = {"name": transfer.name, "to": transfer.to, "mode": transfer.mode}
    events.record(call, "call.transferring", at=at, data=told, origin=actor.name if actor is not None else "")
    if actor is not None:
        details = {"name": transfer.name}
        audit.record(
            account=call.account, by=actor, action="call.transferred", target=call.public_id, details=details, at=at
        )
    _tell(call, put_through(transfer))
    return transfer


def request_by_agent(*, call_id: str, token: int, name: str, at: datetime) -> None:
    """The agent wants to transfer its call. It is told what becomes of it. Raises Superseded."""
    call = Call.objects.filter(public_id=call_id, token=token, status__in=Call.LIVE).first()
    if call is None:
        raise Superseded(call_id)
    try:
        request_transfer(call=call, by="agent", name=name, at=at)
    except (NotADestination, NotTransferable):
        _tell(call, bus.TransferState(call.public_id, 0, "", "ended", "refused"))


def put_through(transfer: Transfer) -> bus.PutThrough:
    """What the worker of the call is told of it."""
    return bus.PutThrough(
        transfer.call.public_id,
        0,
        transfer=transfer.public_id,
        name=transfer.name,
        mode=transfer.mode,
        announcement=transfer.announcement,
    )


def pending_transfer(call: Call) -> Transfer | None:
    """The transfer of this call that is under way, and not connected yet."""
    under_way = Transfer.objects.filter(call=call).exclude(status__in=(Status.CONNECTED, Status.ENDED))
    return under_way.select_related("call").first()


@transaction.atomic
def begin_transfer(*, call_id: str, transfer_id: str, holder: str, at: datetime) -> PlannedTransfer | None:
    """Take a planned transfer, so that it is dialled once. None where it is not this holder's to dial, or not any more.

    A holder that asks again is given it again: it did not get the first answer.
    """
    calls = Call.objects.select_related("agent_version", "phone_line").select_for_update(of=("self",))
    call = calls.filter(public_id=call_id, status=Call.Status.IN_PROGRESS, transferred_at=None).first()
    leg = Leg.objects.filter(call=call, holder=holder, status=Leg.Status.ANSWERED).first() if call is not None else None
    if call is None or leg is None:
        return None
    its = Transfer.objects.filter(public_id=transfer_id, call=call)
    taken = (
        its.filter(status=Status.PLANNED).update(status=Status.DIALING, holder=holder, dialed_at=at)
        or its.filter(status=Status.DIALING, holder=holder).exists()
    )
    if not taken:
        return None

    transfer = its.select_related("phone_line").get()
    destination = transfers.find(call.agent_version.transfers, name=transfer.name)
    if destination is None or destination.to != transfer.to:
        return None
    return _plan(call, leg, transfer, at=at)


def plan_for_gateway(*, transfer_id: str, holder: str) -> LegSpec | None:
    """What a gateway dials for the process that holds the caller's leg and has begun the transfer. None: nobody."""
    begun = _held(transfer_id, holder).filter(
        status=Status.DIALING, call__status=Call.Status.IN_PROGRESS, phone_line__deleted_at=None
    )
    transfer: Transfer | None = begun.select_related("call__agent_version", "phone_line").first()
    return _spec(transfer.call, transfer) if transfer is not None else None


def mark_transfer_ringing(*, transfer_id: str, holder: str) -> bool:
    """The colleague's phone rings. False where it has done more than that."""
    return _held(transfer_id, holder).filter(status=Status.DIALING).update(status=Status.RINGING) == 1


def mark_transfer_answered(*, transfer_id: str, holder: str, at: datetime) -> bool:
    """The colleague answered. False where that was known, or it is over."""
    unanswered = _held(transfer_id, holder).filter(status__in=(Status.DIALING, Status.RINGING))
    return unanswered.update(status=Status.ANSWERED, answered_at=at) == 1


@transaction.atomic
def mark_transfer_connected(*, transfer_id: str, holder: str, at: datetime) -> bool:
    """Caller and colleague talk: from now on no worker drives the call. False where that was known, or it is over.

    The token stays: what its last worker has still to write is valid.
    """
    transfer = _held(transfer_id, holder).first()
    call = _locked_live(transfer)
    if transfer is None or call is None:
        return False
    waiting = _held(transfer_id, holder).filter(status__in=_BEFORE_THE_TALK)
    if not waiting.update(status=Status.CONNECTED, connected_at=at):
        return False
    Call.objects.filter(pk=call.pk).update(transferred_at=at, worker="", lease_until=None)
    data = {"name": transfer.name, "to": transfer.to, "mode": transfer.mode}
    events.record(call, "call.transferred", at=at, data=data)
    return True


@transaction.atomic
def mark_transfer_ended(*, transfer_id: str, holder: str, reason: str, detail: str, at: datetime) -> bool:
    """It is over: nobody came, or both have talked. False where it was known."""
    transfer = Transfer.objects.filter(public_id=transfer_id, holder__in=("", holder)).first()
    call = _locked_live(transfer)
    if transfer is None:
        return False
    unended = Transfer.objects.filter(pk=transfer.pk).exclude(status=Status.ENDED)
    if not unended.update(status=Status.ENDED, ended_at=at, ended_reason=reason, ended_detail=detail[:200]):
        return False
    if call is not None and call.transferred_at is None:
        data = {"name": transfer.name, "reason": reason}
        events.record(call, "call.transfer_failed", at=at, data=data)
    return True


def keep_connected(*, holder: str, at: datetime) -> dict[str, tuple[str, str]]:
    """Hold the next minute of each connected call of this holder: no worker does. Answers which are to end, why, by whom."""
    over: dict[str, tuple[str, str]] = {}
    connected = Call.objects.filter(
        status=Call.Status.IN_PROGRESS, transfers__status=Status.CONNECTED, transfers__holder=holder
    )
    for call in connected.select_related("account", "agent_version"):
        if call.transferred_at is not None and at - call.transferred_at >= LONGEST_CONNECTED:
            over[call.public_id] = (EndReason.MAX_DURATION, EndedBy.PLATFORM)
        elif call.rate_per_minute > 0 and not lifecycle.extend_hold(call, at=at):
            over[call.public_id] = (EndReason.CREDITS_EXHAUSTED, EndedBy.PLATFORM)
    return over


def _check_now(call: Call) -> None:
    """Whether the call may be transferred now. Raises NotTransferable."""
    if call.transferred_at is not None or pending_transfer(call) is not None:
        raise NotTransferable("The call is being transferred already.")
    if PublicTalk.objects.filter(call=call).exists():
        # Whoever has the link would have phones ring at the account's expense, for longer than the link allows.
        raise NotTransferable("A talk over a public link cannot be transferred.")
    if operating.is_taken_over(call):
        raise NotTransferable("Somebody speaks in the agent's place: hand the call back first.")
    if Transfer.objects.filter(call=call).count() >= MOST_OF_A_CALL:
        raise NotTransferable(f"A call is transferred at most {MOST_OF_A_CALL} times.")


def _route(call: Call, destination: Destination) -> _Route:
    """Where the second leg goes out. Raises NotTransferable."""
    is_test = call.api_key is not None and call.api_key.mode == ApiKey.Mode.TEST
    if is_test or transfers.SANDBOX_NUMBER.fullmatch(destination.to):
        return _Route(Leg.Kind.SANDBOX, None, call.from_number or "")
    address = transfers.sip_address(destination.to)
    if address is not None:
        line = _line_at(call, address)
    elif call.phone_line is not None and call.phone_line.deleted_at is None:
        line = call.phone_line
    else:
        try:
            route = lines.choose_line(account=call.account, is_test=False, to_number=destination.to, from_number=None)
        except lines.NotOfThisLine as error:
            raise NotTransferable(error.message) from error
        if route.line_pk is None:
            return _Route(Leg.Kind.SANDBOX, None, call.from_number or "")
        line = PhoneLine.objects.get(pk=route.line_pk)
    if starting.live_on_line(line.pk) >= line.max_live_calls:
        raise NotTransferable("The phone line has as many live calls as it may have.")
    return _Route(line.kind, line, _own_number(call, line))


def _line_at(call: Call, address: transfers.SipAddress) -> PhoneLine:
    """The account's line at this address's domain. Raises NotTransferable."""
    own = PhoneLine.objects.for_account(call.account).existing().filter(kind=Leg.Kind.SIP, domain=address.host)
    if address.port is not None:
        own = own.filter(port=address.port)
    line: PhoneLine | None = own.order_by("pk").first()
    if line is None:
        raise NotTransferable("None of the account's phone lines is at the domain of this SIP address.")
    return line


def _own_number(call: Call, line: PhoneLine) -> str:
    """What the colleague sees: the number of ours that the call has, where the line has it."""
    ours = call.from_number if call.direction == Call.Direction.OUTBOUND else call.to_number
    numbers = list(LineNumber.objects.filter(line=line).order_by("position").values_list("number", flat=True))
    return ours if ours is not None and ours in numbers else next(iter(numbers), "")


def _plan(call: Call, leg: Leg, transfer: Transfer, *, at: datetime) -> PlannedTransfer | None:
    line = transfer.phone_line
    if line is not None and line.deleted_at is not None:
        return None
    address = transfers.sip_address(transfer.to)
    spec = replace(_spec(call, transfer), dial_after=0.0 if line is None else lines.take_turn(line=line, at=at))
    if leg.kind == Leg.Kind.BROWSER:
        # A gateway dials, and looks the rest up by itself.
        spec = replace(spec, params={TRANSFER: transfer.public_id})
    is_referred = transfer.via == Transfer.Via.REFER and leg.kind == Leg.Kind.SIP and call.phone_line is not None
    refer_to = ""
    if is_referred and call.phone_line is not None:
        refer_to = transfer.to if address is not None else f"sip:{transfer.to}@{call.phone_line.domain}"
    return PlannedTransfer(
        spec, is_warm=transfer.mode == Transfer.Mode.WARM, is_recorded=transfer.is_recorded, refer_to=refer_to
    )


def _spec(call: Call, transfer: Transfer) -> LegSpec:
    line, address = transfer.phone_line, transfers.sip_address(transfer.to)
    return LegSpec(
        call_id=call.public_id,
        kind=LegKind(transfer.kind),
        to_number=transfer.to if address is None or line is None else address.user,
        from_number=transfer.from_number,
        ring_timeout=RING_SECONDS,
        language=call.agent_version.language,
        params={"lines": list(SANDBOX_LINES)} if line is None else lines.dial_params(line),
    )


def _locked(call: Call) -> Call:
    """The call as it is now, locked, if somebody is there to be transferred. Raises NotTransferable."""
    calls = Call.objects.select_related("account", "agent", "agent_version", "api_key", "phone_line")
    fresh: Call | None = (
        calls.select_for_update(of=("self",)).filter(pk=call.pk, status=Call.Status.IN_PROGRESS).first()
    )
    if fresh is None:
        raise NotTransferable("The call is not in progress.", param="call_id")
    return fresh


def _locked_live(transfer: Transfer | None) -> Call | None:
    """The call of a transfer, locked, unless it has ended."""
    if transfer is None:
        return None
    calls = Call.objects.select_related("account", "agent").select_for_update(of=("self",))
    found: Call | None = calls.filter(pk=transfer.call_id, status__in=Call.LIVE).first()
    return found


def _held(transfer_id: str, holder: str) -> QuerySet[Transfer]:
    return Transfer.objects.filter(public_id=transfer_id, holder=holder)


def _tell(call: Call, item: bus.Item) -> None:
    """Tell the worker that drives the call. Where none does, the next one learns it from what is stored."""
    worker = call.worker
    if worker:
        transaction.on_commit(lambda: control.publish(worker, item))
