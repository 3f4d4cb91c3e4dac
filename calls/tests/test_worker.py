from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from calls import tasks
from calls.worker import Admission


class FakeConsumer:
    """Celery's consumer: which queues it fetches from, and what it is to do on its own thread."""

    def __init__(self) -> None:
        self.queues = ["takeover", "calls"]
        self.due: list[Callable[[], None]] = []

    def cancel_task_queue(self, queue: str) -> None:
        # Harmless when repeated, as the real one is.
        if queue in self.queues:
            self.queues.remove(queue)

    def add_task_queue(self, queue: str) -> None:
        self.queues.append(queue)

    def call_soon(self, act: Callable[..., None], *args: object) -> None:
        self.due.append(lambda: act(*args))

    def turn(self) -> None:
        while self.due:
            self.due.pop()()


@pytest.fixture
def consumer() -> FakeConsumer:
    return FakeConsumer()


@pytest.fixture
def admission() -> Admission:
    return Admission(limit=2)


def receive(admission: Admission, consumer: FakeConsumer, task_id: str, name: str = tasks.run_call.name) -> None:
    admission.on_received(sender=consumer, request=SimpleNamespace(id=task_id, name=name))


def test_a_full_worker_fetches_no_new_calls_but_takes_over(admission, consumer):
    receive(admission, consumer, "1")
    assert consumer.queues == ["takeover", "calls"]

    receive(admission, consumer, "2")
    assert consumer.queues == ["takeover"]

    receive(admission, consumer, "3")
    assert consumer.queues == ["takeover"]


def test_a_worker_with_room_again_fetches_again(admission, consumer):
    for task_id in ("1", "2", "3"):
        receive(admission, consumer, task_id)

    admission.on_done(task_id="1")
    consumer.turn()
    assert consumer.queues == ["takeover"]

    admission.on_done(task_id="2")
    consumer.turn()
    assert consumer.queues == ["takeover", "calls"]


def test_a_worker_that_is_full_again_by_then_does_not(admission, consumer):
    receive(admission, consumer, "1")
    receive(admission, consumer, "2")
    admission.on_done(task_id="1")
    receive(admission, consumer, "3")
    queues_before_its_turn = list(consumer.queues)

    consumer.turn()

    assert consumer.queues == queues_before_its_turn == ["takeover"]


def test_other_tasks_do_not_count(admission, consumer):
    for task_id in ("1", "2", "3"):
        receive(admission, consumer, task_id, name="calls.tasks.reap")

    assert consumer.queues == ["takeover", "calls"]


def test_a_task_that_ends_twice_counts_once(admission, consumer):
    receive(admission, consumer, "1")
    receive(admission, consumer, "2")
    receive(admission, consumer, "3")

    admission.on_done(task_id="1")
    admission.on_done(task_id="1")
    consumer.turn()

    assert consumer.queues == ["takeover"]
