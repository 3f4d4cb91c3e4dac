"""`make bench ARGS=feed`: 1,000 sockets follow 10 calls, a hundred each. What a socket costs, and how old events are.

Memory is what the web process grows by, divided by the sockets. An event's age is from just before it is recorded (its
transaction included) to its frame in the client. Beside it stands a bare consumer of channels under the same server, with
as many sockets, told as much through the same channel layer.
"""

from __future__ import annotations

import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import psutil

from ops.load.child import ROOT, Child
from ops.processes import LOOPBACK, free_port, spawn, why_not_listen
from ops.stack import Stack

SOCKETS = 1_000
CALLS = 10
A_SECOND = 2.0
SECONDS = 15.0
RUNS = 3
SETTLE_SECONDS = 3.0
LATE_SECONDS = 20.0


class BenchError(Exception):
    """What was to be measured did not happen."""


@dataclass(frozen=True)
class Measured:
    """Kibibytes a socket, milliseconds of age, and the server's CPU in microseconds a frame."""

    kib: float
    p50: float
    p99: float
    cpu: float


def run(*, sockets: int) -> dict[str, Any]:
    """Measure, print what came out, and give it."""
    with Stack() as stack, Child("ops.load.feed_events", env=stack.env) as talker:
        calls = talker.ask("make_calls", count=CALLS)
        call_ids = [call_id for call_id, _ in calls]
        web = psutil.Process(stack.pid("web") or 0)
        ours = [
            [
                f"{stack.url.replace('http', 'ws', 1)}/v1/ws",
                [{"type": "auth", "api_key": key}, {"type": "subscribe", "call_id": call_id}],
                2,
            ]
            for call_id, key in calls
        ]
        with bare_server(stack) as (bare, url):
            theirs = [[f"{url}/{call_id}", [], 0] for call_id in call_ids]
            rows = {
                "bare consumer": measure(
                    stack, bare, theirs, sockets, lambda: say(talker, "announce", groups=call_ids)
                ),
                "live feed": measure(stack, web, ours, sockets, lambda: say(talker, "record", call_ids=call_ids)),
            }
    report(sockets, rows)
    return {name: [asdict(it) for it in measured] for name, measured in rows.items()}


def say(talker: Child, how: str, **whom: list[str]) -> int:
    number: int = talker.ask(how, a_second=A_SECOND, seconds=SECONDS, **whom)
    return number


def measure(
    stack: Stack, server: psutil.Process, followers: Sequence[list[Any]], sockets: int, talk: Callable[[], int]
) -> list[Measured]:
    """Open the sockets, let the calls talk so many times, and close them."""
    with Child("ops.load.feed_clients", env=stack.env) as one, Child("ops.load.feed_clients", env=stack.env) as two:
        clients = (one, two)
        wanted = [followers[number % len(followers)] for number in range(sockets)]
        # What the first sockets load is the process's, and no socket's.
        for client in clients:
            client.ask("open", sockets=list(followers))
        time.sleep(SETTLE_SECONDS)
        for client in clients:
            client.ask("close")
        time.sleep(SETTLE_SECONDS)
        before = server.memory_info().rss
        for place, client in enumerate(clients):
            client.tell("open", sockets=wanted[place :: len(clients)])
        if sum(client.answer() for client in clients) != sockets:
            raise BenchError("Not all sockets were opened.")
        measured = [hear(clients, server, sockets, talk, before) for _ in range(RUNS)]
        for client in clients:
            client.ask("close")
    return measured


def hear(
    clients: Sequence[Child], server: psutil.Process, sockets: int, talk: Callable[[], int], before: int
) -> Measured:
    for client in clients:
        client.ask("begin")
    cpu = sum(server.cpu_times()[:2])
    expected = talk() * sockets
    give_up_at = time.monotonic() + LATE_SECONDS
    while sum(client.ask("count") for client in clients) < expected:
        time.sleep(0.1)
        if time.monotonic() > give_up_at:
            raise BenchError("Not all events came.")
    cpu = sum(server.cpu_times()[:2]) - cpu
    heard = [client.ask("report") for client in clients]
    if any(it["broken"] for it in heard):
        raise BenchError("Events came out of turn, or sockets were closed.")
    p50, p99 = np.percentile([delay for it in heard for delay in it["delays"]], [50, 99])
    return Measured(
        kib=(server.memory_info().rss - before) / 1024 / sockets,
        p50=float(p50),
        p99=float(p99),
        cpu=cpu / expected * 1e6,
    )


@contextmanager
def bare_server(stack: Stack) -> Iterator[tuple[psutil.Process, str]]:
    """Daphne with the bare consumer; gives its process and its address."""
    port = free_port("the bare consumer")
    argv = [sys.executable, "-m", "daphne", "-b", LOOPBACK, "-p", str(port), "-v", "0"]
    argv += ["--ping-interval", "20", "--ping-timeout", "30", "ops.baselines.bare_channels:application"]
    process = spawn(argv, env=stack.env, cwd=ROOT, output=None, death_signal=signal.SIGKILL)
    try:
        give_up_at = time.monotonic() + 30
        while not why_not_listen(port):
            time.sleep(0.1)
            if time.monotonic() > give_up_at or process.poll() is not None:
                raise BenchError("The bare consumer's server did not start.")
        yield psutil.Process(process.pid), f"ws://{LOOPBACK}:{port}"
    finally:
        process.kill()
        process.wait()


def report(sockets: int, rows: dict[str, list[Measured]]) -> None:
    print(
        f"{sockets:,} sockets follow {CALLS} calls, {CALLS * A_SECOND:.0f} events a second in all "
        f"({sockets * A_SECOND:,.0f} frames); median of {RUNS} runs"
    )
    print(f"{'':<16} {'KiB a socket':>12} {'p50, ms':>8} {'p99, ms':>8} {'CPU, µs a frame':>16}")
    medians = {}
    for name, measured in rows.items():
        columns = zip(*((it.kib, it.p50, it.p99, it.cpu) for it in measured), strict=True)
        medians[name] = kib, p50, p99, cpu = [statistics.median(column) for column in columns]
        print(f"{name:<16} {kib:>12.1f} {p50:>8.1f} {p99:>8.1f} {cpu:>16.0f}")
    base, ours = medians["bare consumer"], medians["live feed"]
    ratios = [mine / theirs for mine, theirs in zip(ours, base, strict=True)]
    print(f"{'ratio':<16} {ratios[0]:>12.2f} {ratios[1]:>8.2f} {ratios[2]:>8.2f} {ratios[3]:>16.2f}")
