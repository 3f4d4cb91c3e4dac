from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from accounts.models import Account
from webhooks import event_types, services
from webhooks.models import Endpoint
from webhooks.tests.receivers import Receiver, receiver

NOW = datetime(2024, 1, 15, 10, 39, 5, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(autouse=True)
def _development(settings: Settings) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="Acme")


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as started:
        yield started


@pytest.fixture
def endpoint(account: Account, hook: Receiver) -> Endpoint:
    return services.create_endpoint(account=account, url=hook.url, events=event_types.NAMES)
