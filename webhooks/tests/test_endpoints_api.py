"""`/v1/webhook_endpoints`."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pytest_django import Settings

from conftest import ApiClient
from webhooks.models import Delivery, Endpoint

URL = "/v1/webhook_endpoints"
BODY = {"url": "https://example.com/hook", "events": ["call.completed", "call.failed"], "description": "CRM"}


@pytest.fixture
def made(api: ApiClient) -> dict[str, Any]:
    answer = api.post(URL, BODY)
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json()
    return body


def test_create_answers_with_the_secret_once(api: ApiClient) -> None:
    answer = api.post(URL, BODY)

    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ["id", "url", "events", "description", "status", "secret", "created_at"]
    assert re.fullmatch(r"we_[0-9A-Za-z]{22}", body["id"])
    assert re.fullmatch(r"whsec_[0-9A-Za-z+/]{43}=", body["secret"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["created_at"])
    assert {name: body[name] for name in BODY} == BODY
    assert body["status"] == "enabled"
    endpoint = Endpoint.objects.get()
    assert endpoint.secret == body["secret"]
    assert body["secret"] not in endpoint.sealed_secret


def test_lists_newest_first_without_secrets(api: ApiClient, made: dict[str, Any]) -> None:
    second = api.post(URL, {"url": "https://example.com/2", "events": ["call.started"]}).json()

    page = api.get(URL).json()

    del made["secret"], second["secret"]
    assert page == {"data": [second, made], "total": 2, "limit": 20, "offset": 0}
    assert api.get(f"{URL}/{made['id']}").json() == made


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"url": None}, "url"),
        ({"url": 5}, "url"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://example.com/" + "a" * 2000}, "url"),
        ({"events": []}, "events"),
        ({"events": ["call.answered"]}, "events"),
        ({"events": "call.started"}, "events"),
        ({"events": [1]}, "events.0"),
        ({"description": "x" * 201}, "description"),
        ({"secret": "whsec_mine"}, "secret"),
        ({"status": "disabled"}, "status"),
    ],
)
def test_create_refuses_what_cannot_be(api: ApiClient, settings: Settings, changes: dict[str, Any], param: str) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False

    answer = api.post(URL, {**BODY, **changes})

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["type"], error["param"]) == ("invalid_request", "validation_error", param)
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize("field", ["url", "events"])
def test_create_names_the_field_that_is_missing(api: ApiClient, field: str) -> None:
    answer = api.post(URL, {name: value for name, value in BODY.items() if name != field})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == f"The '{field}' field is required"


def test_an_account_has_at_most_fifty(api: ApiClient, made: dict[str, Any], settings: Settings) -> None:
    settings.WEBHOOKS_MAX_ENDPOINTS = 1

    assert api.post(URL, BODY).status_code == 400
    assert Endpoint.objects.count() == 1


def test_changes_what_is_given(api: ApiClient, made: dict[str, Any]) -> None:
    answer = api.patch(f"{URL}/{made['id']}", {"events": ["call.started", "call.started"], "status": "disabled"})

    del made["secret"]
    assert answer.json() == {**made, "events": ["call.started"], "status": "disabled"}
    assert api.patch(f"{URL}/{made['id']}", {"status": "enabled"}).json()["status"] == "enabled"


def test_deletes(api: ApiClient, made: dict[str, Any]) -> None:
    assert api.delete(f"{URL}/{made['id']}").status_code == 204

    assert api.get(f"{URL}/{made['id']}").status_code == 404
    assert api.delete(f"{URL}/{made['id']}").status_code == 404
    assert api.get(URL).json()["total"] == 0


def test_rotates_the_secret(api: ApiClient, made: dict[str, Any]) -> None:
    answer = api.post(f"{URL}/{made['id']}/rotate_secret")

    assert answer.status_code == 200
    assert answer.json() == {**made, "secret": answer.json()["secret"]}
    assert answer.json()["secret"] != made["secret"]
    assert Endpoint.objects.get().secret == answer.json()["secret"]


def test_sends_a_sample_and_shows_its_delivery(api: ApiClient, made: dict[str, Any]) -> None:
    answer = api.post(f"{URL}/{made['id']}/test")

    assert answer.status_code == 201
    delivery = answer.json()
    assert (delivery["event"], delivery["status"], delivery["attempts"]) == ("call.completed", "pending", [])
    assert api.get(f"{URL}/{made['id']}/deliveries").json()["data"] == [delivery]
    assert api.get(f"{URL}/{made['id']}/deliveries?status=failed").json()["data"] == []


def test_sends_a_sample_of_the_event_that_is_named(api: ApiClient, made: dict[str, Any]) -> None:
    assert "call.failed" in made["events"]

    delivery = api.post(f"{URL}/{made['id']}/test", {"event": "call.failed"}).json()
    refusal = api.post(f"{URL}/{made['id']}/test", {"event": "recording.ready"})

    assert delivery["event"] == "call.failed"
    assert (refusal.status_code, refusal.json()["error"]["param"]) == (400, "event")
    assert Delivery.objects.count() == 1


def test_a_disabled_endpoint_takes_no_sample(api: ApiClient, made: dict[str, Any]) -> None:
    api.patch(f"{URL}/{made['id']}", {"status": "disabled"})

    assert api.post(f"{URL}/{made['id']}/test").status_code == 400
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "/rotate_secret"),
        ("post", "/test"),
        ("get", "/deliveries"),
    ],
)
def test_what_others_own_does_not_exist(other_api: ApiClient, made: dict[str, Any], method: str, path: str) -> None:
    before = Endpoint.objects.values().get()

    answer = getattr(other_api, method)(f"{URL}/{made['id']}{path}")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "resource_not_found"
    assert Endpoint.objects.values().get() == before
    assert other_api.get(URL).json()["total"] == 0


def test_a_wrong_key_makes_nothing(db: None) -> None:
    answer = ApiClient("va_live_wrong").post(URL, BODY)

    assert answer.status_code == 401
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize("rest", ["/%zz", "/?a=%1", "/#a#b", "/[x]", "/?a=^"])
def test_refuses_what_is_no_url(api: ApiClient, rest: str) -> None:
    answer = api.post(URL, {**BODY, "url": f"https://example.com{rest}"})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "url")
    assert Endpoint.objects.count() == 0
