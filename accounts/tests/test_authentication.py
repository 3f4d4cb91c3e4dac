"""Who speaks to /v1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import keys, services
from accounts.authentication import AccountSuspended, UnknownKey, authenticate_key
from accounts.models import Account, ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(account: Any) -> Any:
    return services.create_api_key(account=account, mode="live")


def refused(authorization: Any) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    r = Client().get("/v1/account", headers=headers)
    assert r.status_code == 401
    assert r.headers["WWW-Authenticate"] == 'Bearer realm="vaniagent"'
    assert (r.json()["error"]["code"], r.json()["error"]["type"]) == ("authentication_failed", "authentication_error")
    assert r.json()["error"]["param"] is None
    assert r.headers["X-RateLimit-Limit"] == "100"


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer é", "Bearer x y"]
)
def test_no_key(authorization: Any) -> None:
    refused(authorization)


def test_unknown_key(key: Any) -> None:
    refused(f"Bearer {keys.generate(mode='live')}")


def test_mistyped_key_is_not_looked_up(key: Any, django_assert_num_queries: Any) -> None:
    _, text = key

    with django_assert_num_queries(0), pytest.raises(UnknownKey):
        authenticate_key(text[:-1] + ("a" if text[-1] != "a" else "b"), timezone.now())


def test_revoked_key(key: Any) -> None:
    row, text = key
    now = timezone.now()

    assert services.revoke_api_key(key=row, at=now) is True
    assert services.revoke_api_key(key=row, at=now) is False

    refused(f"Bearer {text}")


def test_expired_key(account: Any) -> None:
    now = timezone.now()
    _, text = services.create_api_key(account=account, mode="live", expires_at=now)

    with pytest.raises(UnknownKey):
        authenticate_key(text, now)

    assert authenticate_key(text, now - timedelta(seconds=1)).account == account


def test_suspended_account(account: Any, key: Any) -> None:
    Account.objects.filter(pk=account.pk).update(status=Account.Status.SUSPENDED)

    with pytest.raises(AccountSuspended):
        authenticate_key(key[1], timezone.now())
    r = Client().get("/v1/account", headers={"Authorization": f"Bearer {key[1]}"})

    assert r.status_code == 403
    assert (r.json()["error"]["code"], r.json()["error"]["type"]) == ("authentication_failed", "permission_error")


def test_a_key_is_looked_up_once_a_request(key: Any, django_assert_num_queries: Any) -> None:
    row, text = key
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=timezone.now())

    with django_assert_num_queries(1):
        r = Client().get("/v1/voices", headers={"Authorization": f"bearer {text}"})

    assert r.status_code == 200


def test_last_use_is_noted_once_a_minute(key: Any) -> None:
    row, text = key
    now = timezone.now()

    for seconds in (0, 30, 59):
        authenticate_key(text, now + timedelta(seconds=seconds))
    row.refresh_from_db()
    first = row.last_used_at
    authenticate_key(text, now + timedelta(seconds=60))
    row.refresh_from_db()

    assert first == now
    assert row.last_used_at == now + timedelta(seconds=60)


def test_only_a_digest_is_kept(key: Any) -> None:
    row, text = key

    stored = ApiKey.objects.filter(pk=row.pk).values().get()

    assert stored["digest"] == keys.digest(text)
    assert stored["last4"] == text[-4:]
    assert text not in str(stored)
