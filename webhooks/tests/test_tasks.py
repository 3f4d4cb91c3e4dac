"""The queue's messages: each does its one thing, and takes arguments that a newer sender may add."""

from __future__ import annotations

from unittest.mock import create_autospec

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Account
from webhooks import services, tasks
from webhooks.models import Endpoint
from webhooks.services import mails, sending


def test_deliver_due_runs_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = create_autospec(sending.Sender, instance=True)
    monkeypatch.setattr(sending, "sender", sender)

    tasks.deliver_due(added_later=1)

    sender.run.assert_called_once_with()


def test_the_owner_is_told_once_of_a_disabled_endpoint(
    account: Account,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    tell = create_autospec(tasks.tell_owner)
    monkeypatch.setattr(tasks, "tell_owner", tell)

    with django_capture_on_commit_callbacks(execute=True):
        assert services.disable_endpoint(endpoint=endpoint, reason="a test", tell_owner=True)
        assert not services.disable_endpoint(endpoint=endpoint, reason="a test", tell_owner=True)

    tell.assert_called_once_with(endpoint.pk)


def test_the_mail_task_mails(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    told = create_autospec(mails.tell_owner_of_disabled_endpoint)
    monkeypatch.setattr(mails, "tell_owner_of_disabled_endpoint", told)

    tasks.tell_owner_of_disabled_endpoint(endpoint_id=endpoint.pk, added_later=1)

    told.assert_called_once_with(endpoint_id=endpoint.pk)
