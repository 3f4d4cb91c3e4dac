from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from billing.models import Balance
from calls import bus, runtime
from calls.models import Call, CallEvent, LegHolder, Turn
from calls.runtime import Runtime
from calls.services import control, lifecycle
from calls.services.background import Jobs
from calls.tests.conftest import GATEWAY, answer, end_leg, in_thread, make_call, make_holder, seconds
from calls.tests.fake_engine import FakeEngine
from calls.voice.session import Outcome, PastTurn
from conftest import make_account, make_agent

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]

ENDED = Outcome("ended", reason="agent_hangup", by="agent")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(runtime, "HOLDER_SECONDS", 0.3)
    monkeypatch.setattr(runtime, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(runtime, "DRAIN_SECONDS", 0.1)


class Worker:
    """A runtime and the task threads of its process."""

    def __init__(self) -> None:
        self.engines: list[FakeEngine] = []
        self._jobs = Jobs()
        self.runtime = Runtime(make_engine=self._make_engine, jobs=self._jobs)
        self.runtime.start()
        self._threads = ThreadPoolExecutor(4)

    @property
    def engine(self) -> FakeEngine:
        return self.engines[0]

    def run(self, call: Call) -> Future[object]:
        """What the queue's task does."""
        return self._threads.submit(in_thread(lambda: self.runtime.run_call(call.pk)))

    def stop(self) -> None:
        self.runtime.drain()
        self._threads.shutdown()
        self.runtime.stop()
        # A write that is still on its way would meet the emptying of the tables.
        self._jobs.close()

    def _make_engine(self, the_bus: bus.Bus) -> FakeEngine:
        self.engines.append(FakeEngine(the_bus))
        return self.engines[-1]


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.stop()


@pytest.fixture
def now_call(agent) -> Call:
    """A call of this very moment: the runtime reads the clock."""
    make_holder(seen_at=timezone.now())
    return make_call(agent, at=timezone.now())


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def types_of(call: Call) -> list[str]:
    return list(CallEvent.objects.filter(call=call).order_by("seq").values_list("type", flat=True))


def test_a_call_from_its_claim_to_its_end(now_call, worker):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    answer(now_call, at=timezone.now())

    def speak() -> None:
        talk.sink.agent_turn_started(utterance=1, text="Hello.", stages=None)
        talk.sink.interim(speaker="user", text="How")
        talk.sink.agent_turn_ended(utterance=1, text="Hello.", start_ms=0, end_ms=900, was_interrupted=False)
        talk.sink.user_turn(text="How much is it?", start_ms=1500, end_ms=2500)
        talk.sink.digit(digit="1")
        talk.sink.heed(kind="silence")
        talk.outcome.set_result(ENDED)

    worker.engine.do(speak)
    running.result(10)

    now_call.refresh_from_db()
    assert (now_call.status, now_call.ended_reason, now_call.ended_by) == ("completed", "agent_hangup", "agent")
    assert types_of(now_call) == [
        "call.started",
        "call.answered",
        "transcript.update",
        "transcript.update",
        "call.digit",
        "call.silence",
        "call.completed",
    ]
    assert list(Turn.objects.order_by("number").values_list("speaker", "text")) == [
        ("agent", "Hello."),
        ("user", "How much is it?"),
    ]


def test_the_conversation_is_given_what_it_needs(worker, account):
    make_holder(seen_at=timezone.now())
    agent = make_agent(account, name="Ada", prompt="You book tables.", max_duration=90, language="en-US")
    call = make_call(agent, at=timezone.now())
    control.note(call=call, text="Be brief.", at=timezone.now())

    running = worker.run(call)
    talk = worker.engine.wait_for(1)
    spec = talk.spec
    worker.engine.end(talk, ENDED)
    running.result(10)

    assert (spec.call_id, spec.token, spec.holder, spec.is_dialed) == (call.public_id, 1, GATEWAY, False)
    assert (spec.agent_name, spec.prompt, spec.max_duration) == ("Ada", "You book tables.", 90)
    assert (spec.history, spec.notes) == ((), ("Be brief.",))


def test_a_call_that_is_taken_over_brings_its_history(now_call, worker):
    lifecycle.claim_call(call_id=now_call.pk, worker="worker-dead", at=timezone.now())
    answer(now_call, at=timezone.now() - seconds(40))
    LegHolder.objects.all().delete()
    Turn.objects.create(
        call=now_call, number=1, speaker="agent", text="Hello.", utterance=1, is_final=False, created_at=timezone.now()
    )
    lifecycle.fence_call(call_id=now_call.public_id, token=1, at=timezone.now())

    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    worker.engine.end(talk, ENDED)
    running.result(10)

    assert (talk.spec.token, talk.spec.holder, talk.spec.is_dialed) == (3, GATEWAY, True)
    assert talk.spec.history == (PastTurn(number=1, speaker="agent", text="Hello.", is_final=False, utterance=1),)
    assert 550 < talk.spec.max_duration < 561


def test_a_second_copy_of_the_message_finds_nothing_to_do(now_call, worker):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)

    worker.run(now_call).result(10)

    assert not running.done()
    worker.engine.end(talk, ENDED)
    running.result(10)
    assert len(worker.engine.conversations) == 1


def test_without_anybody_to_hold_the_leg_there_is_no_capacity(now_call, worker, account):
    LegHolder.objects.all().delete()

    worker.run(now_call).result(10)

    now_call.refresh_from_db()
    assert (now_call.status, now_call.ended_reason, now_call.cost) == ("failed", "no_capacity", 0)
    assert Balance.objects.get(account=account).held == 0


def test_a_holder_that_is_lost_before_it_dialled_is_replaced(now_call, worker):
    running = worker.run(now_call)
    first = worker.engine.wait_for(1)
    LegHolder.objects.all().delete()
    make_holder(name="gateway-0000bbbb", seen_at=timezone.now())

    worker.engine.end(first, Outcome("media_lost"))
    second = worker.engine.wait_for(2)
    worker.engine.end(second, ENDED)
    running.result(10)

    assert (first.spec.holder, second.spec.holder) == (GATEWAY, "gateway-0000bbbb")


def test_a_holder_that_is_lost_later_takes_the_call_along(now_call, worker):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    answer(now_call, at=timezone.now())

    worker.engine.end(talk, Outcome("media_lost"))
    running.result(10)

    now_call.refresh_from_db()
    assert (now_call.status, now_call.ended_reason, now_call.cost) == ("failed", "media_lost", 0)


def test_a_write_that_comes_too_late_ends_the_conversation(now_call, worker):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    answer(now_call, at=timezone.now())
    lifecycle.fence_call(call_id=now_call.public_id, token=1, at=timezone.now())

    worker.engine.do(lambda: talk.sink.user_turn(text="Hello?", start_ms=0, end_ms=10))
    running.result(10)

    assert talk.was_cancelled
    assert not Turn.objects.exists()
    assert Call.objects.get(pk=now_call.pk).is_live


def test_a_lease_that_was_lost_ends_the_conversation(now_call, worker):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)

    lifecycle.fence_call(call_id=now_call.public_id, token=1, at=timezone.now())
    running.result(10)

    assert talk.was_cancelled


def test_leases_are_renewed(now_call, worker):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    soon = timezone.now() + seconds(1)
    Call.objects.filter(pk=now_call.pk).update(lease_until=soon)

    wait_until(lambda: Call.objects.get(pk=now_call.pk).lease_until > soon + seconds(10))

    worker.engine.end(talk, ENDED)
    running.result(10)


def test_a_beat_that_fails_is_not_the_last(now_call, worker, monkeypatch):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    failed: list[str] = []

    def fail(*, worker: str, at: datetime) -> set[str]:
        failed.append(worker)
        raise RuntimeError

    monkeypatch.setattr(lifecycle, "extend_holds", fail)
    wait_until(lambda: len(failed) > 1)

    worker.engine.end(talk, ENDED)
    running.result(10)


def test_when_the_credits_are_gone_the_agent_says_goodbye_once(worker):
    make_holder(seen_at=timezone.now())
    call = make_call(make_agent(make_account("poor@example.com", micro_credits=100_000)), at=timezone.now())
    running = worker.run(call)
    talk = worker.engine.wait_for(1)
    answer(call, at=timezone.now() - seconds(50))

    wait_until(lambda: bool(worker.engine.wound_up))
    time.sleep(0.2)

    assert worker.engine.wound_up == [(call.public_id, "credits_exhausted")]
    worker.engine.end(talk, ENDED)
    running.result(10)


def test_a_goodbye_is_asked_for_until_the_conversation_is_there(worker):
    make_holder(seen_at=timezone.now())
    worker.engine.do(lambda: setattr(worker.engine, "winds_up_after", 2))
    call = make_call(make_agent(make_account("poor@example.com", micro_credits=100_000)), at=timezone.now())
    running = worker.run(call)
    talk = worker.engine.wait_for(1)
    answer(call, at=timezone.now() - seconds(50))

    wait_until(lambda: len(worker.engine.wound_up) == 3)
    time.sleep(0.2)

    assert worker.engine.wound_up == [(call.public_id, "credits_exhausted")] * 3
    worker.engine.end(talk, ENDED)
    running.result(10)


@pytest.mark.parametrize("releases", [True, False])
def test_a_worker_that_ends_hands_its_calls_on(now_call, worker, queued, releases):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    answer(now_call, at=timezone.now())
    queued.clear()
    worker.engine.do(lambda: setattr(worker.engine, "releases_on_drain", releases))
    worker.engine.do(lambda: talk.sink.user_turn(text="One moment.", start_ms=0, end_ms=10))

    worker.runtime.drain()
    running.result(10)

    now_call.refresh_from_db()
    assert (now_call.status, now_call.worker, now_call.token) == ("in_progress", "", 2)
    assert Turn.objects.get().text == "One moment."
    assert queued == [("run_call", now_call.pk, "takeover")]


def test_a_worker_that_ends_takes_no_new_calls(now_call, worker, queued):
    worker.runtime.drain()
    queued.clear()

    worker.run(now_call).result(10)

    assert Call.objects.get(pk=now_call.pk).token == 0
    assert queued == [("run_call", now_call.pk, "calls")]


def test_the_holders_are_told_that_a_worker_ends(now_call):
    worker = Worker()
    pubsub = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(bus.channel(settings.BUS_PREFIX, GATEWAY))
    pubsub.get_message(timeout=1)
    running = worker.run(now_call)
    worker.engine.end(worker.engine.wait_for(1), ENDED)
    running.result(10)

    worker.stop()

    message = pubsub.get_message(timeout=1)
    pubsub.close()
    assert bus.decode(message["data"]) == (worker.runtime.name, [bus.Farewell("", 0)])


def test_an_engine_that_breaks_ends_the_call_free_of_charge(now_call, worker, account):
    worker.engine.do(lambda: setattr(worker.engine, "is_broken", True))
    answer(now_call, at=timezone.now())

    worker.run(now_call).result(10)

    now_call.refresh_from_db()
    assert (now_call.status, now_call.ended_reason, now_call.cost) == ("failed", "internal_error", 0)
    assert Balance.objects.get(account=account).available == 5_000_000


def test_a_conversation_that_breaks_too_late_does_not_end_the_call(now_call, worker):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    answer(now_call, at=timezone.now())
    holder = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    holder.subscribe(bus.channel(settings.BUS_PREFIX, GATEWAY))
    holder.get_message(timeout=1)

    lifecycle.fence_call(call_id=now_call.public_id, token=1, at=timezone.now())
    worker.engine.do(lambda: talk.outcome.done() or talk.outcome.set_exception(RuntimeError("broken")))
    running.result(10)

    assert holder.get_message(timeout=0.2) is None
    holder.close()
    assert Call.objects.get(pk=now_call.pk).is_live


def test_the_leg_s_word_on_the_end_counts(now_call, worker):
    running = worker.run(now_call)
    talk = worker.engine.wait_for(1)
    answer(now_call, at=timezone.now())
    end_leg(now_call, reason="user_hangup", by="user", at=timezone.now())

    worker.engine.end(talk, ENDED)
    running.result(10)

    now_call.refresh_from_db()
    assert (now_call.status, now_call.ended_reason) == ("completed", "user_hangup")


def test_a_process_without_a_runtime_says_so():
    with pytest.raises(runtime.NotStarted):
        runtime.run_call(call_id=1)
