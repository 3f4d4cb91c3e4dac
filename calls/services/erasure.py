"""Erasing what was said and who was called: by the account's own periods, for one caller, or all of a closed account.

A call stays, with its times and its cost: the ledger refers to it, and calls are numbered without a gap. What goes is the recording's
file, the turns, the words that it is found by, the summary, the texts in its log and in webhooks kept for it, its metadata,
and, for a caller, the number itself.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts import audit, workspaces
from accounts.models import Account
from calls.models import (
    BatchRow,
    Call,
    CallBatch,
    CallEvent,
    CallWords,
    DialCheck,
    DialingRules,
    DoNotCall,
    Leg,
    Recording,
    Retention,
    SipTrace,
    Turn,
)
from calls.services import do_not_call, exports, lifecycle
from calls.telephony.base import EndedBy, EndReason
from vaniagent.lib import errors
from webhooks import services as webhooks

logger = logging.getLogger(__name__)

LONGEST_DAYS: Final = 3650
# In one transaction.
AT_ONCE: Final = 200
MASK: Final = "…"
_NUMBERS: Final = ("to_number", "from_number")
# What an event keeps of its data when its words go.
_KEPT_OF_EVENTS: Final = frozenset({"speaker", "is_final", "was_interrupted", "duration", "ended_reason", "detail"})


class BadPeriod(errors.InvalidRequest):
    """Not a number of days, or too many."""


class BadNumber(errors.InvalidRequest):
    """Not a phone number."""


class CallerOnTheLine(errors.InvalidRequest):
    """A call with this number is in progress."""


@dataclass(frozen=True)
class Erased:
    """What went."""

    calls: int
    recordings: int


def retention_of(account: Account) -> Retention:
    """The account's periods; an unsaved row where it never set any."""
    found: Retention | None = Retention.objects.filter(account=account).first()
    return found or Retention(account=account)


@transaction.atomic
def set_retention(
    *, account: Account, recordings_days: int | None, transcripts_days: int | None, by: audit.Actor, at: datetime
) -> Retention:
    """Erase recordings and transcripts so many days after a call from now on; None: never. Raises BadPeriod."""
    for name, number in (("recordings_days", recordings_days), ("transcripts_days", transcripts_days)):
        if number is not None and not 1 <= number <= LONGEST_DAYS:
            raise BadPeriod(_("A period has 1 to %(most)d days.") % {"most": LONGEST_DAYS}, param=name)

    periods = {"recordings_days": recordings_days, "transcripts_days": transcripts_days}
    retention, _is_new = Retention.objects.update_or_create(account=account, defaults=periods)
    audit.record(account=account, by=by, action="data.retention_changed", details=dict(periods), at=at)
    return retention


def calls_with(*, account: Account, number: str) -> QuerySet[Call]:
    """The account's calls to or from this number. Raises BadNumber."""
    plain = _plain(number)
    if not 8 <= len(plain) <= 16:
        raise BadNumber(_("Write the number with its country: + and 7 to 15 digits."), param="number")
    calls: QuerySet[Call] = Call.objects.for_account(account).filter(Q(to_number=plain) | Q(from_number=plain))
    return calls


def erase_caller(*, account: Account, number: str, by: audit.Actor, at: datetime) -> Erased:
    """Erase all that was kept of a caller, and the number, and withdraw exports that hold them. Safe to repeat.

    Raises BadNumber and CallerOnTheLine.
    """
    calls = calls_with(account=account, number=number)
    plain = _plain(number)
    # Before the look at live calls: who is being called this moment is waited for, and found.
    listed = BatchRow.objects.filter(batch__in=CallBatch.objects.for_account(account), to_number=plain)
    _cancel(listed, calls, at=at)
    if calls.filter(status__in=Call.LIVE).exists():
        raise CallerOnTheLine(_("A call with this number is in progress. Hang it up first, or wait."))

    erased = _erase(calls, recordings=True, words=True, numbers=True)
    withdrawn = exports.withdraw(account=account)
    with transaction.atomic():
        # What came to wait again meanwhile.
        _cancel(listed, calls_with(account=account, number=number), at=at)
        listed.update(to_number=masked(plain), metadata={})
        # That nobody calls them is still wanted.
        do_not_call.erase_number(account=account, number=plain)
        DialCheck.objects.for_account(account).filter(to_number=plain).update(to_number=masked(plain))
        audit.record(
            account=account,
            by=by,
            action="data.erased",
            details={
                "number": masked(plain),
                "calls": erased.calls,
                "recordings": erased.recordings,
                "exports": withdrawn,
            },
            at=at,
        )
    return erased


def _cancel(listed: QuerySet[BatchRow], calls: QuerySet[Call], *, at: datetime) -> None:
    """Call them no more, neither from a list nor at a time that was asked for."""
    listed.filter(status=BatchRow.Status.WAITING).update(status=BatchRow.Status.CANCELED)
    for call_id in calls.filter(status=Call.Status.SCHEDULED).values_list("public_id", flat=True):
        lifecycle.complete_undialled(call_id=call_id, reason=EndReason.CANCELED, by=EndedBy.USER, at=at)


def expire(*, at: datetime) -> None:
    """One round of upkeep: erase what is past its account's period, and the callers of accounts closed long ago."""
    kept = Retention.objects.exclude(recordings_days=None, transcripts_days=None).select_related("account")
    for retention in kept.order_by("pk"):
        _expire(retention, at=at)
    for rules in DialingRules.objects.exclude(proof_days=None).order_by("pk"):
        DialCheck.objects.filter(account=rules.account_id, at__lt=at - timedelta(days=rules.proof_days or 0)).delete()
    gone = Account.objects.filter(closed_at__lt=at - workspaces.ERASED_AFTER)
    for account in gone.order_by("pk"):
        # Nobody is called any more, so nobody needs to be spared.
        DoNotCall.objects.for_account(account).delete()
        DialCheck.objects.for_account(account).filter(call=None).delete()
        ended = Call.objects.for_account(account).exclude(status__in=Call.OPEN)
        plain = [Q(**{f"{name}__startswith": "+"}) & ~Q(**{f"{name}__contains": MASK}) for name in _NUMBERS]
        left = Q(words__isnull=False) | Q(recording__isnull=False) | plain[0] | plain[1]
        _told(account, _erase(ended.filter(left), recordings=True, words=True, numbers=True), at=at)


def masked(number: str) -> str:
    """What is left of a number: enough to see that there was one."""
    return f"{number[:3]}{MASK}{number[-2:]}" if number.startswith("+") else number


def _plain(number: str) -> str:
    return "+" + "".join(character for character in number if character.isdigit())


def _expire(retention: Retention, *, at: datetime) -> None:
    ended = Call.objects.for_account(retention.account).exclude(status__in=Call.OPEN).filter(analysed_at__isnull=False)
    erased = Erased(0, 0)
    if retention.recordings_days is not None:
        before = at - timedelta(days=retention.recordings_days)
        erased = _erase(ended.filter(completed_at__lt=before, recording__isnull=False), recordings=True)
    if retention.transcripts_days is not None:
        before = at - timedelta(days=retention.transcripts_days)
        spoken = ended.filter(completed_at__lt=before, words__isnull=False)
        more = _erase(spoken, words=True)
        erased = Erased(erased.calls + more.calls, erased.recordings)
    _told(retention.account, erased, at=at)


def _told(account: Account, erased: Erased, *, at: datetime) -> None:
    if erased.calls:
        details: dict[str, audit.Detail] = {"calls": erased.calls, "recordings": erased.recordings}
        audit.record(account=account, by=audit.PLATFORM, action="data.expired", details=details, at=at)


def _erase(calls: QuerySet[Call], *, recordings: bool = False, words: bool = False, numbers: bool = False) -> Erased:
    """Erase from these calls, in pieces. Files go after the rows that name them: no row points at nothing."""
    erased, files = 0, 0
    last = 0
    while piece := list(calls.filter(pk__gt=last).select_related("account").order_by("pk")[:AT_ONCE]):
        last = piece[-1].pk
        with transaction.atomic():
            paths = _erase_recordings(piece) if recordings else []
            if words:
                _erase_words(piece)
            if numbers:
                _erase_numbers(piece)
        erased, files = erased + len(piece), files + len(paths)
        for path in paths:
            _delete_file(path)
    return Erased(erased, files)


def _erase_recordings(calls: Sequence[Call]) -> list[str]:
    found = Recording.objects.filter(call__in=calls)
    paths = list(found.values_list("path", flat=True))
    found.delete()
    return paths


def _erase_words(calls: Sequence[Call]) -> None:
    Turn.objects.filter(call__in=calls).delete()
    CallWords.objects.filter(call__in=calls).delete()
    for event in CallEvent.objects.filter(call__in=calls).iterator():
        rest = {name: value for name, value in event.data.items() if name in _KEPT_OF_EVENTS}
        if rest != event.data:
            CallEvent.objects.filter(pk=event.pk).update(data=rest)
    # An analysis that is under way finds that it was done, and writes nothing of what it has read.
    done_at = Coalesce("analysed_at", "completed_at")
    Call.objects.filter(pk__in=[call.pk for call in calls]).update(summary=None, sentiment=None, analysed_at=done_at)


def _erase_numbers(calls: Sequence[Call]) -> None:
    for call in calls:
        caller = masked(call.from_number) if call.from_number else None
        Call.objects.filter(pk=call.pk).update(to_number=masked(call.to_number), from_number=caller, metadata={})
        DialCheck.objects.filter(call=call).update(to_number=masked(call.to_number))
    Leg.objects.filter(call__in=calls).update(params={}, ended_detail="")
    SipTrace.objects.filter(call__in=calls).delete()
    # What was to be sent of them, or is kept for a replay.
    webhooks.forget_subjects(account=calls[0].account, subjects=[call.public_id for call in calls])


def _delete_file(name: str) -> None:
    path = (settings.RECORDINGS_DIR / name).resolve()
    if not path.is_relative_to(settings.RECORDINGS_DIR.resolve()):
        logger.error("a recording lies outside the recordings")
        return
    try:
        path.unlink(missing_ok=True)
    except OSError:
        logger.exception("a recording could not be deleted")
