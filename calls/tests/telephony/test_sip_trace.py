"""What is kept of the wire, and what never is."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from calls.telephony import sip_trace
from calls.telephony.sip_trace import REMOVED, SipTrace, clean

AT = datetime(2026, 3, 1, tzinfo=UTC)
INVITE = (
    "INVITE sip:+4930901820@trunk.example SIP/2.0\r\nCall-ID: abc\r\nCSeq: 1 INVITE\r\n"
    'Proxy-Authorization: Digest username="va", response="0123456789abcdef"\r\n\r\n'
)


@pytest.fixture
def trace():
    return SipTrace(wall=lambda: AT)


def say(trace: SipTrace, text: str, *, way: str = "TX") -> None:
    head = f"{way} UDP 127.0.0.1:5060 -> 198.51.100.7:5060\n"
    trace.emit(logging.LogRecord(sip_trace.LOGGER, logging.DEBUG, "", 0, "%s", (head + text,), None))


def test_a_call_s_messages_in_their_order(trace):
    say(trace, INVITE)
    say(trace, "SIP/2.0 180 Ringing\r\ni: abc\r\nContent-Length: 0", way="RX")
    say(trace, "OPTIONS sip:x SIP/2.0\r\nCall-ID: other", way="RX")

    messages = trace.take("abc").messages

    assert [(m.title, m.is_sent, m.transport, m.peer) for m in messages] == [
        ("INVITE", True, "udp", "198.51.100.7:5060"),
        ("180 Ringing", False, "udp", "127.0.0.1:5060"),
    ]
    assert trace.take("abc").messages == ()


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('Authorization: Digest username="u",\r\n response="SECRET"', f"Authorization: {REMOVED}"),
        ('proxy-authorization : Digest\r\n\tresponse="SECRET"', f"proxy-authorization: {REMOVED}"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SECRET", f"a=crypto: {REMOVED}"),
        ("Signal=SECRET", f"Signal: {REMOVED}"),
        ("X-VaniAgent-Line: SECRET", f"X-VaniAgent-Line: {REMOVED}"),
        ("To: <sip:ada:SECRET@trunk.example>", f"To: <sip:ada:{REMOVED}@trunk.example>"),
    ],
)
def test_secrets_are_removed(line, kept):
    assert clean(f"{line}\r\nCSeq: 1 INVITE") == f"{kept}\nCSeq: 1 INVITE"


def test_an_address_with_a_port_holds_no_password():
    line = "Contact: <sip:+14155550101@127.0.0.1:5060;transport=udp>, <sip:127.0.0.1:5080>"

    assert clean(line) == line


def test_text_that_hides_is_shown_as_such():
    assert clean("Subject: a\x00b\x1b[2J\u202ec") == "Subject: a�b�[2J�c"


def test_a_call_that_never_stops_is_cut(trace):
    for number in range(sip_trace.MOST_MESSAGES + 5):
        say(trace, f"INFO sip:x SIP/2.0\r\nCall-ID: abc\r\nCSeq: {number} INFO")

    kept = trace.take("abc")

    assert (len(kept.messages), kept.is_cut) == (sip_trace.MOST_MESSAGES, True)


def test_strangers_fill_no_memory(trace, monkeypatch):
    monkeypatch.setattr(sip_trace, "MOST_OF_ALL", 10_000)

    for number in range(1_000):
        say(trace, f"INVITE sip:x SIP/2.0\r\nCall-ID: {number}\r\nSubject: {'x' * 500}", way="RX")

    assert trace._size <= 10_000
    assert len(trace._calls) < 20
    assert trace.take("999").messages


@pytest.mark.parametrize(
    "text", ["", "no head", "TX UDP a -> b\nno call id", "TX UDP a -> b (99999 bytes, too large to trace)"]
)
def test_what_is_no_message_is_nothing(trace, text):
    trace.emit(logging.LogRecord(sip_trace.LOGGER, logging.DEBUG, "", 0, "%s", (text,), None))

    assert trace._calls == {}
