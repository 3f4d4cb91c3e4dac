"""A POST with an `Idempotency-Key` is done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts import idempotency
from accounts.models import Account, IdempotentAnswer
from agents import services
from agents.models import Agent

pytestmark = pytest.mark.django_db

BODY = {"name": "Ada", "voice": "joe"}


def error_of(response: Any) -> Any:
    return response.json()["error"]


def test_the_same_request_gets_the_first_answer(api: Any) -> None:
    first = api.post("/v1/agents", BODY, Idempotency_Key="one")
    second = api.post("/v1/agents", BODY, Idempotency_Key="one")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert Agent.objects.count() == 1


def test_without_a_key_it_is_done_twice(api: Any) -> None:
    api.post("/v1/agents", BODY)
    api.post("/v1/agents", BODY)

    assert Agent.objects.count() == 2


def test_another_body(api: Any) -> None:
    api.post("/v1/agents", BODY, Idempotency_Key="one")
    r = api.post("/v1/agents", {**BODY, "name": "Bob"}, Idempotency_Key="one")

    assert r.status_code == 409
    assert (error_of(r)["code"], error_of(r)["type"]) == ("invalid_request", "idempotency_error")
    assert Agent.objects.count() == 1


def test_another_path(api: Any, agent: Any) -> None:
    api.post("/v1/agents", BODY, Idempotency_Key="one")
    r = api.post("/v1/calls", BODY, Idempotency_Key="one")

    assert r.status_code == 409


def test_keys_belong_to_their_account(api: Any, other_api: Any) -> None:
    first = api.post("/v1/agents", BODY, Idempotency_Key="one")
    second = other_api.post("/v1/agents", BODY, Idempotency_Key="one")

    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]


def test_an_error_is_not_kept(api: Any) -> None:
    refused = api.post("/v1/agents", {"name": "Ada"}, Idempotency_Key="one")
    done = api.post("/v1/agents", BODY, Idempotency_Key="one")

    assert (refused.status_code, done.status_code) == (400, 201)


def test_a_fault_of_ours_leaves_nothing(api: Any) -> None:
    make = services.create_agent

    def fail_late(**options: Any) -> None:
        make(**options)
        raise RuntimeError

    with mock.patch.object(services, "create_agent", autospec=True, side_effect=fail_late):
        r = api.post("/v1/agents", BODY, Idempotency_Key="one")

    assert r.status_code == 500
    assert not Agent.objects.exists()
    assert not IdempotentAnswer.objects.exists()


def test_kept_for_a_day(api: Any) -> None:
    first = api.post("/v1/agents", BODY, Idempotency_Key="one")
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24))
    second = api.post("/v1/agents", {**BODY, "name": "Bob"}, Idempotency_Key="one")
    third = api.post("/v1/agents", {**BODY, "name": "Bob"}, Idempotency_Key="one")

    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]
    assert third.content == second.content
    assert IdempotentAnswer.objects.count() == 1


def test_old_answers_are_forgotten(api: Any) -> None:
    api.post("/v1/agents", BODY, Idempotency_Key="one")
    now = timezone.now()

    assert idempotency.forget_old_answers(at=now + timedelta(hours=23)) == 0
    assert idempotency.forget_old_answers(at=now + timedelta(hours=24)) == 1
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "schlüssel", "a\tb"])
def test_bad_keys(api: Any, key: Any) -> None:
    r = api.post("/v1/agents", BODY, Idempotency_Key=key)

    assert r.status_code == 400
    assert error_of(r)["param"] == "Idempotency-Key"
    assert not Agent.objects.exists()


def test_without_an_api_key(client: Any) -> None:
    r = client.post("/v1/agents", BODY, content_type="application/json", headers={"Idempotency-Key": "one"})

    assert r.status_code == 401
    assert error_of(r)["type"] == "authentication_error"


def test_the_answer_is_encrypted(api: Any, settings: Any) -> None:
    r = api.post("/v1/agents", BODY, Idempotency_Key="one")
    kept = bytes(IdempotentAnswer.objects.get().body)
    settings.SECRET_KEY = "another"
    unreadable = api.post("/v1/agents", BODY, Idempotency_Key="one")

    assert r.json()["id"].encode() not in kept
    assert unreadable.status_code == 409


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_running(api: Any) -> None:
    account = Account.objects.get()
    other = connection.copy()
    try:
        with mock.patch.object(idempotency, "connection", other), transaction.atomic():
            other.ensure_connection()
            other.set_autocommit(False)
            assert idempotency._lock(account, "one")

        r = api.post("/v1/agents", BODY, Idempotency_Key="one")
        other.rollback()
        again = api.post("/v1/agents", BODY, Idempotency_Key="one")
    finally:
        other.close()
        connections.close_all()

    assert r.status_code == 409
    assert r.headers["Retry-After"] == "1"
    assert error_of(r)["type"] == "idempotency_error"
    assert again.status_code == 201
    assert Agent.objects.count() == 1
