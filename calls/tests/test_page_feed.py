"""The feed that our own pages follow calls by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from accounts.models import Account, Membership, User
from calls import events
from calls.consumers import rounds
from calls.models import Call
from calls.routing import websockets
from calls.tests.conftest import NOW, make_call
from conftest import make_agent

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]

PATIENCE = 5
OURS = "http://testserver"


class Page:
    """A page's socket, with the cookie and the origin that its browser sends."""

    def __init__(self, account_id: str, *, session: str = "", origin: str = OURS) -> None:
        headers = [(b"host", b"testserver"), (b"cookie", f"theme=dark; sessionid={session}".encode())]
        if origin:
            headers.append((b"origin", origin.encode()))
        self.socket = WebsocketCommunicator(websockets, f"/feed/{account_id}", headers=headers)

    async def open(self) -> None:
        connected, _ = await self.socket.connect(timeout=PATIENCE)
        assert connected

    async def send(self, **frame: Any) -> None:
        await self.socket.send_json_to(frame)

    async def receive(self) -> dict[str, Any]:
        return await self.socket.receive_json_from(timeout=PATIENCE)

    async def close_code(self) -> int:
        while True:
            output = await self.socket.receive_output(timeout=PATIENCE)
            if output["type"] == "websocket.close":
                return output["code"]


@pytest.fixture
def browser(account: Account) -> Client:
    """Somebody who is logged in, and a viewer."""
    user = User.objects.create_user("viewer@example.com", "correct horse battery")
    Membership.objects.create(account=account, user=user, role=Membership.Role.VIEWER)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def session(browser: Client) -> str:
    return browser.cookies["sessionid"].value


@pytest.fixture
async def page(account: Account, session: str) -> AsyncIterator[Page]:
    page = Page(account.public_id, session=session)
    await page.open()
    yield page
    await page.socket.disconnect(timeout=PATIENCE)


async def test_a_member_follows_a_call_by_the_session(page, call):
    await page.send(type="subscribe", call_id=call.public_id)
    assert await page.receive() == {"type": "subscribed", "call_id": call.public_id}
    assert (await page.receive())["type"] == "call.started"

    await sync_to_async(events.record)(call, "call.note", at=NOW, data={"text": "Hi"})

    assert (await page.receive())["text"] == "Hi"


async def test_it_only_tells(page, call):
    for frame in (
        {"type": "say", "call_id": call.public_id, "text": "Hi"},
        {"type": "note", "call_id": call.public_id, "text": "Hi"},
        {"type": "dtmf", "call_id": call.public_id, "digits": "1"},
        {"type": "hangup", "call_id": call.public_id},
        {"type": "auth", "api_key": "va_live_x"},
    ):
        await page.send(**frame)
        assert (await page.receive())["error"]["message"] == "This socket only tells what happens."

    assert (await Call.objects.aget(pk=call.pk)).hangup_requested_at is None


async def test_calls_of_others_are_not_there(page, other_account):
    foreign = await sync_to_async(lambda: make_call(make_agent(other_account)))()

    await page.send(type="subscribe", call_id=foreign.public_id)

    assert (await page.receive())["error"]["code"] == "resource_not_found"


@pytest.mark.parametrize("origin", ["", "https://evil.example", "null", "http://testserver.evil.example"])
async def test_pages_of_others_are_turned_away(account, session, origin):
    page = Page(account.public_id, session=session, origin=origin)
    await page.open()

    assert await page.close_code() == 4403


async def test_who_is_no_member_or_not_logged_in_is_turned_away(account, other_account, session):
    for account_id, cookie in (
        (other_account.public_id, session),
        ("acct_nobody", session),
        (account.public_id, ""),
        (account.public_id, "x" * 32),
    ):
        page = Page(account_id, session=cookie)
        await page.open()
        assert await page.close_code() == 4401


@pytest.mark.parametrize("how", ["log out", "leave", "password", "suspend"])
async def test_who_may_no_longer_look_hears_no_more(page, browser, account, call, monkeypatch, how):
    await page.send(type="subscribe", call_id=call.public_id)
    await page.receive()

    def end() -> None:
        user = User.objects.get(email="viewer@example.com")
        if how == "log out":
            browser.logout()
        elif how == "leave":
            Membership.objects.filter(user=user).delete()
        elif how == "password":
            user.set_password("another horse battery")
            user.save()
        else:
            Account.objects.filter(pk=account.pk).update(status=Account.Status.SUSPENDED)

    await sync_to_async(end)()

    assert rounds.KEYS_EVERY_SECONDS < 1
    assert await page.close_code() == 4401
