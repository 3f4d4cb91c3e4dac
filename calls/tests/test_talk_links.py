from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.models import Account
from agents import services as agents
from calls import links
from calls.models import Call, Leg, PublicTalk, TalkLink
from calls.services import lifecycle, talk_links, upkeep
from calls.services.starting import NoSuchAgent
from calls.services.talk_links import BadLink, LinkIsBusy, NoSuchLink
from calls.tests.conftest import NOW, in_thread, seconds

pytestmark = pytest.mark.usefixtures("db", "queued")
VISITOR = "203.0.113.9"


@pytest.fixture
def link(agent) -> TalkLink:
    return talk_links.enable_link(agent=agent, at=NOW)


def start(link: TalkLink, *, visitor: str = VISITOR, at=NOW) -> Call:
    return talk_links.start_public_talk(slug=link.slug, visitor=visitor, at=at).call


def set_limits(link: TalkLink, **limits: int) -> None:
    talk_links.enable_link(agent=link.agent, limits=limits, at=NOW)


def end(call: Call, *, duration: int) -> None:
    lifecycle.complete_undialled(call_id=call.public_id, reason="canceled", by="user", at=NOW)
    Call.objects.filter(pk=call.pk).update(duration=duration)


def test_an_agent_has_no_link_until_somebody_wants_one(agent):
    assert not TalkLink.objects.exists()
    with pytest.raises(NoSuchLink):
        talk_links.rotate_link(agent=agent)


def test_whoever_has_the_link_talks(link, account):
    call = start(link)

    assert (call.account, call.agent, call.direction) == (account, link.agent, "inbound")
    talk = PublicTalk.objects.get()
    assert (talk.call, talk.link) == (call, link)
    assert call.legs.get().params == {"max_duration": 300}


def test_of_a_visitor_only_a_digest_is_kept(link):
    start(link)
    start(link)
    start(link, visitor="203.0.113.10")

    digests = list(PublicTalk.objects.order_by("pk").values_list("visitor", flat=True))
    assert digests[0] == digests[1] != digests[2]
    assert VISITOR not in digests[0]


def test_unopened_talks_take_few_places_of_the_account(link):
    calls = [start(link, visitor=f"203.0.113.{n}") for n in range(talk_links.MOST_UNOPENED)]

    with pytest.raises(LinkIsBusy):
        start(link, visitor="203.0.113.200")
    assert Call.objects.filter(status__in=Call.LIVE).count() == talk_links.MOST_UNOPENED

    Leg.objects.filter(call=calls[0]).update(holder="web")
    start(link, visitor="203.0.113.200")


def test_a_place_is_free_again_soon_where_nobody_opens_the_socket(link):
    talk = talk_links.start_public_talk(slug=link.slug, visitor=VISITOR, at=NOW)
    token = talk.media_url.rpartition("/")[2]

    upkeep.reap(at=NOW + links.PUBLIC_MEDIA_LIFETIME)
    assert Call.objects.get().status == Call.Status.INITIATED
    upkeep.reap(at=NOW + seconds(18))

    assert (Call.objects.get().status, Call.objects.get().ended_reason) == ("failed", "canceled")
    with pytest.raises(links.InvalidLink):
        links.call_of_media(token, at=NOW + seconds(16))


def test_tries_are_counted_by_address_and_by_link(link):
    most = talk_links.TRIES_OF_VISITOR.limit
    for _ in range(most):
        talk_links.check_tries(link=link, visitor="198.51.100.1", at=NOW)

    with pytest.raises(LinkIsBusy) as refused:
        talk_links.check_tries(link=link, visitor="198.51.100.1", at=NOW)
    assert 0 < (refused.value.retry_after or 0) <= 60
    for n in range(talk_links.TRIES_OF_LINK.limit - most):
        talk_links.check_tries(link=link, visitor=f"198.51.101.{n}", at=NOW)
    with pytest.raises(LinkIsBusy):
        talk_links.check_tries(link=link, visitor="198.51.100.2", at=NOW)


def test_a_link_that_was_switched_off_leads_nowhere(link):
    talk_links.disable_link(agent=link.agent)

    with pytest.raises(NoSuchLink):
        start(link)
    with pytest.raises(NoSuchLink):
        talk_links.open_link(slug=link.slug)
    assert not Call.objects.exists()


def test_switched_on_again_it_is_the_same_link(link):
    talk_links.disable_link(agent=link.agent)

    assert talk_links.enable_link(agent=link.agent, at=NOW).slug == link.slug
    assert talk_links.open_link(slug=link.slug) == link


def test_a_rotated_link_leaves_the_old_one_dead(link):
    rotated = talk_links.rotate_link(agent=link.agent)

    with pytest.raises(NoSuchLink):
        start(link)
    assert start(rotated).agent == link.agent


def test_archived_agents_and_suspended_accounts_talk_to_nobody(link, account):
    Account.objects.filter(pk=account.pk).update(status="suspended")
    with pytest.raises(NoSuchLink):
        start(link)

    Account.objects.filter(pk=account.pk).update(status="active")
    agents.archive_agent(agent=link.agent)
    with pytest.raises(NoSuchLink):
        start(link)
    link.agent.refresh_from_db()
    with pytest.raises(NoSuchAgent):
        talk_links.enable_link(agent=link.agent, at=NOW)


def test_one_visitor_has_so_many_talks_an_hour(link):
    set_limits(link, calls_per_visitor_hour=2)
    for n in range(2):
        end(start(link, at=NOW + seconds(n)), duration=1)

    with pytest.raises(LinkIsBusy):
        start(link, at=NOW + seconds(60))
    end(start(link, visitor="203.0.113.10", at=NOW + seconds(60)), duration=1)
    assert start(link, at=NOW + seconds(3601))


def test_all_visitors_have_so_many_talks_an_hour(link):
    set_limits(link, calls_per_hour=2)
    for n in range(2):
        end(start(link, visitor=f"203.0.113.{n}"), duration=1)

    with pytest.raises(LinkIsBusy):
        start(link)


def test_the_minutes_of_a_day_are_never_exceeded(link):
    set_limits(link, minutes_per_day=6, max_duration=300)
    first = start(link)

    # One that goes on may last five minutes; the next gets what is left.
    second = start(link, visitor="203.0.113.10")
    assert second.legs.get().params == {"max_duration": 60}
    with pytest.raises(LinkIsBusy):
        start(link, visitor="203.0.113.11")

    end(first, duration=30)
    end(second, duration=300)
    third = start(link, visitor="203.0.113.11")
    assert third.legs.get().params == {"max_duration": 30}
    end(third, duration=29)
    with pytest.raises(LinkIsBusy):
        start(link, visitor="203.0.113.12")
    assert start(link, visitor="203.0.113.12", at=NOW + seconds(12 * 3600))


@pytest.mark.django_db(transaction=True)
def test_the_limits_hold_however_many_come_at_once(link):
    set_limits(link, calls_per_hour=3)

    def come(n: int) -> bool:
        try:
            start(link, visitor=f"203.0.113.{n}")
        except LinkIsBusy:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        came = list(threads.map(lambda n: in_thread(lambda: come(n))(), range(8)))

    assert sum(map(bool, came)) == 3
    assert PublicTalk.objects.count() == 3


@pytest.mark.parametrize(
    "limits",
    [{"minutes_per_day": 0}, {"calls_per_hour": 0}, {"max_duration": 29}, {"max_duration": 3601}, {"slug": 1}],
)
def test_limits_that_cannot_be_are_refused(agent, limits):
    with pytest.raises(BadLink):
        talk_links.enable_link(agent=agent, limits=limits, at=NOW)


def test_origins_are_kept_as_browsers_write_them(agent):
    link = talk_links.enable_link(
        agent=agent,
        allowed_origins=["https://Shop.example/", "https://shop.example:443", "http://localhost:3000 "],
        at=NOW,
    )

    assert link.allowed_origins == ["https://shop.example", "http://localhost:3000"]


@pytest.mark.parametrize(
    "origin",
    ["*", "shop.example", "https://", "ftp://shop.example", "https://shop.example/path", "https://a@shop.example",
     "https://*.example", "https://shop.example; script-src *", "https://shop.example:99999", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(agent, origin):
    with pytest.raises(BadLink):
        talk_links.enable_link(agent=agent, allowed_origins=[origin], at=NOW)
