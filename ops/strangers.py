"""What strangers send."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from calls.audio.g711 import ulaw_encode

Packet = Callable[[int], bytes]

STRANGER: Final = "127.0.0.9"
_TONE: Final = [
    ulaw_encode(b"".join(struct.pack("<h", int(16_000 * math.sin(0.3 * math.pi * at))) for at in range(n, n + 160)))
    for n in range(0, 8_000, 160)
]
_CHANCE: Final = random.Random(4475)  # noqa: S311  # no secret


def _rtp(payload_type: int, number: int, sound: bytes) -> bytes:
    return struct.pack("!BBHII", 0x80, payload_type, number & 0xFFFF, number * 160 & 0xFFFF_FFFF, 0xDEAD) + sound


def _key(number: int) -> bytes:
    """The key 5, pressed again and again (RFC 4733)."""
    is_last = number % 5 == 4
    return struct.pack("!BBHII", 0x80, 101, number & 0xFFFF, number // 5 * 800, 0xDEAD) + bytes(
        [5, 0x8A if is_last else 0x0A, 0, 160]
    )


PACKETS: Final[Mapping[str, Packet]] = {
    "a voice": lambda number: _rtp(0, number, _TONE[number % 50]),
    "keys": _key,
    "garbage": lambda number: _CHANCE.randbytes(_CHANCE.choice([0, 1, 3, 11, 12, 40, 172, 1_400])),
    "another payload type": lambda number: _rtp(77, number, b"\0" * 160),
    "oversize": lambda number: _rtp(0, number, b"\x22" * 8_000),
    "half a header": lambda number: _rtp(0, number, b"")[: number % 12],
    "many sources": lambda number: struct.pack("!BBHII", 0x9F, 0, 1, 1, number) + b"\xff" * 160,
}


def ports_of_sound(first: int, last: int) -> list[int]:
    """The UDP ports in this range that somebody on this machine has open."""
    rows = Path("/proc/net/udp").read_text().splitlines()[1:]
    ports = {int(row.split()[1].partition(":")[2], 16) for row in rows}
    return sorted(port for port in ports if first <= port <= last)


@contextlib.asynccontextmanager
async def sending(ports: list[int], packet: Packet, *, rate: float, source: str = STRANGER) -> AsyncIterator[None]:
    """Send so many packets a second to each of these ports, for as long as the block lasts."""
    task = asyncio.create_task(_send(ports, packet, rate, source))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def pour(messages: Iterable[bytes], *, to: tuple[str, int], rate: float, source: str = STRANGER) -> int:
    """Send these, so many a second. Gives how many went out."""
    began, sent = time.monotonic(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.bind((source, 0))
        for message in messages:
            with contextlib.suppress(OSError):
                mouth.sendto(message, to)
                sent += 1
            time.sleep(max(0.0, began + sent / rate - time.monotonic()))
    return sent


async def _send(ports: list[int], packet: Packet, rate: float, source: str) -> None:
    loop = asyncio.get_running_loop()
    due, number = loop.time(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.bind((source, 0))
        while True:
            for port in ports:
                mouth.sendto(packet(number), ("127.0.0.1", port))
            number += 1
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - loop.time()))
