"""The drill of a batch: 500 rows over the sandbox and a SIP trunk, while processes are killed at random.

Most are busy or do not answer, and are tried again once; thirty talk, half of them over the trunk. Afterwards each row's calls are held
against its rule, and the totals of the API, the page, the CSV, the ledger and the webhooks against each other.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
import requests

from ops.customer import Customer, CustomerError, make_account
from ops.drill_capacity import ENV, instant_stack
from ops.leftovers import left_over
from ops.receiver import Receiver
from ops.stack import Stack, StackError
from ops.trunk import NUMBER, trunk

ROWS: Final = int(os.environ.get("DRILL_ROWS", "500"))
TALK: Final = 30
AT_ONCE: Final = 16
CREDITS: Final = 100
SECONDS: Final = 10
OUTCOMES: Final = ("busy", "no_answer", "media_lost", "worker_lost", "no_capacity")
ATTEMPTS: Final = 1
EVERY: Final = 60
AGENT: Final = {
    "name": "Ava",
    "voice": "en-US-Neural2-F",
    "prompt": "You are Ava of Bright Smile Dental. Parking is free behind the building.",
    "max_duration": SECONDS,
}
BUSY, NO_ANSWER = "+15005550001", "+15005550002"
# All of them in each round, in an order of chance.
KILLED: Final = ("worker1", "background", "web", "gateway", "worker2")
KILL_EVERY_SECONDS: Final = (5.0, 12.0)
DONE_WITHIN: Final = 600.0
QUIET_WITHIN: Final = 90.0
EVENTS: Final = ("call.started", "call.completed", "call.failed")
_TOTAL: Final = re.compile(r'<data id="batch-([a-z]+)" value="([0-9.]+)"')


@dataclass(frozen=True)
class Made:
    """A call as it is stored."""

    row: int
    attempt: int
    reason: str
    began_at: datetime
    ended_at: datetime
    micro_credits: int
    seconds: int
    legs: int


def batch() -> list[str]:
    """Run the drill. Gives what was not as promised."""
    with (
        tempfile.TemporaryDirectory(prefix="vaniagent-batch-") as folder,
        instant_stack(ENV) as stack,
        Receiver() as receiver,
    ):
        account = make_account(stack, "--plan", "enterprise", "--credits", str(CREDITS))
        customer = Customer(stack.url, account["api_key"])
        agent_id = customer.post("/agents", AGENT)["id"]
        receiver.secret = customer.post("/webhook_endpoints", {"url": receiver.url, "events": [*EVENTS]})["secret"]
        with trunk(Path(folder), percent=0.0) as line:
            _add_line(customer, line.port)
            began = time.monotonic()
            made = customer.post("/batches", _body(agent_id))
            with _killing(stack) as killed:
                faults = _wait_until_done(customer, made["id"])
            print(f"done after {time.monotonic() - began:.0f} s; killed: {dict(killed)}", flush=True)
            faults += _wait_until_quiet(stack)
        return [*faults, *_compare(stack, customer, account, made["id"], receiver), *left_over(stack)]


def _add_line(customer: Customer, port: int) -> None:
    line = {"kind": "sip", "name": "Trunk", "domain": "127.0.0.1", "port": port, "numbers": [NUMBER]}
    customer.post("/phone_lines", {**line, "max_live_calls": 20, "calls_per_second": 20})


def _body(agent_id: str) -> dict[str, Any]:
    quiet = ROWS - TALK
    numbers = [BUSY if place % 2 else NO_ANSWER for place in range(quiet)]
    numbers += [f"+150055501{place:02}" if place % 2 else f"+49309018{place:02}0" for place in range(TALK)]
    random.Random(7).shuffle(numbers)  # noqa: S311  # no secret
    rows = [{"to_number": number, "metadata": {"place": place}} for place, number in enumerate(numbers, 1)]
    rule = {"outcomes": [*OUTCOMES], "attempts": ATTEMPTS, "every": EVERY}
    return {"agent_id": agent_id, "rows": rows, "duplicates": "call", "at_once": AT_ONCE, "retry": rule}


@contextmanager
def _killing(stack: Stack) -> Iterator[Counter[str]]:
    """Meanwhile one process after the other is killed, each when it is back."""
    done, killed, chance = threading.Event(), Counter[str](), random.Random(11)  # noqa: S311  # no secret

    def work() -> None:
        names: list[str] = []
        while not done.wait(chance.uniform(*KILL_EVERY_SECONDS)):
            names = names or chance.sample(KILLED, len(KILLED))
            name = names.pop()
            try:
                stack.wait_for_successor(name, of=stack.kill(name))
                killed[name] += 1
            except (StackError, ProcessLookupError):
                continue

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield killed
    finally:
        done.set()
        thread.join(100)


def _wait_until_done(customer: Customer, batch_id: str) -> list[str]:
    give_up_at, told_at = time.monotonic() + DONE_WITHIN, 0.0
    while time.monotonic() < give_up_at:
        time.sleep(2)
        try:
            found = customer.get(f"/batches/{batch_id}")
        except (requests.RequestException, CustomerError):
            continue
        if time.monotonic() - told_at > 20:
            told_at = time.monotonic()
            print(f"  {found['status']} {found['progress']}", flush=True)
        if found["status"] == "done":
            return []
        if found["status"] == "paused":
            return [f"the batch paused itself: {found['paused_because']}"]
    return [f"the batch is not done after {DONE_WITHIN:.0f} s"]


def _wait_until_quiet(stack: Stack) -> list[str]:
    give_up_at = time.monotonic() + QUIET_WITHIN
    query = (
        "SELECT (SELECT count(*) FROM calls_call WHERE analysed_at IS NULL), "
        "(SELECT count(*) FROM webhooks_delivery WHERE status = 'pending')"
    )
    while any(left := _rows(stack, query)[0]):
        if time.monotonic() > give_up_at:
            return [f"not analysed, not delivered: {left}"]
        time.sleep(1)
    return []


# --- What is compared --------------------------------------------------------------------------------------------------


def _compare(stack: Stack, customer: Customer, account: dict[str, Any], batch_id: str, receiver: Receiver) -> list[str]:
    calls = _calls(stack)
    ends = Counter(call.reason for call in calls)
    print(f"{len(calls)} calls of {len({call.row for call in calls})} rows: {dict(ends)}", flush=True)
    spent = sum(call.micro_credits for call in calls)
    truth = {
        "rows": str(ROWS),
        "calls": str(len(calls)),
        "answered": str(_one(stack, "SELECT count(*) FROM calls_call WHERE status = 'completed'")),
        "duration": str(sum(call.seconds for call in calls)),
        "cost": str(spent),
    }
    told = {
        "API": _by_api(customer, batch_id),
        "page": _by_page(stack, account, batch_id),
        "CSV": _by_csv(customer, batch_id),
        "ledger": {"cost": str(_one(stack, "SELECT coalesce(sum(entry.micro_credits), 0) FROM billing_ledgerentry entry "
            "JOIN billing_transaction posted ON posted.id = entry.transaction_id "
            "WHERE entry.book = 'revenue' AND posted.kind = 'charge'"))},
        "credits": {"cost": str(CREDITS * 1_000_000 - _micro(customer.get("/account")["credits"]))},
        "webhooks": _by_webhooks(receiver),
    }  # fmt: skip
    print(f"totals: {truth}", flush=True)
    faults = [
        f"{who} says {name}: {value}, not {truth[name]}"
        for who, totals in told.items()
        for name, value in totals.items()
        if value != truth[name]
    ]
    return [*faults, *_against_the_rule(calls)]


def _calls(stack: Stack) -> list[Made]:
    found = _rows(
        stack,
        "SELECT placed.line, call.attempt, call.ended_reason, call.created_at, call.completed_at, call.cost, call.duration, "
        "(SELECT count(*) FROM calls_leg WHERE call_id = call.id) FROM calls_call call "
        "JOIN calls_batchrow placed ON placed.id = call.batch_row_id ORDER BY placed.line, call.id",
    )
    return [Made(*row) for row in found]


def _against_the_rule(calls: list[Made]) -> list[str]:
    """Each row has one call more exactly where the one before ended so, and a minute later."""
    by_row: dict[int, list[Made]] = {}
    for call in calls:
        by_row.setdefault(call.row, []).append(call)
    faults = [f"row {row} was never called" for row in range(1, ROWS + 1) if row not in by_row]
    for row, made in by_row.items():
        if [call.attempt for call in made] != [*range(1, len(made) + 1)]:
            faults.append(f"row {row} has the attempts {[call.attempt for call in made]}")
        for before, after in itertools.pairwise(made):
            if (after.began_at - before.ended_at).total_seconds() < EVERY:
                faults.append(f"row {row} was called twice at once, or too early")
        wanted = [call.reason in OUTCOMES and call.attempt <= ATTEMPTS for call in made]
        if wanted != [True] * (len(made) - 1) + [False]:
            faults.append(f"row {row} ended as {[call.reason for call in made]}")
        if any(call.legs != 1 for call in made):
            faults.append(f"row {row} has legs {[call.legs for call in made]}")
    return faults


def _by_api(customer: Customer, batch_id: str) -> dict[str, str]:
    progress = customer.get(f"/batches/{batch_id}")["progress"]
    totals = {name: str(progress[name]) for name in ("rows", "calls", "answered", "duration")}
    return {**totals, "cost": str(_micro(progress["cost"]))}


def _by_page(stack: Stack, account: dict[str, Any], batch_id: str) -> dict[str, str]:
    session = requests.Session()
    url = f"{stack.url}/accounts/login/"
    form = session.get(url, timeout=30)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    fields = {"login": account["email"], "password": account["password"]}
    fields["csrfmiddlewaretoken"] = token[1] if token else ""
    session.post(url, data=fields, headers={"Referer": url}, timeout=30)
    page = session.get(f"{stack.url}/calls/batches/{batch_id}", timeout=30)
    found = dict(_TOTAL.findall(page.text))
    return {name: found.get(name, "nothing") for name in ("rows", "calls", "answered", "duration", "cost")}


def _by_csv(customer: Customer, batch_id: str) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {customer.key}"}
    answer = requests.get(f"{customer.url}/v1/batches/{batch_id}/results.csv", headers=headers, timeout=60)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    return {
        "rows": str(len(rows)),
        "calls": str(sum(int(row["attempts"]) for row in rows)),
        "cost": str(sum(_micro(row["credits"] or "0") for row in rows)),
    }


def _by_webhooks(receiver: Receiver) -> dict[str, str]:
    heard: dict[str, dict[str, Any]] = {}
    started = set()
    for each in receiver.deliveries:
        data = each.body["data"]
        if each.event == "call.started":
            started.add(data["call_id"])
        else:
            heard[data["call_id"]] = data
    return {
        "calls": str(len(heard) if started == heard.keys() else f"{len(heard)} ends of {len(started)} starts"),
        "answered": str(sum(data["status"] == "completed" for data in heard.values())),
        "duration": str(sum(data["duration"] for data in heard.values())),
    }


def _micro(credits: str) -> int:
    return round(float(credits) * 1_000_000)


def _one(stack: Stack, query: str) -> Any:
    return _rows(stack, query)[0][0]


def _rows(stack: Stack, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.told()["DATABASE_URL"]) as database:
        return database.execute(query).fetchall()


if __name__ == "__main__":
    sys.exit("\n".join(batch()) or 0)
