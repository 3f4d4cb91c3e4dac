"""Calls that ought to have gone on or ended by now, for staff: the reaper mends them, unless it is what stands still."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Now

from calls import tasks
from calls.models import Call, Leg, LegHolder
from calls.services import lifecycle
from calls.services.control import CallNotLive

# What the reaper is given beyond the time at which it acts.
GRACE: Final = timedelta(seconds=20)
UNDIALLED_FOR: Final = timedelta(seconds=60) + GRACE
BROWSER_AWAY_FOR: Final = timedelta(minutes=10)
HOLDER_SILENT_FOR: Final = timedelta(seconds=10) + GRACE
LEG_ENDED_FOR: Final = timedelta(seconds=5) + GRACE
WISHED_FOR: Final = timedelta(seconds=3) + GRACE
OVERDUE_FOR: Final = timedelta(seconds=60) + GRACE


def stuck_calls(*, at: datetime) -> QuerySet[Call]:
    """Live calls that stand still, each with `stuck_because`. Reads no more than the live ones."""
    live: QuerySet[Call] = Call.objects.filter(status__in=Call.LIVE)
    reasons = _reasons(at)
    told = Case(*(When(condition, then=Value(words)) for words, condition in reasons), output_field=CharField())
    return live.annotate(began_at=Coalesce("due_at", "created_at"), stuck_because=told).filter(
        stuck_because__isnull=False
    )


@transaction.atomic
def requeue_call(*, call: Call, at: datetime) -> None:
    """Take a live call from whoever has it, and queue it for another worker. Raises CallNotLive."""
    live: Call | None = Call.objects.select_for_update(of=("self",)).filter(pk=call.pk, status__in=Call.LIVE).first()
    if live is None:
        raise CallNotLive("The call has ended.", param="call_id")

    if live.worker:
        lifecycle.fence_call(call_id=live.public_id, token=live.token, at=at)
    else:
        Call.objects.filter(pk=live.pk).update(queued_at=at)
        tasks.queue_call(live.pk, takeover=lifecycle.is_dialled(call_id=live.public_id))


def _reasons(at: datetime) -> list[tuple[str, Q]]:
    """What can hold a call up, in the words that staff read; the first that fits is told."""
    seen = LegHolder.objects.filter(name=OuterRef("holder"), seen_at__gte=at - HOLDER_SILENT_FOR)
    held = (Leg.Status.DIALING, Leg.Status.RINGING, Leg.Status.ANSWERED)
    unheld = Leg.objects.filter(
        ~Exists(seen), call=OuterRef("pk"), status__in=held, dialed_at__lt=at - HOLDER_SILENT_FOR
    )
    longest = F("agent_version__max_duration") * timedelta(seconds=1)
    no_browser = Q(_with_leg(kind=Leg.Kind.BROWSER, status=Leg.Status.PLANNED, holder=""))
    undialled = Q(_with_leg(status=Leg.Status.PLANNED)) & ~no_browser
    return [
        ("asked to end, and goes on", Q(hangup_requested_at__lt=at - WISHED_FOR)),
        ("its leg ended", Q(_with_leg(status=Leg.Status.ENDED, ended_at__lt=at - LEG_ENDED_FOR))),
        ("the holder of its leg is gone", Q(Exists(unheld))),
        ("its worker is silent", Q(lease_until__lt=Now() - GRACE)),
        ("no browser came", no_browser & Q(created_at__lt=at - BROWSER_AWAY_FOR)),
        ("nobody dials it", undialled & Q(began_at__lt=at - UNDIALLED_FOR)),
        (
            "longer than its agent may talk",
            Q(_with_leg(status=Leg.Status.ANSWERED), transferred_at=None)
            & Q(answered_at__lt=Value(at - OVERDUE_FOR) - longest),
        ),
    ]


def _with_leg(**conditions: object) -> Exists:
    return Exists(Leg.objects.filter(call=OuterRef("pk"), **conditions))
