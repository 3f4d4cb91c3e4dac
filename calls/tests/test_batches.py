"""Calls from a file: the file, the draft, and placing each number once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts import audit
from accounts.models import AuditEntry, User
from agents import services as agents
from agents.models import Agent
from billing.models import Balance
from calls.models import BatchRow, Call, CallBatch
from calls.number_files import MOST_ROWS, BadFile, read_numbers
from calls.services import batch_work, batches, erasure, lifecycle
from calls.tests.conftest import NOW, in_thread
from calls.tests.test_finding import ended

pytestmark = pytest.mark.django_db

FILE = b"""Name;Phone number;note
Ada;+1 (415) 555-0100;first
Grace;004930123456;"two; three"
Nobody;12;
Ada again;'+14155550100;
;;
"""


@pytest.fixture
def by(account: Any) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"))


@pytest.fixture
def draft(agent: Agent, by: audit.Actor, queued: Any) -> Any:
    def draft(file: bytes = FILE, **options: Any) -> CallBatch:
        return batches.draft_batch(
            account=agent.account, agent=agent, file=file, name="March", by=by, at=NOW, **options
        )

    return draft


def numbers(count: int) -> bytes:
    return b"to_number\n" + b"".join(b"+1415555%04d\n" % number for number in range(count))


def states(batch: CallBatch) -> dict[str, int]:
    return dict(batches.progress(batch=batch).rows)


def end(call: Call) -> None:
    lifecycle.complete_undialled(call_id=call.public_id, reason="busy", by="carrier", at=NOW)


def test_a_file() -> None:
    ada, grace, nobody, again = read_numbers(FILE)

    assert (ada.line, ada.to_number, ada.metadata) == (2, "+14155550100", {"Name": "Ada", "note": "first"})
    assert (grace.to_number, grace.metadata["note"]) == ("+4930123456", "two; three")
    assert nobody.problem.startswith("Not a phone number")
    assert again.problem == "The same number as in line 2."


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"name\nAda\n",
        b"to_number\n",
        b"to_number\n\xff\xfe\n",
        b"to_number\n+14155550100\x00\n",
        b"to_number\n" + b"+14155550100\n" * (MOST_ROWS + 1),
        b"x" * 5_000_001,
        b'to_number\n"' + b"x" * 200_000,
    ],
)
def test_no_file_of_numbers(file: bytes) -> None:
    with pytest.raises(BadFile):
        read_numbers(file)


def test_what_will_happen(draft: Any, agent: Agent) -> None:
    for seconds in (30, 90):
        ended(agent, duration=seconds)

    batch = draft(at_once=99)
    seen = batches.preview(batch=batch)

    assert (seen.valid, seen.skipped, [row.line for row in seen.problems]) == (2, 2, [4, 5])
    # Five is the plan's limit; a minute is 0.10 credits.
    assert (seen.at_once, seen.usual_seconds, seen.micro_credits) == (5, 60, 200_000)
    assert (seen.lasts, seen.available, seen.is_affordable) == (timedelta(seconds=60), 5_000_000, True)
    assert draft().at_once == 4
    assert not AuditEntry.objects.exists()


def test_placed_as_there_is_room(draft: Any, by: audit.Actor) -> None:
    batch = batches.start_batch(batch=draft(numbers(5), at_once=2), by=by, at=NOW)

    batch_work.work(at=NOW)
    batch_work.work(at=NOW)
    assert states(batch) == {"placed": 2, "waiting": 3}

    end(Call.objects.first())
    batch_work.work(at=NOW)
    assert states(batch) == {"placed": 3, "waiting": 2}
    progress = batches.progress(batch=batch)
    assert (progress.live, progress.ended, progress.answered, progress.total) == (2, 1, 0, 5)

    for _ in range(3):
        for call in Call.objects.filter(status="initiated"):
            end(call)
        batch_work.work(at=NOW)
    batch.refresh_from_db()
    assert (batch.status, batch.ended_at) == ("done", NOW)
    assert Call.objects.count() == 5
    assert len(set(Call.objects.values_list("to_number", flat=True))) == 5
    assert list(AuditEntry.objects.values_list("action", "details")) == [("batch.started", {"calls": 5})]


def test_rows_carry_their_columns(draft: Any, by: audit.Actor) -> None:
    batches.start_batch(batch=draft(), by=by, at=NOW)

    batch_work.work(at=NOW)

    row = BatchRow.objects.get(line=2)
    assert (row.call.to_number, row.call.metadata) == ("+14155550100", {"Name": "Ada", "note": "first"})


def test_paused_resumed_canceled(draft: Any, by: audit.Actor) -> None:
    batch = batches.start_batch(batch=draft(numbers(5), at_once=1), by=by, at=NOW)
    batches.pause_batch(batch=batch, by=by, at=NOW)

    batch_work.work(at=NOW)
    assert not Call.objects.exists()

    batches.resume_batch(batch=batch, by=by, at=NOW)
    batch_work.work(at=NOW)
    batches.cancel_batch(batch=batch, by=by, at=NOW)
    batch_work.work(at=NOW)
    assert states(batch) == {"placed": 1, "canceled": 4}
    with pytest.raises(batches.BatchMoved):
        batches.resume_batch(batch=batch, by=by, at=NOW)


def test_no_credits_pause_it(draft: Any, account: Any, by: audit.Actor) -> None:
    batch = batches.start_batch(batch=draft(numbers(3)), by=by, at=NOW)
    Balance.objects.filter(account=account).update(available=100_000)

    batch_work.work(at=NOW)

    batch.refresh_from_db()
    assert (batch.status, states(batch)) == ("paused", {"placed": 1, "waiting": 2})
    assert batch.paused_because
    assert Call.objects.count() == 1


def test_an_archived_agent_pauses_it(draft: Any, agent: Agent, by: audit.Actor) -> None:
    batch = batches.start_batch(batch=draft(numbers(3)), by=by, at=NOW)
    agents.archive_agent(agent=agent)

    batch_work.work(at=NOW)

    batch.refresh_from_db()
    assert (batch.status, Call.objects.count()) == ("paused", 0)


def test_the_accounts_limit_holds(draft: Any, agent: Agent, by: audit.Actor) -> None:
    for _ in range(4):
        ended(agent, status="in_progress", completed_at=None, ended_reason=None)
    batch = batches.start_batch(batch=draft(numbers(3), at_once=3), by=by, at=NOW)

    batch_work.work(at=NOW)

    assert states(batch) == {"placed": 1, "waiting": 2}


def test_an_old_draft_is_forgotten(draft: Any) -> None:
    draft()

    batch_work.work(at=NOW + timedelta(days=1, seconds=1))

    assert not CallBatch.objects.exists()


def test_another_accounts_batch(draft: Any, other_account: Any) -> None:
    batch = draft()

    with pytest.raises(batches.NoSuchBatch):
        batches.get_batch(account=other_account, public_id=batch.public_id)


@pytest.mark.django_db(transaction=True)
def test_two_workers_dial_nobody_twice(draft: Any, by: audit.Actor) -> None:
    batch = batches.start_batch(batch=draft(numbers(12), at_once=4), by=by, at=NOW)

    for _ in range(4):
        with ThreadPoolExecutor(3) as workers:
            for _ in workers.map(lambda _: in_thread(lambda: batch_work.work(at=NOW))(), range(3)):
                pass
        for call in Call.objects.filter(status="initiated"):
            end(call)

    placed = list(Call.objects.values_list("to_number", flat=True))
    assert len(placed) == len(set(placed)) == 12
    assert states(batch) == {"placed": 12}


@pytest.mark.django_db(transaction=True)
def test_whoever_is_called_this_moment_is_not_erased_beside_it(agent: Agent, draft: Any, by: audit.Actor) -> None:
    batch = batches.start_batch(batch=draft(numbers(1)), by=by, at=NOW)

    def erase() -> str:
        try:
            erasure.erase_caller(account=agent.account, number="+14155550000", by=by, at=NOW)
        except erasure.CallerOnTheLine:
            return "on the line"
        return "erased"

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            assert batch_work._place_next(batch, at=NOW)
            late = threads.submit(in_thread(erase))
            with pytest.raises(TimeoutError):
                late.result(timeout=0.5)
        assert late.result(timeout=10) == "on the line"

    assert states(batch) == {"placed": 1}


def test_rows_outside_the_agents_hours_wait_for_them(draft: Any, agent: Agent, by: audit.Actor) -> None:
    hours = {"timezone": "callee", "days": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
    agents.update_agent(agent=agent, settings={"calling_hours": hours})
    batch = draft(b"to_number\n+12125550100\n+0987654321\n+442079460000\n", at_once=5)
    batches.start_batch(batch=batch, by=by, at=NOW)
    morning = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    batch_work.work(at=morning)
    new_york, nowhere, london = BatchRow.objects.filter(batch=batch).order_by("line")
    assert (london.status, london.problem) == ("placed", "")
    assert (nowhere.status, nowhere.call) == ("refused", None)
    assert (new_york.status, new_york.not_before) == ("waiting", datetime(2026, 3, 2, 14, 0, tzinfo=UTC))
    assert new_york.problem.endswith("2026-03-02T14:00:00Z.")
    batch_work.work(at=morning + timedelta(hours=4, minutes=59))
    assert states(batch) == {"placed": 1, "refused": 1, "waiting": 1}

    batch_work.work(at=morning + timedelta(hours=5))

    new_york.refresh_from_db()
    assert (new_york.status, new_york.problem) == ("placed", "")
    for call in Call.objects.filter(status="initiated"):
        end(call)
    batch_work.work(at=morning + timedelta(hours=5))
    batch.refresh_from_db()
    assert batch.status == CallBatch.Status.DONE
