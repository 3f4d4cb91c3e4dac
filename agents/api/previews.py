"""`/files/voices/…`: what each voice sounds like. Open to everybody, as the catalogue is to every account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from agents import previews, voices
from vaniagent.lib.ranges import file_answer


@csrf_exempt  # Nothing is changed here: what is no GET gets a 405.
@require_safe
def voice_preview(request: HttpRequest, voice_id: str) -> HttpResponseBase:
    """The sample of one voice. 404 where there is none, with `Retry-After` where there may be one soon."""
    voice = voices.find(voice_id)
    if voice is None:
        return HttpResponse("There is no such voice.\n", status=404, content_type="text/plain")
    try:
        response = file_answer(request, previews.preview_of(voice), content_type="audio/wav")
    except previews.NoPreview:
        later = {"Retry-After": "2", "Cache-Control": "no-store"}
        return HttpResponse("There is no sample now.\n", status=404, content_type="text/plain", headers=later)

    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
