"""What was dropped is found again: calls whose worker died, messages that got lost, legs whose holder is gone.

Every round compares what is stored with what should be going on. It may run twice, or not for a while: each step is
a compare-and-set of the services it calls.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Now

from calls import links, tasks
from calls.models import Call, Leg, LegHolder
from calls.services import control, lifecycle, twilio_calls
from calls.telephony.base import EndedBy, EndReason

logger = logging.getLogger(__name__)

# A number of ours among PostgreSQL's advisory locks.
_LOCK: Final = 0x5641_0001

QUEUE_AGAIN_AFTER: Final = timedelta(seconds=5)
# How long a call may wait for a worker, and how long for its leg to be dialled in all.
LONGEST_WAIT: Final = timedelta(seconds=30)
LONGEST_UNDIALLED: Final = timedelta(seconds=60)
LONGEST_UNCONNECTED: Final = links.MEDIA_LIFETIME + timedelta(seconds=5)
LONGEST_UNCONNECTED_IN_PUBLIC: Final = links.PUBLIC_MEDIA_LIFETIME + timedelta(seconds=2)
HOLDER_IS_GONE_AFTER: Final = timedelta(seconds=10)
COMPLETE_AFTER: Final = timedelta(seconds=5)
HANG_UP_AGAIN_AFTER: Final = timedelta(seconds=3)
# After the longest that its agent may talk, the goodbye, and take-overs in its course.
OVERDUE_AFTER: Final = timedelta(seconds=60)
# A call is looked into again each minute, after an hour each hour, and after a day no more.
ANALYSE_AGAIN_AFTER: Final = timedelta(seconds=60)
ANALYSE_OFTEN_UNTIL: Final = timedelta(hours=1)
ANALYSE_UNTIL: Final = timedelta(days=1)
FORGET_HOLDER_AFTER: Final = timedelta(days=1)

# Of each kind in one round: a flood is worked off in several.
MOST: Final = 200

# After the database was away everybody looks dead who could not say that they live; they say so within this time.
SECOND_LOOK_SECONDS = 2.5


def reap(*, at: datetime) -> None:
    """One round over everything that can be dropped. Does nothing while another process is at it."""
    with _alone() as is_alone:
        if not is_alone:
            return
        steps: tuple[tuple[Callable[[datetime], QuerySet[Call]], Callable[[Call, datetime], object]], ...] = (
            (_ended_legs, _complete),
            (_never_connected, _cancel),
            (_never_dialled, _give_up),
            (_unclaimed, _queue_again),
            (_wishes_to_hang_up, _hang_up_again),
            (_overdue, _cut_short),
            (_unanalysed, _analyse_again),
        )
        _bury_the_dead(at)
        for find, mend in steps:
            _each(find(at).order_by("pk")[:MOST], mend, at)
        twilio_calls.end_lost(at=at, most=MOST)
        LegHolder.objects.filter(seen_at__lt=at - FORGET_HOLDER_AFTER).delete()


def _bury_the_dead(at: datetime) -> None:
    """Take calls from processes that no longer say that they live, when they have not said so at a second look."""
    steps = ((_lost_holders, _lose_media), (_expired_leases, _hand_on))
    suspects = [list(find(at).order_by("pk").values_list("pk", flat=True)[:MOST]) for find, _ in steps]
    if not any(suspects):
        return
    time.sleep(SECOND_LOOK_SECONDS)
    for (find, mend), suspected in zip(steps, suspects, strict=True):
        _each(find(at).filter(pk__in=suspected).order_by("pk"), mend, at)


def _each(calls: Iterable[Call], mend: Callable[[Call, datetime], object], at: datetime) -> None:
    for call in calls:
        try:
            mend(call, at)
        except Exception:  # whatever is wrong with one call, the others must not wait for it
            logger.exception("a dropped call could not be mended", extra={"call_id": call.public_id})


# --- Found -----------------------------------------------------------------------------------------------------------


def _live() -> QuerySet[Call]:
    calls: QuerySet[Call] = Call.objects.filter(status__in=Call.LIVE)
    return calls


def _with_leg(**conditions: object) -> Exists:
    return Exists(Leg.objects.filter(call=OuterRef("pk"), **conditions))


def _lost_holders(at: datetime) -> QuerySet[Call]:
    """Calls whose leg's holder has not been seen for too long."""
    seen = LegHolder.objects.filter(name=OuterRef("holder"), seen_at__gte=at - HOLDER_IS_GONE_AFTER)
    held = Leg.objects.filter(
        ~Exists(seen),
        call=OuterRef("pk"),
        status__in=(Leg.Status.DIALING, Leg.Status.RINGING, Leg.Status.ANSWERED),
        dialed_at__lt=at - HOLDER_IS_GONE_AFTER,
    )
    return _live().filter(Exists(held))


def _ended_legs(at: datetime) -> QuerySet[Call]:
    """Calls that nobody completed after their leg ended."""
    return _live().filter(_with_leg(status=Leg.Status.ENDED, ended_at__lt=at - COMPLETE_AFTER))


def _expired_leases(at: datetime) -> QuerySet[Call]:
    """Calls whose worker no longer says that it has them; by the database's clock, as leases are."""
    return _live().filter(lease_until__lt=Now())


def _never_dialled(at: datetime) -> QuerySet[Call]:
    """Calls that no worker took in time, or that a worker took and could not have dialled."""
    waits = Q(worker="", began_at__lt=at - LONGEST_WAIT)
    stuck = Q(began_at__lt=at - LONGEST_UNDIALLED)
    begun = _live().annotate(began_at=Coalesce("due_at", "created_at"))
    return begun.filter(waits | stuck, ~_waits_for_browser(), _with_leg(status=Leg.Status.PLANNED))


def _never_connected(at: datetime) -> QuerySet[Call]:
    """Talks for which no browser came while their socket's address was good."""
    is_over = Q(created_at__lt=at - LONGEST_UNCONNECTED)
    is_over |= Q(public_talk__isnull=False, created_at__lt=at - LONGEST_UNCONNECTED_IN_PUBLIC)
    return _live().filter(_waits_for_browser(), is_over)


def _waits_for_browser() -> Exists:
    """Whether nobody has opened the talk's socket yet: until then it is nobody's to drive."""
    return _with_leg(kind=Leg.Kind.BROWSER, status=Leg.Status.PLANNED, holder="")


def _unclaimed(at: datetime) -> QuerySet[Call]:
    """Calls that should be on the queue, for longer than the queue takes."""
    queued = _live().annotate(waiting_since=Coalesce("queued_at", "created_at"))
    # One that was transferred goes on without a worker.
    return queued.filter(
        ~_waits_for_browser(), worker="", transferred_at=None, waiting_since__lt=at - QUEUE_AGAIN_AFTER
    )


def _wishes_to_hang_up(at: datetime) -> QuerySet[Call]:
    """Calls that somebody asked to end, while their leg goes on."""
    goes_on = ~_with_leg(status=Leg.Status.ENDED)
    return _live().filter(goes_on, hangup_requested_at__lt=at - HANG_UP_AGAIN_AFTER)


def _overdue(at: datetime) -> QuerySet[Call]:
    """Calls whose conversation should have said goodbye long ago; it may be stuck, while its worker lives."""
    longest = F("agent_version__max_duration") * timedelta(seconds=1)
    led = _live().filter(transferred_at=None)
    return led.filter(_with_leg(status=Leg.Status.ANSWERED), answered_at__lt=Value(at - OVERDUE_AFTER) - longest)


def _unanalysed(at: datetime) -> QuerySet[Call]:
    """Calls that ended a while ago and were not looked into. By the last try, not by age, is one given up: nothing
    could be tried while all was switched off."""
    soon = Q(queued_at__lt=F("completed_at") + ANALYSE_OFTEN_UNTIL) & Q(queued_at__lt=at - ANALYSE_AGAIN_AFTER)
    later = Q(queued_at__lt=F("completed_at") + ANALYSE_UNTIL) & Q(queued_at__lt=at - ANALYSE_OFTEN_UNTIL)
    calls: QuerySet[Call] = Call.objects.filter(
        Q(queued_at=None) | soon | later,
        status__in=(Call.Status.COMPLETED, Call.Status.FAILED),
        analysed_at=None,
        completed_at__lt=at - ANALYSE_AGAIN_AFTER,
    )
    return calls


# --- Mended ----------------------------------------------------------------------------------------------------------


def _lose_media(call: Call, at: datetime) -> None:
    lifecycle.complete_call(call_id=call.public_id, token=None, reason=EndReason.MEDIA_LOST, by=EndedBy.PLATFORM, at=at)


def _complete(call: Call, at: datetime) -> None:
    # The leg says why and by whom.
    lifecycle.complete_call(
        call_id=call.public_id, token=None, reason=EndReason.INTERNAL_ERROR, by=EndedBy.PLATFORM, at=at
    )


def _hand_on(call: Call, at: datetime) -> None:
    lifecycle.fence_call(call_id=call.public_id, token=call.token, at=at)


def _give_up(call: Call, at: datetime) -> None:
    lifecycle.complete_undialled(call_id=call.public_id, reason=EndReason.NO_CAPACITY, by=EndedBy.PLATFORM, at=at)


def _cancel(call: Call, at: datetime) -> None:
    lifecycle.complete_undialled(call_id=call.public_id, reason=EndReason.CANCELED, by=EndedBy.USER, at=at)


def _queue_again(call: Call, at: datetime) -> None:
    queued = Call.objects.filter(pk=call.pk, queued_at=call.queued_at, worker="").update(queued_at=at)
    if queued:
        tasks.queue_call(call.pk, takeover=lifecycle.is_dialled(call_id=call.public_id))


def _hang_up_again(call: Call, at: datetime) -> None:
    control.publish_hang_up(call=call, by=call.hangup_by, reason=EndReason.API_HANGUP)


def _cut_short(call: Call, at: datetime) -> None:
    control.publish_hang_up(call=call, by=EndedBy.PLATFORM, reason=EndReason.MAX_DURATION)


def _analyse_again(call: Call, at: datetime) -> None:
    Call.objects.filter(pk=call.pk).update(queued_at=at)
    tasks.queue_analysis(call.pk)


@contextmanager
def _alone() -> Iterator[bool]:
    """Hold the reaper's advisory lock; False where another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        row = cursor.fetchone()
        is_alone = bool(row and row[0])
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
