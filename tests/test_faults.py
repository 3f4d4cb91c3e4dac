"""Processes and connections that are lost at every line that matters: nothing happens twice, and nothing is forgotten.

`make drill ARGS=faults` does it to the whole product, with a thousand calls.
"""

from __future__ import annotations

import itertools
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.utils import timezone

from accounts.models import Account, IdempotentAnswer
from billing import services as billing
from billing.models import Balance, Transaction
from calls.models import Call, CallEvent
from conftest import make_account, make_agent, make_key
from ops.fault_points import PLACES, find, points_of
from ops.faults import Plan
from ops.processes import LOOPBACK, free_port
from ops.receiver import Receiver
from tests.web_processes import end, start, wait_until_it_answers, web_program
from webhooks import services as webhooks
from webhooks.models import Attempt, Delivery, Endpoint, Event

ANSWERED_WITHIN = 60.0
# More than the points want: some are struck at the third repetition.
MOST_POSTS = 400
EVENTS_A_SUBJECT = 3
MOST_WAITING = 12
ENDED_WITHIN = 120.0
# A background worker's life as far as the sender is concerned, in a hurry: a run that fails is followed by the next.
SENDER = """
import time
from datetime import timedelta
from django.db import Error, close_old_connections
from webhooks.services import deliveries
from webhooks.services.sending import sender
deliveries.LEASE = timedelta(seconds=2)
deliveries.RETRY_DELAYS = (timedelta(seconds=0.1),) * 14
while True:
    close_old_connections()
    try:
        sender.run()
    except Error as error:
        print(error)
    time.sleep(0.05)
"""


def test_every_fault_has_a_name_of_its_own():
    assert len({place.name for place in PLACES}) == len(PLACES)


@pytest.mark.parametrize("name", sorted({name for place in PLACES for name in (place.seam, place.during) if name}))
def test_places_are_functions_that_exist(name):
    _, _, function = find(name)

    assert callable(function)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    directory = tmp_path / "faults"
    directory.mkdir()
    plan = Plan(directory)
    plan.arm()
    return plan


class Lives:
    """A program under faults, started again whenever it has died."""

    def __init__(self, arguments: list[str], log: Path, **environment: str) -> None:
        self.deaths = 0
        self.log = log
        self._arguments = ["-m", "ops.faults", *arguments]
        self._environment = {"FAULTS_DIR": str(log.parent / "faults"), "FAULTS_PATIENCE_SECONDS": "2", **environment}
        self.process = self._start()

    def look(self) -> bool:
        """Whether it had died, and is started anew."""
        if self.process.poll() is None:
            return False

        assert self.process.returncode == -9, self.log.read_text()[-3000:]
        self.deaths += 1
        self.process = self._start()
        return True

    def _start(self) -> subprocess.Popen[bytes]:
        return start(self._arguments, self.log, **self._environment)


@pytest.fixture
def webs(tmp_path: Path, plan: Plan) -> Iterator[list[tuple[int, Lives]]]:
    """Two web processes, so that one answers while the other starts again. They queue to a broker that is away."""
    lives = []
    for number in range(2):
        log = tmp_path / f"web{number}.log"
        port = free_port(str(log))
        lives.append((port, Lives(web_program(port), log, FAULTS_PARTS="web", DATABASE_POOL_SIZE="4")))
    for port, life in lives:
        wait_until_it_answers(port, life.process, life.log)
    yield lives
    for _, life in lives:
        end(life.process)


@pytest.mark.django_db(transaction=True)
def test_a_post_that_is_repeated_until_it_is_answered_is_done_once(webs, plan):
    account = make_account(plan="enterprise", max_live_calls=10_000)
    endpoint = create_endpoint(account, "https://example.com/hook")
    agent, key = make_agent(account), make_key(account)
    before = Balance.objects.get(account=account).available
    points = {str(point) for point in points_of("web")}

    answers: dict[str, dict[str, object]] = {}
    while set(plan.struck()) != points and len(answers) < MOST_POSTS:
        name = f"key-{len(answers)}"
        answers[name] = until_answered(webs, key, name, agent.public_id)
    plan.disarm()
    again = {name: until_answered(webs, key, name, agent.public_id) for name in answers}

    assert plan.struck() == Counter(points)
    assert again == answers
    ids = {answer["id"] for answer in answers.values()}
    assert len(ids) == len(answers)
    assert set(Call.objects.values_list("public_id", flat=True)) == ids
    assert Event.objects.filter(type="call.started").count() == len(ids)
    assert Delivery.objects.filter(endpoint=endpoint).count() == len(ids)
    assert set(CallEvent.objects.values_list("call__public_id", "seq", "type")) == {(i, 1, "call.started") for i in ids}
    assert CallEvent.objects.count() == len(ids)
    assert IdempotentAnswer.objects.count() == len(ids)
    assert Transaction.objects.filter(kind=Transaction.Kind.HOLD).count() == len(ids)
    balance = Balance.objects.get(account=account)
    assert (balance.held, balance.available + balance.held) == (100_000 * len(ids), before)
    assert billing.check_ledger() == []


def until_answered(webs: list[tuple[int, Lives]], key: str, name: str, agent_id: str) -> dict[str, object]:
    """What a customer's retry loop gets in the end."""
    give_up_at = time.monotonic() + ANSWERED_WITHIN
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": name}
    body = {"agent_id": agent_id, "to_number": "+15005550001"}
    for port, life in itertools.cycle(webs):
        assert time.monotonic() < give_up_at
        life.look()
        try:
            answer = requests.post(f"http://{LOOPBACK}:{port}/v1/calls", json=body, headers=headers, timeout=10)
        except requests.RequestException:
            time.sleep(0.02)
            continue
        if answer.status_code == 201:
            given: dict[str, object] = answer.json()
            return given
        assert answer.status_code in (409, 500), answer.text
        time.sleep(0.02)
    raise AssertionError


@pytest.mark.django_db(transaction=True)
def test_a_webhook_is_sent_until_it_was_heard(tmp_path, plan, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    account = make_account()
    points = {str(point) for point in points_of("sender")}
    statuses = itertools.cycle([204, 500, 204, None, 204])

    with Receiver(status=lambda: next(statuses)) as receiver:
        endpoint = create_endpoint(account, receiver.url)
        receiver.secret = endpoint.secret
        life = Lives(
            ["manage.py", "shell", "-v", "0", "-c", SENDER],
            tmp_path / "sender.log",
            FAULTS_PARTS="sender",
            WEBHOOKS_ALLOW_PRIVATE="1",
        )
        try:
            subjects = record_until(lambda: set(plan.struck()) == points, life, account)
            plan.disarm()
            wait_until(lambda: not Delivery.objects.filter(status=Delivery.Status.PENDING).exists(), life)
        finally:
            end(life.process)

    assert plan.struck() == Counter(points)
    assert set(Delivery.objects.values_list("status", flat=True)) == {Delivery.Status.SUCCEEDED}
    assert all(delivered.is_genuine for delivered in receiver.deliveries)
    heard = {delivered.event_id for delivered in receiver.deliveries if delivered.status == 204}
    assert heard == set(Event.objects.values_list("public_id", flat=True))
    assert [firsts(receiver, subject) for subject in subjects] == [[*range(EVENTS_A_SUBJECT)]] * len(subjects)
    # No attempt is written down twice, and none that was not made.
    assert heard_often_enough(receiver)


def create_endpoint(account: Account, url: str) -> Endpoint:
    return webhooks.create_endpoint(account=account, url=url, events=["call.started"])


def record_until(is_enough: Callable[[], bool], life: Lives, account: Account) -> list[str]:
    """Record events, some about each subject, until it is enough. Gives the subjects."""
    subjects: list[str] = []

    def another() -> bool:
        if is_enough():
            return True
        if Delivery.objects.filter(status=Delivery.Status.PENDING).count() > MOST_WAITING:
            return False
        subjects.append(f"call_{len(subjects)}")
        for number in range(EVENTS_A_SUBJECT):
            webhooks.record_event(
                account=account,
                event_type="call.started",
                subject=subjects[-1],
                data={"call_id": subjects[-1], "number": number},
                at=timezone.now(),
            )
        return False

    wait_until(another, life)
    return subjects


def wait_until(condition: Callable[[], bool], life: Lives) -> None:
    give_up_at = time.monotonic() + ENDED_WITHIN
    while not condition():
        assert time.monotonic() < give_up_at, life.log.read_text()[-3000:]
        life.look()
        time.sleep(0.1)


def firsts(receiver: Receiver, subject: str) -> list[int]:
    """The subject's events in the order in which each was first heard of."""
    about = [each.body["data"]["number"] for each in receiver.deliveries if each.body["data"]["call_id"] == subject]
    return list(dict.fromkeys(about))


def heard_often_enough(receiver: Receiver) -> bool:
    """Whether each attempt that is written down was truly made."""
    made = Counter(delivered.event_id for delivered in receiver.deliveries)
    written = Counter(Attempt.objects.values_list("delivery__event__public_id", flat=True))
    return written <= made
