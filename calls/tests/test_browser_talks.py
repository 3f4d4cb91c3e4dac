from __future__ import annotations

import pytest

from accounts.models import Account
from agents import services as agents
from agents.models import Agent
from billing import services as billing
from billing.models import Balance
from calls import sessions
from calls.models import Call, CallEvent, Leg
from calls.services import legs, lifecycle, talks, upkeep
from calls.services.starting import NoSuchAgent, TooManyLiveCalls, start_browser_talk
from calls.tests.conftest import NOW, WORKER, make_call, make_holder, seconds
from conftest import make_account, make_agent

pytestmark = pytest.mark.usefixtures("db", "queued")
WEB = "web-0000aaaa"


@pytest.fixture
def talk(account: Account, agent: Agent):
    return start_browser_talk(account=account, agent=agent, at=NOW)


def token_of(talk) -> str:
    return talk.media_url.rpartition("/")[2]


def test_a_talk_is_a_call_that_waits_for_its_browser(talk, queued, django_capture_on_commit_callbacks):
    leg = Leg.objects.get()

    assert (talk.call.direction, talk.call.to_number, talk.call.from_number) == ("inbound", "browser", None)
    assert (leg.kind, leg.status, leg.holder, leg.params) == ("browser", "planned", "", {})
    assert Balance.objects.get().held == 100_000
    assert [event.type for event in CallEvent.objects.all()] == ["call.started"]
    assert talk.media_url.startswith(f"/media/browser/{talk.call.public_id}.")
    assert queued == []


def test_it_may_be_with_a_version_that_is_not_the_current_one(account, agent):
    old = agent.current
    agents.update_agent(agent=agent, settings={"prompt": "Another."})
    agent.refresh_from_db()

    assert start_browser_talk(account=account, agent=agent, at=NOW).call.agent_version.number == 2
    assert start_browser_talk(account=account, agent=agent, version=old, at=NOW).call.agent_version.number == 1


def test_a_version_of_another_agent_is_refused(account, agent):
    other = make_agent(account)

    with pytest.raises(NoSuchAgent):
        start_browser_talk(account=account, agent=agent, version=other.current, at=NOW)
    assert not Call.objects.exists()


def test_an_archived_agent_talks_to_nobody(account, agent):
    agents.archive_agent(agent=agent)
    agent.refresh_from_db()

    with pytest.raises(NoSuchAgent):
        start_browser_talk(account=account, agent=agent, at=NOW)


def test_talks_cost_and_count_as_calls_do():
    poor = make_account("poor@example.com", micro_credits=50_000)
    busy = make_account("busy@example.com", max_live_calls=1)
    one, other = make_agent(poor), make_agent(busy)
    make_call(other)

    with pytest.raises(billing.InsufficientCredits):
        start_browser_talk(account=poor, agent=one, at=NOW)
    with pytest.raises(TooManyLiveCalls):
        start_browser_talk(account=busy, agent=other, at=NOW)
    assert Call.objects.count() == 1


def test_the_socket_takes_the_talk_once(talk):
    assert talks.take_talk(token=token_of(talk), holder=WEB, at=NOW + seconds(59)) == talk.call

    with pytest.raises(talks.TalkGone):
        talks.take_talk(token=token_of(talk), holder="web-0000bbbb", at=NOW + seconds(59))
    assert Leg.objects.get().holder == WEB


def test_an_old_address_takes_nothing(talk):
    with pytest.raises(talks.TalkGone):
        talks.take_talk(token=token_of(talk), holder=WEB, at=NOW + seconds(61))
    assert Leg.objects.get().holder == ""


def test_only_the_process_with_the_socket_dials(talk):
    talks.take_talk(token=token_of(talk), holder=WEB, at=NOW)

    assert legs.begin_dial(call_id=talk.call.public_id, holder="gateway-0000aaaa", at=NOW) is None
    plan = legs.begin_dial(call_id=talk.call.public_id, holder=WEB, at=NOW)
    assert plan is not None
    assert (plan.spec.kind, plan.spec.to_number) == ("browser", "browser")


def test_the_worker_asks_the_process_with_the_socket(talk):
    make_holder(seen_at=NOW)
    talks.take_talk(token=token_of(talk), holder=WEB, at=NOW)
    claim = lifecycle.claim_call(call_id=talk.call.pk, worker=WORKER, at=NOW)

    spec = sessions.load_session(claim=claim, at=NOW).spec

    assert (spec.holder, spec.is_dialed, spec.rate, spec.may_be_machine) == (WEB, False, 16_000, False)


def test_a_call_on_the_phone_never_goes_to_a_web_process(agent):
    call = make_call(agent)
    make_holder(seen_at=NOW, name=WEB).__class__.objects.filter(name=WEB).update(kind="web")
    claim = lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)

    assert sessions.load_session(claim=claim, at=NOW) is None


def test_a_shorter_limit_shortens_the_talk(account, agent):
    talk = start_browser_talk(account=account, agent=agent, max_duration=90, at=NOW)
    talks.take_talk(token=token_of(talk), holder=WEB, at=NOW)
    claim = lifecycle.claim_call(call_id=talk.call.pk, worker=WORKER, at=NOW)

    assert sessions.load_session(claim=claim, at=NOW).spec.max_duration == 90


@pytest.fixture
def reap(django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(upkeep, "SECOND_LOOK_SECONDS", 0)

    def run(after: float) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            upkeep.reap(at=NOW + seconds(after))

    return run


def test_a_talk_is_left_alone_while_its_address_is_good(talk, queued, reap):
    reap(60)

    assert Call.objects.get().status == "initiated"
    assert queued == []


def test_a_talk_that_no_browser_opened_is_canceled(talk, reap):
    reap(70)

    call = Call.objects.get()
    assert (call.status, call.ended_reason, call.ended_by) == ("failed", "canceled", "user")
    assert Balance.objects.get().held == 0


def test_an_opened_talk_that_was_not_queued_is_queued(talk, queued, reap):
    talks.take_talk(token=token_of(talk), holder=WEB, at=NOW)

    reap(7)

    assert queued == [("run_call", talk.call.pk, "calls")]
