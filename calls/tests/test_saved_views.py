"""Views of the list that people keep, and the list as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from agents.models import Agent
from calls import exporting
from calls.finding import CallFilter
from calls.models import SavedView
from calls.services import views
from calls.tests.conftest import NOW
from calls.tests.test_finding import ended

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(account: Any) -> User:
    return User.objects.get(email="owner@example.com")


def test_kept_replaced_and_deleted(account: Any, other_account: Any, user: User) -> None:
    views.save_view(account=account, user=user, name=" Failed  calls ", wanted=CallFilter(status=("failed",)), at=NOW)
    view = views.save_view(account=account, user=user, name="failed CALLS", wanted=CallFilter(text="x"), at=NOW)

    kept = views.views_of(account=account, user=user).get()
    assert (kept, kept.name, kept.query) == (view, "failed CALLS", "text=x")
    assert not views.views_of(account=other_account, user=user).exists()
    assert not views.delete_view(account=other_account, user=user, pk=view.pk)
    assert views.delete_view(account=account, user=user, pk=view.pk)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(("name", "text"), [("", ""), ("x" * 61, ""), ("Long", "ä" * 300)])
def test_refused(account: Any, user: User, name: str, text: str) -> None:
    with pytest.raises(views.BadView):
        views.save_view(account=account, user=user, name=name, wanted=CallFilter(text=text), at=NOW)

    assert not SavedView.objects.exists()


def test_a_bound(account: Any, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST", 1)
    views.save_view(account=account, user=user, name="One", wanted=CallFilter(), at=NOW)

    with pytest.raises(views.BadView):
        views.save_view(account=account, user=user, name="Two", wanted=CallFilter(), at=NOW)
    views.save_view(account=account, user=user, name="one", wanted=CallFilter(), at=NOW)


def test_csv(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_AT_ONCE", 2)
    made = [ended(agent, summary="=HYPERLINK(1)", metadata={"a": "b,c"}, cost=100_000).public_id for _ in range(5)]

    async def read() -> list[str]:
        return [piece async for piece in exporting.csv_of_calls(account=agent.account, wanted=CallFilter())]

    pieces = async_to_sync(read)()

    assert len(pieces) == 4
    rows = list(csv.DictReader(io.StringIO("".join(pieces))))
    assert [row["id"] for row in rows] == made[::-1]
    assert rows[0]["summary"] == "'=HYPERLINK(1)"
    assert rows[0]["to"] == "'+14155550100"
    assert rows[0]["metadata"] == '{"a":"b,c"}'
    assert (rows[0]["credits"], rows[0]["created"]) == ("0.10", "2026-03-01T12:00:00Z")
