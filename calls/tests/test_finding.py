"""The list's filters, and the text search over transcripts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.models import Agent
from calls.finding import CallFilter, find_calls
from calls.models import Call, CallWords, Turn
from calls.services import searching
from calls.tests.conftest import NOW
from conftest import make_agent

pytestmark = pytest.mark.django_db


def ended(agent: Agent, *said: str, **fields: Any) -> Call:
    """A call that is over, found by what was said."""
    values = {
        "account": agent.account,
        "agent": agent,
        "agent_version": agent.current,
        "to_number": "+14155550100",
        "status": "completed",
        "created_at": NOW,
        "answered_at": NOW,
        "completed_at": NOW,
        "ended_reason": "user_hangup",
        "duration": 60,
        **fields,
    }
    call = Call.objects.create(**values)
    for number, text in enumerate(said, 1):
        Turn.objects.create(call=call, number=number, speaker="user", text=text, is_final=True, created_at=NOW)
    searching.index_words(call=call)
    return call


def found(whose: Agent, **wanted: Any) -> list[Call]:
    return list(find_calls(account=whose.account, wanted=CallFilter(**wanted)))


def test_days_are_those_of_the_readers_zone(agent: Agent) -> None:
    call = ended(agent, created_at=datetime(2026, 3, 8, 7, 30, tzinfo=UTC))
    los_angeles = ZoneInfo("America/Los_Angeles")

    for day, there, in_utc in ((7, [call], []), (8, [], [call])):
        wanted = CallFilter(since=date(2026, 3, day), until=date(2026, 3, day))
        assert list(find_calls(account=agent.account, wanted=wanted, zone=los_angeles)) == there
        assert list(find_calls(account=agent.account, wanted=wanted)) == in_utc
    # The day on which clocks change has 23 hours.
    late = ended(agent, created_at=datetime(2026, 3, 9, 6, 59, tzinfo=UTC))
    wanted = CallFilter(since=date(2026, 3, 8), until=date(2026, 3, 8))
    assert list(find_calls(account=agent.account, wanted=wanted, zone=los_angeles)) == [late]
    late.created_at = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
    late.save(update_fields=["created_at"])
    assert list(find_calls(account=agent.account, wanted=wanted, zone=los_angeles)) == []


def test_each_filter(agent: Agent) -> None:
    plain = ended(agent)
    other = ended(
        agent,
        status="failed",
        direction="inbound",
        ended_reason="busy",
        sentiment="negative",
        from_number="+442071838750",
        created_at=datetime(2026, 3, 5, 23, 59, tzinfo=UTC),
        duration=5,
        metadata={"customer_id": "c_1", "size": 3},
    )

    assert found(agent) == [other, plain]
    for wanted in (
        {"status": ("failed", "initiated")},
        {"direction": ("inbound",)},
        {"ended_reason": ("busy",)},
        {"sentiment": ("negative",)},
        {"number": "+44 20 7183 8750"},
        {"number": "7183"},
        {"since": date(2026, 3, 5)},
        {"max_seconds": 59},
        {"metadata": "customer_id=c_1"},
        {"metadata": "size = 3"},
        {"metadata": "size"},
    ):
        assert found(agent, **wanted) == [other], wanted
    for wanted in ({"until": date(2026, 3, 4)}, {"min_seconds": 60}):
        assert found(agent, **wanted) == [plain], wanted
    for wanted in ({"metadata": "customer_id=c_2"}, {"number": "x"}, {"agent": ("agent_none",)}):
        assert found(agent, **wanted) == [], wanted


def test_by_agent(agent: Agent) -> None:
    second = make_agent(agent.account)
    ended(agent)
    call = ended(second)

    assert found(agent, agent=(second.public_id,)) == [call]


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e400", '"\\ud800"', '"\\u0000"', "9" * 250, "[" * 250])
def test_a_value_that_nothing_can_hold_finds_nothing(agent: Agent, value: str) -> None:
    ended(agent, metadata={"size": 3})

    assert found(agent, metadata=f"size={value}") == []


def test_another_accounts_calls_do_not_exist(agent: Agent, other_account: Any) -> None:
    ended(make_agent(other_account), "parking", metadata={"a": "b"})

    assert found(agent, text="parking") == []
    assert found(agent, metadata="a=b") == []
    assert found(agent, text=f"vaccount{other_account.pk} parking") == []


def test_words_forms_phrases_and_not(agent: Agent) -> None:
    booking = ended(agent, "I would like to book two appointments.", "Is there parking?")
    question = ended(agent, "Where are you parked? Das Straßenfest!")

    assert found(agent, text="appointment") == [booking]
    assert found(agent, text="park") == [question, booking]
    assert found(agent, text='"two appointments"') == [booking]
    assert found(agent, text="booked OR straßenfest") == [question, booking]
    assert found(agent, text="nowhere") == []
    assert found(agent, text="'); DROP TABLE calls_call; --") == []


def test_words_in_the_agents_language(account: Any) -> None:
    german = make_agent(account, language="de-DE")
    call = ended(german, "Haben Sie freie Zimmer in den Häusern?")

    assert found(german, text="Haus") == [call]


def test_the_summary_is_searched_and_the_index_brought_up_to_date(agent: Agent) -> None:
    call = ended(agent, "Hello.")
    assert found(agent, text="refund") == []

    Call.objects.filter(pk=call.pk).update(summary="The caller wants a refund.")
    searching.index_words(call=call)

    assert found(agent, text="refund") == [call]


def test_unanswered_calls_have_no_words(agent: Agent) -> None:
    ended(agent, answered_at=None)

    assert not CallWords.objects.exists()


def test_excerpts(agent: Agent, django_assert_num_queries: Any) -> None:
    call = ended(agent, "Hello.", "Is there parking?", "Parking is nice.")
    ended(agent, "No.")

    calls = list(Call.objects.all())
    with django_assert_num_queries(1):
        assert searching.excerpts(calls, text="parking") == {call.pk: ("user", "Is there parking?")}


def test_a_filter_in_a_url() -> None:
    wanted = CallFilter.from_query(
        {
            "status": ["completed", "failed", "completed"],
            "since": ["2026-03-01"],
            "until": ["nonsense"],
            "min_seconds": ["-1"],
            "max_seconds": ["99999999999"],
            "text": [" two words "],
            "page": ["2"],
        }
    )

    assert wanted == CallFilter(
        status=("completed", "failed"), since=date(2026, 3, 1), max_seconds=2_147_483_647, text="two words"
    )
    assert wanted.to_query() == (
        "status=completed&status=failed&since=2026-03-01&max_seconds=2147483647&text=two+words"
    )
    assert CallFilter.from_query({}).is_empty


def test_a_days_end(agent: Agent) -> None:
    call = ended(agent, created_at=datetime(2026, 3, 5, tzinfo=UTC) + timedelta(hours=23, minutes=59))

    assert found(agent, since=date(2026, 3, 5), until=date(2026, 3, 5)) == [call]
