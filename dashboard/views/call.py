"""A call's page: what was said, how it sounded, what happened, what it cost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db.models import Prefetch, Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from billing.models import LedgerEntry, Transaction
from calls import event_types, links
from calls.api.reading import one_call
from calls.models import Call, DialCheck, Recording, Turn
from calls.peaks import peaks_of
from calls.telephony.base import EndReason
from calls.timeline import Moment, timeline
from dashboard import dial_rules, end_reasons
from dashboard.access import page
from dashboard.forms.calls import DIRECTIONS, SENTIMENTS, STATUSES
from dashboard.requests import DashboardRequest
from vaniagent.lib.api.wire import JsonRenderer
from webhooks.models import Attempt, Delivery

PEAKS_SECONDS: Final = 24 * 3600

COSTS: Final = {
    Transaction.Kind.HOLD: gettext_lazy("Held for a minute"),
    Transaction.Kind.CHARGE: gettext_lazy("Charged"),
    Transaction.Kind.RELEASE: gettext_lazy("Held and given back"),
}
# What the log's events say to a reader of the page; the catalogue's own descriptions are for those who read the feed.
HAPPENED: Final = {
    "call.scheduled": gettext_lazy("It was set to begin later."),
    "call.started": gettext_lazy("The call was placed."),
    "call.answered": gettext_lazy("Somebody answered."),
    "call.say": gettext_lazy("The agent was told to say this."),
    "call.note": gettext_lazy("A note was whispered to the agent."),
    "call.digits_sent": gettext_lazy("Keys were pressed for the agent."),
    "call.digit": gettext_lazy("The caller pressed a key."),
    "call.silence": gettext_lazy("Nobody spoke."),
    "call.voicemail_detected": gettext_lazy("A machine answered."),
    "call.opted_out": gettext_lazy("The caller wants no more calls, and is on the do-not-call list."),
    "call.consent": gettext_lazy("The caller answered whether they may be recorded."),
    "call.recording_paused": gettext_lazy("The recording was paused."),
    "call.recording_resumed": gettext_lazy("The recording went on."),
    "call.provider_failed": gettext_lazy("A speech or language provider failed, and another took its place."),
    "call.taken_over": gettext_lazy("Somebody took the agent’s place."),
    "call.handed_back": gettext_lazy("The agent got the call back."),
    "call.transferring": gettext_lazy("The call was to be transferred."),
    "call.transferred": gettext_lazy("The caller was connected."),
    "call.transfer_failed": gettext_lazy("Nobody took the call."),
    "call.resumed": gettext_lazy("Another process of ours led the conversation on."),
    "call.completed": gettext_lazy("The conversation ended."),
    "call.failed": gettext_lazy("The call ended without a conversation."),
    "transcript.ready": gettext_lazy("Transcript and summary were ready."),
    "recording.ready": gettext_lazy("The recording was ready."),
}
SPOKE: Final = {
    "agent": gettext_lazy("The agent spoke."),
    "user": gettext_lazy("The caller spoke."),
    "colleague": gettext_lazy("The colleague spoke; the caller did not hear it."),
    "operator": gettext_lazy("Somebody of yours spoke in the agent’s place."),
}
STAGES: Final = {
    "vad": gettext_lazy("noticing the end of speech"),
    "turn": gettext_lazy("deciding that the turn is over"),
    "stt": gettext_lazy("recognising the words"),
    "llm": gettext_lazy("thinking of an answer"),
    "tts": gettext_lazy("finding the voice"),
}


@dataclass(frozen=True)
class Line:
    """A turn of the transcript."""

    turn: Turn
    # Where it begins in the recording.
    seconds: float | None
    # From the caller's last word to the agent's first sound, and the stages of it.
    latency: int | None
    stages: list[tuple[Any, int]]


@dataclass(frozen=True)
class Happening:
    """A moment of the timeline in words."""

    moment: Moment
    after: float
    words: str
    detail: str


@dataclass(frozen=True)
class Cost:
    """What one posting moved of the customer's credits."""

    words: Any
    posted: Transaction
    micro_credits: int


@page()
def call(request: DashboardRequest, call_id: str) -> HttpResponse:
    found = find_call(request, call_id)
    context = _context(request, found)
    return render(request, "dashboard/call.html#call" if request.htmx else "dashboard/call.html", context)


@page()
def call_peaks(request: DashboardRequest, call_id: str) -> HttpResponse:
    """The recording's two waveforms, as numbers from 0 to 1."""
    found = find_call(request, call_id)
    recording = _recording(found)
    if recording is None:
        raise Http404
    key = f"peaks/{recording.pk}/{recording.size_bytes}"
    peaks = cache.get(key)
    if peaks is None:
        path = (settings.RECORDINGS_DIR / recording.path).resolve()
        if not path.is_relative_to(settings.RECORDINGS_DIR.resolve()):
            raise Http404
        try:
            peaks = peaks_of(path)
        except (FileNotFoundError, ValueError):
            raise Http404 from None
        cache.set(key, peaks, PEAKS_SECONDS)
    response = JsonResponse({"peaks": peaks, "seconds": (recording.duration_ms or 0) / 1000})
    response.headers["Cache-Control"] = f"private, max-age={PEAKS_SECONDS}"
    return response


def find_call(request: DashboardRequest, call_id: str) -> Call:
    """The workspace's call of this id, with what its page shows of its agent. Raises Http404."""
    calls = Call.objects.for_account(request.account).select_related(
        "account",
        "agent__current",
        "agent_version",
        "api_key",
        "recording",
        "phone_line",
        "retry_of",
        "batch_row__batch",
    )
    found: Call = get_object_or_404(calls, public_id=call_id)
    return found


def _context(request: DashboardRequest, call: Call) -> dict[str, Any]:
    now = timezone.now()
    recording = _recording(call)
    words = end_reasons.words_of(call.ended_reason)
    return {
        "call": call,
        "status": dict(STATUSES)[Call.Status(call.status)],
        "direction": dict(DIRECTIONS)[Call.Direction(call.direction)],
        "sentiment": dict(SENTIMENTS)[Call.Sentiment(call.sentiment)] if call.sentiment else None,
        "reason": words,
        "refusal": _refusal(call),
        "state": "failed" if words and words.is_fault else "no_answer" if call.status == Call.Status.FAILED else "",
        "seconds": int((now - call.answered_at).total_seconds())
        if call.is_live and call.answered_at
        else call.duration,
        "recording": recording,
        "recording_url": _path_of(links.recording_url(call.public_id, at=now)) if recording else "",
        "lines": _lines(call),
        "keys": "123456789*0#",
        "moments": [_happening(moment) for moment in timeline(call)],
        "deliveries": _deliveries(call),
        "costs": _costs(call),
        "metadata": [(key, _text_of(value)) for key, value in call.metadata.items()],
        "raw": json.loads(JsonRenderer().render(one_call(account=request.account, call_id=call.public_id, at=now))),
    }


def _refusal(call: Call) -> dict[str, Any] | None:
    """What the rule said that kept it from being dialled; None where none did."""
    if call.ended_reason not in (EndReason.DO_NOT_CALL, EndReason.OUTSIDE_CALLING_HOURS):
        return None
    check = DialCheck.objects.filter(call=call, is_allowed=False).order_by("-pk").first()
    return dial_rules.refusal_of(check) if check else None


def _recording(call: Call) -> Recording | None:
    recording: Recording | None = getattr(call, "recording", None)
    return recording if recording is not None and recording.status == Recording.Status.READY else None


def _path_of(url: str) -> str:
    """The link without the host: pages are read under names other than PUBLIC_URL, too."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _lines(call: Call) -> list[Line]:
    turns = Turn.objects.filter(call=call, is_final=True).order_by("number")
    return [_line(turn) for turn in turns]


def _line(turn: Turn) -> Line:
    latency = turn.latency or {}
    return Line(
        turn=turn,
        seconds=None if turn.start_ms is None else turn.start_ms / 1000,
        latency=latency.get("total"),
        stages=[(words, latency[name]) for name, words in STAGES.items() if latency.get(name) is not None],
    )


def _happening(moment: Moment) -> Happening:
    speaker = "operator" if moment.data.get("by_operator") else moment.data.get("speaker", "")
    words: Any = HAPPENED.get(moment.type) or SPOKE.get(speaker)
    if words is None and moment.type in event_types.BY_NAME:
        words = event_types.BY_NAME[moment.type].description
    if words is None:
        words = _("Somebody %(did)s.") % {"did": audit.words_of(moment.type)}
    return Happening(moment, moment.after / timedelta(seconds=1), str(words), _detail(moment))


def _detail(moment: Moment) -> str:
    data = moment.data
    if "ended_reason" in data:
        words = end_reasons.words_of(data["ended_reason"])
        return str(words.sentence) if words else ""
    return str(next((data[name] for name in ("text", "digits", "digit", "detail", "name") if name in data), ""))


def _deliveries(call: Call) -> list[Delivery]:
    attempts = Prefetch("attempts", Attempt.objects.order_by("number"))
    deliveries = Delivery.objects.for_account(call.account).filter(subject=call.public_id)
    return list(deliveries.select_related("endpoint", "event").prefetch_related(attempts).order_by("pk"))


def _costs(call: Call) -> list[Cost]:
    about_call = Q(reference=call.public_id) | Q(reference__startswith=f"{call.public_id}/")
    posted = Transaction.objects.for_account(call.account).filter(about_call).order_by("posted_at", "pk")
    return [
        Cost(COSTS.get(one.kind, one.get_kind_display()), one, _amount(one))
        for one in posted.prefetch_related("entries")
    ]


def _amount(posted: Transaction) -> int:
    """What it moved: out of the credits held where it is a charge, else of those that can be spent."""
    moved = {entry.book: entry.micro_credits for entry in posted.entries.all()}
    book = LedgerEntry.Book.REVENUE if posted.kind == Transaction.Kind.CHARGE else LedgerEntry.Book.CUSTOMER
    amount: int = moved.get(book, 0)
    return -amount if posted.kind == Transaction.Kind.CHARGE else amount


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
