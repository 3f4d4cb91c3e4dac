"""A leg over Twilio against a book and a REST side of the test's; the socket is what comes by the bus."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from calls import bus
from calls.audio.g711 import ulaw_decode, ulaw_encode
from calls.telephony import twilio
from calls.telephony.base import LegKind, LegSpec
from calls.telephony.store import StoreAway
from calls.telephony.twilio import MARK_EVERY, SILENCE, Ticket, TwilioLeg, TwilioPhone
from calls.telephony.twilio_rest import TwilioAway, TwilioRefused
from calls.tests.telephony.test_browser_leg import Listener

PARAMS = {"line": "line_1", "account_sid": "AC1", "auth_token": "t"}
SPEC = LegSpec("call_1", LegKind.TWILIO, "+14155550100", "+14155550103", 20, params=PARAMS)
INBOUND = LegSpec("call_1", LegKind.TWILIO, "+1", "+2", 20, is_inbound=True, params={**PARAMS, "carrier_call": "key"})
WEB, OTHER = "sockets-1", "sockets-2"


def voice(number: int) -> bytes:
    """A frame that mu-law leaves as it is, and that no other number gives."""
    return ulaw_decode(bytes([number]) * 160)


class FakeBook:
    def __init__(self) -> None:
        self.said: list[object] = []
        self.is_away = False

    async def open(self, **about) -> Ticket | None:
        return Ticket("key", status_url="https://vani.example/status", twiml="<Response/>")

    async def take(self, *, key: str) -> Ticket | None:
        return Ticket(key, status_url="", sid="CA1")

    async def note_sid(self, *, key: str, sid: str) -> None:
        if self.is_away:
            raise StoreAway
        self.said.append(("sid", sid))

    async def unwanted(self, *, key: str) -> None:
        self.said.append("unwanted")

    async def over(self, *, key: str) -> None:
        self.said.append("over")


class FakeRest:
    def __init__(self) -> None:
        self.said: list[object] = []
        self.error: Exception | None = None
        self.while_dialling = lambda: None

    def dial(self, login, call) -> str:
        self.said.append(("dial", call.to_number, call.ring_timeout))
        self.while_dialling()
        if self.error is not None:
            raise self.error
        return "CA1"

    def hang_up(self, login, sid: str) -> None:
        self.said.append(("hang up", sid))
        if self.error is not None:
            raise self.error


class Line:
    """A leg, and all around it."""

    def __init__(self, spec: LegSpec = SPEC) -> None:
        self.sent: list[tuple[str, bus.ToCarrier]] = []
        self.book, self.rest, self.listener = FakeBook(), FakeRest(), Listener()
        self.phone = TwilioPhone(rest=self.rest, book=self.book, send=lambda to, item: self.sent.append((to, item)))
        self.leg = TwilioLeg(spec, self.listener, phone=self.phone)

    def say(self, what: str, data: bytes = b"", *, stream: str = "MZ1", web: str = WEB) -> None:
        self.phone.take(web, bus.FromCarrier("key", 0, stream, what, data))

    def state(self, state: str, *, sip: str = "", error: str = "") -> None:
        self.phone.take("platform", bus.FromCarrier("key", 0, "", "state", f"{state},CA1,{sip},{error}".encode()))

    def sounds(self, *, stream: str = "MZ1") -> list[bytes]:
        return [ulaw_decode(item.data) for _, item in self.sent if item.what == "sound" and item.stream == stream]

    def last_mark(self) -> bytes:
        return [item.data for _, item in self.sent if item.what == "mark"][-1]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    line = Line()
    yield line
    await line.leg.close()
    line.phone.close()


@pytest.fixture
async def talking(line: Line) -> Line:
    await line.leg.dial()
    line.state("in-progress")
    line.say("open")
    return line


async def test_it_rings_and_is_answered_when_the_socket_is_open(line):
    await line.leg.dial()
    line.state("initiated")
    line.state("ringing")
    line.state("in-progress")
    told_before = list(line.listener.told)
    line.say("open")

    assert line.rest.said == [("dial", "+14155550100", 20)]
    assert line.book.said == [("sid", "CA1")]
    assert (told_before, line.listener.told) == (["ringing"], ["ringing", "answered"])


@pytest.mark.parametrize(
    ("state", "sip", "error", "reason", "by"),
    [
        ("busy", "486", "", "busy", "carrier"),
        ("busy", "603", "", "rejected", "user"),
        ("no-answer", "", "", "no_answer", "carrier"),
        ("no-answer", "487", "", "no_answer", "carrier"),
        ("canceled", "", "", "canceled", "carrier"),
        ("failed", "404", "", "invalid_number", "carrier"),
        ("failed", "", "13224", "invalid_number", "carrier"),
        ("failed", "503", "", "carrier_error", "carrier"),
        ("failed", "", "", "carrier_error", "carrier"),
        ("completed", "", "", "carrier_error", "carrier"),
    ],
)
async def test_each_outcome_in_our_words(line, state, sip, error, reason, by):
    await line.leg.dial()
    line.state(state, sip=sip, error=error)
    line.state(state, sip=sip, error=error)
    await line.leg.close()

    assert line.listener.told == [(reason, by)]
    assert line.rest.said == [("dial", "+14155550100", 20)]


@pytest.mark.parametrize(
    ("error", "reason", "noted"),
    [
        (TwilioRefused(400, 21211), "invalid_number", ["over"]),
        (TwilioRefused(401, 20003), "carrier_error", ["over"]),
        (TwilioAway("ReadTimeout"), "carrier_error", ["unwanted"]),
    ],
)
async def test_a_dial_that_fails_is_not_repeated(line, error, reason, noted):
    line.rest.error = error

    await line.leg.dial()
    await line.leg.close()

    assert line.listener.told == [(reason, "carrier")]
    assert (line.rest.said, line.book.said) == ([("dial", "+14155550100", 20)], noted)


async def test_hung_up_while_twilio_is_asked(line):
    line.rest.while_dialling = lambda: setattr(line.leg, "_over", True)

    await line.leg.dial()

    assert line.rest.said[1:] == [("hang up", "CA1")]
    assert line.book.said == [("sid", "CA1"), "over"]


async def test_a_hang_up_that_twilio_does_not_hear_is_left_to_others(talking):
    talking.rest.error = TwilioAway("ConnectTimeout")

    await talking.leg.hang_up()
    await talking.leg.close()

    assert talking.rest.said[1:] == [("hang up", "CA1")]
    assert talking.book.said[-1] == "unwanted"
    assert talking.sent[-1][1].what == "close"


async def test_a_database_that_is_away_loses_no_call(line):
    line.book.is_away = True

    await line.leg.dial()
    await line.leg.hang_up()

    assert line.rest.said[1:] == [("hang up", "CA1")]


async def test_sound_and_keys_go_both_ways(talking):
    talking.leg.play(voice(3))
    talking.say("sound", bytes([5]) * 160)
    talking.say("digit", b"7")

    assert talking.sounds() == [voice(3)]
    assert talking.listener.told[1:] == [voice(5), "7"]


async def test_a_flush_tells_what_no_mark_has_come_back_for(talking):
    for number in range(2 * MARK_EVERY + 1):
        talking.leg.play(voice(number))
    talking.say("mark", f"0.{MARK_EVERY}".encode())

    unheard = talking.leg.flush()
    # Twilio gives the others back now, unplayed.
    talking.say("mark", f"0.{2 * MARK_EVERY}".encode())
    talking.leg.play(voice(1))

    assert unheard == MARK_EVERY + 1
    assert [item.what for _, item in talking.sent][-2:] == ["clear", "sound"]
    assert talking.leg.flush() == 1


async def test_a_socket_that_broke_goes_on_where_it_was_heard(talking):
    for number in range(MARK_EVERY + 1):
        talking.leg.play(voice(number))
    talking.say("mark", f"0.{MARK_EVERY}".encode())
    talking.say("closed")
    talking.leg.play(SILENCE)
    talking.leg.play(voice(50))
    talking.say("open", stream="MZ2", web=OTHER)
    talking.leg.play(voice(51))
    talking.say("sound", bytes([5]) * 160, stream="MZ2", web=OTHER)

    assert talking.sounds(stream="MZ2") == [voice(MARK_EVERY), voice(50), voice(51)]
    assert talking.listener.told == ["answered", voice(5)]


async def test_what_an_earlier_socket_still_says_is_dropped(talking):
    talking.say("open", stream="MZ2", web=OTHER)
    talking.say("sound", bytes([5]) * 160)
    talking.say("closed")
    talking.say("stop")
    talking.leg.play(voice(1))

    assert (WEB, bus.ToCarrier("key", 0, "MZ1", "close")) in talking.sent
    assert talking.sounds(stream="MZ2") == [voice(1)]
    assert talking.listener.told == ["answered"]


async def test_a_socket_that_does_not_come_back_is_lost(talking, monkeypatch):
    monkeypatch.setattr(twilio, "SILENT_SECONDS", 0.1)
    talking.say("closed")
    for _ in range(5):
        talking.leg.play(SILENCE)
    await talking.leg.close()

    assert talking.listener.told[1:] == [("media_lost", "carrier")]
    assert talking.rest.said[1:] == [("hang up", "CA1")]


@pytest.mark.parametrize("how", ["stop", "state"])
async def test_the_person_hangs_up(talking, how):
    if how == "stop":
        talking.say("stop")
    else:
        talking.state("completed")
    talking.say("sound", bytes(160))

    assert talking.listener.told[1:] == [("user_hangup", "user")]


async def test_who_answers_and_is_gone_before_the_socket_hung_up(line):
    await line.leg.dial()
    line.state("in-progress")
    line.state("completed")

    assert line.listener.told == ["answered", ("user_hangup", "user")]


async def test_keys_are_heard_as_tones(talking):
    await talking.leg.send_dtmf("1#x")
    for _ in range(25):
        talking.leg.play(SILENCE)

    sounds = talking.sounds()
    assert (len(sounds), SILENCE in sounds) == (10, False)
    assert sounds[0] != sounds[5]


async def test_who_calls_is_answered_when_their_socket_is_open():
    line = Line(INBOUND)

    await line.leg.dial()
    told_before = list(line.listener.told)
    line.say("open")
    await line.leg.hang_up()

    assert (told_before, line.listener.told) == (["ringing"], ["ringing", "answered"])
    assert line.rest.said == [("hang up", "CA1")]


async def test_a_caller_who_leaves_before_that_is_no_customer():
    line = Line(INBOUND)

    await line.leg.dial()
    line.state("completed")

    assert line.listener.told == ["ringing", ("canceled", "user")]


async def test_a_socket_that_nobody_waits_for_is_closed(line):
    line.phone.take(WEB, bus.FromCarrier("another", 0, "MZ9", "open"))

    assert line.sent == [(WEB, bus.ToCarrier("another", 0, "MZ9", "close"))]


def test_mu_law_is_left_as_it_is():
    assert ulaw_decode(ulaw_encode(voice(9))) == voice(9)
