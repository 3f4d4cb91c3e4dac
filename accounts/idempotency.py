"""`Idempotency-Key`: a POST that is sent again gets the first successful answer, and is done once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse

from accounts.models import Account, IdempotentAnswer
from vaniagent.lib import errors, sealing

KEPT: Final = timedelta(hours=24)
HEADER: Final = "Idempotency-Key"

_SEALED_FOR: Final = "accounts.idempotent_answer"
_FORM: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")


class BadKey(errors.InvalidRequest):
    """The header does not hold a key."""


class StillRunning(errors.Conflict):
    """The first request with this key has not been answered yet."""


class KeyReused(errors.Conflict):
    """The key came before, with another request."""


def answer_once(
    request: HttpRequest, *, account: Account, at: datetime, perform: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """Do what a POST asks, or give back the answer that its key got before.

    What `perform` does and the answer kept are one database transaction. An answer that is not a success is not kept,
    and nothing of what led to it. Raises BadKey, StillRunning and KeyReused.
    """
    key = request.headers.get(HEADER, "")
    if _FORM.fullmatch(key) is None:
        raise BadKey(f"'{HEADER}' takes 1 to 255 printable ASCII characters.", param=HEADER)

    digest = _digest_of(request)
    with transaction.atomic():
        if not _lock(account, key):
            raise StillRunning("The first request with this key is still running.", retry_after=1)

        kept: IdempotentAnswer | None = IdempotentAnswer.objects.for_account(account).filter(key=key).first()
        if kept is not None and kept.created_at > at - KEPT:
            return _replay(kept, digest)

        response = perform()
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        if not isinstance(response, HttpResponse) or not 200 <= response.status_code < 300:
            transaction.set_rollback(True)
            return response

        _keep(
            IdempotentAnswer(
                account=account,
                key=key,
                request_digest=digest,
                status=response.status_code,
                body=sealing.seal(response.content.decode(), purpose=_SEALED_FOR).encode(),
                created_at=at,
            )
        )
        return response


def forget_old_answers(*, at: datetime) -> int:
    """Delete the answers that are past their time. How many there were."""
    forgotten, _ = IdempotentAnswer.objects.filter(created_at__lte=at - KEPT).delete()
    return forgotten


def _lock(account: Account, key: str) -> bool:
    """Take the key until the transaction ends. False where another request has it."""
    name = hashlib.sha256(f"idempotency/{account.pk}/{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(name[:8], "big", signed=True)])
        row = cursor.fetchone()
    return bool(row and row[0])


def _keep(answer: IdempotentAnswer) -> None:
    """In place of one that is past its time. One statement; `update_or_create` takes five."""
    IdempotentAnswer.objects.bulk_create(
        [answer],
        update_conflicts=True,
        unique_fields=["account", "key"],
        update_fields=["request_digest", "status", "body", "created_at"],
    )


def _replay(kept: IdempotentAnswer, digest: str) -> HttpResponse:
    if kept.request_digest != digest:
        raise KeyReused("This key was used before, for another request.", param=HEADER)

    try:
        body = sealing.unseal(bytes(kept.body).decode(), purpose=_SEALED_FOR)
    except sealing.CannotUnseal as error:
        raise KeyReused("This key was used before, and its answer can no longer be read.", param=HEADER) from error
    replay = HttpResponse(body, status=kept.status, content_type="application/json")
    replay.headers["Idempotent-Replayed"] = "true"
    return replay


def _digest_of(request: HttpRequest) -> str:
    target = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(target + request.body).hexdigest()
