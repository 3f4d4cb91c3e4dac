"""What the queue carries for calls. Each message may come twice, late or never, and says how it copes."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

CALLS_QUEUE = "calls"
TAKEOVER_QUEUE = "takeover"


def queue_call(call_id: int, *, takeover: bool = False) -> None:
    """Put a call on the queue when the running transaction has committed.

    A queue that cannot be reached is no error here: the call is stored, and the reaper queues it.
    """
    queue = TAKEOVER_QUEUE if takeover else CALLS_QUEUE
    # No partial: Django names a robust callback that failed, and a partial has no name.
    transaction.on_commit(lambda: run_call.apply_async(kwargs={"call_id": call_id}, queue=queue), robust=True)


def queue_analysis(call_id: int) -> None:
    """Likewise, for what is done after a call."""
    transaction.on_commit(lambda: analyse_call.delay(call_id=call_id), robust=True)


def queue_line_check(line_pk: int) -> None:
    """Likewise, to try a phone line. One that is lost leaves the line untried until somebody asks."""
    transaction.on_commit(lambda: check_line.delay(line_pk=line_pk), robust=True)


def queue_carrier_hang_up(pk: int) -> None:
    """Likewise, to end a call at its carrier that we want no more. The reaper queues it again."""
    transaction.on_commit(lambda: hang_up_at_carrier.delay(pk=pk), robust=True)


@shared_task
def run_call(*, call_id: int, **kwargs: object) -> None:
    """Drive a call's conversation to its end. It claims the call first: a second copy finds nothing to do."""
    from calls import runtime

    runtime.run_call(call_id=call_id)


@shared_task
def analyse_call(*, call_id: int, **kwargs: object) -> None:
    """Look into a call that has ended. The findings are stored once, however often it runs."""
    from django.utils import timezone

    from calls.services import analysis

    analysis.analyse_call(call_id=call_id, at=timezone.now())


@shared_task
def reap(**kwargs: object) -> None:
    """Find what was dropped and hand it on. One at a time; what is late is worth nothing and expires."""
    from django.utils import timezone

    from calls.services import upkeep

    upkeep.reap(at=timezone.now())


@shared_task
def begin_scheduled(**kwargs: object) -> None:
    """Begin the calls whose time has come, by the database's clock. Each begins once, however many of these run."""
    from calls.services import scheduling

    scheduling.begin_due(at=scheduling.database_time())


@shared_task
def work_batches(**kwargs: object) -> None:
    """Place calls of files as there is room. Each row is placed once, however many of these run."""
    from django.utils import timezone

    from calls.services import batch_work

    batch_work.work(at=timezone.now())


@shared_task
def write_export(*, export_id: int, **kwargs: object) -> None:
    """Write an account's data into one file. It claims the export first: a second copy finds nothing to do."""
    from django.utils import timezone

    from calls.services import exports

    exports.write_export(export_id=export_id, at=timezone.now())


@shared_task
def expire_data(**kwargs: object) -> None:
    """Erase what is past the periods of its account, and files past their week. What is erased is not found again."""
    from django.utils import timezone

    from calls.services import erasure, exports, shield

    exports.tidy_up(at=timezone.now())
    erasure.expire(at=timezone.now())
    shield.tidy_up(at=timezone.now())


@shared_task
def check_line(*, line_pk: int, **kwargs: object) -> None:
    """Try a phone line. What was found last counts, however often it runs."""
    from django.utils import timezone

    from calls.services import line_checks

    line_checks.check_line_of(line_pk=line_pk, at=timezone.now())


@shared_task
def hang_up_at_carrier(*, pk: int, **kwargs: object) -> None:
    """Have a carrier end a call that outlived ours. It takes its turn first: a second copy finds it taken."""
    from django.utils import timezone

    from calls.services import twilio_calls

    twilio_calls.hang_up_lost(pk=pk, at=timezone.now())
