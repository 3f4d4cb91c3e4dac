"""`make drill`: what takes too long for every test run. Kills workers in talks, and runs many calls in a row.

python -m ops.drill kills      ten kills of one worker, three of both
python -m ops.drill thirty     thirty calls, three at a time, and nothing left over
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from ops.customer import Customer, make_account
from ops.stack import Stack
from ops.takeover import AGENT, LINES, Survival, survive, twice_in

ONE_KILLS = 10
BOTH_KILLS = 3
CALLS_IN_A_ROW = 30
AT_ONCE = 3
# The promise: what a kill adds to an ordinary pause.
MEDIAN_BEYOND_MS = 500
WORST_BEYOND_MS = 1500


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=["kills", "thirty"], default=["kills", "thirty"])
    wanted = parser.parse_args().what
    faults = []
    with tempfile.TemporaryDirectory(prefix="vaniagent-drill-") as folder, Stack() as stack:
        customer = Customer(stack.url, make_account(stack, "--plan", "enterprise", "--credits", "100")["api_key"])
        agent_id = customer.post("/agents", AGENT)["id"]
        if "kills" in wanted:
            faults += kills(stack, customer, agent_id, Path(folder))
        if "thirty" in wanted:
            faults += thirty(stack, customer, agent_id)
    print("\n" + ("\n".join(faults) if faults else "All as promised."))
    return 1 if faults else 0


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


def left_over(stack: Stack) -> list[str]:
    """What finished calls should not leave behind."""
    checks = {
        "calls still live": "SELECT count(*) FROM calls_call WHERE status IN ('initiated', 'in_progress')",
        "legs not ended": "SELECT count(*) FROM calls_leg WHERE status <> 'ended'",
        "micro-credits held": "SELECT coalesce(sum(held), 0) FROM billing_balance",
        "transactions that do not sum to zero": (
            "SELECT count(*) FROM (SELECT 1 FROM billing_ledgerentry GROUP BY transaction_id "
            "HAVING sum(micro_credits) <> 0) AS unbalanced"
        ),
        "calls completed twice": (
            "SELECT count(*) FROM (SELECT 1 FROM calls_callevent WHERE type IN ('call.completed', 'call.failed') "
            "GROUP BY call_id HAVING count(*) <> 1) AS doubled"
        ),
        "calls whose events have holes": (
            "SELECT count(*) FROM (SELECT 1 FROM calls_callevent GROUP BY call_id HAVING max(seq) <> count(*)) AS holed"
        ),
    }
    faults = []
    with psycopg.connect(stack.told()["DATABASE_URL"]) as database:
        for what, query in checks.items():
            row = database.execute(query).fetchone()
            if row and row[0]:
                faults.append(f"{what}: {row[0]}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
