"""`/v1/phone_lines`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Account, AuditEntry
from agents.models import Agent
from calls.inbound_limits import InboundLimits
from calls.models import LineNumber, PhoneLine
from calls.tests.lines.conftest import TRUNK, TWILIO, make_line
from conftest import ApiClient, make_agent

pytestmark = pytest.mark.django_db

Commit = Callable[..., Any]


def refused(response: Any, param: str | None) -> str:
    assert response.status_code == 400, response.content
    assert response.json()["error"]["param"] == param
    message: str = response.json()["error"]["message"]
    return message


def test_a_trunk(api: ApiClient, agent: Agent, tried: list[int], django_capture_on_commit_callbacks: Commit) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        r = api.post(
            "/v1/phone_lines", {**TRUNK, "transport": "tls", "port": 5061, "inbound_agent_id": agent.public_id}
        )

    line = PhoneLine.objects.get()
    assert r.status_code == 201
    assert r.json() == {
        "id": line.public_id,
        "kind": "sip",
        "name": "Main trunk",
        "domain": "sip.carrier.example.com",
        "port": 5061,
        "transport": "tls",
        "username": "acme",
        "srtp": "off",
        "register": False,
        "account_sid": None,
        "numbers": ["+14155550101", "+14155550102"],
        "inbound_agent_id": agent.public_id,
        "max_live_calls": 10,
        "calls_per_second": 5,
        "is_default": False,
        "inbound_limits": InboundLimits().as_json(),
        "status": "unreachable",
        "status_detail": "Not tried yet.",
        "checked_at": None,
        "created_at": line.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert api.get(f"/v1/phone_lines/{line.public_id}").json() == r.json()
    assert api.get("/v1/phone_lines").json()["data"] == [r.json()]
    assert tried == [line.pk]
    assert AuditEntry.objects.get(action="line.created").target == line.public_id


def test_twilio(api: ApiClient) -> None:
    r = api.post("/v1/phone_lines", TWILIO)

    assert r.status_code == 201
    shown = r.json()
    assert (shown["kind"], shown["account_sid"], shown["domain"], shown["transport"]) == (
        "twilio",
        TWILIO["account_sid"],
        None,
        None,
    )
    assert PhoneLine.objects.get().secret == "token of ours"


def test_secrets_are_sealed_and_never_shown(api: ApiClient) -> None:
    line_id = api.post("/v1/phone_lines", TRUNK).json()["id"]

    line = PhoneLine.objects.get()
    assert line.secret == TRUNK["password"]
    assert TRUNK["password"] not in line.sealed_secret
    assert TRUNK["password"].encode() not in api.get(f"/v1/phone_lines/{line_id}").content


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"domain": ...}, "domain"),
        ({"domain": "localhost"}, "domain"),
        ({"domain": "127.0.0.1"}, "domain"),
        ({"domain": "10.1.2.3"}, "domain"),
        ({"domain": "169.254.169.254"}, "domain"),
        ({"domain": "sip.example.com/path"}, "domain"),
        ({"domain": "0x7f000001"}, "domain"),
        ({"port": 0}, "port"),
        ({"transport": "sctp"}, "transport"),
        ({"srtp": "maybe"}, "srtp"),
        ({"register": "yes"}, "register"),
        ({"username": "acme@"}, "username"),
        ({"password": "two\r\nlines"}, "password"),
        ({"numbers": []}, "numbers"),
        ({"numbers": ["4155550100"]}, "numbers.0"),
        ({"max_live_calls": 0}, "max_live_calls"),
        ({"calls_per_second": 101}, "calls_per_second"),
        ({"auth_token": "x"}, "auth_token"),
        ({"kind": "isdn"}, "kind"),
        ({"kind": "twilio"}, "account_sid"),
        ({"color": "red"}, "color"),
    ],
)
def test_bad_input(api: ApiClient, changes: dict[str, Any], param: str) -> None:
    body = {name: value for name, value in {**TRUNK, **changes}.items() if value is not ...}

    refused(api.post("/v1/phone_lines", body), param)

    assert not PhoneLine.objects.exists()


def test_private_addresses_are_open_where_the_operator_says_so(api: ApiClient, settings: Any) -> None:
    settings.PHONE_LINES_ALLOW_PRIVATE = True

    assert api.post("/v1/phone_lines", {**TRUNK, "domain": "127.0.0.1"}).status_code == 201


def test_an_agent_of_another_account_does_not_exist(api: ApiClient, other_account: Account) -> None:
    theirs = make_agent(other_account)

    r = api.post("/v1/phone_lines", {**TRUNK, "inbound_agent_id": theirs.public_id})

    assert (r.status_code, r.json()["error"]["param"]) == (404, "inbound_agent_id")


def test_a_number_is_on_one_line_of_an_account(api: ApiClient, other_api: ApiClient, account: Account) -> None:
    line = make_line(account)

    refused(api.post("/v1/phone_lines", {**TRUNK, "numbers": ["+14155550102"]}), "numbers")

    # Who else has it is nobody's business, and nobody can keep it from its owner.
    assert other_api.post("/v1/phone_lines", TRUNK).status_code == 201
    api.delete(f"/v1/phone_lines/{line.public_id}")
    assert api.post("/v1/phone_lines", TRUNK).status_code == 201


def test_changing_one(api: ApiClient, account: Account) -> None:
    line = make_line(account)
    PhoneLine.objects.update(status="ready", status_detail="")

    r = api.patch(f"/v1/phone_lines/{line.public_id}", {"name": "Trunk", "numbers": ["+14155550102", "+14155550109"]})

    assert r.status_code == 200
    assert (r.json()["name"], r.json()["numbers"]) == ("Trunk", ["+14155550102", "+14155550109"])
    assert (r.json()["status"], PhoneLine.objects.get().secret) == ("ready", TRUNK["password"])


def test_what_leads_elsewhere_is_tried_anew(
    api: ApiClient, account: Account, tried: list[int], django_capture_on_commit_callbacks: Commit
) -> None:
    line = make_line(account)
    PhoneLine.objects.update(status="ready", status_detail="")
    tried.clear()

    with django_capture_on_commit_callbacks(execute=True):
        r = api.patch(f"/v1/phone_lines/{line.public_id}", {"password": "another", "username": None})

    assert (r.json()["status"], r.json()["username"]) == ("unreachable", None)
    assert PhoneLine.objects.get().secret == "another"
    assert tried == [line.pk]


@pytest.mark.parametrize(("field", "value"), [("kind", "twilio"), ("account_sid", "AC" + "1" * 32)])
def test_a_line_keeps_its_kind(api: ApiClient, account: Account, field: str, value: str) -> None:
    line = make_line(account)

    refused(api.patch(f"/v1/phone_lines/{line.public_id}", {field: value}), field)

    assert PhoneLine.objects.get().account_sid == ""


def test_one_line_is_the_default(api: ApiClient, account: Account) -> None:
    first, second = make_line(account, is_default=True), make_line(account, kind="twilio")

    api.patch(f"/v1/phone_lines/{second.public_id}", {"is_default": True})

    assert [line["is_default"] for line in api.get("/v1/phone_lines").json()["data"]] == [True, False]
    assert not PhoneLine.objects.get(pk=first.pk).is_default


def test_a_deleted_line_leaves_no_secret(api: ApiClient, account: Account) -> None:
    line = make_line(account)

    assert api.delete(f"/v1/phone_lines/{line.public_id}").status_code == 204

    assert api.get(f"/v1/phone_lines/{line.public_id}").status_code == 404
    assert api.get("/v1/phone_lines").json()["total"] == 0
    assert PhoneLine.objects.get().sealed_secret == ""
    assert not LineNumber.objects.exists()


def test_only_so_many_lines(api: ApiClient, account: Account, settings: Any) -> None:
    settings.PHONE_LINES_MAX = 1
    make_line(account)

    refused(api.post("/v1/phone_lines", TWILIO), None)


def test_the_same_key_makes_one_line(api: ApiClient) -> None:
    first = api.post("/v1/phone_lines", TRUNK, Idempotency_Key="one")
    again = api.post("/v1/phone_lines", TRUNK, Idempotency_Key="one")

    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert PhoneLine.objects.count() == 1


def test_a_line_that_leads_nowhere_says_so(api: ApiClient, account: Account, settings: Any) -> None:
    settings.TWILIO_API_URL = "http://127.0.0.1:1"
    line = make_line(account, kind="twilio")

    r = api.post(f"/v1/phone_lines/{line.public_id}/check")

    assert r.status_code == 200
    assert r.json()["status"] == "unreachable"
    assert r.json()["status_detail"] == "Twilio does not answer."
    assert r.json()["checked_at"] is not None


def test_what_callers_may_do(api: ApiClient) -> None:
    line = api.post("/v1/phone_lines", TRUNK).json()
    path = f"/v1/phone_lines/{line['id']}"

    api.patch(path, {"inbound_limits": {"calls_per_hour": None, "cost_per_day": "2.5", "blocked": ["+1900*"]}})
    changed = api.patch(path, {"inbound_limits": {"silent_after": 8}}).json()["inbound_limits"]

    assert line["inbound_limits"] == {
        "calls_per_hour": 20,
        "calls_per_day": 100,
        "cost_per_day": None,
        "silent_after": 15,
        "blocks_hidden": False,
        "blocked": [],
    }
    assert changed == {
        "calls_per_hour": None,
        "calls_per_day": 100,
        "cost_per_day": "2.50",
        "silent_after": 8,
        "blocks_hidden": False,
        "blocked": ["+1900*"],
    }


@pytest.mark.parametrize(
    ("limits", "param"),
    [
        ({"calls_per_hour": 0}, "inbound_limits.calls_per_hour"),
        ({"cost_per_day": "-1"}, "inbound_limits.cost_per_day"),
        ({"cost_per_day": 2}, "inbound_limits.cost_per_day"),
        ({"silent_after": None}, "inbound_limits.silent_after"),
        ({"blocked": ["*"]}, "inbound_limits.blocked.0"),
        ({"blocked": ["+1*23"]}, "inbound_limits.blocked.0"),
        ({"unknown": 1}, "inbound_limits.unknown"),
    ],
)
def test_limits_that_are_none(api: ApiClient, limits: dict[str, Any], param: str) -> None:
    answer = api.post("/v1/phone_lines", {**TRUNK, "inbound_limits": limits})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
