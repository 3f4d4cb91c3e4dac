"""`make drill`: what takes too long for every test run. Kills processes in all that they do, and runs many calls in a row.

python -m ops.drill kills      ten kills of one worker in mid-talk, three of both
python -m ops.drill thirty     thirty calls, three at a time, and nothing left over
python -m ops.drill faults     a thousand POSTs, while processes and connections are lost at every line that matters
python -m ops.drill sdks       500 creates through the Python SDK on a network that fails, and a feed cut at 100 places
python -m ops.drill batch      a batch of 500 rows with retries, while processes are killed, and every total compared
python -m ops.drill capacity   a thousand calls over a SIP trunk that loses packets, and nothing left over
python -m ops.drill hostile-sip  live calls, while strangers send what they can to gateway, front and ports of sound
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from ops import sdks
from ops.customer import Customer, make_account
from ops.drill_batch import batch
from ops.drill_capacity import capacity
from ops.drill_faults import faults
from ops.drill_hostile import hostile_sip
from ops.drill_talks import kills, thirty
from ops.stack import Stack
from ops.takeover import AGENT

DRILLS = ["kills", "thirty", "faults", "sdks", "batch", "capacity", "hostile-sip"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # A text for the default: Python 3.11 checks an empty list, or a list of all, against the choices of one.
    parser.add_argument("what", nargs="*", choices=[*DRILLS, "all"], default="all")
    named = parser.parse_args().what
    wanted = DRILLS if "all" in named else named
    broken = []
    if "kills" in wanted or "thirty" in wanted:
        broken += talks(wanted)
    if "faults" in wanted:
        broken += faults()
    if "sdks" in wanted:
        broken += sdk_faults()
    if "batch" in wanted:
        broken += batch()
    if "capacity" in wanted:
        broken += capacity()
    if "hostile-sip" in wanted:
        broken += hostile_sip()
    print("\n" + ("\n".join(broken) if broken else "All as promised."))
    return 1 if broken else 0


def talks(wanted: list[str]) -> list[str]:
    """The drills that need a stack as it is, and an agent to talk with."""
    broken = []
    with tempfile.TemporaryDirectory(prefix="vaniagent-drill-") as folder, Stack() as stack:
        customer = Customer(stack.url, make_account(stack, "--plan", "enterprise", "--credits", "100")["api_key"])
        agent_id = customer.post("/agents", AGENT)["id"]
        if "kills" in wanted:
            broken += kills(stack, customer, agent_id, Path(folder))
        if "thirty" in wanted:
            broken += thirty(stack, customer, agent_id)
    return broken


def sdk_faults() -> list[str]:
    """The SDK's tests of faults with full numbers."""
    if not sdks.PYTHON.exists():
        return ["There is no .venv-sdk: make test-sdks makes it."]
    os.environ.update(VANIAGENT_FAULT_CREATES="500", VANIAGENT_FEED_CUTS="100")
    code = sdks.main(["python", "tests/test_faults.py", "-s"])
    return [f"The SDK's tests of faults ended with {code}."] if code else []


if __name__ == "__main__":
    sys.exit(main())
