"""Rows of a batch that are tried again, its pace, its hours and its beginning: never twice at once, whatever dies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts import audit
from accounts import services as accounts
from accounts.models import Account, ApiKey, User
from agents.models import Agent
from calls import events, retry_rules, tasks
from calls.models import BatchRow, Call, CallBatch
from calls.number_files import NumberRow
from calls.services import batch_work, batches, control, erasure, lifecycle, retrying, starting
from calls.tests.conftest import NOW, in_thread, make_call, seconds
from calls.tests.test_scheduling import Died, dying

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queued")]

BUSY = retry_rules.make(outcomes=["busy"], attempts=2, every=60)


@pytest.fixture
def by(account: Account) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"))


@pytest.fixture
def start(agent: Agent, by: audit.Actor) -> Any:
    def start(count: int = 1, **options: Any) -> CallBatch:
        numbers = [NumberRow(line, f"+1415555{line:04}", {"line": line}) for line in range(1, count + 1)]
        batch = batches.make_batch(
            account=agent.account, agent=agent, numbers=numbers, name="March", by=by, at=NOW, **options
        )
        return batches.start_batch(batch=batch, by=by, at=NOW)

    return start


def end(call: Call, *, reason: str = "busy", at: datetime = NOW) -> None:
    lifecycle.complete_undialled(call_id=call.public_id, reason=reason, by="carrier", at=at)


def row_of(batch: CallBatch) -> BatchRow:
    return BatchRow.objects.get(batch=batch)


def status_of(batch: CallBatch) -> str:
    return CallBatch.objects.values_list("status", flat=True).get(pk=batch.pk)


def test_a_row_is_tried_again_as_the_rule_says(start: Any) -> None:
    batch, at = start(retry=BUSY), NOW
    for attempt in (1, 2, 3):
        batch_work.work(at=at)
        call = Call.objects.get(attempt=attempt)
        assert (row_of(batch).attempts, row_of(batch).call, call.status) == (attempt, call, "initiated")
        end(call, at=at)
        batch_work.work(at=at + seconds(59))
        assert Call.objects.count() == attempt
        at += seconds(60)

    batch_work.work(at=at)

    first, second, third = Call.objects.order_by("attempt")
    assert (second.retry_of, third.retry_of, first.retry_of) == (first, first, None)
    assert set(Call.objects.values_list("batch_row", flat=True)) == {row_of(batch).pk}
    progress = batches.progress(batch=batch)
    assert (dict(progress.rows), progress.calls, progress.ended, progress.live) == ({"placed": 1}, 3, 3, 0)
    assert status_of(batch) == "done"


def test_it_is_not_done_before_its_calls_are(start: Any) -> None:
    batch = start(retry=BUSY)
    batch_work.work(at=NOW)

    batch_work.work(at=NOW)
    assert status_of(batch) == "running"
    end(Call.objects.get(), reason="rejected")
    batch_work.work(at=NOW)

    assert status_of(batch) == "done"


def test_one_call_of_a_row_at_once_is_the_databases_word(start: Any, agent: Agent) -> None:
    batch = start()
    batch_work.work(at=NOW)

    call = make_call(agent)
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(batch_row=row_of(batch))


def test_a_row_that_waits_again_is_paused_with_its_batch(start: Any, by: audit.Actor) -> None:
    batch = start(retry=BUSY)
    batch_work.work(at=NOW)
    batches.pause_batch(batch=batch, by=by, at=NOW)
    end(Call.objects.get())

    batch_work.work(at=NOW + seconds(60))
    assert (Call.objects.count(), row_of(batch).status) == (1, "waiting")
    batches.resume_batch(batch=batch, by=by, at=NOW)
    batch_work.work(at=NOW + seconds(60))

    assert Call.objects.count() == 2


def test_a_canceled_batch_tries_nobody_again(start: Any, by: audit.Actor) -> None:
    batch = start(retry=BUSY)
    batch_work.work(at=NOW)
    batches.cancel_batch(batch=batch, by=by, at=NOW)

    end(Call.objects.get())

    assert (row_of(batch).status, status_of(batch)) == ("placed", "canceled")


def test_hanging_up_takes_a_row_out(start: Any) -> None:
    batch = start(retry=BUSY)
    batch_work.work(at=NOW)
    call = Call.objects.get()
    end(call)

    assert control.hang_up_call(call=call, by="api", at=NOW)
    batch_work.work(at=NOW + seconds(60))

    assert (row_of(batch).status, Call.objects.count(), status_of(batch)) == ("canceled", 1, "done")


def test_an_erased_caller_is_not_tried_again(start: Any, account: Account, by: audit.Actor) -> None:
    batch = start(retry=BUSY)
    batch_work.work(at=NOW)
    end(Call.objects.get())

    erasure.erase_caller(account=account, number="+14155550001", by=by, at=NOW)
    batch_work.work(at=NOW + seconds(60))

    assert (row_of(batch).status, row_of(batch).to_number, Call.objects.count()) == ("canceled", "+14…01", 1)


def test_its_pace(start: Any) -> None:
    start(5, at_once=5, per_minute=2)

    batch_work.work(at=NOW)
    batch_work.work(at=NOW + seconds(59))
    assert Call.objects.count() == 2
    batch_work.work(at=NOW + seconds(60))

    assert Call.objects.count() == 4


def test_its_hours_by_a_named_clock(start: Any) -> None:
    sunday_evening = {"timezone": "Europe/Berlin", "days": {"sun": [["18:00", "20:00"]]}}
    start(hours=sunday_evening)

    batch_work.work(at=datetime(2026, 3, 1, 16, 59, tzinfo=UTC))
    assert not Call.objects.exists()
    batch_work.work(at=datetime(2026, 3, 1, 17, 0, tzinfo=UTC))

    assert Call.objects.count() == 1


def test_its_hours_by_the_clock_of_whoever_is_called(start: Any) -> None:
    batch = start(hours={"timezone": "callee", "days": {"sun": [["09:00", "10:00"]]}})

    batch_work.work(at=NOW)
    assert (row_of(batch).status, row_of(batch).not_before) == ("waiting", datetime(2026, 3, 1, 17, tzinfo=UTC))
    batch_work.work(at=datetime(2026, 3, 1, 17, tzinfo=UTC))

    assert row_of(batch).status == "placed"


def test_started_for_a_later_time(start: Any) -> None:
    batch = start(scheduled_at=NOW + timedelta(days=1))
    assert (status_of(batch), batch.started_at) == ("scheduled", None)

    batch_work.work(at=NOW + timedelta(hours=23))
    assert not Call.objects.exists()
    batch_work.work(at=NOW + timedelta(days=1))

    assert (status_of(batch), Call.objects.count()) == ("running", 1)
    with pytest.raises(starting.TooFarAhead):
        start(scheduled_at=NOW + timedelta(days=91))


def test_with_a_test_key_it_costs_nothing(start: Any, account: Account) -> None:
    key, _secret = accounts.create_api_key(account=account, mode=ApiKey.Mode.TEST)
    start(api_key=key)

    batch_work.work(at=NOW)

    assert Call.objects.get().rate_per_minute == 0


@pytest.mark.parametrize(("module", "name"), [(events, "record"), (tasks, "queue_call"), (starting, "start_call")])
@pytest.mark.parametrize("is_after", [False, True])
def test_a_death_while_a_row_is_placed(
    start: Any, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, is_after: bool
) -> None:
    batch = start()

    with monkeypatch.context() as patched:
        patched.setattr(module, name, dying(getattr(module, name), is_after=is_after))
        with pytest.raises(Died), transaction.atomic():
            batch_work.work(at=NOW)
    assert (row_of(batch).status, row_of(batch).attempts, Call.objects.count()) == ("waiting", 0, 0)
    batch_work.work(at=NOW)

    assert (row_of(batch).status, row_of(batch).attempts, Call.objects.count()) == ("placed", 1, 1)


@pytest.mark.parametrize("is_after", [False, True])
def test_a_death_while_a_row_waits_again(start: Any, monkeypatch: pytest.MonkeyPatch, is_after: bool) -> None:
    batch = start(retry=BUSY)
    batch_work.work(at=NOW)

    with monkeypatch.context() as patched:
        patched.setattr(retrying, "_wait_again", dying(retrying._wait_again, is_after=is_after))
        with pytest.raises(Died), transaction.atomic():
            end(Call.objects.get())
    assert (Call.objects.get().status, row_of(batch).status) == ("initiated", "placed")
    end(Call.objects.get())
    batch_work.work(at=NOW + seconds(60))

    assert (Call.objects.count(), row_of(batch).attempts) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_canceled_at_the_moment_a_call_ends(start: Any, by: audit.Actor) -> None:
    batch = start(retry=BUSY)
    batch_work.work(at=NOW)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            end(Call.objects.get())
            late = threads.submit(in_thread(lambda: batches.cancel_batch(batch=batch, by=by, at=NOW)))
            with pytest.raises(TimeoutError):
                late.result(timeout=0.3)
        late.result(timeout=10)

    assert (row_of(batch).status, status_of(batch)) == ("canceled", "canceled")


@pytest.mark.django_db(transaction=True)
def test_rounds_and_ends_at_once_call_nobody_twice(start: Any) -> None:
    rule = retry_rules.make(outcomes=["busy"], attempts=1, every=60)
    batch = start(6, at_once=3, retry=rule)

    def work(at: datetime) -> None:
        batch_work.work(at=at)
        for call in Call.objects.filter(status="initiated"):
            end(call, at=at)

    for step in range(6):
        at = NOW + seconds(60 * step)
        with ThreadPoolExecutor(3) as threads:
            for one in [threads.submit(in_thread(lambda at=at: work(at))) for _ in range(3)]:  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                one.result(timeout=20)
    batch_work.work(at=NOW + timedelta(hours=1))

    assert set(BatchRow.objects.values_list("attempts", "status")) == {(2, "placed")}
    assert (Call.objects.count(), status_of(batch)) == (12, "done")
