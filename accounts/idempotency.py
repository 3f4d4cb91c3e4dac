"""`Idempotency-Key`: a POST that is sent again gets the first successful answer, and is done once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    key = _key_of(request)
    digest = _digest_of(request)
    with transaction.atomic():
        if not _lock(account, key):
            raise StillRunning("The first request with this key is still running.", retry_after=1)

        kept = _kept(account, key, at)
        if kept is not None:
            return _replay(kept, digest)

        response = _rendered(perform())
        if isinstance(response, HttpResponse) and 200 <= response.status_code < 300:
            _keep(response, account=account, key=key, digest=digest, at=at)
        else:
            transaction.set_rollback(True)
        return response


def answer_once_outside(
    request: HttpRequest, *, account: Account, at: datetime, perform: Callable[[str], HttpResponseBase]
) -> HttpResponseBase:
    """`answer_once` for what asks others over the network: no transaction is open meanwhile, only the key is locked.

    So a crash may come between the work and the answer kept. `perform` gets a seed, the same for the same request, by which it
    finds what it did already. Raises as answer_once does.
    """
    key = _key_of(request)
    digest = _digest_of(request)
    with _locked_session(account, key):
        kept = _kept(account, key, at)
        if kept is not None:
            return _replay(kept, digest)

        response = _rendered(perform(f"{account.pk}/{key}/{digest}"))
        if isinstance(response, HttpResponse) and 200 <= response.status_code < 300:
            _keep(response, account=account, key=key, digest=digest, at=at)
        return response


def forget_old_answers(*, at: datetime) -> int:
    """Delete the answers that are past their time. How many there were."""
    forgotten, _ = IdempotentAnswer.objects.filter(created_at__lte=at - KEPT).delete()
    return forgotten


def _key_of(request: HttpRequest) -> str:
    key: str = request.headers.get(HEADER, "")
    if _FORM.fullmatch(key) is None:
        raise BadKey(f"'{HEADER}' takes 1 to 255 printable ASCII characters.", param=HEADER)
    return key


def _lock(account: Account, key: str) -> bool:
    """Take the key until the transaction ends. False where another request has it."""
    return _ask("SELECT pg_try_advisory_xact_lock(%s)", account, key)


@contextmanager
def _locked_session(account: Account, key: str) -> Iterator[None]:
    """Hold the key on this thread's connection, which frees it also by ending. Raises StillRunning."""
    if not _ask("SELECT pg_try_advisory_lock(%s)", account, key):
        raise StillRunning("The first request with this key is still running.", retry_after=1)
    try:
        yield
    finally:
        _ask("SELECT pg_advisory_unlock(%s)", account, key)


def _ask(query: str, account: Account, key: str) -> bool:
    name = hashlib.sha256(f"idempotency/{account.pk}/{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(query, [int.from_bytes(name[:8], "big", signed=True)])
        row = cursor.fetchone()
    return bool(row and row[0])


def _kept(account: Account, key: str, at: datetime) -> IdempotentAnswer | None:
    kept: IdempotentAnswer | None = (
        IdempotentAnswer.objects.for_account(account).filter(key=key, created_at__gt=at - KEPT).first()
    )
    return kept


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    return response.render() if isinstance(response, SimpleTemplateResponse) else response


def _keep(response: HttpResponse, *, account: Account, key: str, digest: str, at: datetime) -> None:
    """In place of one that is past its time. One statement; `update_or_create` takes five."""
    answer = IdempotentAnswer(
        account=account,
        key=key,
        request_digest=digest,
        status=response.status_code,
        body=sealing.seal(response.content.decode(), purpose=_SEALED_FOR).encode(),
        created_at=at,
    )
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
