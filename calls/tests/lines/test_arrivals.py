"""Whose line a call that comes in over SIP is for, by who sends it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accounts.models import Account
from agents.models import Agent
from calls.models import Call, PhoneLine
from calls.reception import ANSWERS, DjangoReception
from calls.services import arrivals, inbound, lines
from calls.services.background import Jobs
from calls.telephony.base import EndedBy, EndReason, LegEnd
from calls.telephony.sip_incoming import TurnedAway
from calls.telephony.sip_invite import Invite
from calls.tests.conftest import GATEWAY, NOW
from calls.tests.lines.conftest import make_line
from conftest import make_agent

pytestmark = pytest.mark.django_db

FRONT = "127.0.0.1:5080"
TRUNK = "10.1.2.3:5060"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch, settings: Any) -> dict[str, list[str]]:
    """What names lead to."""
    settings.PHONE_LINES_ALLOW_PRIVATE = True
    settings.SIP_FRONT_INSIDE = FRONT
    known = {"sip.carrier.example.com": ["10.1.2.3"], "pbx.example.com": ["10.9.9.9"]}
    monkeypatch.setattr(arrivals, "resolve", lambda domain: known.get(domain, []))
    arrivals._looked_up.cache_clear()
    return known


@pytest.fixture
def line(account: Account, agent: Agent) -> PhoneLine:
    return make_line(account, inbound_agent=agent)


def invite(source: str = TRUNK, *dialled: str, **changes: Any) -> Invite:
    its: dict[str, Any] = {"caller": "+4930901820", **changes}
    return Invite(source, "udp", "abc@carrier", target="x", dialled=dialled or ("+14155550101",), **its)


def admit(its: Invite, *, registered: str = "") -> Call:
    return arrivals.admit_invite(invite=its, registered=registered, holder=GATEWAY, at=NOW)


def refused(its: Invite, word: str, *, registered: str = "") -> None:
    with pytest.raises(inbound.CallRefused) as refusal:
        admit(its, registered=registered)

    assert refusal.value.word == word
    assert not Call.objects.exists()


def test_from_the_trunks_own_address(line: PhoneLine) -> None:
    call = admit(invite(headers={"x-ticket": "42"}))

    assert (call.phone_line, call.to_number, call.from_number) == (line, "+14155550101", "+4930901820")
    assert (call.metadata, call.legs.get().holder) == ({"x-ticket": "42"}, GATEWAY)


@pytest.mark.parametrize("dialled", ["14155550101", "0014155550101", "4155550101"])
def test_a_number_as_trunks_write_it(line: PhoneLine, dialled: str) -> None:
    assert admit(invite(TRUNK, "calls", dialled)).to_number == "+14155550101"


@pytest.mark.parametrize("source", ["10.1.2.4:5060", "127.0.0.1:5060", FRONT, "203.0.113.7:5060", "8.8.8.8:5060", "x"])
def test_from_anywhere_else(line: PhoneLine, source: str) -> None:
    refused(invite(source), "stranger")


def test_a_public_address_proves_nothing(line: PhoneLine, names: dict[str, list[str]]) -> None:
    names["sip.carrier.example.com"] = ["8.8.8.8"]

    refused(invite("8.8.8.8:5060"), "stranger")


def test_private_addresses_count_where_the_operator_allows_them(line: PhoneLine, settings: Any) -> None:
    settings.PHONE_LINES_ALLOW_PRIVATE = False

    refused(invite(), "stranger")


def test_a_number_of_nobodys(line: PhoneLine) -> None:
    refused(invite(TRUNK, "+14155550999"), "unknown_number")


def test_a_number_that_two_accounts_claim(line: PhoneLine, other_account: Account) -> None:
    elsewhere = make_line(other_account, domain="pbx.example.com", inbound_agent=make_agent(other_account))

    assert admit(invite("10.9.9.9:5060")).phone_line == elsewhere
    assert admit(invite(TRUNK)).phone_line == line


def test_of_two_at_one_trunk_the_one_that_works(line: PhoneLine, other_account: Account) -> None:
    other = make_line(other_account, inbound_agent=make_agent(other_account))
    assert admit(invite()).phone_line == line

    PhoneLine.objects.filter(pk=other.pk).update(status=PhoneLine.Status.READY)

    assert admit(invite()).phone_line == other


def test_of_two_at_one_trunk_the_one_that_an_agent_answers(line: PhoneLine, other_account: Account) -> None:
    other = make_line(other_account)
    PhoneLine.objects.filter(pk=other.pk).update(status=PhoneLine.Status.READY)
    # Anybody may claim a number; a trunk that was heard of is more than a word.
    refused(invite(), "no_agent")

    PhoneLine.objects.filter(pk=line.pk).update(status=PhoneLine.Status.READY)

    assert admit(invite()).phone_line == line


def test_the_front_says_whose_line_it_is(line: PhoneLine) -> None:
    call = admit(invite(FRONT, "calls", line=line.public_id, number="+14155550102"))

    assert (call.phone_line, call.to_number) == (line, "+14155550102")


def test_nobody_else_may_say_so(line: PhoneLine) -> None:
    refused(invite("10.9.9.9:5060", line=line.public_id, number="+14155550102"), "stranger")


@pytest.mark.parametrize("told", ["line_nobodys", "'; --"])
def test_the_front_names_a_line_that_is_gone(line: PhoneLine, told: str) -> None:
    refused(invite(FRONT, line=told), "unknown_number")


def test_on_its_registration(line: PhoneLine) -> None:
    call = admit(invite("8.8.8.8:5060", "acme-8fe2aa77", "+14155550102"), registered=line.public_id)

    assert call.to_number == "+14155550102"


def test_a_registration_that_is_called_by_its_name(line: PhoneLine) -> None:
    assert admit(invite("8.8.8.8:5060", "acme-8fe2aa77", "acme"), registered=line.public_id).to_number == "+14155550101"


def test_a_line_that_was_removed_while_it_rang(line: PhoneLine) -> None:
    lines.delete_line(line=line, at=NOW)

    refused(invite(), "unknown_number")
    refused(invite(), "unknown_number", registered=line.public_id)


def test_sound_that_must_be_encrypted(line: PhoneLine) -> None:
    PhoneLine.objects.update(srtp="required")

    refused(invite(), "not_encrypted")
    assert admit(invite(is_encrypted=True)).is_live


def test_which_calls_have_ended(line: PhoneLine) -> None:
    one, two = admit(invite()), admit(invite())
    inbound.give_up(call_id=one.public_id, at=NOW)

    assert arrivals.ended_of(call_ids=[one.public_id, two.public_id, "call_nobodys"]) == {one.public_id}


@pytest.mark.django_db(transaction=True)
def test_what_a_trunk_is_told(line: PhoneLine) -> None:
    with Jobs() as jobs:
        reception = DjangoReception(name=GATEWAY, jobs=jobs)

        def ask(its: Invite) -> object:
            try:
                return asyncio.run(reception.admit(its, registered=""))
            except TurnedAway as no:
                return no.status

        assert ask(invite(TRUNK, "+14155550999")) == 404
        assert ask(invite("10.9.9.9:5060")) == 403
        call_id = ask(invite())
        PhoneLine.objects.update(max_live_calls=1)
        assert ask(invite()) == 486
        end = LegEnd(EndReason.NO_CAPACITY, EndedBy.PLATFORM)
        assert asyncio.run(reception.give_up(str(call_id), end)) is True
        PhoneLine.objects.update(inbound_agent=None)
        assert ask(invite()) == 480

    call = Call.objects.get()
    assert (call.ended_reason, call.ended_by) == ("no_capacity", "platform")


def test_every_refusal_has_an_answer() -> None:
    """486 where nothing else is said: the number is there, and nobody can come now."""
    refusals = set(inbound.CallRefused.__subclasses__())

    assert {refusal.word for refusal in refusals - set(ANSWERS)} == {"no_capacity", "no_credits", "called_enough"}
