"""What a gateway is given of a line, and when it may dial."""

from __future__ import annotations

import pytest

from accounts.models import Account
from agents.models import Agent
from calls.models import Call, PhoneLine
from calls.services import legs, lines, starting
from calls.telephony.base import LegKind
from calls.tests.conftest import GATEWAY, NOW, seconds
from calls.tests.lines.conftest import make_line

pytestmark = pytest.mark.django_db


def place(agent: Agent) -> Call:
    return starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+4930901820",
        from_number=None,
        metadata={},
        at=NOW,
    )


def begin(call: Call) -> legs.Plan:
    plan = legs.begin_dial(call_id=call.public_id, holder=GATEWAY, at=NOW)
    assert plan is not None
    return plan


def test_what_a_sip_leg_is_told(account: Account, agent: Agent) -> None:
    line = make_line(account, transport="tls", srtp="required")

    spec = begin(place(agent)).spec

    assert (spec.kind, spec.to_number, spec.from_number) == (LegKind.SIP, "+4930901820", "+14155550101")
    assert spec.params == {
        "line": line.public_id,
        "domain": "sip.carrier.example.com",
        "port": None,
        "transport": "tls",
        "username": "acme",
        "password": "s3cret of ours",
        "srtp": "required",
    }
    assert "s3cret" not in repr(spec)
    assert Call.objects.get().legs.get().params == {}


def test_a_line_that_was_removed_meanwhile_tells_nothing(account: Account, agent: Agent) -> None:
    line = make_line(account)
    call = place(agent)
    lines.delete_line(line=line, at=NOW)

    assert begin(call).spec.params == {}


def test_calls_a_second(account: Account, agent: Agent) -> None:
    make_line(account, calls_per_second=2)

    waits = [begin(place(agent)).spec.dial_after for _ in range(4)]

    assert waits == [0.0, 0.5, 1.0, 1.5]


def test_who_comes_later_does_not_wait(account: Account) -> None:
    line = make_line(account, calls_per_second=1)
    lines.take_turn(line=line, at=NOW)

    assert lines.take_turn(line=line, at=NOW + seconds(0.75)) == 0.25
    assert lines.take_turn(line=line, at=NOW + seconds(60)) == 0.0
    assert PhoneLine.objects.get().next_dial_at == NOW + seconds(61)


def test_the_sandbox_waits_for_nobody(agent: Agent) -> None:
    assert begin(place(agent)).spec.dial_after == 0.0
