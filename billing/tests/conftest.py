"""A server that answers as Stripe does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billing.tests.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeServer, stripe_server


@pytest.fixture
def server(settings: Any) -> Iterator[StripeServer]:
    with stripe_server() as server:
        settings.STRIPE_API_BASE = server.address
        settings.STRIPE_SECRET_KEY = SECRET_KEY
        settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
        yield server
