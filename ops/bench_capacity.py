"""`make bench ARGS=capacity`: what a call costs, by the kind of its leg and by its speech services.

The baseline is a call over a SIP trunk whose speech services answer at once: the product itself. Each row places so many calls at
once, of 20 seconds, and shares the CPU time and the memory of every process among them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.customer import Customer
from ops.drill_capacity import AGENT, SECONDS, customer_with_line, holdings, instant_stack
from ops.stack import Stack
from ops.takeover import LINES
from ops.trunk import trunk

SHARES = ("gateway", "worker1", "worker2", "speech", "web", "background")
# When all talk.
LOOK_AFTER = 12


@dataclass(frozen=True)
class Row:
    """For each second of a call, milliseconds of CPU by process; and megabytes for each call."""

    name: str
    cpu: dict[str, float]
    memory: dict[str, float]
    failed: int

    @property
    def whole(self) -> float:
        return sum(self.cpu.values())


def run(*, at_once: int) -> dict[str, Any]:
    """Measure all rows with so many calls at once, print them, and give them."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="vaniagent-bench-") as folder, trunk(Path(folder)) as line:
        with instant_stack() as stack:
            customer = customer_with_line(stack, line.port)
            rows.append(measure("SIP, speech at once", stack, lambda: over_sip(customer), at_once))
        with instant_stack(module="ops.supervisor") as stack:
            customer = customer_with_line(stack, line.port)
            rows.append(measure("SIP, moonshine and piper", stack, lambda: over_sip(customer), at_once))
            rows.append(measure("sandbox, moonshine and piper", stack, lambda: in_the_sandbox(customer), at_once))
    report(rows)
    return {row.name: {"cpu_ms_a_second": row.cpu, "mb_a_call": row.memory, "failed": row.failed} for row in rows}


def over_sip(customer: Customer) -> str:
    return _call(customer, "+4930901820")


def in_the_sandbox(customer: Customer) -> str:
    return _call(customer, "+15005550100", sandbox={"lines": LINES * 3})


def _call(customer: Customer, number: str, **more: Any) -> str:
    agent_id = customer.post("/agents", AGENT)["id"]
    call = customer.place_call(agent_id, to_number=number, **more)
    return str(customer.wait_for_end(call["id"], seconds=SECONDS + 60)["status"])


def measure(name: str, stack: Stack, call: Callable[[], str], at_once: int) -> Row:
    """One row, after a call that warms what is loaded once."""
    call()
    before, began = holdings(stack), time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        ends = [pool.submit(call) for _ in range(at_once)]
        time.sleep(LOOK_AFTER)
        amid = holdings(stack)
        failed = sum(end.result() != "completed" for end in ends)
    after, seconds = holdings(stack), at_once * SECONDS
    print(f"{name}: {at_once} calls in {time.monotonic() - began:.0f} s, {failed} failed", flush=True)
    return Row(
        name,
        {part: 1000 * (after[part].cpu - before[part].cpu) / seconds for part in SHARES},
        {part: (amid[part].memory - before[part].memory) / at_once / 1e6 for part in SHARES},
        failed,
    )


def report(rows: list[Row]) -> None:
    print(
        f"\n{'ms of CPU for a second of a call':<34} {'  '.join(f'{part:>10}' for part in SHARES)}  {'all':>6} {'ratio':>6}"
    )
    for row in rows:
        parts = "  ".join(f"{row.cpu[part]:>10.1f}" for part in SHARES)
        print(f"{row.name:<34} {parts}  {row.whole:>6.1f} {row.whole / rows[0].whole:>6.2f}")
    print(f"{'MB for each call':<34}")
    for row in rows:
        parts = "  ".join(f"{row.memory[part]:>10.1f}" for part in SHARES)
        print(f"{row.name:<34} {parts}  {sum(row.memory.values()):>6.1f}")
    for row in rows:
        print(f"{row.name}: {1000 / row.whole:.0f} calls a core")
