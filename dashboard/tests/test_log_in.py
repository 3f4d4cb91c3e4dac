"""A second factor, a new password, and ending other log-ins."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from conftest import make_account

ADA = {"login": "ada@example.com", "password": "correct horse battery"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    """A browser of somebody who has logged in, and given the password once more as changes to the log-in ask."""
    make_account("ada@example.com")
    client = Client()
    client.post("/accounts/login/", ADA)
    client.post("/accounts/reauthenticate/", {"password": ADA["password"]})
    return client


def _secret(client: Client) -> str:
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    return re.search(r'<code id="totp-secret">(\w+)</code>', page).group(1)


def _code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_a_second_factor_is_asked_for_once_it_is_set_up(ada: Client) -> None:
    secret = _secret(ada)
    ada.post("/accounts/2fa/totp/activate/", {"code": _code(secret)})
    other = Client()

    assertRedirects(other.post("/accounts/login/", ADA), "/accounts/2fa/authenticate/")

    assert other.get("/preferences").status_code == 302
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes"}
    assertContains(ada.get("/accounts/2fa/"), "10 of 10 are unused")


def test_a_recovery_code_lets_one_in_once(ada: Client) -> None:
    secret = _secret(ada)
    ada.post("/accounts/2fa/totp/activate/", {"code": _code(secret)})
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    other = Client()
    other.post("/accounts/login/", ADA)

    assertRedirects(other.post("/accounts/2fa/authenticate/", {"code": code}), "/")

    third = Client()
    third.post("/accounts/login/", ADA)
    assert third.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200


def test_a_forgotten_password_is_chosen_anew() -> None:
    make_account("ada@example.com")
    client = Client()
    client.post("/accounts/password/reset/", {"email": "ada@example.com"})
    link = re.search(r"http://127.0.0.1:8000(/accounts/password/reset/key/\S+)", mail.outbox[-1].body).group(1)
    form = client.get(link, follow=True)

    client.post(
        form.request["PATH_INFO"], {"password1": "purple monkey dishwasher", "password2": "purple monkey dishwasher"}
    )

    assertRedirects(client.post("/accounts/login/", {**ADA, "password": "purple monkey dishwasher"}), "/")


@pytest.mark.parametrize("address", ["ada@example.com", "nobody@example.com"])
def test_no_request_says_where_a_mail_leads(settings: Any, address: str) -> None:
    settings.PUBLIC_URL = "https://voice.example.com"
    make_account("ada@example.com")

    Client(HTTP_HOST="127.0.0.1:6666").post("/accounts/password/reset/", {"email": address})

    (sent,) = mail.outbox
    assert "127.0.0.1" not in sent.body
    assert "voice.example.com" in sent.body


def test_other_log_ins_are_ended(ada: Client) -> None:
    other = Client()
    other.post("/accounts/login/", ADA)
    assertContains(ada.get("/accounts/sessions/"), "End all the others")

    ada.post("/accounts/sessions/")

    assert other.get("/preferences").status_code == 302
    assert ada.get("/preferences").status_code == 200
