"""Kills calls workers in the middle of talks, and listens to what the person on the phone heard of it."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from redis import Redis

from ops.customer import Customer, CustomerError
from ops.listening import Heard, listen
from ops.stack import Stack

WORKERS = ("worker1", "worker2")
AGENT = {
    "name": "Ava",
    "voice": "en-US-Neural2-F",
    "prompt": (
        "You are Ava, the receptionist of Bright Smile Dental.\n"
        "We are open Monday to Friday from 9 am to 5 pm.\n"
        "A cleaning costs 90 dollars.\n"
        "Parking is free behind the building.\n"
        "Our address is 12 Main Street, next to the library."
    ),
    "first_message": (
        "Hello, this is Ava from Bright Smile Dental. Thank you for picking up. I can tell you about our prices, our "
        "opening hours and the way to us. What would you like to know?"
    ),
}
LINES = [
    "Hello. How much does a cleaning cost?",
    "And is there parking at your office?",
    "When are you open?",
    "What is your address?",
    "Thank you very much for your help.",
]
LONGEST_CALL_SECONDS = 180
ANALYSIS_SECONDS = 60
# How long after a kill the person may notice it.
AFTER_MS = 10_000
BEFORE_MS = 300


@dataclass(frozen=True)
class Survival:
    """A call whose worker was killed.

    `silence_ms` is the longest silence after the kill, `ordinary_ms` that before a usual reply in the same call, and
    `beyond_ms` what the kill added.
    """

    call: dict[str, Any]
    turns: list[tuple[str, str]]
    heard: Heard
    killed_at_ms: int
    silence_ms: int
    ordinary_ms: int

    @property
    def beyond_ms(self) -> int:
        return max(0, self.silence_ms - self.ordinary_ms)


def survive(
    stack: Stack, customer: Customer, agent_id: str, *, after_turn: int, delay: float, folder: Path, both: bool = False
) -> Survival:
    """Place a call, kill its worker `delay` seconds after its n-th final turn, and see it through.

    `both` kills the other worker as well. Raises CustomerError when the call does not end or was not answered.
    """
    call = customer.place_call(agent_id, sandbox={"lines": LINES})
    turns: list[tuple[str, str]] = []
    answered_at = killed_at = 0.0
    killer: threading.Thread | None = None

    def kill() -> None:
        nonlocal killed_at
        time.sleep(delay)
        killed_at = time.monotonic()
        for name in WORKERS if both else (worker_of(stack, call["id"]),):
            stack.kill(name)

    for message in customer.feed(call["id"], seconds=LONGEST_CALL_SECONDS):
        if message["type"] == "call.answered":
            answered_at = time.monotonic()
        if message["type"] == "transcript.update" and message["is_final"]:
            turns.append((message["speaker"], message["text"]))
        if answered_at and len(turns) >= after_turn and killer is None:
            killer = threading.Thread(target=kill)
            killer.start()
    if killer is None:
        raise CustomerError(f"{call['id']} ended before its worker was killed")
    killer.join()

    call = customer.wait_for_analysis(call["id"], seconds=ANALYSIS_SECONDS)
    heard = listen(customer.download_recording(call, folder))
    killed_at_ms = round((killed_at - answered_at) * 1000)
    window = (max(0, killed_at_ms - BEFORE_MS), killed_at_ms + AFTER_MS)
    gaps = heard.reply_gaps()
    return Survival(
        call=call,
        turns=turns,
        heard=heard,
        killed_at_ms=killed_at_ms,
        silence_ms=heard.longest_silence_ms(start_ms=window[0], end_ms=min(window[1], heard.duration_ms)),
        ordinary_ms=round(statistics.median(gaps)) if gaps else 0,
    )


def worker_of(stack: Stack, call_id: str) -> str:
    """Which of the stack's workers drives the call now. Raises CustomerError when none does."""
    told = stack.told()
    with psycopg.connect(told["DATABASE_URL"]) as database:
        row = database.execute("SELECT worker FROM calls_call WHERE public_id = %s", [call_id]).fetchone()
    bus_name = row[0] if row else ""
    with Redis.from_url(told["REDIS_URL"], decode_responses=True) as redis:
        ports = {
            int(client["addr"].rsplit(":", 1)[1]) for client in redis.client_list() if client.get("name") == bus_name
        }
    for name in WORKERS:
        pid = stack.pid(name)
        if pid and ports & _local_ports(pid):
            return name
    raise CustomerError(f"no worker has {call_id} ({bus_name or 'unclaimed'})")


def twice_in(turns: Sequence[tuple[str, str]]) -> list[str]:
    """Turns that stand in the transcript twice in a row: a doubled worker would write them."""
    return [
        text
        for (who, text), (before, earlier) in zip(turns[1:], turns, strict=False)
        if (who, text) == (before, earlier)
    ]


def _local_ports(pid: int) -> set[int]:
    try:
        connections = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error:
        return set()
    return {connection.laddr.port for connection in connections if connection.laddr}
