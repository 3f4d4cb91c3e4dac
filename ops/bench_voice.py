"""`make bench ARGS=voice`: how long a caller waits for an answer, heard on the recordings of real calls.

One call at a time is the baseline; three at once are compared with it in the same run. Beside what was heard stand the
stages as the engine timed them: they tell where the time goes, not what the caller waited. Each call has an agent with
facts of its own, so that no reply was spoken before and lies in a cache.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from ops.customer import Customer, make_account
from ops.listening import listen
from ops.stack import Stack
from ops.takeover import LINES

STAGES = ("vad", "turn", "stt", "llm", "tts", "total")
PROCESSES = ("gateway", "worker1", "worker2", "speech", "web", "background")
AT_ONCE = 3


@dataclass
class Figures:
    """What some calls gave: heard gaps and holes in milliseconds, stage times by name."""

    gaps: list[int] = field(default_factory=list)
    holes: list[int] = field(default_factory=list)
    stages: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Figures) -> None:
        self.gaps += other.gaps
        self.holes += other.holes
        for name, values in other.stages.items():
            self.stages[name] += values


def run(*, calls: int) -> dict[str, Any]:
    """Place so many calls for each row (three at least), print what was heard, and give it."""
    calls = max(AT_ONCE, calls)
    with tempfile.TemporaryDirectory(prefix="vaniagent-bench-") as folder, Stack() as stack:
        customer = Customer(stack.url, make_account(stack, "--plan", "enterprise", "--credits", "100")["api_key"])
        rows = [
            ("one at a time", measure(customer, calls=calls, at_once=1, folder=Path(folder))),
            ("three at once", measure(customer, calls=calls, at_once=AT_ONCE, folder=Path(folder))),
        ]
        report(rows)
        report_memory(stack)
    return {name: vars(figures) for name, figures in rows}


def agent_with_new_facts() -> dict[str, str]:
    """An agent whose answers nobody has heard yet."""
    choose = random.SystemRandom().randint
    return {
        "name": "Ava",
        "voice": "en-US-Neural2-F",
        "prompt": (
            f"You are Ava, the receptionist of Bright Smile Dental.\n"
            f"We are open Monday to Friday from {choose(7, 10)} {choose(10, 59)} am to {choose(3, 7)} {choose(10, 59)} pm.\n"
            f"A cleaning costs {choose(60, 999)} dollars.\n"
            f"Parking is free for {choose(10, 99)} minutes behind the building.\n"
            f"Our address is {choose(10, 999)} Main Street, next to the library."
        ),
    }


def measure(customer: Customer, *, calls: int, at_once: int, folder: Path) -> Figures:
    """Place the calls, so many at a time, and listen to each."""

    def one(_: int) -> Figures:
        agent_id = customer.post("/agents", agent_with_new_facts())["id"]
        call = customer.place_call(agent_id, sandbox={"lines": LINES})
        customer.wait_for_end(call["id"], seconds=240)
        call = customer.wait_for_analysis(call["id"], seconds=120)
        heard = listen(customer.download_recording(call, folder))
        figures = Figures(gaps=heard.reply_gaps(), holes=heard.holes_ms())
        for turn in customer.get(f"/calls/{call['id']}/transcript")["turns"]:
            for name, value in (turn.get("latency") or {}).items():
                if value is not None:
                    figures.stages[name].append(value)
        return figures

    total = Figures()
    with ThreadPoolExecutor(at_once) as pool:
        for figures in pool.map(one, range(calls)):
            total.add(figures)
    return total


def report(rows: Sequence[tuple[str, Figures]]) -> None:
    print(f"{'heard latency, ms':<18} {'turns':>5} {'p50':>6} {'p95':>6}   stages at the median, ms")
    for name, figures in rows:
        stages = "  ".join(
            f"{stage} {statistics.median(figures.stages[stage]):.0f}" for stage in STAGES if figures.stages[stage]
        )
        print(f"{name:<18} {len(figures.gaps):>5} {p(figures.gaps, 50):>6} {p(figures.gaps, 95):>6}   {stages}")
    base, other = rows[0][1], rows[1][1]
    if base.gaps and other.gaps:
        ratios = [p(other.gaps, q) / max(1, p(base.gaps, q)) for q in (50, 95)]
        print(f"{'ratio':<18} {'':>5} {ratios[0]:>6.2f} {ratios[1]:>6.2f}")
    for name, figures in rows:
        print(f"holes in sentences, {name}: {len(figures.holes)}, p99 {p(figures.holes, 99)} ms")


def report_memory(stack: Stack) -> None:
    """Memory and CPU time of each process since it started."""
    print(f"\n{'process':<12} {'memory, MB':>10} {'CPU, s':>8}")
    for name in PROCESSES:
        pid = stack.pid(name)
        if pid is None:
            continue
        process = psutil.Process(pid)
        times = process.cpu_times()
        print(f"{name:<12} {process.memory_info().rss / 1e6:>10.0f} {times.user + times.system:>8.1f}")


def p(values: Sequence[int], percent: float) -> int:
    return round(float(np.percentile(values, percent))) if values else 0
