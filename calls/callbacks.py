"""HTTP from Twilio: verify, parse, one service call.

Each request is signed with the token of the line that it is of, over the public address that Twilio was told and the form.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from calls.services import twilio_calls
from calls.services.twilio_calls import UnknownCall
from calls.telephony import twilio_words

log = logging.getLogger(__name__)

P = ParamSpec("P")

# Twilio's forms have some forty short fields.
MOST_BYTES: Final = 20_000


class Forged(Exception):
    """Not signed with the line's token."""


def _callback(view: Callable[Concatenate[HttpRequest, P], str]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A view that Twilio calls; it gives TwiML, or nothing."""

    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            if len(request.body) > MOST_BYTES:
                raise RequestDataTooBig
            twiml = view(request, *args, **kwargs)
        except RequestDataTooBig:
            return _plain("Too large.", status=413)
        except UnknownCall:
            return _plain("There is no such call.", status=404)
        except Forged:
            log.warning("a callback was refused: its signature is not right")
            return _plain("The signature is not right.", status=403)
        if not twiml:
            return HttpResponse(status=204)
        return HttpResponse(twiml, content_type="text/xml; charset=utf-8")

    update_wrapper(answer, view)
    return csrf_exempt(require_POST(answer))


@_callback
def incoming_call(request: HttpRequest, line_id: str) -> str:
    """Somebody calls a number of the line."""
    line = twilio_calls.find_line(line_id)
    _verify(request, [line.secret])
    form = request.POST
    if form.get("AccountSid") != line.account_sid or not form.get("CallSid"):
        raise UnknownCall(line_id)
    return twilio_calls.answer_caller(
        line=line,
        sid=form["CallSid"][:34],
        to_number=form.get("To", ""),
        from_number=form.get("From", ""),
        at=timezone.now(),
    )


@_callback
def line_state(request: HttpRequest, line_id: str) -> str:
    """What became of a call that came in."""
    line = twilio_calls.find_line(line_id)
    _verify(request, [line.secret])
    found = twilio_calls.find_inbound(line=line, sid=request.POST.get("CallSid", ""))
    twilio_calls.note_state(carrier_call=found, words=request.POST.dict(), at=timezone.now())
    return ""


@_callback
def call_state(request: HttpRequest, key: str) -> str:
    """What became of a call that we placed."""
    found = twilio_calls.find_call(key)
    _verify(request, twilio_calls.tokens_of(found))
    if request.POST.get("AccountSid") != found.account_sid:
        raise UnknownCall(key)
    twilio_calls.note_state(carrier_call=found, words=request.POST.dict(), at=timezone.now())
    return ""


@_callback
def next_step(request: HttpRequest, key: str) -> str:
    """It has rung for a while, or its socket is gone: what now?"""
    found = twilio_calls.find_call(key)
    _verify(request, twilio_calls.tokens_of(found))
    if request.POST.get("CallSid") != found.sid and found.sid:
        raise UnknownCall(key)
    return twilio_calls.next_step(carrier_call=found, at=timezone.now())


def _verify(request: HttpRequest, tokens: Iterable[str]) -> None:
    """Raises Forged."""
    url = settings.PUBLIC_URL + request.get_full_path()
    signature = request.headers.get("X-Twilio-Signature", "")
    if not any(
        twilio_words.is_signed(url=url, params=request.POST, signature=signature, auth_token=token) for token in tokens
    ):
        raise Forged


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
