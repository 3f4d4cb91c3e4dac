"""The staff's site: who gets in, what it says first, the search over everything."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing import services as billing
from billing.models import Balance, Transaction
from calls.models import LegHolder
from calls.services import starting
from conftest import make_key
from vaniagent.lib import staff_admin
from vaniagent.staff import overview
from webhooks import services as webhooks

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def person() -> User:
    return User.objects.create_superuser("staff@example.com")


@pytest.fixture
def staff(client: Client, person: User) -> Client:
    client.force_login(person, BACKEND)
    return client


@pytest.fixture(autouse=True)
def _queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Redis, no workers."""
    monkeypatch.setattr(overview, "queues", lambda: [overview.Queue("calls", 3), overview.Queue("webhooks", 0)])
    monkeypatch.setattr(overview, "nodes", list)


def figures(client: Client) -> dict[str, tuple[str, bool | None]]:
    return {tile.label: (tile.figure, tile.is_well) for tile in client.get("/admin/").context["tiles"]}


def find(client: Client, text: str) -> Any:
    return client.post(reverse("admin:find"), {"text": text})


# --- Getting in ------------------------------------------------------------------------------------------------------


def test_staff_log_in_as_everybody_does(client: Client) -> None:
    r = client.get("/admin/calls/call/", follow=True)

    assert r.redirect_chain[-1][0] == "/accounts/login/?next=/admin/calls/call/"
    assert client.post("/admin/login/", {"username": "staff@example.com", "password": "x"}).status_code == 302


def test_for_customers_it_does_not_exist(client: Client, account: Any) -> None:
    client.force_login(account.memberships.get().user, BACKEND)

    assert client.get("/admin/", follow=True).status_code == 404


def test_a_second_factor_is_asked_of_staff_where_the_operator_wants_it(
    staff: Client, person: User, settings: Any
) -> None:
    assert staff.get("/admin/").status_code == 200

    settings.STAFF_MUST_USE_TOTP = True
    assert staff.get("/admin/").status_code == 302
    assert staff.get("/admin/login/").headers["Location"] == reverse("mfa_activate_totp")

    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    assert staff.get("/admin/").status_code == 200


def test_its_policy_is_its_own(staff: Client) -> None:
    policy = staff.get("/admin/").headers["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval';" in f"{policy};"
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in staff.get("/pricing").headers["Content-Security-Policy"]


def test_what_somebody_wrote_is_no_part_of_a_tag(staff: Client) -> None:
    """Landmarks are put into pages that are written already."""
    hostile = "data-simplebar x-init=alert(1) <div data-simplebar x-init=alert(2)>"
    page = staff.get("/admin/calls/call/", {"q": hostile}).content.decode()
    attributes: list[tuple[str, str | None]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            attributes.extend(attrs)

    Reader().feed(page)

    assert ("value", hostile) in attributes
    assert not [name for name, _value in attributes if name == "x-init" and _value and "alert" in _value]
    assert [value for name, value in attributes if name == "data-simplebar-aria-label"] == ["Part 1", "Part 2"]
    assert ("role", "main") in attributes


def test_log_in_secrets_are_not_browsed(staff: Client) -> None:
    for place in ("mfa/authenticator", "account/emailaddress", "usersessions/usersession", "auth/group"):
        assert staff.get(f"/admin/{place}/").status_code == 404


# --- The first page --------------------------------------------------------------------------------------------------


def test_the_first_page_of_an_empty_installation(staff: Client) -> None:
    assert figures(staff) == {
        "Live calls": ("0", None),
        "Stuck calls": ("0", True),
        "Leg holders": ("0", False),
        "Queued": ("3", True),
        "Deliveries due": ("0", True),
        "Failing endpoints": ("0", True),
        "Ledger check": ("never", None),
    }


def test_the_first_page_says_what_stands_still(staff: Client, agent: Any) -> None:
    now = timezone.now()
    long_ago = now - timedelta(minutes=10)
    webhooks.create_endpoint(account=agent.account, url="https://example.com/hook", events=["call.started"])
    starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata={},
        at=long_ago,
    )
    LegHolder.objects.create(name="gateway-1", kind="gateway", seen_at=now, max_legs=9)
    LegHolder.objects.create(name="gateway-0", kind="gateway", seen_at=long_ago, max_legs=9)
    Balance.objects.update(available=7)
    billing.record_ledger_check(at=now)

    shown = figures(staff)

    assert shown["Live calls"] == ("1", None)
    assert shown["Stuck calls"] == ("1", False)
    assert shown["Leg holders"] == ("1", True)
    assert shown["Deliveries due"] == ("1", False)
    assert shown["Ledger check"] == ("1 faults", False)
    assert [(one.name, one.is_well) for one in overview.holders(at=now)] == [("gateway-1", True), ("gateway-0", False)]


def test_an_old_check_of_the_ledger_is_not_well(staff: Client, account: Any) -> None:
    billing.record_ledger_check(at=timezone.now() - timedelta(days=2))

    assert figures(staff)["Ledger check"] == ("in balance", False)


def test_the_processes_are_shown(staff: Client) -> None:
    LegHolder.objects.create(name="gateway-1", kind="gateway", seen_at=timezone.now(), live_legs=2, max_legs=9)

    page = staff.get(reverse("admin:processes")).content.decode()

    assert "gateway-1" in page
    assert "2 of 9 legs" in page
    assert "No worker answered" in page


# --- Find ------------------------------------------------------------------------------------------------------------


def test_what_names_one_thing_leads_to_it(staff: Client, agent: Any) -> None:
    key = make_key(agent.account)
    endpoint = webhooks.create_endpoint(account=agent.account, url="https://example.com/h", events=["call.started"])
    call = starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata={},
        at=timezone.now(),
    )
    delivery = endpoint.deliveries.get()
    hold = Transaction.objects.get(kind="hold")
    agent.account.name = "Hedgerow Dental"
    agent.account.save()
    named = {
        agent.public_id: agent,
        key: agent.account.api_keys.get(),
        agent.account.api_keys.get().public_id: agent.account.api_keys.get(),
        endpoint.public_id: endpoint,
        delivery.public_id: delivery,
        delivery.event.public_id: delivery.event,
        call.legs.get().public_id: call,
        "+14155550100": call,
        hold.reference: hold,
        "owner@example.com": agent.account.memberships.get().user,
        "Hedgerow": agent.account,
    }

    for text, row in named.items():
        r = find(staff, text)
        place = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        assert (text, r.status_code, r.headers.get("Location")) == (text, 302, reverse(place, args=[row.pk]))


def test_what_names_several_things_lists_them(staff: Client, account: Any) -> None:
    page = find(staff, account.public_id)

    assert [group.kind for group in page.context["groups"]] == ["accounts", "transactions"]


def test_a_key_is_never_shown_again(staff: Client, account: Any) -> None:
    unknown = make_key(account)[:-1] + "_"

    page = find(staff, unknown).content.decode()

    assert "Nothing here has this" in page
    assert unknown not in page


def test_nothing_is_asked_for_what_has_no_form(staff: Client, django_assert_max_num_queries: Any) -> None:
    # Who asks, and the time limit.
    with django_assert_max_num_queries(7):
        assert "Nothing here has this" in find(staff, "<script>").content.decode()


def test_staff_find_only_what_they_may_see(client: Client, account: Any) -> None:
    user = User.objects.create_user("reader@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_call"))
    client.force_login(user, BACKEND)

    assert "Nothing here has this" in find(client, account.public_id).content.decode()


def test_what_takes_too_long_is_given_up(
    staff: Client, account: Any, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    def sleep(*_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(1)")

    monkeypatch.setattr(staff_admin, "LONGEST_QUERY", "20ms")
    monkeypatch.setattr(staff_admin.StaffAdmin, "_found", sleep)

    for r in (find(staff, account.public_id), staff.get("/admin/calls/call/", {"q": "call_"})):
        assert (r.status_code, r.headers["Location"]) == (302, "/admin/")
    assert "That took too long" in staff.get("/admin/").content.decode()
