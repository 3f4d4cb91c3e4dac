"""What an INVITE says, and what a hostile one may not."""

from __future__ import annotations

import logging

import pytest

from calls.telephony.sip_invite import MOST_HEADERS, MOST_KEPT, Invite, Invites, headers_of, read_invite

LINES = (
    "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKabc",
    'From: "Joe" <sip:+4930901820@carrier.example>;tag=x',
    "To: <sip:+14155550101@carrier.example>",
    "Call-ID: abc@carrier",
    "CSeq: 1 INVITE",
)


def text(*more: str, target: str = "sip:+14155550101@127.0.0.1:5060", without: str = "", body: str = "") -> str:
    kept = [line for line in LINES if not without or not line.startswith(without)]
    return "\r\n".join([f"INVITE {target} SIP/2.0", *kept, *more, "", body])


def read(*more: str, target: str = "sip:+14155550101@127.0.0.1:5060", without: str = "", body: str = "") -> Invite:
    invite = read_invite(
        text(*more, target=target, without=without, body=body), source="127.0.0.1:5070", transport="UDP"
    )
    assert invite is not None
    return invite


def test_whom_and_who() -> None:
    invite = read()

    assert (invite.call_id, invite.source, invite.transport) == ("abc@carrier", "127.0.0.1:5070", "udp")
    assert (invite.dialled, invite.caller, invite.headers) == (("+14155550101",), "+4930901820", {})
    assert "4155550101" not in repr(invite)
    assert "4930901820" not in repr(invite)


def test_the_likeliest_number_comes_first() -> None:
    invite = read("Diversion: <sip:+14155550102@pbx>;reason=unconditional", target="sip:acme-8fe2aa@10.0.0.1")

    assert invite.dialled == ("acme-8fe2aa", "+14155550101", "+14155550102")


@pytest.mark.parametrize(
    ("more", "without", "caller"),
    [
        (["P-Asserted-Identity: <sip:+14155550199@carrier>"], "", "+14155550199"),
        (["P-Asserted-Identity: <tel:+14155550199>"], "", "+14155550199"),
        (["P-Asserted-Identity: <sip:+14155550199@carrier>", "Privacy: id"], "", None),
        (["Privacy: header;user"], "", None),
        (["Privacy: none"], "", "+4930901820"),
        (['From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=1'], "From", None),
        (["f: <sip:%2B4930901820;x=y@carrier>;tag=1"], "From", "+4930901820"),
        (["From: nonsense"], "From", None),
    ],
)
def test_who_calls(more: list[str], without: str, caller: str | None) -> None:
    assert read(*more, without=without).caller == caller


def test_what_the_sender_adds() -> None:
    invite = read(
        "X-Ticket: 42",
        "x-note: two\r\n lines\x00\x1b[31m of \u202e text",
        "X-VaniAgent-Line: line_1",
        "X-VaniAgent-Number: +14155550101",
        "X-Ticket: 43",
    )

    assert invite.headers == {"x-ticket": "42", "x-note": "two lines[31m of  text"}
    assert (invite.line, invite.number) == ("line_1", "+14155550101")


def test_what_is_too_much_is_left_out() -> None:
    invite = read(*(f"X-{n}: {'y' * 5000}" for n in range(100)), f"X-{'z' * 100}: 1")

    assert len(invite.headers) <= MOST_HEADERS
    assert max(map(len, invite.headers.values())) == 256


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "INVITE",
        "INVITE sip:x SIP/2.0",
        text(without="Call-ID"),
        text("To: <sip:x@y>;tag=known", without="To"),
        text().replace("INVITE sip", "OPTIONS sip"),
        "\x00" * 10_000,
        "INVITE " + "a" * 100_000 + " SIP/2.0",
    ],
)
def test_what_begins_no_call(bad: str) -> None:
    assert read_invite(bad, source="127.0.0.1:5070", transport="UDP") is None


def test_whether_the_sound_would_be_encrypted() -> None:
    assert read(body="v=0\r\nm=audio 4000 RTP/SAVP 0").is_encrypted
    assert not read(body="v=0\r\nm=audio 4000 RTP/AVP 0").is_encrypted


def logged(invites: Invites, message: str) -> None:
    invites.emit(logging.LogRecord("sip", logging.DEBUG, "", 0, "%s", (message,), None))


def test_they_are_found_by_their_call() -> None:
    invites = Invites()

    logged(invites, "RX UDP 10.0.0.1:5060 -> 127.0.0.1:5060\n" + text())

    assert invites.knows("abc@carrier")
    invite = invites.take("abc@carrier")
    assert invite is not None
    assert (invite.source, invite.is_to_contact) == ("10.0.0.1:5060", False)
    assert invites.take("abc@carrier") is None


def test_sent_again_it_is_the_same() -> None:
    invites = Invites()

    for _ in range(2):
        logged(invites, "RX UDP 10.0.0.1:5060 -> 127.0.0.1:5060\n" + text())

    assert invites.take("abc@carrier") is not None


def test_sent_by_two_it_is_nobodys() -> None:
    invites = Invites()

    for source in ("10.0.0.1:5060", "10.0.0.2:5060", "10.0.0.1:5060"):
        logged(invites, f"RX UDP {source} -> 127.0.0.1:5060\n{text()}")

    assert invites.knows("abc@carrier")
    assert invites.take("abc@carrier") is None


def test_an_address_that_only_a_registrar_was_told() -> None:
    invites = Invites()
    logged(
        invites,
        "TX UDP 10.0.0.9:5060 -> 10.0.0.1:5060\nREGISTER sip:carrier SIP/2.0\r\nContact: <sip:acme-8fe2aa77@10.0.0.9>\r\n\r\n",
    )

    logged(invites, "RX UDP 10.0.0.1:5060 -> 10.0.0.9:5060\n" + text(target="sip:acme-8fe2aa77@10.0.0.9:5060"))

    invite = invites.take("abc@carrier")
    assert invite is not None
    assert invite.is_to_contact


def test_a_flood_fills_no_memory() -> None:
    invites = Invites()

    for number in range(MOST_KEPT + 10):
        logged(invites, "RX UDP 10.0.0.1:5060 -> 127.0.0.1:5060\n" + text().replace("abc@", f"{number}@"))

    assert not invites.knows("9@carrier")
    assert invites.knows("10@carrier")


@pytest.mark.parametrize(
    ("metadata", "sent"),
    [
        ({"X-Campaign": "spring", "customer": "cust_1"}, {"X-Campaign": "spring"}),
        ({"x-a": "1", "x-b": 2, "x-c": None, "x-d": ["4"]}, {"x-a": "1"}),
        ({"X-Evil": "1\r\nVia: SIP/2.0/UDP evil", "X-B\r\nVia": "x", "X-Caf\u00e9": "x", "X-C": "caf\u00e9"}, {}),
        ({"X-VaniAgent-Line": "line_2", "X-": "1", "X- y": "1", "X-D": "", "X-E": " "}, {}),
        ({"X-Long": "x" * 129}, {}),
        ({f"X-{n}": "x" for n in range(20)}, {f"X-{n}": "x" for n in range(8)}),
        ({f"X-{n}": "x" * 128 for n in range(8)}, {f"X-{n}": "x" * 128 for n in range(2)}),
    ],
)
def test_what_of_a_calls_metadata_is_sent(metadata: dict[str, object], sent: dict[str, str]) -> None:
    assert headers_of(metadata) == sent
