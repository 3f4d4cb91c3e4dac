"""Fixtures that every app's tests share: an account with credits, its keys, a client of /v1, an agent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from accounts import services as accounts
from accounts.models import Account, ApiKey
from agents import services as agents
from agents.models import Agent
from billing import services as billing
from vaniagent.lib import money

# `browser` and `page`: a real Chromium.
pytest_plugins = ["tests.browser"]


@pytest.fixture(autouse=True, scope="session")
def flushed_in_the_end() -> Iterator[None]:
    """A query of a thread that nobody waits for may meet the flush that ends a test. PostgreSQL gives one of them up."""
    flush = DatabaseOperations.execute_sql_flush

    def flush_again(operations: DatabaseOperations, statements: list[str]) -> None:
        try:
            flush(operations, statements)
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            flush(operations, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush_again)
        yield


class ApiClient:
    """Speaks to /v1 with a key: JSON in both directions."""

    def __init__(self, key: str, *, address: str = "127.0.0.1") -> None:
        self.key = key
        self._client = Client(raise_request_exception=False, REMOTE_ADDR=address)

    def get(self, path: str, **headers: str) -> Any:
        return self._client.get(path, headers=self._headers(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("patch", path, body, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("put", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self._client.delete(path, headers=self._headers(headers))

    def send_raw(self, method: str, path: str, body: bytes, content_type: str = "application/json") -> Any:
        """A body as it stands, JSON or not."""
        return self._client.generic(method.upper(), path, body, content_type=content_type, headers=self._headers({}))

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        send = getattr(self._client, method)
        return send(path, data=body or {}, content_type="application/json", headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.key}", **named}


def make_account(email: str = "owner@example.com", *, micro_credits: int = 5 * money.MICRO, **options: Any) -> Account:
    """An account with an owner and credits."""
    account = accounts.create_account(email=email, password="correct horse battery", **options)
    billing.grant(
        account=account, reference=f"{account.public_id}/test", micro_credits=micro_credits, at=timezone.now()
    )
    return account


def make_key(account: Account, *, mode: str = ApiKey.Mode.LIVE) -> str:
    return accounts.create_api_key(account=account, mode=mode)[1]


def make_agent(account: Account, **settings: Any) -> Agent:
    return agents.create_agent(account=account, settings={"name": "Ada", "voice": "en-US-Neural2-F", **settings})


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """What makes passwords safe makes tests slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


@pytest.fixture
def other_account(db: None) -> Account:
    return make_account("other@example.com")


@pytest.fixture
def api(account: Account) -> ApiClient:
    """A client with a live key of `account`."""
    return ApiClient(make_key(account))


@pytest.fixture
def test_api(account: Account) -> ApiClient:
    """A client with a test key of `account`."""
    return ApiClient(make_key(account, mode=ApiKey.Mode.TEST))


@pytest.fixture
def other_api(other_account: Account) -> ApiClient:
    """A client of somebody else."""
    return ApiClient(make_key(other_account))


@pytest.fixture
def agent(account: Account) -> Agent:
    return make_agent(account)
