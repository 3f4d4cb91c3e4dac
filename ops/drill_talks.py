"""The drills of talks: workers are killed in the middle of some, and many are held in a row."""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ops.customer import Customer
from ops.leftovers import left_over
from ops.stack import Stack
from ops.takeover import LINES, Survival, survive, twice_in

ONE_KILLS = 10
BOTH_KILLS = 3
CALLS_IN_A_ROW = 30
AT_ONCE = 3
# The promise: what a kill adds to an ordinary pause.
MEDIAN_BEYOND_MS = 500
WORST_BEYOND_MS = 1500


def kills(stack: Stack, customer: Customer, agent_id: str, folder: Path) -> list[str]:
    """Ten kills of one worker and three of both, at differing moments of the talk."""
    faults = []
    beyond = []
    for number in range(ONE_KILLS + BOTH_KILLS):
        both = number >= ONE_KILLS
        survival = survive(
            stack,
            customer,
            agent_id,
            after_turn=1 + number % 4,
            delay=0.3 + 0.4 * (number % 5),
            folder=folder,
            both=both,
        )
        print(
            f"kill {number + 1:>2} of {'both' if both else 'one '} at {survival.killed_at_ms / 1000:5.1f} s: "
            f"silence {survival.silence_ms} ms, ordinary {survival.ordinary_ms} ms, beyond {survival.beyond_ms} ms; "
            f"{survival.call['status']}, {survival.call['ended_reason']}",
            flush=True,
        )
        faults += faults_of(survival)
        if not both:
            beyond.append(survival.beyond_ms)
        for name in ("worker1", "worker2"):
            stack.wait_until_ready(name)
    median, worst = statistics.median(beyond), max(beyond)
    print(f"one worker killed: beyond an ordinary turn {median:.0f} ms at the median, {worst} ms at worst")
    if median > MEDIAN_BEYOND_MS or worst > WORST_BEYOND_MS:
        faults.append(f"silence beyond an ordinary turn: {median:.0f} ms median, {worst} ms worst")
    return faults


def faults_of(survival: Survival) -> list[str]:
    """What is wrong with a call that should have lived on."""
    call_id = survival.call["id"]
    faults = []
    if survival.call["status"] != "completed":
        faults.append(f"{call_id} is {survival.call['status']}: {survival.call['ended_reason']}")
    if doubled := twice_in(survival.turns):
        faults.append(f"{call_id} says twice: {doubled}")
    return faults


def thirty(stack: Stack, customer: Customer, agent_id: str) -> list[str]:
    """Thirty calls, three at a time: none stuck, no slot, hold or leg left over."""

    def one(number: int) -> str:
        call = customer.place_call(
            agent_id, to_number=f"+141555501{number:02}", sandbox={"lines": LINES[:2] + LINES[-1:]}
        )
        call = customer.wait_for_end(call["id"], seconds=180)
        print(f"call {number + 1:>2}: {call['status']}, {call['ended_reason']}, {call['duration']} s", flush=True)
        return "" if call["status"] == "completed" else f"{call['id']}: {call['status']}, {call['ended_reason']}"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        faults = [fault for fault in pool.map(one, range(CALLS_IN_A_ROW)) if fault]
    return faults + left_over(stack)
