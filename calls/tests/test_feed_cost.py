"""What a message of the live feed must not cost, with a thousand sockets to tell it to."""

from __future__ import annotations

from unittest.mock import create_autospec

import pytest
from asgiref.sync import sync_to_async
from channels import consumer
from channels.db import aclose_old_connections
from django.utils import timezone

from calls import events
from calls.tests.test_feed import Client
from conftest import make_key

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]


async def test_a_message_goes_to_no_thread(account, call, monkeypatch):
    look = create_autospec(aclose_old_connections)
    monkeypatch.setattr(consumer, "aclose_old_connections", look)
    client = Client()
    await client.open()
    await client.send(type="auth", api_key=await sync_to_async(make_key)(account))
    await client.send(type="subscribe", call_id=call.public_id, after=call.last_seq)
    await client.receive_all(2)

    await events.abroadcast(call, events.interim(call, speaker="user", text="Hello", at=timezone.now()))

    assert (await client.receive())["text"] == "Hello"
    look.assert_not_called()
    await client.close()
