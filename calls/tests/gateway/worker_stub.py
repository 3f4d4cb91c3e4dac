"""A calls worker of few words, as a process: dials what it is told to, beats, and writes down what it hears.

python worker_stub.py REDIS_URL PREFIX NAME HOLDER dial|attach TOKEN CALL...
"""

from __future__ import annotations

import asyncio
import sys

from calls import bus

BEAT_SECONDS = 0.25


async def work(url: str, prefix: str, name: str, holder: str, how: str, token: int, calls: list[str]) -> None:
    async with bus.Bus(url=url, name=name, prefix=prefix) as wire:
        listening = asyncio.create_task(_listen(wire))
        await wire.subscribed.wait()
        claim = bus.Dial if how == "dial" else bus.Attach
        for call in calls:
            wire.send(holder, claim(call, token))
        while not listening.done():
            for call in calls:
                wire.send(holder, bus.Beat(call, token, 0))
            try:
                await wire.flush()
            except bus.BusAway:
                _write("away")
            await asyncio.sleep(BEAT_SECONDS)


async def _listen(wire: bus.Bus) -> None:
    async for _, items in wire.receive():
        for item in items:
            if isinstance(item, bus.Heard):
                continue
            _write(f"{type(item).__name__} {item.call} {item.token} {getattr(item, 'state', '')}".rstrip())


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    url, prefix, name, holder, how, token, *calls = sys.argv[1:]
    asyncio.run(work(url, prefix, name, holder, how, int(token), calls))
