"""Making accounts and keys."""

from __future__ import annotations

from typing import Any

import pytest

from accounts import services
from accounts.models import Account, ApiKey, Membership, User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def test_an_account_has_an_owner() -> None:
    account = services.create_account(email=" Ada@Example.com ", password=PASSWORD, plan="professional")

    membership = Membership.objects.get(account=account)
    assert membership.role == "owner"
    assert membership.user.email == "ada@example.com"
    assert membership.user.check_password(PASSWORD)
    assert (account.plan, account.status) == ("professional", "active")


def test_an_address_is_taken_once() -> None:
    services.create_account(email="ada@example.com", password=PASSWORD)

    with pytest.raises(services.EmailTaken):
        services.create_account(email="ADA@example.com", password=PASSWORD)

    assert Account.objects.count() == 1
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "password", "param"),
    [
        ("ada", PASSWORD, "email"),
        ("", PASSWORD, "email"),
        (f"{'a' * 243}@example.com", PASSWORD, "email"),
        ("ada@example.com", "", "password"),
    ],
)
def test_bad_credentials(email: Any, password: Any, param: Any) -> None:
    with pytest.raises(services.BadCredentials) as refusal:
        services.create_account(email=email, password=password)

    assert refusal.value.param == param
    assert not Account.objects.exists()


def test_a_hundred_keys(account: Any) -> None:
    for _ in range(100):
        key, _ = services.create_api_key(account=account, mode="test")

    with pytest.raises(services.TooManyKeys):
        services.create_api_key(account=account, mode="test")
    services.revoke_api_key(key=key, at=key.created_at)
    services.create_api_key(account=account, mode="test")

    assert ApiKey.objects.for_account(account).filter(revoked_at=None).count() == 100
