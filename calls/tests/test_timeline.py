"""What people do to a call is in its log and in the audit log, with their names."""

from __future__ import annotations

from typing import Any

import pytest

from accounts import audit
from accounts.models import AuditEntry, User
from agents.models import Agent
from calls.models import Call
from calls.services import control, starting
from calls.services.lifecycle import mark_answered
from calls.tests.conftest import NOW, answer, seconds
from calls.timeline import timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(account: Any) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"), ip="192.0.2.1")


def test_placed_spoken_into_and_hung_up(
    agent: Agent, by: audit.Actor, queued: Any, django_assert_num_queries: Any
) -> None:
    call = starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata={},
        by=by,
        at=NOW,
    )
    answer(call, at=NOW + seconds(1))
    control.say(call=call, text="One moment.", at=NOW + seconds(2), actor=by)
    control.note(call=call, text="Be kind.", at=NOW + seconds(3))
    control.hang_up_call(call=call, by="api", at=NOW + seconds(4), actor=by)

    with django_assert_num_queries(2):
        moments = timeline(call)

    assert [(moment.seq, moment.type, moment.origin, moment.after.seconds) for moment in moments] == [
        (1, "call.started", "owner@example.com", 0),
        (2, "call.answered", "", 1),
        (3, "call.say", "owner@example.com", 2),
        (4, "call.note", "", 3),
        (None, "call.hung_up", "owner@example.com", 4),
    ]
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "target", "details")) == [
        ("call.placed", call.public_id, {}),
        ("call.said", call.public_id, {}),
        ("call.hung_up", call.public_id, {}),
    ]


def test_a_call_that_has_ended(call: Call, by: audit.Actor, queued: Any) -> None:
    control.hang_up_call(call=call, by="api", at=NOW)

    assert not control.hang_up_call(call=call, by="api", at=NOW, actor=by)
    with pytest.raises(control.CallNotLive):
        control.say(call=call, text="Hello?", at=NOW, actor=by)
    assert not mark_answered(call_id=call.public_id, at=NOW)
    assert not AuditEntry.objects.exists()
