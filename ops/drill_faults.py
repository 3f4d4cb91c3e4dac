"""The drill of faults: a thousand POSTs while processes and connections are lost at every line that matters.

To a number that is busy, so that a call takes a second. Each POST has an `Idempotency-Key` and is repeated until it is
answered; two receivers hear the webhooks, refuse some, and hang up on others. Afterwards the books are compared.
"""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests

from ops.customer import ROOT, Customer, make_account
from ops.fault_points import GATEWAY, SENDER, UPKEEP, WEB, WORKER, points_of
from ops.faults import Plan
from ops.leftovers import left_over
from ops.receiver import Receiver
from ops.stack import Stack
from ops.takeover import AGENT

POSTS = 1_000
POSTS_A_SECOND = 5.0
CUSTOMERS = 16
ROUNDS = 2
BUSY = "+15005550001"
CREDITS = 100
EVENTS = ("call.started", "call.completed", "call.failed", "transcript.ready", "recording.ready")
# What a customer takes for "not answered": it repeats the same POST.
REPEAT_AFTER_SECONDS = 0.3
ANSWERED_WITHIN = 300.0
ENDED_WITHIN = 600.0
# A connection of any process, struck from outside.
TERMINATE_EVERY_SECONDS = 4.0
TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) AS one"
)


@dataclass
class Answers:
    """What the customers were told, by key."""

    first: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def faults() -> list[str]:
    """Run the drill. Gives what was not as promised."""
    with tempfile.TemporaryDirectory(prefix="vaniagent-faults-") as folder:
        plan = Plan(Path(folder), rounds=ROUNDS)
        env = {
            **os.environ,
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "FAULTS_DIR": folder,
            "FAULTS_ROUNDS": str(ROUNDS),
        }
        command = (sys.executable, "-m", "ops.faulty_stack")
        with Stack(env=env, command=command) as stack, _receivers() as receivers:
            return _drill(stack, plan, receivers)


def _drill(stack: Stack, plan: Plan, receivers: Sequence[Receiver]) -> list[str]:
    account = make_account(stack, "--plan", "enterprise", "--credits", str(CREDITS))
    customer = Customer(stack.url, account["api_key"])
    agent_id = customer.post("/agents", AGENT)["id"]
    for receiver in receivers:
        receiver.secret = customer.post("/webhook_endpoints", {"url": receiver.url, "events": [*EVENTS]})["secret"]

    began = time.monotonic()
    plan.arm()
    with _terminating_connections(stack) as terminated:
        answers = _place_all(customer, agent_id)
        print(f"{len(answers.first)} POSTs answered after {time.monotonic() - began:.0f} s", flush=True)
        _wait_for_strikes(plan, customer, agent_id, answers)
    plan.disarm()
    print(f"the last fault after {time.monotonic() - began:.0f} s", flush=True)
    _tell(plan, answers, terminated)

    missing = _wait_for_quiet(stack)
    print(f"quiet after {time.monotonic() - began:.0f} s", flush=True)
    return [
        *answers.faults,
        *missing,
        *_never_struck(plan),
        *_ask_again(customer, agent_id, answers),
        *_compare_calls(stack, answers),
        *_compare_deliveries(stack, receivers),
        *left_over(stack),
        *_check_ledger(stack),
        *_check_credits(customer),
    ]


# --- What is done ------------------------------------------------------------------------------------------------------


@contextmanager
def _receivers() -> Iterator[list[Receiver]]:
    """Two, of which one is no good: it refuses some deliveries, and dies before it has answered others."""
    chance = random.Random(4)  # noqa: S311  # no secret
    statuses = threading.Lock()

    def now_and_then() -> int | None:
        with statuses:
            return chance.choices([204, 503, None], [90, 5, 5])[0]

    with Receiver() as good, Receiver(status=now_and_then) as bad:
        yield [good, bad]


@contextmanager
def _terminating_connections(stack: Stack) -> Iterator[Counter[str]]:
    """Meanwhile PostgreSQL drops a connection of somebody's now and then."""
    done = threading.Event()
    terminated = Counter[str]()

    def work() -> None:
        with psycopg.connect(stack.told()["DATABASE_URL"], autocommit=True) as database:
            while not done.wait(TERMINATE_EVERY_SECONDS):
                row = database.execute(TERMINATE).fetchone()
                terminated["connections"] += int(row[0]) if row else 0

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield terminated
    finally:
        done.set()
        thread.join(10)


def _place_all(customer: Customer, agent_id: str) -> Answers:
    answers = Answers()
    keys = iter([f"drill-{number}" for number in range(POSTS)])
    began = time.monotonic()
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                key = next(keys, None)
                due = began + len(answers.tries) / POSTS_A_SECOND
                answers.tries[key or ""] += 0
            if key is None:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            _until_answered(customer, agent_id, key, answers)

    with ThreadPoolExecutor(CUSTOMERS) as pool:
        for running in [pool.submit(work) for _ in range(CUSTOMERS)]:
            running.result()
    del answers.tries[""]
    return answers


def _until_answered(customer: Customer, agent_id: str, key: str, answers: Answers) -> None:
    """A customer's loop around one POST: refused connections, broken answers, 5xx, 409 and 429 are all tried again."""
    headers = {"Authorization": f"Bearer {customer.key}", "Idempotency-Key": key}
    body = {"agent_id": agent_id, "to_number": BUSY, "metadata": {"key": key}}
    give_up_at = time.monotonic() + ANSWERED_WITHIN
    while time.monotonic() < give_up_at:
        answers.tries[key] += 1
        try:
            answer = requests.post(f"{customer.url}/v1/calls", json=body, headers=headers, timeout=15)
        except requests.RequestException as error:
            answers.refusals[type(error).__name__] += 1
            time.sleep(REPEAT_AFTER_SECONDS)
            continue
        if answer.status_code == 201:
            told = answer.json()
            if told != answers.first.setdefault(key, told):
                answers.faults.append(f"{key} was answered twice, otherwise: {told['id']}")
            return
        if answer.status_code not in (409, 429) and answer.status_code < 500:
            answers.faults.append(f"{key}: {answer.status_code} {answer.text[:200]}")
            return
        answers.refusals[str(answer.status_code)] += 1
        time.sleep(float(answer.headers.get("Retry-After", REPEAT_AFTER_SECONDS)))
    answers.faults.append(f"{key} was not answered within {ANSWERED_WITHIN:.0f} s")


def _wait_for_strikes(plan: Plan, customer: Customer, agent_id: str, answers: Answers) -> None:
    """Repeat old POSTs, and wait, until all points were struck once: what waits for calls alone is let go."""
    give_up_at = time.monotonic() + 60
    keys = itertools.cycle(answers.first)
    while _never_struck(plan) and time.monotonic() < give_up_at:
        _until_answered(customer, agent_id, next(keys), answers)
        time.sleep(0.2)


def _wait_for_quiet(stack: Stack) -> list[str]:
    """Wait until no call lives and no delivery waits."""
    pending = {
        "calls that do not end": "SELECT count(*) FROM calls_call WHERE status IN ('initiated', 'in_progress')",
        "calls that are not analysed": "SELECT count(*) FROM calls_call WHERE analysed_at IS NULL",
        "deliveries that are still pending": "SELECT count(*) FROM webhooks_delivery WHERE status = 'pending'",
    }
    give_up_at = time.monotonic() + ENDED_WITHIN
    while True:
        counts = {what: _number(stack, query) for what, query in pending.items()}
        if not any(counts.values()):
            return []
        if time.monotonic() > give_up_at:
            return [f"{what}: {count}" for what, count in counts.items() if count]
        time.sleep(2)


# --- What is compared --------------------------------------------------------------------------------------------------


def _never_struck(plan: Plan) -> list[str]:
    struck = plan.struck()
    return [
        f"never struck: {point}" for point in points_of(WEB, SENDER, WORKER, GATEWAY, UPKEEP) if not struck[str(point)]
    ]


def _ask_again(customer: Customer, agent_id: str, answers: Answers) -> list[str]:
    """Every key once more: the same answer, to the letter."""
    before = len(answers.faults)
    for key in list(answers.first):
        _until_answered(customer, agent_id, key, answers)
    return answers.faults[before:]


def _compare_calls(stack: Stack, answers: Answers) -> list[str]:
    told = {key: answer["id"] for key, answer in answers.first.items()}
    stored = dict(_rows(stack, "SELECT metadata ->> 'key', public_id FROM calls_call"))
    calls = _number(stack, "SELECT count(*) FROM calls_call")
    ends = _rows(stack, "SELECT ended_reason, count(*) FROM calls_call GROUP BY 1 ORDER BY 2 DESC")
    print(f"{calls} calls: " + ", ".join(f"{count} {reason}" for reason, count in ends), flush=True)
    faults = []
    if calls != POSTS or len(set(told.values())) != POSTS:
        faults.append(f"{calls} calls and {len(set(told.values()))} ids, not {POSTS}")
    if told != stored:
        faults.append(f"{sum(told.get(key) != stored[key] for key in stored)} calls that nobody was told of")
    return faults


def _compare_deliveries(stack: Stack, receivers: Sequence[Receiver]) -> list[str]:
    """Each published event of the log, at each receiver, in order, with signatures that hold."""
    names = ", ".join(f"'{name}'" for name in EVENTS)
    log: dict[str, list[str]] = {}
    for call_id, event in _rows(
        stack,
        "SELECT call.public_id, event.type FROM calls_callevent AS event JOIN calls_call AS call "  # noqa: S608  # constants
        f"ON call.id = event.call_id WHERE event.type IN ({names}) ORDER BY event.call_id, event.seq",
    ):
        log.setdefault(call_id, []).append(event)

    faults = []
    for name, receiver in zip(("good", "bad"), receivers, strict=True):
        tried: dict[str, list[str]] = {}
        accepted: dict[str, set[str]] = {}
        for each in receiver.deliveries:
            call_id = each.body["data"]["call_id"]
            if each.event not in tried.setdefault(call_id, []):
                tried[call_id].append(each.event)
            if each.status == 204:
                accepted.setdefault(call_id, set()).add(each.event)
        events = sum(len(told) for told in log.values())
        print(f"the {name} receiver: {len(receiver.deliveries)} deliveries of {events} events", flush=True)
        lost = [call_id for call_id, told in log.items() if set(told) != accepted.get(call_id)]
        disordered = [call_id for call_id, told in log.items() if tried.get(call_id) != told]
        forged = [each.event_id for each in receiver.deliveries if not each.is_genuine]
        for what, which in (("lost", lost), ("out of order", disordered), ("wrongly signed", forged)):
            if which:
                faults.append(f"the {name} receiver, {what}: {len(which)}, such as {which[0]}")
    return faults


def _check_ledger(stack: Stack) -> list[str]:
    argv = [sys.executable, "manage.py", "checkledger"]
    checked = subprocess.run(argv, cwd=ROOT, env=stack.env, capture_output=True, text=True, timeout=60, check=False)
    return [] if checked.returncode == 0 else [f"checkledger: {checked.stdout}{checked.stderr}"]


def _check_credits(customer: Customer) -> list[str]:
    """A call that nobody answered costs nothing."""
    left = customer.get("/account")["credits"]
    return [] if float(left) == CREDITS else [f"credits left: {left} of {CREDITS}"]


def _tell(plan: Plan, answers: Answers, terminated: Counter[str]) -> None:
    struck = plan.struck()
    for point, count in struck.items():
        print(f"  {count} x {point}", flush=True)
    by_loss = Counter[str]()
    for point, count in struck.items():
        by_loss[point.rpartition("/")[2]] += count
    print(f"{struck.total()} faults ({dict(by_loss)}), and {terminated.total()} connections dropped by PostgreSQL")
    most = max(answers.tries.values())
    print(f"{answers.tries.total()} POSTs for {len(answers.first)} answers, at most {most} for one")
    print(f"what was not an answer: {dict(answers.refusals)}", flush=True)


def _number(stack: Stack, query: str) -> int:
    return int(_rows(stack, query)[0][0])


def _rows(stack: Stack, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.told()["DATABASE_URL"]) as database:
        return database.execute(query).fetchall()
