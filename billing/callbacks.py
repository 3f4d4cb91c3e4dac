"""HTTP from the payment provider: verify, parse, one service call."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import payments, services
from billing.payments.base import ForgedNotice, PaymentsFailed

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def stripe_notice(request: HttpRequest) -> HttpResponse:
    """A webhook of Stripe's. Any answer but 2xx has it sent again, for three days."""
    provider = payments.configured()
    if provider is None:
        return _plain("Payments are not set up here.", status=404)

    try:
        notice = provider.read_notice(payload=request.body, signature=request.headers.get("Stripe-Signature", ""))
    except ForgedNotice:
        log.warning("A payment notice was refused: its signature is not right")
        return _plain("The signature is not right.", status=400)

    if notice is not None:
        try:
            services.take_notice(notice=notice, payments=provider, at=timezone.now())
        except PaymentsFailed:
            log.warning("A payment notice waits: the provider could not be asked", exc_info=True)
            return _plain("Send it again later.", status=503)
    return _plain("Thank you.", status=200)


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
