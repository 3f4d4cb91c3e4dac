from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from calls.models import Call
from calls.services import control, operating, starting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unqueued")]


@pytest.fixture
def unqueued(monkeypatch):
    monkeypatch.setattr("calls.tasks.queue_call", lambda *_, **__: None)


@pytest.fixture
def call(agent) -> Call:
    return starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata={},
        at=timezone.now(),
    )


def test_an_address_for_the_member(browser, call):
    answer = browser.post(reverse("listen_in", args=[call.public_id]))

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    listener = operating.begin_listening(token=answer.json()["media_url"].rpartition("/")[2], at=timezone.now())
    assert listener.call == call


def test_a_call_that_has_ended(browser, call):
    control.hang_up_call(call=call, by="api", at=timezone.now())

    answer = browser.post(reverse("listen_in", args=[call.public_id]))

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The call has ended."


def test_viewers_do_not_listen(log_in, account, call):
    assert log_in(account, "viewer").post(reverse("listen_in", args=[call.public_id])).status_code == 403
