"""The sound of a far end with a bad network, as a process of its own: hears many calls at one port, and talks back to each.

python -m ops.rtp_peer --percent 2

prints its port. For each packet that comes it sends one, from speech with pauses, and loses some. When it is told to end it prints what
it heard: by the kernel's own time stamps, so that a busy machine's late reader blames nobody.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1"
SO_TIMESTAMPNS = 35
FRAME = 160
# Somebody who has sent nothing for so long is another call, on the same port.
NEW_CALL_MS = 1_000
GAP_MS = 60
BUFFER_BYTES = 8 * 1024 * 1024
_HEADER = struct.Struct("!BBHII")
_TIME = struct.Struct("@qq")


@dataclass
class Heard:
    """What came, over all calls. `between` is how many packets came so many whole milliseconds after the one before."""

    calls: int = 0
    packets: int = 0
    dropped: int = 0
    # Longer than GAP_MS: the caller hears a hole.
    gaps: int = 0
    worst_ms: float = 0.0
    between: Counter[int] = field(default_factory=Counter)

    def percentile(self, q: float) -> int:
        """Milliseconds between packets; 0 where there were none."""
        left = sum(self.between.values()) * q / 100
        for ms in sorted(self.between):
            left -= self.between[ms]
            if left <= 0:
                return ms
        return 0


@dataclass
class _Sender:
    came_at: int
    number: int = 0
    sound_at: int = 0


class RtpPeer:
    """`sound` is μ-law, repeated for each call from its beginning."""

    def __init__(self, sound: bytes, *, percent: float, seed: int = 2) -> None:
        self.heard = Heard()
        self._frames = [sound[at : at + FRAME] for at in range(0, len(sound) - FRAME + 1, FRAME)]
        self._share = percent / 100
        self._chance = random.Random(seed)  # noqa: S311  # no secret
        self._senders: dict[tuple[str, int], _Sender] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.2)
        self._socket.bind((LOOPBACK, 0))
        self.is_stopped = False

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def run(self) -> None:
        """Until `is_stopped`."""
        while not self.is_stopped:
            with contextlib.suppress(TimeoutError):
                self._take()
        self._socket.close()

    def _take(self) -> None:
        packet, marks, _flags, sender = self._socket.recvmsg(2048, 64)
        if len(packet) < _HEADER.size or packet[0] >> 6 != 2:
            return
        seconds, nanoseconds = _TIME.unpack(marks[0][2][: _TIME.size])
        now = seconds * 1_000_000_000 + nanoseconds
        state = self._senders.get(sender)
        if state is None or now - state.came_at > NEW_CALL_MS * 1_000_000:
            state = self._senders[sender] = _Sender(now)
            self.heard.calls += 1
        else:
            self._note((now - state.came_at) / 1_000_000)
        state.came_at = now
        self.heard.packets += 1
        self._answer(state, sender)

    def _note(self, ms: float) -> None:
        self.heard.between[round(ms)] += 1
        self.heard.worst_ms = max(self.heard.worst_ms, ms)
        self.heard.gaps += ms > GAP_MS

    def _answer(self, state: _Sender, sender: tuple[str, int]) -> None:
        state.number += 1
        frame = self._frames[state.sound_at]
        state.sound_at = (state.sound_at + 1) % len(self._frames)
        if self._chance.random() < self._share:
            self.heard.dropped += 1
            return
        header = _HEADER.pack(0x80, 0, state.number & 0xFFFF, state.number * FRAME & 0xFFFFFFFF, 0x5EED)
        with contextlib.suppress(OSError):
            self._socket.sendto(header + frame, sender)


@dataclass
class Peer:
    """A running one."""

    port: int
    # Known when it has ended.
    heard: Heard = field(default_factory=Heard)


@contextlib.contextmanager
def rtp_peer(sound: Path, *, percent: float = 2.0) -> Iterator[Peer]:
    """One that says what is in this file (μ-law, 8 kHz), for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ops.rtp_peer", "--sound", str(sound), "--percent", str(percent)],
        stdout=subprocess.PIPE,
        text=True,
    )
    peer = Peer(0)
    try:
        if process.stdout is not None:
            peer.port = int(process.stdout.readline())
        yield peer
    finally:
        process.terminate()
        told, _ = process.communicate(timeout=10)
        if told.strip():
            values = json.loads(told)
            between = Counter({int(ms): count for ms, count in values.pop("between").items()})
            peer.heard = Heard(**values, between=between)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sound", required=True, type=Path)
    parser.add_argument("--percent", type=float, default=2.0)
    its = parser.parse_args()
    peer = RtpPeer(its.sound.read_bytes(), percent=its.percent)

    def stop(*_: object) -> None:
        peer.is_stopped = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    print(peer.port, flush=True)
    peer.run()
    print(json.dumps(vars(peer.heard)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
