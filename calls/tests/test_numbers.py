"""An account's calls are numbered from 1 without a gap: that is how a list counts them and finds a page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from agents.models import Agent
from calls.models import Call
from calls.tests.conftest import in_thread
from conftest import make_agent

pytestmark = pytest.mark.django_db


def make_call(agent: Any) -> Call:
    return Call.objects.create(
        account=agent.account,
        agent=agent,
        agent_version=agent.current,
        to_number="+14155550100",
        created_at=timezone.now(),
    )


def numbers(account: Any) -> list[int]:
    return list(Call.objects.for_account(account).order_by("pk").values_list("number", flat=True))


def test_each_account_counts_for_itself(agent: Agent, other_account: Any) -> None:
    for of in (agent, make_agent(other_account), agent):
        make_call(of)

    assert numbers(agent.account) == [1, 2]
    assert numbers(other_account) == [1]


def test_a_call_that_was_rolled_back_leaves_no_gap(agent: Agent) -> None:
    make_call(agent)
    with transaction.atomic():
        make_call(agent)
        transaction.set_rollback(True)
    make_call(agent)

    assert numbers(agent.account) == [1, 2]


def test_many_at_once_in_one_statement(agent: Agent) -> None:
    Call.objects.bulk_create(
        Call(account=agent.account, agent=agent, agent_version=agent.current, to_number="+14155550100")
        for _ in range(3)
    )

    assert numbers(agent.account) == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_calls_made_at_once_share_no_number(agent: Agent) -> None:
    with ThreadPoolExecutor(4) as pool:
        for made in [pool.submit(in_thread(lambda: [make_call(agent) for _ in range(5)])) for _ in range(4)]:
            made.result(30)

    assert sorted(numbers(agent.account)) == list(range(1, 21))


def test_any_offset(api: Any, agent: Agent) -> None:
    made = [make_call(agent).public_id for _ in range(5)]

    def listed(query: str) -> tuple[list[str], int]:
        body = api.get(f"/v1/calls?{query}").json()
        return [call["id"] for call in body["data"]], body["total"]

    assert listed("limit=2") == ([made[4], made[3]], 5)
    assert listed("limit=2&offset=3") == ([made[1], made[0]], 5)
    assert listed("limit=2&offset=4") == ([made[0]], 5)
    assert listed("limit=2&offset=5") == ([], 5)
    assert listed("limit=2&offset=4&status=initiated") == ([made[0]], 5)
    assert listed("limit=2&offset=5&status=initiated") == ([], 5)
