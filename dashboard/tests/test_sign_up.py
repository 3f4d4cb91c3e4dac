"""From nobody to a workspace with something in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django.asserts import assertRedirects

from accounts.models import Account, Membership, User
from agents.models import Agent
from billing.models import Balance
from conftest import make_account

PERSON = {"email": "Ada.Lovelace@Example.com", "password1": "analytical engine"}

pytestmark = pytest.mark.django_db


def _verify(client: Client) -> Any:
    link = re.search(r"http://127.0.0.1:8000(/accounts/confirm-email/\S+)", mail.outbox[-1].body).group(1)
    return client.post(link, follow=True)


def test_a_verified_address_opens_a_workspace(client: Client) -> None:
    assertRedirects(client.post("/accounts/signup/", PERSON), "/accounts/confirm-email/")
    assert not Account.objects.exists()

    response = _verify(client)

    assert response.redirect_chain[-1] == ("/", 302)
    membership = Membership.objects.get(user__email="ada.lovelace@example.com")
    assert membership.role == Membership.Role.OWNER
    assert membership.account.name == "Ada Lovelace’s workspace"
    assert Balance.objects.get(account=membership.account).available == 5_000_000
    agents = Agent.objects.for_account(membership.account).order_by("pk")
    assert [agent.current.name for agent in agents] == ["Reception", "Appointment reminder", "Survey"]
    assert "Talk to one now" in response.content.decode()


def test_a_link_followed_twice_opens_one_workspace(client: Client) -> None:
    client.post("/accounts/signup/", PERSON)

    _verify(client)
    _verify(Client())

    assert Account.objects.count() == 1


def test_unverified_one_does_not_get_in(client: Client) -> None:
    client.post("/accounts/signup/", PERSON)

    response = Client().post("/accounts/login/", {"login": PERSON["email"], "password": PERSON["password1"]})

    assertRedirects(response, "/accounts/confirm-email/")


def test_the_invited_get_no_workspace_of_their_own(client: Client, settings: Any) -> None:
    settings.SIGN_UP_OPEN = False
    client.get("/")
    session = client.session
    session["invitation"] = "inv_1"
    session.save()

    client.post("/accounts/signup/", PERSON)
    _verify(client)

    assert User.objects.filter(email="ada.lovelace@example.com").exists()
    assert not Account.objects.exists()
    assertRedirects(client.get("/"), "/welcome")


def test_welcome_opens_the_first_workspace(client: Client) -> None:
    user = User.objects.create_user("ada@example.com", "analytical engine")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    assertRedirects(client.post("/welcome", {"name": "Engines"}), "/")

    assert Membership.objects.get(user=user).account.name == "Engines"
    assertRedirects(client.get("/welcome"), "/")


def test_trial_credits_are_given_once(client: Client) -> None:
    user = User.objects.create_user("ada@example.com", "analytical engine")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/welcome", {"name": "First"})
    Membership.objects.all().delete()

    assertRedirects(client.post("/welcome", {"name": "Second"}), "/")

    first, second = Account.objects.order_by("pk")
    assert Balance.objects.get(account=first).available == 5_000_000
    assert not Balance.objects.filter(account=second, available__gt=0).exists()


def test_sign_up_can_be_closed(client: Client, settings: Any) -> None:
    settings.SIGN_UP_OPEN = False

    client.post("/accounts/signup/", PERSON)

    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["short", "1234567890123", "1q2w3e4r5t", "ada.lovelace@example.com"])
def test_weak_passwords_are_refused(client: Client, password: str) -> None:
    response = client.post("/accounts/signup/", {**PERSON, "password1": password})

    assert response.status_code == 200
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_not_told(client: Client) -> None:
    make_account("ada.lovelace@example.com")

    assertRedirects(client.post("/accounts/signup/", PERSON), "/accounts/confirm-email/")

    assert User.objects.count() == 1
    assert mail.outbox[-1].to == ["ada.lovelace@example.com"]


def test_who_was_made_by_the_operator_logs_in(client: Client) -> None:
    make_account("ada@example.com")

    response = client.post("/accounts/login/", {"login": "ada@example.com", "password": "correct horse battery"})

    assertRedirects(response, "/")


def test_log_in_is_limited(client: Client) -> None:
    make_account("ada@example.com")
    wrong = {"login": "ada@example.com", "password": "wrong horse"}
    for _ in range(10):
        client.post("/accounts/login/", wrong)

    right = {"login": "ada@example.com", "password": "correct horse battery"}
    response = client.post("/accounts/login/", right)

    assert response.status_code == 200
    assert "Too many failed login attempts" in response.content.decode()
