"""Every route of /v1 with another account's key: what is not one's own does not exist, and stays as it is."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from billing.models import TopUp
from calls.models import Call, CallBatch, DialCheck, DoNotCall, PhoneLine
from conftest import ApiClient, make_agent
from webhooks.models import Delivery, Endpoint, Event

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "patch", "delete")


def routes() -> list[tuple[str, str]]:
    """Method and path of every route under /v1 that names something by its id."""
    found: list[tuple[str, str]] = []

    def walk(patterns: Any, prefix: str) -> None:
        for pattern in patterns:
            path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern) and path.startswith("v1/") and "(?P<" in path:
                actions = getattr(pattern.callback, "actions", {})
                found.extend((method, path) for method in METHODS if method in actions)

    walk(get_resolver().url_patterns, "")
    return sorted(found)


@pytest.fixture
def ids(account: Any) -> dict[str, str]:
    """What the account owns, by the first words of the address where it is found."""
    agent: Any = make_agent(account)
    call = Call.objects.create(
        account=account, agent=agent, agent_version=agent.current, to_number="+14155550100", created_at=timezone.now()
    )
    endpoint = Endpoint.objects.create(
        account=account, url="https://example.com/hook", events=["call.started"], sealed_secret="x"
    )
    event = Event.objects.create(
        account=account, type="call.started", subject=call.public_id, body="{}", created_at=timezone.now()
    )
    delivery = Delivery.objects.create(account=account, endpoint=endpoint, event=event, subject=call.public_id)
    top_up = TopUp.objects.create(
        account=account, micro_credits=1, checkout_id="cs_1", url="https://pay.example.com/", created_at=timezone.now()
    )
    batch = CallBatch.objects.create(account=account, agent=agent, name="March", at_once=1, created_at=timezone.now())
    entry = DoNotCall.objects.create(account=account, number="+14155550199", source="api", created_at=timezone.now())
    check = DialCheck.objects.create(
        account=account, agent_version=agent.current, to_number="+14155550199", is_allowed=True, at=timezone.now()
    )
    line = PhoneLine.objects.create(account=account, kind="sip", name="Trunk", domain="sip.example.com")
    return {
        "v1/account/top_ups": top_up.public_id,
        "v1/agents": agent.public_id,
        "v1/batches": batch.public_id,
        "v1/calls": call.public_id,
        "v1/dial_checks": check.public_id,
        "v1/do_not_call": entry.public_id,
        "v1/phone_lines": line.public_id,
        "v1/webhook_endpoints": endpoint.public_id,
        "v1/webhook_deliveries": delivery.public_id,
    }


def path_to(route: str, ids: dict[str, str]) -> str:
    """The route's address with an id of the account's in its place."""
    resource, _, rest = route.partition("/(?P<")
    return f"/{resource}/{ids[resource]}{rest[rest.index(')') + 1 :]}"


def test_the_routes_are_found() -> None:
    found = {(method, route.partition("/(?P<")[0]) for method, route in routes()}

    assert {("get", "v1/agents"), ("delete", "v1/agents"), ("post", "v1/calls"), ("get", "v1/calls")} <= found


@pytest.mark.parametrize(("method", "route"), routes())
def test_another_accounts_row_does_not_exist(
    other_api: ApiClient, ids: dict[str, str], method: str, route: str
) -> None:
    before = snapshot()

    theirs = getattr(other_api, method)(path_to(route, ids))
    unknown = getattr(other_api, method)(path_to(route, dict.fromkeys(ids, "call_nothere")))

    assert theirs.status_code == 404
    assert theirs.json()["error"]["code"] == "resource_not_found"
    assert theirs.json() == unknown.json()
    assert snapshot() == before


@pytest.mark.parametrize(("method", "route"), routes())
def test_without_a_key(ids: dict[str, str], method: str, route: str) -> None:
    before = snapshot()

    # Wrong keys are counted by address: all routes in one minute are more than one may try.
    r = getattr(ApiClient("va_live_nobody", address=an_address(f"{method} {route}")), method)(path_to(route, ids))

    assert r.status_code == 401
    assert snapshot() == before


def an_address(of: str) -> str:
    number = zlib.crc32(of.encode())
    return f"198.18.{number >> 8 & 255}.{number & 255}"


def snapshot() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Call, Endpoint, Event, Delivery, PhoneLine, TopUp)
    ]
