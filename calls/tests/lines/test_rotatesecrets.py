"""`manage.py rotatesecrets`."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account
from calls.models import PhoneLine
from calls.tests.lines.conftest import TRUNK, make_line
from webhooks import services as webhooks
from webhooks.models import Endpoint

pytestmark = pytest.mark.django_db


def rotate() -> str:
    said = StringIO()
    call_command("rotatesecrets", stdout=said)
    return said.getvalue()


def test_afterwards_the_earlier_key_may_go(account: Account, settings: Any) -> None:
    make_line(account)
    secret = webhooks.create_endpoint(account=account, url="https://example.com/", events=["call.started"]).secret
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]

    assert rotate() == "2 secrets are encrypted with the present key.\n"

    settings.SECRET_KEY_FALLBACKS = []
    assert PhoneLine.objects.get().secret == TRUNK["password"]
    assert Endpoint.objects.get().secret == secret


def test_what_no_key_reads_is_told_and_left(account: Account, settings: Any) -> None:
    make_line(account)
    sealed = PhoneLine.objects.get().sealed_secret
    settings.SECRET_KEY = "new"

    with pytest.raises(CommandError, match="1 secrets cannot be read"):
        rotate()

    assert PhoneLine.objects.get().sealed_secret == sealed
