"""Which gateway keeps which line registered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from accounts.models import Account
from agents.models import Agent
from calls.models import LegHolder, LineRegistration, PhoneLine
from calls.services import lines, registrations
from calls.telephony.sip_probe import Answer
from calls.tests.conftest import GATEWAY, NOW, make_holder
from calls.tests.lines.conftest import make_line

pytestmark = pytest.mark.django_db

OTHER = "gateway-0000bbbb"


def register(account: Account, count: int) -> list[str]:
    """So many lines that register."""
    made = [make_line(account, numbers=[f"+1415555{number:04}"], register=True) for number in range(count)]
    return [line.public_id for line in made]


def hold(holder: str = GATEWAY) -> list[str]:
    return [trunk.line for trunk in registrations.hold_lines(holder=holder, at=NOW)]


def let_leases_run_out(holder: str) -> None:
    LineRegistration.objects.filter(holder=holder).update(lease_until=F("lease_until") - timedelta(seconds=10))


def test_one_gateway_has_them_all(account: Account) -> None:
    ids = register(account, 3)
    make_line(account, numbers=["+14155559999"])

    assert hold() == ids
    assert hold() == ids
    assert LineRegistration.objects.count() == 3


def test_what_it_is_told_of_them(account: Account) -> None:
    register(account, 1)

    (trunk,) = registrations.hold_lines(holder=GATEWAY, at=NOW)

    assert (trunk.domain, trunk.username, trunk.password) == ("sip.carrier.example.com", "acme", "s3cret of ours")
    assert "s3cret" not in repr(trunk)


def test_each_of_several_has_its_share(account: Account) -> None:
    make_holder(seen_at=NOW)
    make_holder(seen_at=NOW, name=OTHER)
    ids = register(account, 3)

    ours, others = hold(), hold(OTHER)

    assert (len(ours), len(others)) == (2, 1)
    assert {*ours, *others} == set(ids)


def test_a_dead_gateways_lines_are_taken_over(account: Account) -> None:
    make_holder(seen_at=NOW, name=OTHER)
    ids = register(account, 1)
    assert hold(OTHER) == ids
    assert hold() == []

    let_leases_run_out(OTHER)
    LegHolder.objects.update(seen_at=NOW - timedelta(seconds=5))

    assert hold() == ids
    assert hold(OTHER) == []


def test_a_gateway_that_comes_gets_some(account: Account) -> None:
    """Who has more than its share lets go first: two never register one line."""
    ids = register(account, 4)
    assert hold() == ids
    make_holder(seen_at=NOW, name=OTHER)

    kept = hold()
    before = hold(OTHER)
    registrations.release_lines(holder=GATEWAY, line_ids=[line for line in ids if line not in kept])

    assert (len(kept), before) == (2, [])
    assert hold(OTHER) == [line for line in ids if line not in kept]
    assert hold() == kept


def test_a_gateway_that_ends_takes_part_no_more(account: Account) -> None:
    make_holder(seen_at=NOW, name=OTHER)
    LegHolder.objects.update(is_draining=True)
    ids = register(account, 2)

    assert hold() == ids


@pytest.mark.parametrize("gone", ["deleted", "unregistered", "suspended"])
def test_a_line_that_is_to_be_registered_no_more(account: Account, gone: str) -> None:
    register(account, 1)
    line = PhoneLine.objects.get()
    hold()

    if gone == "deleted":
        lines.delete_line(line=line, at=NOW)
    elif gone == "unregistered":
        PhoneLine.objects.update(register=False)
    else:
        Account.objects.update(status=Account.Status.SUSPENDED)

    assert hold() == []
    registrations.release_lines(holder=GATEWAY, line_ids=[line.public_id])
    assert not LineRegistration.objects.exists()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer.WORKS, "ready"),
        (Answer.REFUSED, "unauthorized"),
        (Answer.NEEDS_USER, "unauthorized"),
        (Answer.SILENT, "unreachable"),
        ("The domain leads to no address.", "unreachable"),
    ],
)
def test_the_line_says_how_it_stands(account: Account, answer: Answer | str, status: str) -> None:
    (line_id,) = register(account, 1)
    hold()

    registrations.note_registration(holder=GATEWAY, line_id=line_id, answer=answer, at=NOW)

    line = PhoneLine.objects.get()
    assert (line.status, line.status_detail, line.checked_at) == (status, str(answer), NOW)


def test_who_has_lost_the_lease_says_nothing(account: Account) -> None:
    (line_id,) = register(account, 1)

    registrations.note_registration(holder=GATEWAY, line_id=line_id, answer=Answer.WORKS, at=NOW)

    assert PhoneLine.objects.get().checked_at is None


def test_whether_any_calls_are_expected(account: Account, agent: Agent) -> None:
    assert not registrations.is_inbound_wanted()
    line = make_line(account)
    assert not registrations.is_inbound_wanted()

    PhoneLine.objects.update(register=True)
    assert registrations.is_inbound_wanted()
    PhoneLine.objects.update(register=False, inbound_agent=agent)
    assert registrations.is_inbound_wanted()
    lines.delete_line(line=line, at=NOW)

    assert not registrations.is_inbound_wanted()


def test_numbers_whose_calls_are_encrypted(account: Account, agent: Agent, settings: Any) -> None:
    make_line(account, srtp="required", inbound_agent=agent)
    make_line(account, numbers=["+14155559999"], inbound_agent=agent)

    assert registrations.encrypted_numbers() == {"+14155550101", "+14155550102"}
