"""The account's dialing rules under Settings, the list of refused calls, and what a refused call's page says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.models import Account, AuditEntry, Membership
from agents.models import Agent
from calls.models import Call, DialCheck, DialingRules
from calls.services import dialing_rules, do_not_call, gate, pre_dial
from dashboard import dial_rules

pytestmark = pytest.mark.django_db

PAGE = "/settings/dialing-rules"
CHANGE = f"{PAGE}/change"
URL = "https://example.com/may-i-call?token=1"
NUMBER = "+14155550101"
FRIDAY = {"timezone": "Europe/Berlin", "days": {"fri": [["09:00", "17:00"]]}}


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: Any) -> None:
    monkeypatch.setattr("calls.tasks.run_call.apply_async", lambda **options: None)


def typed(**changes: str) -> dict[str, str]:
    """What a browser sends of the form."""
    given = {"max_calls_per_day": "", "max_calls_per_week": "", "pre_dial_url": "", "proof_days": ""}
    given |= {"calling_hours_mode": "any", "calling_hours_zone": "Europe/Berlin"}
    return given | changes


def friday() -> dict[str, str]:
    return {
        "calling_hours_mode": "set",
        "calling_hours_fri_0_from": "09:00",
        "calling_hours_fri_0_until": "17:00",
    }


def test_rules_are_set_shown_and_taken_back(browser: Client, account: Account) -> None:
    browser.post(CHANGE, typed(max_calls_per_day="3", max_calls_per_week="7", proof_days="30", **friday()))
    rules = DialingRules.objects.get(account=account)

    assert (rules.calling_hours, rules.max_per_day, rules.max_per_week, rules.proof_days) == (FRIDAY, 3, 7, 30)
    shown = " ".join(browser.get(PAGE).text.split())
    assert 'name="max_calls_per_week" value="7"' in shown
    assert 'name="calling_hours_fri_0_until" value="17:00"' in shown
    entry = AuditEntry.objects.get(action="dialing.rules_changed")
    assert entry.actor_kind == "user"

    browser.post(CHANGE, typed())
    rules.refresh_from_db()
    assert (rules.calling_hours, rules.max_per_day, rules.max_per_week, rules.proof_days) == (None, None, None, None)


def test_a_server_s_secret_is_shown_once(browser: Client, account: Account) -> None:
    answer = browser.post(CHANGE, typed(pre_dial_url=URL))
    secret = dialing_rules.secret_of(DialingRules.objects.get(account=account))

    assert secret in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert browser.post(CHANGE, typed(pre_dial_url=URL, proof_days="9")).status_code == 302
    page = browser.get(PAGE).text
    assert secret not in page
    assert "Make a new secret" in page

    assert secret not in browser.get(f"{PAGE}/rotate").text
    assert dialing_rules.secret_of(DialingRules.objects.get(account=account)) == secret
    rotated = browser.post(f"{PAGE}/rotate", {"confirm": ""}).text
    new = dialing_rules.secret_of(DialingRules.objects.get(account=account))
    assert new != secret
    assert new in rotated


def test_without_a_server_there_is_no_secret_to_rotate(browser: Client) -> None:
    assert browser.post(f"{PAGE}/rotate").status_code == 404
    assert "Make a new secret" not in browser.get(PAGE).text


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("max_calls_per_day", {"max_calls_per_day": "0"}),
        ("max_calls_per_week", {"max_calls_per_week": "1001"}),
        ("proof_days", {"proof_days": "4000"}),
        ("pre_dial_url", {"pre_dial_url": "https://example.com/<b>"}),
        ("calling_hours", {"calling_hours_mode": "set"}),
    ],
)
def test_what_the_api_refuses_is_refused_and_kept_in_the_form(
    browser: Client, field: str, changes: dict[str, str]
) -> None:
    answer = browser.post(CHANGE, typed(**changes))

    assert list(answer.context["form"].errors) == [field]
    assert "<b>" not in answer.text
    assert not DialingRules.objects.exists()


def test_an_address_inside_is_refused_at_its_field(browser: Client) -> None:
    answer = browser.post(CHANGE, typed(pre_dial_url="https://127.0.0.1/"))

    assert list(answer.context["form"].errors) == ["pre_dial_url"]
    assert not DialingRules.objects.exists()


def test_mondays_hours_are_copied_and_nothing_is_saved(browser: Client) -> None:
    monday = {"calling_hours_mode": "set", "calling_hours_mon_0_from": "08:30", "calling_hours_mon_0_until": "12:00"}

    answer = browser.post(CHANGE, typed(**monday, copy_hours="week", proof_days="77"))

    shown = " ".join(answer.text.split())
    assert 'name="calling_hours_fri_0_until" value="12:00"' in shown
    assert 'value="77"' in shown
    assert not DialingRules.objects.exists()


def test_what_is_not_sent_stays(browser: Client, account: Account) -> None:
    browser.post(CHANGE, typed(max_calls_per_day="3", **friday()))

    browser.post(CHANGE, {"proof_days": "30"})

    rules = DialingRules.objects.get(account=account)
    assert (rules.calling_hours, rules.max_per_day, rules.proof_days) == (FRIDAY, 3, 30)


def test_a_developer_reads_and_does_not_change(account: Account, log_in: Any) -> None:
    developer = log_in(account, Membership.Role.DEVELOPER)
    dialing_rules.change_rules(
        account=account, changes={"max_per_day": 3}, by=audit.PLATFORM, at=datetime(2026, 3, 2, tzinfo=UTC)
    )

    page = developer.get(PAGE).text

    assert 'value="3"' in page
    assert "Save" not in page
    assert developer.post(CHANGE, typed()).status_code == 403
    assert DialingRules.objects.get().max_per_day == 3


def test_every_rule_has_words() -> None:
    assert set(dial_rules.WORDS) == {*gate.RULES, pre_dial.RULE}


def test_refused_calls_are_listed_and_those_of_others_are_not(
    browser: Client, api: Any, account: Account, other_account: Account, agent: Agent, log_in: Any
) -> None:
    assert "No call was refused" in browser.get(f"{PAGE}/refused").text
    do_not_call.add_number(account=account, number=NUMBER, by=audit.PLATFORM, at=timezone.now())
    assert api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": NUMBER}).status_code == 400
    assert api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+14155550102"}).status_code == 201

    page = log_in(account, Membership.Role.VIEWER).get(f"{PAGE}/refused").text

    assert NUMBER in page
    assert "This number is on the do-not-call list." in page
    assert "None was placed" in page
    assert "+14155550102" not in page
    assert NUMBER not in log_in(other_account).get(f"{PAGE}/refused").text


def test_the_page_of_a_call_says_which_rule_refused_it(browser: Client, agent: Agent) -> None:
    version = agent.current
    assert version is not None
    call = Call.objects.create(
        account=agent.account,
        agent=agent,
        agent_version=version,
        to_number=NUMBER,
        status=Call.Status.FAILED,
        ended_reason="do_not_call",
        completed_at=timezone.now(),
    )
    DialCheck.objects.create(
        account=agent.account,
        call=call,
        agent_version=version,
        to_number=NUMBER,
        is_allowed=False,
        refused_by=pre_dial.RULE,
        results=[{"rule": pre_dial.RULE, "passed": False, "detail": "answered no"}],
        at=timezone.now(),
    )

    page = " ".join(browser.get(f"/calls/{call.public_id}").text.split())

    assert "<strong>Your own server:</strong> This rule kept the call from being placed." in page
    # What it said is as it was kept, in the words of that moment.
    checks = " ".join(browser.get(f"/calls/{call.public_id}/checks").text.split())
    assert "Your own server" in checks
    assert "answered no" in checks
