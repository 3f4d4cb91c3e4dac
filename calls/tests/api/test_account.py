"""GET /v1/account."""

from __future__ import annotations

from typing import Any

import pytest

from calls.tests.api.test_read_calls import ENDED, make_call

pytestmark = pytest.mark.django_db


def test_the_account(api: Any, account: Any, agent: Any) -> None:
    make_call(agent)
    make_call(agent, status="in_progress")
    make_call(agent, **ENDED)

    r = api.get("/v1/account")

    assert (r.status_code, r.json()) == (
        200,
        {
            "id": account.public_id,
            "name": "owner@example.com",
            "plan": "starter",
            "credits": "5.00",
            "live_calls": 2,
            "max_live_calls": 5,
        },
    )
