"""Which line a call takes."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Account
from agents.models import Agent
from calls.models import Call, Leg, PhoneLine
from calls.tests.lines.conftest import make_line
from conftest import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(agent: Agent) -> Any:
    def post(api: ApiClient, **changes: Any) -> Any:
        return api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+4930901820", **changes})

    return post


def test_without_lines_the_sandbox(api: ApiClient, place: Any) -> None:
    r = place(api, from_number="+0987654321")

    assert (r.status_code, r.json()["phone_line_id"], r.json()["from_number"]) == (201, None, "+0987654321")
    assert Leg.objects.get().kind == "sandbox"


def test_a_test_key_and_the_sandboxs_numbers_take_the_sandbox(
    api: ApiClient, test_api: ApiClient, account: Account, place: Any
) -> None:
    make_line(account)

    by_test_key = place(test_api, from_number="+19995550000", sandbox={"lines": ["Hello?"]})
    to_sandbox = place(api, to_number="+15005550001")

    assert (by_test_key.status_code, by_test_key.json()["phone_line_id"]) == (201, None)
    assert (to_sandbox.status_code, to_sandbox.json()["phone_line_id"]) == (201, None)
    assert set(Leg.objects.values_list("kind", flat=True)) == {"sandbox"}


def test_the_line_that_has_the_number(api: ApiClient, account: Account, place: Any) -> None:
    make_line(account, is_default=True)
    twilio = make_line(account, kind="twilio")

    r = place(api, from_number="+14155550103")

    assert (r.status_code, r.json()["phone_line_id"], r.json()["from_number"]) == (
        201,
        twilio.public_id,
        "+14155550103",
    )
    assert Leg.objects.get().kind == "twilio"
    assert Call.objects.get().phone_line == twilio


def test_the_only_line(api: ApiClient, account: Account, place: Any) -> None:
    line = make_line(account)

    r = place(api)

    assert (r.status_code, r.json()["phone_line_id"], r.json()["from_number"]) == (201, line.public_id, "+14155550101")
    assert api.get("/v1/calls").json()["data"][0]["phone_line_id"] == line.public_id


def test_the_default_line(api: ApiClient, account: Account, place: Any) -> None:
    make_line(account)
    twilio = make_line(account, kind="twilio", is_default=True)

    assert place(api).json()["phone_line_id"] == twilio.public_id


@pytest.mark.parametrize("from_number", [None, "+19995550000"])
def test_what_names_no_line_is_refused(api: ApiClient, account: Account, place: Any, from_number: str | None) -> None:
    make_line(account)
    make_line(account, kind="twilio")

    r = place(api, from_number=from_number)

    assert (r.status_code, r.json()["error"]["param"]) == (400, "from_number")
    assert not Call.objects.exists()


def test_nobody_is_told_what_to_say_on_a_line(api: ApiClient, account: Account, place: Any) -> None:
    make_line(account)

    r = place(api, sandbox={"lines": ["Hello?"]})

    assert (r.status_code, r.json()["error"]["param"]) == (400, "sandbox")


def test_a_full_line(api: ApiClient, account: Account, place: Any) -> None:
    make_line(account, max_live_calls=1)
    first = place(api)

    second = place(api)

    assert (first.status_code, second.status_code) == (201, 429)
    assert "phone line may have 1" in second.json()["error"]["message"]
    assert place(api, to_number="+15005550001").status_code == 201


def test_a_call_keeps_its_line(api: ApiClient, account: Account, place: Any) -> None:
    line = make_line(account)
    call_id = place(api).json()["id"]

    api.delete(f"/v1/phone_lines/{line.public_id}")

    assert api.get(f"/v1/calls/{call_id}").json()["phone_line_id"] == line.public_id
    assert PhoneLine.objects.count() == 1
