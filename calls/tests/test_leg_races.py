"""Two who change one leg at the same moment: the second goes by what the first has made of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import transaction

from agents.models import Agent
from calls.models import Call, Leg
from calls.services import legs, lifecycle, starting, talks
from calls.tests.conftest import GATEWAY, NOW, dial, in_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queued")]

Change = Callable[[Call], Any]


def dialled_by(holder: str) -> Change:
    return lambda call: legs.begin_dial(call_id=call.public_id, holder=holder, at=NOW)


def canceled(call: Call) -> bool:
    return lifecycle.complete_undialled(call_id=call.public_id, reason="canceled", by="api", at=NOW)


def answered(call: Call) -> bool:
    path = f"{call.public_id}.wav"
    return legs.mark_leg_answered(call_id=call.public_id, holder=GATEWAY, at=NOW, recording=path, rate=8000)


def ended(call: Call) -> bool:
    return legs.mark_leg_ended(
        call_id=call.public_id,
        holder=GATEWAY,
        reason="busy",
        by="user",
        detail="",
        at=NOW,
        duration_ms=None,
        size_bytes=None,
    )


def both(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """The second begins before the first commits, and waits for it."""
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            done = first()
            late = threads.submit(in_thread(second))
            with pytest.raises(TimeoutError):
                late.result(timeout=0.5)
        return done, late.result(timeout=10)


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (dialled_by("gateway-1"), dialled_by("gateway-2"), "dialing"),
        (canceled, dialled_by("gateway-1"), "ended"),
        (dialled_by("gateway-1"), canceled, "dialing"),
    ],
)
def test_a_leg_that_waits_has_one_fate(call: Call, first: Change, second: Change, status: str) -> None:
    done, late = both(lambda: first(call), lambda: second(call))

    assert done
    assert not late
    assert Leg.objects.get().status == status


@pytest.mark.parametrize("late", [answered, ended])
def test_a_leg_that_has_ended_stays_so(call: Call, late: Change) -> None:
    dial(call)

    assert both(lambda: ended(call), lambda: late(call)) == (True, False)
    assert Leg.objects.get().status == Leg.Status.ENDED


def test_one_socket_takes_a_talk(agent: Agent) -> None:
    talk = starting.start_browser_talk(account=agent.account, agent=agent, at=NOW)
    token = talk.media_url.rpartition("/")[2]

    def take(holder: str) -> bool:
        try:
            talks.take_talk(token=token, holder=holder, at=NOW)
        except talks.TalkGone:
            return False
        return True

    assert both(lambda: take("web-1"), lambda: take("web-2")) == (True, False)
    assert Leg.objects.get().holder == "web-1"
