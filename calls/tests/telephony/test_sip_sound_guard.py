"""Sound of strangers, and of whom the call is with."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from calls.telephony.sip_sound_guard import LARGEST_PACKET, SoundGuard, protect

FAR_END, STRANGER = "127.0.0.2", "127.0.0.3"
SDP = "v=0\no=- 1 1 IN IP4 {host}\ns=-\nc=IN IP4 {host}\nt=0 0\nm=audio {port} RTP/AVP 0\n"


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    """Where a call's sound is heard."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(0.05)
        yield wire


def heard(ear: socket.socket, host: str, packet: bytes = b"sound") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.bind((host, 0))
        mouth.sendto(packet, ear.getsockname())
        try:
            return ear.recv(65_535) == packet
        except TimeoutError:
            return False


def told(guard: SoundGuard, way: str, *, call: str = "call", sip: str = FAR_END, host: str, port: int) -> None:
    peers = f"127.0.0.1:5060 -> {sip}:5060" if way == "TX" else f"{sip}:5060 -> 127.0.0.1:5060"
    text = f"{way} UDP {peers}\nSIP/2.0 200 OK\nCall-ID: {call}\n\n{SDP.format(host=host, port=port)}"
    guard.emit(logging.LogRecord("sip", logging.DEBUG, "", 0, text, (), None))


def test_nobody_else_is_heard(ear: socket.socket) -> None:
    assert heard(ear, STRANGER)

    protect({ear.getsockname()[1]}, [FAR_END, "198.51.100.7"])

    assert heard(ear, FAR_END)
    assert not heard(ear, STRANGER)


def test_nor_what_is_no_packet_of_sound(ear: socket.socket) -> None:
    protect({ear.getsockname()[1]}, [FAR_END])

    assert heard(ear, FAR_END, b"s" * LARGEST_PACKET)
    assert not heard(ear, FAR_END, b"s" * (LARGEST_PACKET + 1))


def test_other_sockets_hear_as_before(ear: socket.socket) -> None:
    protect({ear.getsockname()[1] - 1}, [FAR_END])

    assert heard(ear, STRANGER)


def test_a_call_of_ours(ear: socket.socket) -> None:
    """The far end's sound may come from elsewhere than its SIP."""
    guard = SoundGuard()
    told(guard, "TX", sip="127.0.0.4", host="203.0.113.5", port=ear.getsockname()[1])
    assert not heard(ear, FAR_END)

    told(guard, "RX", sip="127.0.0.4", host=FAR_END, port=9)

    assert heard(ear, FAR_END)
    assert heard(ear, "127.0.0.4")
    assert not heard(ear, STRANGER)


def test_a_call_that_came_in_and_is_sent_elsewhere(ear: socket.socket) -> None:
    guard = SoundGuard()
    told(guard, "RX", host=FAR_END, port=9)
    told(guard, "TX", host="203.0.113.5", port=ear.getsockname()[1])
    assert not heard(ear, STRANGER)

    told(guard, "RX", host=STRANGER, port=9)

    assert heard(ear, STRANGER)


def test_another_call_opens_nothing(ear: socket.socket) -> None:
    guard = SoundGuard()
    told(guard, "TX", host="203.0.113.5", port=ear.getsockname()[1])
    told(guard, "RX", call="another", sip=STRANGER, host=STRANGER, port=ear.getsockname()[1])

    assert not heard(ear, STRANGER)


HELD = "0.0.0.0"  # noqa: S104  # what a description of a held call says


@pytest.mark.parametrize("host", [HELD, "999.1.1.1", "trunk.example", "::1"])
def test_an_address_that_is_none(ear: socket.socket, host: str) -> None:
    """A call on hold, and nonsense."""
    guard = SoundGuard()
    told(guard, "TX", host="203.0.113.5", port=ear.getsockname()[1])
    told(guard, "RX", host=host, port=9)

    assert heard(ear, FAR_END)
    assert not heard(ear, STRANGER)


@pytest.mark.parametrize(
    "text", ["", "TX", "TX UDP a -> b\n", "TX UDP a -> b\nCall-ID: c\n\nm=audio 99999 RTP/AVP 0\n"]
)
def test_what_is_no_message(text: str) -> None:
    SoundGuard().emit(logging.LogRecord("sip", logging.DEBUG, "", 0, text, (), None))
