"""`/files/…`: recordings and transcripts behind signed links. No key, no envelope, no rate limit."""

from __future__ import annotations

import logging
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from calls import links
from calls.api.reading import transcript_text
from calls.models import Call, Recording
from vaniagent.lib.ranges import file_answer

log = logging.getLogger(__name__)

FILES: Final = (links.RECORDING, links.TRANSCRIPT)
RETRY_AFTER_SECONDS: Final = "2"


@csrf_exempt  # Nothing is changed here: what is no GET gets a 405.
@require_safe
def call_file(request: HttpRequest, call_id: str, name: str) -> HttpResponseBase:
    """One file of a call. 403 for a link that was changed or has expired; 404 until the file is ready."""
    try:
        if name not in FILES:
            # The address of a talk's socket is signed alike, and opens no file.
            raise links.InvalidLink(name)
        links.check(
            call_id=call_id,
            name=name,
            expires=request.GET.get("expires", ""),
            signature=request.GET.get("signature", ""),
            at=timezone.now(),
        )
    except links.InvalidLink:
        return _plain("This link is not valid, or has expired.", status=403)

    call: Call | None = Call.objects.select_related("recording").filter(public_id=call_id).first()
    response = None
    if call is not None:
        response = _recording(request, call) if name == links.RECORDING else _transcript(call)
    if response is None:
        response = _missing(call)

    response.headers["Cache-Control"] = "private, no-cache"
    if response.status_code < 400:
        response.headers["Content-Disposition"] = f'inline; filename="{call_id}.{name.rpartition(".")[2]}"'
    return response


def _recording(request: HttpRequest, call: Call) -> HttpResponseBase | None:
    recording = getattr(call, "recording", None)
    if recording is None or recording.status != Recording.Status.READY:
        return None

    path = (settings.RECORDINGS_DIR / recording.path).resolve()
    if not path.is_relative_to(settings.RECORDINGS_DIR.resolve()):
        log.error("A recording lies outside the recordings", extra={"call_id": call.public_id})
        return None
    try:
        return file_answer(request, path, content_type="audio/wav")
    except FileNotFoundError:
        log.error("A recording is gone", extra={"call_id": call.public_id})
        return None


def _transcript(call: Call) -> HttpResponse | None:
    if call.completed_at is None or call.answered_at is None:
        return None
    return HttpResponse(transcript_text(call.pk) + "\n", content_type="text/plain; charset=utf-8")


def _missing(call: Call | None) -> HttpResponse:
    """Not there: not yet, as long as it may still come."""
    response = _plain("There is no such file.", status=404)
    if call is not None and call.analysed_at is None and (call.completed_at is None or call.answered_at is not None):
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
