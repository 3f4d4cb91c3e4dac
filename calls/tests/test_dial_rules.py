"""The do-not-call list, how often a number is called, and the proof of each look at the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts import audit
from accounts.models import Account
from agents import services as agents
from agents.models import Agent
from calls import listed_numbers
from calls.models import Call, DialCheck, DialingRules, DoNotCall, Leg
from calls.services import dialing_rules, do_not_call, erasure, gate, legs, lifecycle, scheduling, starting

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
BERLIN, NEW_YORK = "+4930123456", "+12125550100"
BY = audit.PLATFORM
WEEKDAYS = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = {"timezone": "callee", "days": WEEKDAYS}


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.tasks.run_call.apply_async", lambda **options: None)


def place(agent: Agent, to_number: str = BERLIN, at: datetime = NOW, **options: Any) -> Call:
    options = {"from_number": None, "metadata": {}, **options}
    return starting.start_call(account=agent.account, agent=agent, api_key=None, to_number=to_number, at=at, **options)


def list_number(account: Account, number: str = BERLIN) -> DoNotCall:
    return do_not_call.add_number(account=account, number=number, by=BY, at=NOW)[0]


def change(account: Account, **changes: Any) -> None:
    dialing_rules.change_rules(account=account, changes=changes, by=BY, at=NOW)


@pytest.mark.parametrize(
    "written", [BERLIN, "+49 (0)30 123456", "0049 30 12 34 56", "+49-030-123456", "'+49/30/123456"]
)
def test_a_listed_number_is_not_called_however_it_was_written(agent: Agent, written: str):
    list_number(agent.account, written)

    for dialled in (BERLIN, "+49030123456"):
        with pytest.raises(gate.Unwanted) as refused:
            place(agent, dialled)

        assert (refused.value.param, refused.value.reason) == ("do_not_call", "do_not_call")
        assert refused.value.opens_at is None
    assert not Call.objects.exists()
    assert place(agent, NEW_YORK).pk


@pytest.mark.parametrize(
    ("written", "kept"),
    [("+49 (0)30 123456", "+4930123456"), ("0044 20 7946-0958", "+442079460958"), ("030 123456", None)],
)
def test_v1_lists_a_number_however_it_was_written(api: Any, written: str, kept: str | None):
    r = api.post("/v1/do_not_call", {"number": written})

    if kept is None:
        assert (r.status_code, r.json()["error"]["param"]) == (400, "number")
    else:
        assert (r.status_code, r.json()["number"]) == (201, kept)


def test_another_accounts_list_is_its_own(agent: Agent, other_account: Account):
    list_number(other_account)

    assert place(agent).status == Call.Status.INITIATED


def test_each_call_keeps_what_was_asked(agent: Agent):
    call = place(agent)

    check = DialCheck.objects.get()

    assert (check.call, check.is_allowed, check.refused_by, check.to_number) == (call, True, "", BERLIN)
    assert [(result["rule"], result["passed"]) for result in check.results] == [(name, True) for name in gate.RULES]
    assert check.agent_version == agent.current


def test_v1_refuses_by_name_and_keeps_the_proof_also_of_a_request_that_may_be_repeated(api: Any, agent: Agent):
    list_number(agent.account)
    body = {"agent_id": agent.public_id, "to_number": BERLIN}

    for headers in ({}, {"Idempotency_Key": "one"}):
        r = api.post("/v1/calls", body, **headers)

        assert (r.status_code, r.json()["error"]["code"], r.json()["error"]["param"]) == (
            400,
            "invalid_request",
            "do_not_call",
        )

    checks = DialCheck.objects.filter(account=agent.account)
    assert [(check.call, check.is_allowed, check.refused_by) for check in checks] == [(None, False, "do_not_call")] * 2
    assert checks[0].results == [
        {"rule": "do_not_call", "passed": False, "detail": "This number is on the do-not-call list."}
    ]


def test_a_zone_given_with_the_call_outranks_the_number(agent: Agent):
    agents.update_agent(agent=agent, settings={"calling_hours": OFFICE})
    agent.refresh_from_db()
    # 09:00 in New York, 15:00 in Berlin.
    early = datetime(2026, 3, 2, 13, 59, tzinfo=UTC)

    with pytest.raises(gate.OutsideCallingHours):
        place(agent, NEW_YORK, at=early)
    call = place(agent, NEW_YORK, at=early, time_zone="Europe/Berlin")
    with pytest.raises(gate.OutsideCallingHours) as refused:
        place(agent, BERLIN, at=early, time_zone="America/New_York")

    assert call.time_zone == "Europe/Berlin"
    assert refused.value.opens_at == early + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        # Berlin puts its clock forward on 29 March 2026: nine o'clock is 08:00 UTC before, and 07:00 after.
        (datetime(2026, 3, 27, 7, 30, tzinfo=UTC), False),
        (datetime(2026, 3, 27, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 6, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), True),
        # And back on 25 October.
        (datetime(2026, 10, 23, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 26, 7, 59, tzinfo=UTC), False),
        (datetime(2026, 10, 26, 8, 0, tzinfo=UTC), True),
    ],
)
def test_the_accounts_hours_hold_for_every_agent_by_the_clock_of_that_day(
    agent: Agent, moment: datetime, is_open: bool
):
    change(agent.account, calling_hours=OFFICE)

    if is_open:
        assert place(agent, at=moment).pk
        return
    with pytest.raises(gate.OutsideCallingHours) as refused:
        place(agent, at=moment)

    assert refused.value.param == "account_calling_hours"
    assert refused.value.opens_at is not None


def test_a_number_is_called_so_often_a_day_and_a_week(agent: Agent):
    change(agent.account, max_per_day=2, max_per_week=3)
    times = [NOW, NOW + timedelta(hours=1)]
    for at in times:
        place(agent, at=at)

    with pytest.raises(gate.CalledTooOften) as refused:
        place(agent, at=NOW + timedelta(hours=2))
    assert (refused.value.param, refused.value.opens_at) == ("calls_per_number", NOW + timedelta(days=1))

    place(agent, at=NOW + timedelta(days=1))
    with pytest.raises(gate.CalledTooOften) as refused:
        place(agent, at=NOW + timedelta(days=3))
    assert refused.value.opens_at == NOW + timedelta(days=7)
    assert place(agent, NEW_YORK, at=NOW + timedelta(days=3)).pk
    assert place(agent, at=NOW + timedelta(days=7)).pk


def test_the_stricter_of_account_and_agent_counts_and_what_was_not_dialled_does_not(agent: Agent):
    change(agent.account, max_per_day=5)
    agents.update_agent(agent=agent, settings={"compliance": {"max_calls_per_day": 1}})
    agent.refresh_from_db()
    call = place(agent)
    lifecycle.complete_undialled(call_id=call.public_id, reason="canceled", by="api", at=NOW)

    assert place(agent).pk
    with pytest.raises(gate.CalledTooOften):
        place(agent)


def test_a_scheduled_call_waits_for_its_cap_and_ends_by_the_list(agent: Agent):
    change(agent.account, max_per_day=1)
    later = NOW + timedelta(hours=1)
    waiting = place(agent, scheduled_at=later)
    place(agent)

    scheduling.begin_due(at=later)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.due_at) == (Call.Status.SCHEDULED, NOW + timedelta(days=1))

    list_number(agent.account)
    scheduling.begin_due(at=NOW + timedelta(days=1))

    waiting.refresh_from_db()
    assert (waiting.status, waiting.ended_reason, waiting.cost) == (Call.Status.FAILED, "do_not_call", 0)
    refusals = DialCheck.objects.filter(call=waiting).order_by("pk")
    assert [check.refused_by for check in refusals] == ["calls_per_number", "do_not_call"]


def test_who_opts_out_after_a_call_was_placed_is_not_dialled(agent: Agent):
    call = place(agent)
    list_number(agent.account)

    assert legs.begin_dial(call_id=call.public_id, holder="gateway-1", at=NOW) is None

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by) == (Call.Status.FAILED, "do_not_call", "platform")
    assert Leg.objects.get(call=call).status == Leg.Status.ENDED


def test_an_opt_out_by_ear_lists_the_number_once(agent: Agent):
    first, second = place(agent), place(agent)
    for call in (first, second):
        claim = lifecycle.claim_call(call_id=call.pk, worker="worker-1", at=NOW)
        assert claim is not None
        do_not_call.record_opt_out(call_id=call.public_id, token=claim.token, text="Stop calling me.", at=NOW)

    entry = DoNotCall.objects.get()

    assert (entry.number, entry.source, entry.reason, entry.call) == (BERLIN, "call", "Stop calling me.", first)
    with pytest.raises(lifecycle.Superseded):
        do_not_call.record_opt_out(call_id=first.public_id, token=0, text="", at=NOW)


def test_an_erased_caller_stays_on_the_list_without_the_number(agent: Agent):
    call = place(agent)
    lifecycle.complete_undialled(call_id=call.public_id, reason="canceled", by="api", at=NOW)
    entry = list_number(agent.account)

    for _again in range(2):
        erasure.erase_caller(account=agent.account, number=BERLIN, by=BY, at=NOW)

    entry.refresh_from_db()
    assert (entry.number, entry.reason, len(entry.digest or "")) == (None, "", 64)
    assert not DialCheck.objects.filter(to_number=BERLIN).exists()
    with pytest.raises(gate.Unwanted):
        place(agent)
    found = do_not_call.entries_of(agent.account, search="+49 30 123456")
    assert list(found) == [entry]

    # Listed anew and erased anew, there is still one of it; and taken off, none.
    list_number(agent.account)
    erasure.erase_caller(account=agent.account, number=BERLIN, by=BY, at=NOW)
    assert DoNotCall.objects.count() == 1
    do_not_call.remove_entry(entry=list_number(agent.account), reason="asked for a call", by=BY, at=NOW)
    assert not DoNotCall.objects.exists()


def test_a_digest_does_not_tell_the_number_and_is_another_accounts_other(agent: Agent, other_account: Account):
    for account in (agent.account, other_account):
        list_number(account)
        do_not_call.erase_number(account=account, number=BERLIN)

    digests = set(DoNotCall.objects.values_list("digest", flat=True))

    assert len(digests) == 2
    key = DialingRules.objects.get(account=agent.account).digest_key
    assert listed_numbers.digest(BERLIN, sealed_key=listed_numbers.resealed(key)) in digests


HOSTILE = (
    "\ufeffName;Phone Number;Reason\r\n"
    'Ada;"+1 (415) 555-0100";"said ""no""; twice"\r\n'
    "=cmd|'/c calc'!A1;'+14155550101;=HYPERLINK(\"http://evil.example\")\r\n"
    "\r\n"
    "Bob;555 0102;no country\r\n"
    "Bob;+14155550100;again\r\n"
    "Eve;+14155550103' OR 1=1 --;x\r\n"
    "Ann\r\n"
)


def test_a_file_is_read_whoever_wrote_it(agent: Agent):
    imported = do_not_call.import_numbers(account=agent.account, file=HOSTILE.encode(), by=BY, at=NOW)

    assert (imported.added, imported.already_listed, imported.refused) == (2, 1, 3)
    assert [problem.line for problem in imported.problems] == [5, 7, 8]
    again = do_not_call.import_numbers(account=agent.account, file=HOSTILE.encode(), by=BY, at=NOW)
    assert (again.added, again.already_listed, again.refused) == (0, 3, 3)
    written = "".join(do_not_call.csv_of(do_not_call.entries_of(agent.account)))
    assert "\"'=HYPERLINK(" in written
    # What was written is read again.
    DoNotCall.objects.all().delete()
    back = do_not_call.import_numbers(account=agent.account, file=written.encode(), by=BY, at=NOW)
    assert (back.added, back.refused) == (2, 0)


@pytest.mark.parametrize("file", [b"", b"\xff\xfe", b"number\n", b"a\x00b", b"x" * 5_000_001, b"\n\n"])
def test_what_is_no_file_is_refused(agent: Agent, file: bytes):
    with pytest.raises(do_not_call.BadFile):
        do_not_call.import_numbers(account=agent.account, file=file, by=BY, at=NOW)

    assert not DoNotCall.objects.exists()


def test_a_long_file_is_listed_by_few_statements(agent: Agent):
    file = "\n".join(f"+1415{number:07}" for number in range(12_000)).encode()

    imported = do_not_call.import_numbers(account=agent.account, file=file, by=BY, at=NOW)

    assert imported.added == 12_000
    assert gate.check_ring(account=agent.account, version=agent.current, to_number=BERLIN, at=NOW).is_allowed


def test_proofs_are_kept_as_long_as_the_account_says(agent: Agent):
    change(agent.account, proof_days=30)
    place(agent)
    place(agent, at=NOW + timedelta(days=20))

    erasure.expire(at=NOW + timedelta(days=31))

    assert [check.at for check in DialCheck.objects.all()] == [NOW + timedelta(days=20)]
