"""What the sample workspace asks before its calls, and what was refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from accounts.audit import Actor
from accounts.models import Account
from agents.models import Agent
from calls.models import Call, DialCheck, DoNotCall
from calls.services import dialing_rules, do_not_call, gate
from calls.telephony.base import EndReason

RULES: Final[dict[str, Any]] = {
    "calling_hours": {
        "timezone": "callee",
        "days": {day: [["08:00", "12:00"], ["13:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    },
    "max_per_day": 3,
    "max_per_week": 7,
    "pre_dial_url": "https://booking.brightsmile.example/may-i-call",
    "proof_days": 1825,
}
COMPLIANCE: Final[dict[str, Any]] = {
    "recording_announcement": "This call is recorded.",
    "consent": {"ask": "Is that all right with you?", "if_no": "go_on_unrecorded", "record_from": "consent"},
    "max_calls_per_day": 2,
    "max_calls_per_week": None,
}
_NOT_LISTED: Final = {"rule": "do_not_call", "passed": True, "detail": "not listed"}
_LISTED: Final = {"rule": "do_not_call", "passed": False, "detail": "This number is on the do-not-call list."}
_TOO_OFTEN: Final = {
    "rule": "calls_per_number",
    "passed": False,
    "detail": "This number may have 3 calls in 24 hours. The next is possible at 2026-03-03T15:00:00Z.",
}
_NO: Final = {"rule": "pre_dial", "passed": False, "detail": "answered no"}


def rules_and_list(account: Account, by: Actor, now: datetime) -> DoNotCall:
    """Rules for all agents, and a number that is not called."""
    dialing_rules.change_rules(account=account, changes=RULES, by=by, at=now - timedelta(days=4))
    entry, _is_new = do_not_call.add_number(
        account=account, number="+14155550188", reason="Asked by letter", by=by, at=now - timedelta(days=3)
    )
    return entry


def refused(account: Account, agent: Agent, now: datetime) -> Call:
    """A call that the customer's server refused. Of others that the gate did, the proof alone is left."""
    call: Call = Call.objects.filter(account=account, ended_reason=EndReason.DO_NOT_CALL).latest("pk")
    _keep(agent, call.to_number, [_NO], call.created_at, call)
    _keep(agent, "+14155550188", [_LISTED], now - timedelta(days=2))
    _keep(agent, "+14155550104", [_NOT_LISTED, _TOO_OFTEN], now - timedelta(hours=5))
    return call


def _keep(agent: Agent, number: str, results: list[dict[str, Any]], at: datetime, call: Call | None = None) -> None:
    version = agent.versions.latest("number")
    check = DialCheck(account=agent.account, agent_version=version, to_number=number, results=results, at=at)
    check.is_allowed, check.refused_by = False, results[-1]["rule"]
    gate.keep(check, call=call)
