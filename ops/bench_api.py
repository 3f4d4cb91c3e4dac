"""`make bench ARGS=api`: what a request under /v1 costs the web process, and what a large table does to it.

Three servers run under the same daphne on the same stores, and are asked by turns: the product, what a tutorial of
Django REST framework would make of it, and the same statements with nothing around them. CPU is what the kernel counted
for the process. The stores are made for this run, and write as they do in production.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from ops.load import call_table
from ops.processes import LOOPBACK, free_port, spawn
from ops.stores import throw_away

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 60.0

SMALL, LARGE, OTHER_ACCOUNTS = 1_000, 100_000, 50
ROUNDS, REQUESTS, WARM_UP = 7, 50, 40
TIMED = 60
POSTS_PER_SECOND, POST_SECONDS, POSTERS = 20, 30, 20

# What is aimed at.
TIMES_BARE, TIMES_SMALL, POST_P95_MS = 2.5, 3.0, 150.0

# clock_getcpuclockid(3) of another process: its number inverted, and this in the three low bits.
_SCHEDULER_CLOCK = 2

STOCK = {"DJANGO_SETTINGS_MODULE": "ops.baselines.stock_settings", "DATABASE_POOL_SIZE": "16"}
SERVERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "bare": ("ops.baselines.bare_api", {}),
    "stock": ("ops.baselines.stock_api", STOCK | {"STOCK_THROTTLES": "0"}),
    "stock, throttled": ("ops.baselines.stock_api", STOCK),
    "vaniagent": ("vaniagent.asgi", {}),
}


@dataclass(frozen=True)
class Asked:
    """A request: method, path below /v1, body."""

    method: str
    path: str
    body: str | None = None


@dataclass(frozen=True)
class Customer:
    """An account with an agent and a key."""

    key: str
    account: int
    agent_id: str

    def new_call(self) -> Asked:
        metadata = {"customer_id": "cust_123", "campaign": "support_followup"}
        body = {"agent_id": self.agent_id, "to_number": "+15005550001", "metadata": metadata}
        return Asked("POST", "/calls", json.dumps(body))


class Client:
    """Asks one server over one connection."""

    def __init__(self, port: int, customer: Customer) -> None:
        self._link = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
        self._headers = {"Authorization": f"Bearer {customer.key}", "Content-Type": "application/json"}

    def ask(self, asked: Asked) -> float:
        """Milliseconds until the answer was there. Raises RuntimeError for anything but a 2xx."""
        began = time.perf_counter()
        self._link.request(asked.method, f"/v1{asked.path}", body=asked.body, headers=self._headers)
        answer = self._link.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - began) * 1000
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{asked.method} {asked.path}: {answer.status} {body[:300]!r}")
        return taken


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def cpu_ms(self) -> float:
        """User and system time of all its threads, also of those that ended: its CPU clock, to the nanosecond."""
        return time.clock_gettime_ns((~self.pid << 3) | _SCHEDULER_CLOCK) / 1e6


@dataclass(frozen=True)
class ListTimes:
    """The median of a list's times, and of each over that of the first list in the same turn."""

    ms: float
    times_first: float


def run(*, rows: int) -> dict[str, Any]:
    """Measure and print; gives the figures. Without rows nothing but CPU is measured, which takes seconds."""
    with ExitStack() as stack:
        stores = stack.enter_context(throw_away(durable=True))
        var_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="vaniagent-var-"))
        env = {**os.environ, **stores, "VAR_DIR": var_dir, "SECRET_KEY": secrets.token_hex(32)}
        _manage(env, "migrate", "-v", "0")
        link = stack.enter_context(psycopg.connect(stores["DATABASE_URL"], autocommit=True))
        small, large = _customer(env, link), _customer(env, link)
        call_table.add_calls(link, small.account, SMALL)
        call_table.settle(link)
        servers = {
            name: stack.enter_context(_server(name, module, {**env, **more}))
            for name, (module, more) in SERVERS.items()
        }
        ours = servers["vaniagent"]

        cost = measure_cost(servers, small, link)
        if not rows:
            return {"cpu_ms": cost}
        # The small table is one of its own, so that it can be asked beside the large one.
        little = stack.enter_context(little_table(env))
        call_table.add_calls(link, large.account, LARGE)
        for number in range(OTHER_ACCOUNTS):
            account = call_table.add_account(link, f"other{number}")
            call_table.add_agent(link, account)
            call_table.add_calls(link, account, (rows - SMALL - LARGE) // OTHER_ACCOUNTS)
        call_table.settle(link)
        asked = {f"{SMALL:,} of {SMALL:,}, offset 0": (little, "limit=20")}
        for customer, count in ((small, SMALL), (large, LARGE)):
            client = Client(ours.port, customer)
            for offset in (0, count // 2, count - 20):
                asked[f"{count:,} of {rows:,}, offset {offset:,}"] = client, f"limit=20&offset={offset}"
        for offset in (0, LARGE - 20):
            query = f"limit=20&offset={offset}&status=completed"
            asked[f"the same by status, offset {offset:,}"] = Client(ours.port, large), query
        lists = measure_lists(asked)
        posts = measure_posts(ours, large)
    report_lists(lists)
    report_posts(posts)
    return {"cpu_ms": cost, "lists": {name: asdict(times) for name, times in lists.items()}, "post_ms": posts}


def measure_cost(servers: Mapping[str, Server], customer: Customer, link: call_table.Link) -> dict[str, Any]:
    """CPU of a request, the median of rounds in which each server has its turn."""
    newest = link.execute(
        "SELECT public_id FROM calls_call WHERE account_id = %s ORDER BY id DESC LIMIT 1", [customer.account]
    ).fetchone()
    operations = {
        "GET /v1/calls/:id": Asked("GET", f"/calls/{newest[0] if newest else ''}"),
        "GET /v1/calls?limit=20": Asked("GET", "/calls?limit=20"),
        "POST /v1/calls": customer.new_call(),
    }
    clients = {name: Client(server.port, customer) for name, server in servers.items()}
    figures = {}
    print(f"{'CPU a request, ms':<24}" + "".join(f"{name:>18}" for name in servers) + f"{'x bare':>10}")
    for operation, asked in operations.items():
        spent: dict[str, list[float]] = {name: [] for name in servers}
        for client in clients.values():
            for _ in range(WARM_UP):
                client.ask(asked)
        for _ in range(ROUNDS):
            for name, client in clients.items():
                before = servers[name].cpu_ms()
                for _ in range(REQUESTS):
                    client.ask(asked)
                spent[name].append((servers[name].cpu_ms() - before) / REQUESTS)
            call_table.end_live_calls(link)
        medians = {name: round(statistics.median(values), 2) for name, values in spent.items()}
        # Of each round by itself: two runs of one server an hour apart differ by more than this.
        ratio = statistics.median(
            ours / max(bare, 0.01) for ours, bare in zip(spent["vaniagent"], spent["bare"], strict=True)
        )
        figures[operation] = {**medians, "times_bare": round(ratio, 2)}
        print(
            f"{operation:<24}" + "".join(f"{value:>18.2f}" for value in medians.values()) + f"{ratio:>10.2f}",
            flush=True,
        )
    print(f"aimed at: {TIMES_BARE} x bare")
    return figures


@contextmanager
def little_table(env: Mapping[str, str]) -> Iterator[Client]:
    """A second product beside the first, whose table of calls has no others than its client's."""
    with throw_away(durable=True) as stores:
        own = {**env, **stores}
        _manage(own, "migrate", "-v", "0")
        with psycopg.connect(stores["DATABASE_URL"], autocommit=True) as link:
            customer = _customer(own, link)
            call_table.add_calls(link, customer.account, SMALL)
            call_table.settle(link)
        module, more = SERVERS["vaniagent"]
        with _server("little", module, {**own, **more}) as server:
            yield Client(server.port, customer)


def measure_lists(asked: Mapping[str, tuple[Client, str]]) -> dict[str, ListTimes]:
    """Milliseconds until each list is there. They are asked by turns: what else the machine does slows all of them."""
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(WARM_UP + TIMED):
        for name, (client, query) in asked.items():
            taken[name].append(client.ask(Asked("GET", f"/calls?{query}")))
    timed = {name: values[WARM_UP:] for name, values in taken.items()}
    first = next(iter(timed.values()))
    return {
        name: ListTimes(
            ms=round(statistics.median(values), 2),
            times_first=round(
                statistics.median(value / beside for value, beside in zip(values, first, strict=True)), 2
            ),
        )
        for name, values in timed.items()
    }


def measure_posts(server: Server, customer: Customer) -> dict[str, float]:
    """Milliseconds of calls placed at a steady pace, whether or not those before have been answered."""
    clients = [Client(server.port, customer) for _ in range(POSTERS)]
    for client in clients:
        client.ask(customer.new_call())
    begins = time.perf_counter() + 0.5

    def post(number: int) -> float:
        due = begins + number / POSTS_PER_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        clients[number % POSTERS].ask(customer.new_call())
        # From the moment it was due: a server that falls behind is not asked less.
        return (time.perf_counter() - due) * 1000

    with ThreadPoolExecutor(POSTERS) as pool:
        taken = list(pool.map(post, range(POSTS_PER_SECOND * POST_SECONDS)))
    return {f"p{percent}": round(float(np.percentile(taken, percent)), 1) for percent in (50, 95, 99)}


def report_lists(lists: Mapping[str, ListTimes]) -> None:
    print(f"\n{'a list of 20':<44}{'ms':>8}{'x the first':>14}")
    for name, times in lists.items():
        print(f"{name:<44}{times.ms:>8.2f}{times.times_first:>14.2f}")
    print(f"aimed at: {TIMES_SMALL:.0f} x the first")


def report_posts(posts: Mapping[str, float]) -> None:
    times = "  ".join(f"{name} {value:.0f} ms" for name, value in posts.items())
    print(
        f"\nPOST /v1/calls, {POSTS_PER_SECOND} a second for {POST_SECONDS} s: {times}; aimed at: p95 {POST_P95_MS:.0f} ms"
    )


def _customer(env: Mapping[str, str], link: call_table.Link) -> Customer:
    email = f"bench-{secrets.token_hex(4)}@localhost.localdomain"
    printed = _manage(env, "createaccount", email, "--plan", "enterprise", "--credits", "1000000", "--json")
    made = json.loads(printed)
    account = call_table.lift_limits(link, made["account"])
    return Customer(made["api_key"], account, call_table.add_agent(link, account))


def _manage(env: Mapping[str, str], *words: str) -> str:
    argv = [sys.executable, "manage.py", *words]
    return subprocess.run(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextmanager
def _server(name: str, module: str, env: Mapping[str, str]) -> Iterator[Server]:
    port = free_port(f"bench {name} {os.getpid()}")
    argv = [sys.executable, "-m", "daphne", "-b", LOOPBACK, "-p", str(port), "-v", "0", f"{module}:application"]
    process = spawn(argv, env=env, cwd=ROOT, output=None, death_signal=signal.SIGKILL)
    try:
        _wait_until_it_listens(port, process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < give_up_at:
        link = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
        try:
            link.connect()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            link.close()
    raise RuntimeError("a server of the bench did not start")
