"""A relay that loses packets."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from ops.loss import LOOPBACK, LossyRelay, relaying

SENT = 1_000


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    with a_socket() as end:
        yield end


@contextlib.contextmanager
def a_socket() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind((LOOPBACK, 0))
        end.settimeout(5)
        yield end


def test_each_sender_hears_its_own_answers(far_end: socket.socket) -> None:
    relay = LossyRelay(far_end.getsockname(), percent=0)
    with a_socket() as one, a_socket() as other, contextlib.closing(relay):
        for sender, packet in ((one, b"one"), (other, b"other")):
            sender.sendto(packet, (LOOPBACK, relay.port))
            relay.turn(5)
            heard, behind = far_end.recvfrom(100)
            far_end.sendto(heard.upper(), behind)
            relay.turn(5)

        assert one.recv(100) == b"ONE"
        assert other.recv(100) == b"OTHER"


def test_it_loses_about_as_many_as_told(far_end: socket.socket) -> None:
    relay = LossyRelay(far_end.getsockname(), percent=2, seed=7)
    with a_socket() as sender, contextlib.closing(relay):
        for _ in range(SENT):
            sender.sendto(b"sound", (LOOPBACK, relay.port))
            relay.turn(5)

    assert relay.counts.passed + relay.counts.dropped == SENT
    assert 10 <= relay.counts.dropped <= 30


def test_as_a_process(far_end: socket.socket) -> None:
    with relaying(far_end.getsockname(), percent=0) as relay, a_socket() as sender:
        sender.sendto(b"sound", (LOOPBACK, relay.port))

        assert far_end.recv(100) == b"sound"

    assert (relay.counts.passed, relay.counts.dropped) == (1, 0)
