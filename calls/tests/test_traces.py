"""The SIP trace of a call: kept piece by piece, shown to its owner, and erased with its caller."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.audit import PLATFORM
from calls.models import SipTrace
from calls.services import erasure
from calls.services.traces import add_trace, as_text, trace_of
from calls.telephony.sip_trace import MOST_MESSAGES, SipMessage, Trace
from calls.tests.conftest import NOW
from calls.tests.test_finding import ended
from conftest import make_agent

pytestmark = pytest.mark.django_db


def message(text: str, *, is_sent: bool = True, seconds: float = 0) -> SipMessage:
    return SipMessage(NOW + timedelta(seconds=seconds), is_sent, "udp", "198.51.100.7:5060", text)


def test_pieces_are_one_trace(agent: Any) -> None:
    call = ended(agent)

    add_trace(call_id=call.public_id, trace=Trace([message("INVITE sip:x SIP/2.0")]))
    add_trace(call_id=call.public_id, trace=Trace([message("SIP/2.0 200 OK", is_sent=False, seconds=2)]))
    kept = trace_of(call)

    assert [(m["direction"], m["title"]) for m in kept.messages] == [("sent", "INVITE"), ("received", "200 OK")]
    assert not kept.is_cut
    assert "received  udp  198.51.100.7:5060\n\nSIP/2.0 200 OK" in as_text(call.public_id, kept.messages)


def test_no_more_is_kept_than_the_most(agent: Any) -> None:
    call = ended(agent)
    piece = Trace([message("OPTIONS sip:x SIP/2.0")] * (MOST_MESSAGES - 1))

    add_trace(call_id=call.public_id, trace=piece)
    add_trace(call_id=call.public_id, trace=piece)

    assert len(trace_of(call).messages) == MOST_MESSAGES
    assert trace_of(call).is_cut


def test_an_erased_caller_leaves_no_trace(agent: Any, settings: Any, tmp_path: Any) -> None:
    settings.RECORDINGS_DIR = tmp_path
    call = ended(agent, to_number="+14155550177", analysed_at=NOW)
    add_trace(call_id=call.public_id, trace=Trace([message("INVITE sip:+14155550177@x SIP/2.0")]))

    erasure.erase_caller(account=agent.account, number="+14155550177", by=PLATFORM, at=NOW)
    add_trace(call_id=call.public_id, trace=Trace([message("BYE sip:+14155550177@x SIP/2.0")]))

    assert not SipTrace.objects.exists()


def test_a_call_that_is_gone(db: Any) -> None:
    add_trace(call_id="call_nobody", trace=Trace([message("BYE sip:x SIP/2.0")]))

    assert not SipTrace.objects.exists()


def test_by_the_api(api: Any, agent: Any, other_account: Any) -> None:
    call, bare, theirs = ended(agent), ended(agent), ended(make_agent(other_account))
    add_trace(call_id=call.public_id, trace=Trace([message("INVITE sip:x SIP/2.0")], is_cut=True))

    body = api.get(f"/v1/calls/{call.public_id}/sip_trace").json()
    empty = api.get(f"/v1/calls/{bare.public_id}/sip_trace").json()

    assert (body["call_id"], body["is_cut"], len(body["messages"])) == (call.public_id, True, 1)
    assert body["messages"][0]["peer"] == "198.51.100.7:5060"
    assert (empty["messages"], empty["is_cut"]) == ([], False)
    assert api.get(f"/v1/calls/{theirs.public_id}/sip_trace").status_code == 404
