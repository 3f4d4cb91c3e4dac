"""A network that loses packets: a UDP relay that drops some of each direction, as a process of its own.

python -m ops.loss --to 127.0.0.1:6000 --percent 2

prints the port that it listens on. A far end that takes sound at 127.0.0.1:6000 names that port in its description (SIPp: write
it into the scenario in place of [media_port]); whoever sends there reaches the far end by a socket of his own, and hears
through the relay what comes back. It works wherever a program may open a socket; netem on loopback would strike
databases as well, and many kernels have none.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

Address = tuple[str, int]

LOOPBACK = "127.0.0.1"
# Packets read from one socket before others have their turn.
BATCH = 32
MOST_BYTES = 65_535
# Senders beyond these are not relayed: each has a socket.
MOST_SENDERS = 4_000
BUFFER_BYTES = 4 * 1024 * 1024


@dataclass
class Counts:
    passed: int = 0
    dropped: int = 0


class LossyRelay:
    """Between everybody who sends to its port and one target."""

    def __init__(self, target: Address, *, percent: float, port: int = 0, seed: int = 2) -> None:
        self.counts = Counts()
        self._share = percent / 100
        self._chance = random.Random(seed)  # noqa: S311  # no secret
        self._target = target
        self._selector = selectors.DefaultSelector()
        self._front = _socket()
        self._front.bind((LOOPBACK, port))
        self._selector.register(self._front, selectors.EVENT_READ)
        self._backs: dict[Address, socket.socket] = {}
        self._senders: dict[int, Address] = {}
        self._is_stopped = False

    @property
    def port(self) -> int:
        return int(self._front.getsockname()[1])

    def run(self) -> None:
        """Until `stop`."""
        while not self._is_stopped:
            self.turn(0.2)

    def turn(self, wait: float) -> None:
        """Pass on what has come."""
        for key, _ in self._selector.select(wait):
            end = key.fileobj
            if end is self._front:
                self._forth()
            elif isinstance(end, socket.socket):
                self._back(end)

    def stop(self) -> None:
        self._is_stopped = True

    def close(self) -> None:
        for end in (self._front, *self._backs.values()):
            end.close()
        self._selector.close()

    def _forth(self) -> None:
        for packet, sender in _packets(self._front):
            back = self._backs.get(sender) or self._open(sender)
            if back is not None and self._passes():
                with contextlib.suppress(OSError):
                    back.send(packet)

    def _back(self, end: socket.socket) -> None:
        sender = self._senders[end.fileno()]
        for packet, _ in _packets(end):
            if self._passes():
                with contextlib.suppress(OSError):
                    self._front.sendto(packet, sender)

    def _open(self, sender: Address) -> socket.socket | None:
        if len(self._backs) >= MOST_SENDERS:
            return None
        back = _socket()
        back.connect(self._target)
        self._selector.register(back, selectors.EVENT_READ)
        self._backs[sender] = back
        self._senders[back.fileno()] = sender
        return back

    def _passes(self) -> bool:
        if self._chance.random() < self._share:
            self.counts.dropped += 1
            return False
        self.counts.passed += 1
        return True


@dataclass
class Relay:
    """A running one."""

    port: int
    # Known when it has ended.
    counts: Counts


@contextlib.contextmanager
def relaying(target: Address, *, percent: float = 2.0) -> Iterator[Relay]:
    """A relay to this target, for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ops.loss", "--to", f"{target[0]}:{target[1]}", "--percent", str(percent)],
        stdout=subprocess.PIPE,
        text=True,
    )
    relay = Relay(0, Counts())
    try:
        if process.stdout is not None:
            relay.port = int(process.stdout.readline())
        yield relay
    finally:
        process.terminate()
        told, _ = process.communicate(timeout=10)
        if told.strip():
            relay.counts = Counts(**json.loads(told))


def _socket() -> socket.socket:
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.setblocking(False)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    return end


def _packets(end: socket.socket) -> Iterator[tuple[bytes, Address]]:
    for _ in range(BATCH):
        try:
            packet, sender = end.recvfrom(MOST_BYTES)
        except BlockingIOError:
            return
        except OSError:  # nobody listened where the last one was sent
            continue
        yield packet, sender


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--percent", type=float, default=2.0)
    parser.add_argument("--port", type=int, default=0)
    its = parser.parse_args()
    host, _, port = its.to.rpartition(":")
    relay = LossyRelay((host, int(port)), percent=its.percent, port=its.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: relay.stop())
    print(relay.port, flush=True)
    relay.run()
    relay.close()
    print(json.dumps(vars(relay.counts)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
