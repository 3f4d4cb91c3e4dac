"""Who speaks to /v1: a key's text in, the key's row out. HTTP and the WebSocket ask the same function."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import keys
from accounts.models import Account, ApiKey, Scope
from vaniagent.lib import errors, pool, rows

CHALLENGE: Final = 'Bearer realm="vaniagent"'
LAST_USED_PRECISION: Final = timedelta(minutes=1)

# Where the outcome stays with its request, so that it is looked up once.
_META_KEY: Final = "vaniagent.api_key"

_KEY_COLUMNS: Final = len(ApiKey._meta.concrete_fields)
_FIND: Final = f"""
    SELECT {rows.columns(ApiKey, "key")}, {rows.columns(Account, "account")}
    FROM accounts_apikey key JOIN accounts_account account ON account.id = key.account_id
    WHERE key.digest = %s
"""  # noqa: S608  # columns of our models


class UnknownKey(errors.NotAuthenticated):
    """No key, or none that is valid."""


class AccountSuspended(errors.PermissionDenied):
    """The key is valid, but its account may not use the API."""


class MissingScope(errors.PermissionDenied):
    """The key is valid, and was not made for this."""


def authenticate_key(text: str, at: datetime) -> ApiKey:
    """The key of this text, with its account. Raises UnknownKey and AccountSuspended."""
    key = _find(text)
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= at):
        raise UnknownKey("The API key is not valid. It may be mistyped, revoked or expired.")

    if key.account.status != Account.Status.ACTIVE:
        raise AccountSuspended("This account is suspended.")

    _note_use(key, at)
    return key


def authenticate_request(request: HttpRequest, at: datetime) -> ApiKey:
    """The key in a request's `Authorization` header; looked up once a request. Raises as authenticate_key does."""
    outcome = request.META.get(_META_KEY)
    if outcome is None:
        try:
            outcome = authenticate_key(_bearer(request), at)
        except errors.ServiceError as error:
            outcome = error
        except OperationalError as error:
            # Who asks next for this request must not wait for a connection once more.
            if not pool.is_exhausted(error):
                raise
            outcome = error
        request.META[_META_KEY] = outcome

    if isinstance(outcome, errors.ServiceError | OperationalError):
        raise outcome
    if not isinstance(outcome, ApiKey):
        raise TypeError("the request's API key is not one")
    return outcome


def require_scope(key: ApiKey, scope: Scope) -> None:
    """Raises MissingScope where the key may not do what needs this scope."""
    if not key.allows(scope):
        raise MissingScope(f"This needs a key with the scope '{scope}'; this one has '{', '.join(key.scopes)}'.")


class ApiKeyAuthentication(BaseAuthentication):
    """Django REST framework's way to the key: `request.auth`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey]:
        return AnonymousUser(), authenticate_request(request._request, timezone.now())

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _bearer(request: HttpRequest) -> str:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise UnknownKey("Send your API key as 'Authorization: Bearer <key>'.")

    return text.strip()


def _find(text: str) -> ApiKey | None:
    if not keys.is_well_formed(text):
        return None

    row = rows.first(_FIND, [keys.digest(text)])
    if row is None:
        return None

    key = rows.instance(ApiKey, row[:_KEY_COLUMNS])
    key.account = rows.instance(Account, row[_KEY_COLUMNS:])
    return key


def _note_use(key: ApiKey, at: datetime) -> None:
    stale = at - LAST_USED_PRECISION
    if key.last_used_at is not None and key.last_used_at > stale:
        return

    unused = Q(last_used_at=None) | Q(last_used_at__lte=stale)
    ApiKey.objects.filter(unused, pk=key.pk).update(last_used_at=at)
