"""The drill of many calls: a thousand over a SIP trunk that loses packets, with speech services that answer at once."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from ops.customer import Customer, CustomerError, make_account
from ops.leftovers import left_over
from ops.rtp_peer import GAP_MS
from ops.stack import Stack
from ops.trunk import NUMBER, trunk

CALLS = int(os.environ.get("DRILL_CALLS", "1000"))
AT_ONCE = int(os.environ.get("DRILL_AT_ONCE", "20"))
SECONDS = 20
# The promises.
PACING_P99_MS = 25
PERCENT_LOST = 2.0
SETTLE_SECONDS = 20
PROCESSES = ("gateway", "worker1", "worker2", "web", "background", "speech")
AGENT = {
    "name": "Ava",
    "voice": "en-US-Neural2-F",
    "prompt": "You are Ava of Bright Smile Dental. Parking is free behind the building.",
    "max_duration": SECONDS,
}
ENV = {
    "PHONE_LINES_ALLOW_PRIVATE": "1",
    "SIP_HOST": "127.0.0.1",
    "SIP_PORT": "0",
    "GATEWAY_MAX_LEGS": "100",
    "CALLS_PER_WORKER": "22",
}


@dataclass(frozen=True)
class Holding:
    """What a process has open."""

    files: int
    sockets: int
    threads: int
    memory: int
    cpu: float


def capacity() -> list[str]:
    """Place the calls, so many at a time; gives what is wrong."""
    with tempfile.TemporaryDirectory(prefix="vaniagent-drill-") as folder, instant_stack() as stack:
        with trunk(Path(folder), percent=PERCENT_LOST) as line:
            customer = customer_with_line(stack, line.port)
            # As many first, so that what is opened once is open.
            place_all(customer, calls=AT_ONCE, at_once=AT_ONCE)
            before = holdings(stack)
            began = time.monotonic()
            ends = place_all(customer, calls=CALLS, at_once=AT_ONCE)
            lasted = time.monotonic() - began
            time.sleep(SETTLE_SECONDS)
            after = holdings(stack)
        heard = line.peer.heard
        faults = left_over(stack)
        details = what_legs_say(stack)
    print(f"{CALLS} calls, {AT_ONCE} at once, in {lasted:.0f} s: {dict(ends)}")
    print(
        f"RTP: {heard.packets:,} packets, {heard.percentile(50)} ms apart at the median, p99 {heard.percentile(99)} ms, "
        f"worst {heard.worst_ms:.0f} ms; {heard.gaps} gaps over {GAP_MS} ms; {heard.dropped:,} lost on the way to us"
    )
    faults += [f"{count} calls ended as {end}" for end, count in ends.items() if end != "max_duration"]
    faults += details
    if heard.percentile(99) > PACING_P99_MS:
        faults.append(f"RTP pacing: p99 {heard.percentile(99)} ms")
    if heard.gaps:
        faults.append(f"{heard.gaps} gaps over {GAP_MS} ms in what the far end heard")
    return faults + leaks(before, after)


@contextmanager
def instant_stack(env: Mapping[str, str] = ENV, *, module: str = "ops.instant_stack") -> Iterator[Stack]:
    """The product for many calls over a trunk on loopback."""
    own = {**os.environ, "DATABASE_URL": "", "REDIS_URL": "", **env}
    with Stack(env=own, command=(sys.executable, "-m", module)) as stack:
        yield stack


def customer_with_line(stack: Stack, port: int) -> Customer:
    """One with room, credits and this trunk."""
    customer = Customer(stack.url, make_account(stack, "--plan", "enterprise", "--credits", "10000")["api_key"])
    customer.post(
        "/phone_lines",
        {
            "kind": "sip",
            "name": "Trunk",
            "domain": "127.0.0.1",
            "port": port,
            "numbers": [NUMBER],
            "max_live_calls": 200,
            "calls_per_second": 20,
        },
    )
    return customer


def call_once(customer: Customer, agent_id: str) -> str:
    """Place a call, wait for its end, and give why it ended."""
    call = customer.place_call(agent_id, to_number="+4930901820")
    time.sleep(SECONDS - 5)
    try:
        return str(customer.wait_for_end(call["id"], seconds=60)["ended_reason"])
    except CustomerError:
        return "stuck"


def place_all(customer: Customer, *, calls: int, at_once: int) -> Counter[str]:
    """How many ended in which way."""
    agent_id = customer.post("/agents", AGENT)["id"]
    ends: Counter[str] = Counter()
    local = threading.local()

    def one(number: int) -> str:
        if not hasattr(local, "customer"):
            # Not all in the same moment, for ever.
            time.sleep(SECONDS / at_once * (number % at_once))
            local.customer = Customer(customer.url, customer.key)
        return call_once(local.customer, agent_id)

    with ThreadPoolExecutor(at_once) as pool:
        for done, end in enumerate(pool.map(one, range(calls)), 1):
            ends[end] += 1
            if done % 100 == 0:
                print(f"{done} calls: {dict(ends)}", flush=True)
    return ends


def what_legs_say(stack: Stack) -> list[str]:
    """Why legs ended otherwise than by our hand, in the words for staff."""
    with psycopg.connect(stack.told()["DATABASE_URL"]) as database:
        rows = database.execute(
            "SELECT ended_reason, ended_by, ended_detail, count(*) FROM calls_leg WHERE ended_reason <> 'max_duration' "
            "GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 10"
        ).fetchall()
    return [f"{count} legs: {reason} by {by}, {detail or 'no detail'}" for reason, by, detail, count in rows]


def holdings(stack: Stack) -> dict[str, Holding]:
    return {name: _holding(pid) for name in PROCESSES if (pid := stack.pid(name)) is not None}


def _holding(pid: int) -> Holding:
    process = psutil.Process(pid)
    sockets = len(process.net_connections(kind="all"))
    used = process.cpu_times()
    return Holding(
        files=process.num_fds() - sockets,
        sockets=sockets,
        threads=process.num_threads(),
        memory=process.memory_info().rss,
        cpu=used.user + used.system,
    )


def leaks(before: Mapping[str, Holding], after: Mapping[str, Holding]) -> list[str]:
    """What a process has more of than a few connections to the stores, which come and go."""
    faults = []
    print(f"{'process':<12} {'files':>11} {'sockets':>11} {'threads':>11} {'memory, MB':>15} {'CPU, s':>8}")
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            faults.append(f"{name} is gone")
            continue
        print(
            f"{name:<12} {old.files:>5}{new.files:>6} {old.sockets:>5}{new.sockets:>6} {old.threads:>5}{new.threads:>6} "
            f"{old.memory / 1e6:>7.0f}{new.memory / 1e6:>8.0f} {new.cpu - old.cpu:>8.0f}"
        )
        if new.files > old.files + 5 or new.sockets > old.sockets + 10 or new.threads > old.threads + 30:
            faults.append(f"{name} holds more than before: {old} -> {new}")
    return faults
