"""`make bench ARGS=deliveries`: 10,000 events to 20 endpoints, one of which is stuck: it takes requests and answers none.

How many deliveries the sender makes for a second of its CPU, from a backlog, compared with a bare loop of posts that
stores nothing and with a Celery task for each. And whether the stuck endpoint makes the other 19 wait: events recorded at a steady pace, with the
twentieth stuck and with it well.
"""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import psutil

from ops.baselines.celery_posts import QUEUE
from ops.load.child import ROOT, Child
from ops.processes import spawn
from ops.stack import Stack
from ops.table import BACKGROUND_THREADS

ENDPOINTS = 20
RUNS = 3
A_SECOND = 50.0
STEADY_EVENTS = 2_000
LONGEST_SECONDS = 600.0


class BenchError(Exception):
    """What was to be measured did not happen."""


@dataclass(frozen=True)
class Drained:
    """What one backlog took. `cpu` is the sender's, `stores_cpu` PostgreSQL's, in seconds."""

    delivered: int
    seconds: float
    cpu: float
    stores_cpu: float
    out_of_order: int
    most_at_once: int


@dataclass(frozen=True)
class Waited:
    """Milliseconds from an event's recording to its first arrival at one of the 19."""

    p50: float
    p99: float
    longest: float


def run(*, events: int) -> dict[str, Any]:
    """Measure, print what came out, and give it."""
    with (
        Stack() as stack,
        Child("ops.load.receivers", env=stack.env) as receivers,
        Child("ops.load.webhook_events", env=stack.env) as recorder,
        Child("ops.baselines.bare_posts", env=stack.env) as posts,
        Child("ops.baselines.celery_posts", env=stack.env) as queue,
        celery_worker(stack) as worker,
    ):
        urls = receivers.ask("listen", count=ENDPOINTS)
        bench = Bench(stack, receivers, recorder)
        bare, queued, drained = [], [], []
        # Celery starts, and loads what it needs.
        bench.queue(queue, worker, [[url, ""] for url in urls], ENDPOINTS)
        for _ in range(RUNS):
            secrets = recorder.ask("make_endpoints", urls=urls)
            receivers.ask("begin", is_last_stuck=False)
            bare.append(posts.ask("send", endpoints=secrets, count=events))
            if sum(receivers.ask("count")) != events:
                raise BenchError("The bare loop did not deliver everything.")
            queued.append(bench.queue(queue, worker, secrets, events))
            drained.append(bench.drain(events))
        waits = {name: bench.wait(urls, is_last_stuck=stuck) for name, stuck in (("none", False), ("one", True))}
    return report(events, bare, queued, drained, waits)


class Bench:
    """The product, and the load around it."""

    def __init__(self, stack: Stack, receivers: Child, recorder: Child) -> None:
        self._stack = stack
        self._receivers = receivers
        self._recorder = recorder

    def queue(self, queue: Child, worker: psutil.Process, endpoints: list[list[str]], events: int) -> dict[str, float]:
        """Have the Celery tasks deliver everything. Gives seconds, and those of the worker's CPU."""
        self._receivers.ask("begin", is_last_stuck=False)
        began, cpu = time.monotonic(), sum(worker.cpu_times()[:2])
        queue.ask("queue", endpoints=endpoints, count=events)
        while sum(self._receivers.ask("count")) < events:
            time.sleep(0.25)
            if time.monotonic() - began > LONGEST_SECONDS:
                raise BenchError(f"Celery did not deliver everything within {LONGEST_SECONDS:.0f} s.")
        return {"seconds": time.monotonic() - began, "cpu": sum(worker.cpu_times()[:2]) - cpu}

    def drain(self, events: int) -> Drained:
        """Deliver a backlog as far as the stuck endpoint lets it be delivered, and forget it."""
        self._receivers.ask("begin", is_last_stuck=True)
        expected = events // ENDPOINTS * (ENDPOINTS - 1)
        cpu = self._cpu("background")
        self._recorder.ask("record_at_once", count=events)
        # What storing the backlog took is not the sender's work.
        stores_cpu = self._cpu("postgres")
        began = time.monotonic()
        while self._recorder.ask("state")["succeeded"] < expected:
            time.sleep(0.25)
            if time.monotonic() - began > LONGEST_SECONDS:
                raise BenchError(f"The backlog was not delivered within {LONGEST_SECONDS:.0f} s.")
        seconds = time.monotonic() - began
        state, seen = self._recorder.ask("state"), self._receivers.ask("report")
        drained = Drained(
            delivered=state["succeeded"],
            seconds=seconds,
            cpu=self._cpu("background") - cpu,
            stores_cpu=self._cpu("postgres") - stores_cpu,
            out_of_order=sum(it["out_of_order"] for it in seen),
            most_at_once=max(it["most_unanswered"] for it in seen),
        )
        self._recorder.ask("clear")
        return drained

    def wait(self, urls: list[str], *, is_last_stuck: bool) -> Waited:
        """Record events at a steady pace, and see how long after each the 19 hear of it."""
        self._recorder.ask("make_endpoints", urls=urls)
        self._receivers.ask("begin", is_last_stuck=is_last_stuck)
        self._recorder.ask("record_steadily", count=STEADY_EVENTS, a_second=A_SECOND)
        began = time.monotonic()
        expected = STEADY_EVENTS // ENDPOINTS
        while min(self._receivers.ask("count")[:-1]) < expected:
            time.sleep(0.25)
            if time.monotonic() - began > LONGEST_SECONDS:
                raise BenchError(f"The events did not arrive within {LONGEST_SECONDS:.0f} s.")
        delays = [delay * 1000 for it in self._receivers.ask("report")[:-1] for delay in it["delays"]]
        self._recorder.ask("clear")
        p50, p99, longest = np.percentile(delays, [50, 99, 100])
        return Waited(p50=float(p50), p99=float(p99), longest=float(longest))

    def _cpu(self, name: str) -> float:
        """Seconds of CPU that a process and those below it have used."""
        pid = self._stack.pid(name)
        if pid is None:
            return 0.0
        process = psutil.Process(pid)
        times = [process.cpu_times(), *(child.cpu_times() for child in process.children(recursive=True))]
        ended = times[0].children_user + times[0].children_system
        return float(ended + sum(it.user + it.system for it in times))


@contextmanager
def celery_worker(stack: Stack) -> Iterator[psutil.Process]:
    """A worker for the Celery baseline, with as many threads as ours."""
    argv = [sys.executable, "-m", "celery", "--quiet", "-A", "ops.baselines.celery_posts", "worker", "--pool=threads"]
    argv += [f"--concurrency={BACKGROUND_THREADS}", "-Q", QUEUE, "--without-gossip", "--without-mingle"]
    process = spawn(argv, env=stack.env, cwd=ROOT, output=subprocess.DEVNULL, death_signal=signal.SIGKILL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def report(
    events: int,
    bare: list[dict[str, float]],
    queued: list[dict[str, float]],
    drained: list[Drained],
    waits: dict[str, Waited],
) -> dict[str, Any]:
    queued_rate = statistics.median(events / it["cpu"] for it in queued)
    bare_rate = statistics.median(events / it["cpu"] for it in bare)
    rate = statistics.median(it.delivered / it.cpu for it in drained)
    with_stores = statistics.median(it.delivered / (it.cpu + it.stores_cpu) for it in drained)
    a_second = statistics.median(it.delivered / it.seconds for it in drained)
    print(f"{events:,} events to {ENDPOINTS} endpoints, one of them stuck; median of {RUNS} runs")
    print(f"{'':<44} {'a second of CPU':>16} {'a second':>10}")
    bare_a_second = statistics.median(events / it["seconds"] for it in bare)
    print(f"{'a bare loop of posts (none stuck, no outbox)':<44} {bare_rate:>16,.0f} {bare_a_second:>10,.0f}")
    queued_a_second = statistics.median(events / it["seconds"] for it in queued)
    print(f"{'a Celery task each (none stuck, no log)':<44} {queued_rate:>16,.0f} {queued_a_second:>10,.0f}")
    print(f"{'the sender':<44} {rate:>16,.0f} {a_second:>10,.0f}")
    print(f"{'the sender and PostgreSQL':<44} {with_stores:>16,.0f}")
    print(f"{'ratio: bare loop to sender':<44} {bare_rate / rate:>16.1f}")
    print(f"{'ratio: sender to Celery tasks':<44} {rate / queued_rate:>16.1f}")
    print(
        f"out of order: {sum(it.out_of_order for it in drained)}; "
        f"at most {max(it.most_at_once for it in drained)} at once to the stuck one"
    )
    print(
        f"\n{'ms from event to the 19 others':<44} {'p50':>8} {'p99':>8} {'longest':>8}   at {A_SECOND:.0f} events a second"
    )
    for name, waited in waits.items():
        print(f"{name + ' stuck':<44} {waited.p50:>8.0f} {waited.p99:>8.0f} {waited.longest:>8.0f}")
    print(f"{'ratio':<44} {waits['one'].p50 / waits['none'].p50:>8.2f} {waits['one'].p99 / waits['none'].p99:>8.2f}")
    return {
        "bare_loop": bare,
        "celery_tasks": queued,
        "drained": [asdict(it) for it in drained],
        "waited": {name: asdict(it) for name, it in waits.items()},
    }
