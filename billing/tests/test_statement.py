"""The statement of a month, as lines and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.utils import timezone

from billing import services
from billing.models import Balance
from billing.services import statements
from conftest import ApiClient, make_account, make_key

pytestmark = [
    pytest.mark.django_db,
    # The test client reads in a thread what a server streams.
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
]

NOVEMBER = date(2026, 11, 1)
HEADER = ["time", "kind", "reference", "memo", "amount", "balance after"]


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def account(db: Any) -> Any:
    """October: a gift. November: a call, a gift and an adjustment. December: a call under way."""
    account = make_account(micro_credits=0)
    services.grant(account=account, reference="gift/1", micro_credits=5_000_000, at=at(10, 31, 23), memo="Welcome")
    services.extend_hold(account=account, reference="call_a", minute=1, rate_per_minute=100_000, at=at(11, 1, 0))
    services.extend_hold(account=account, reference="call_a", minute=2, rate_per_minute=100_000, at=at(11, 1, 1))
    services.settle_call(account=account, reference="call_a", micro_credits=123_457, at=at(11, 1, 2))
    services.grant(account=account, reference="gift/2", micro_credits=2_000_000, at=at(11, 2), memo="=1+1")
    services.adjust(
        account=account,
        micro_credits=-500_000,
        reason="Sent back",
        by="staff@x.com",
        reference="adj/1",
        at=at(11, 30, 23),
    )
    services.extend_hold(account=account, reference="call_b", minute=1, rate_per_minute=100_000, at=at(12, 1, 0))
    return account


@pytest.fixture
def api(account: Any) -> ApiClient:
    return ApiClient(make_key(account))


def rows_of(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response).decode(), newline="")))


def test_a_month(api: ApiClient) -> None:
    r = api.get("/v1/account/statement?month=2026-11")

    assert r.status_code == 200
    assert r.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert r.headers["Content-Disposition"] == 'attachment; filename="statement-2026-11.csv"'
    assert r.streaming
    assert rows_of(r) == [
        HEADER,
        ["2026-11-01T02:00:00Z", "charge", "call_a", "", "-0.123457", "4.876543"],
        ["2026-11-02T12:00:00Z", "grant", "gift/2", "'=1+1", "2.00", "6.876543"],
        ["2026-11-30T23:00:00Z", "adjustment", "adj/1", "Sent back", "-0.50", "6.376543"],
    ]


def test_the_balance_after_is_what_the_account_has(account: Any, api: ApiClient) -> None:
    balance = Balance.objects.get(account=account)

    assert rows_of(api.get("/v1/account/statement?month=2026-12")) == [HEADER]
    assert list(services.statement(account=account, month=date(2026, 11, 17)))[-1].balance_after == (
        balance.available + balance.held
    )


def test_months_without_anything(api: ApiClient) -> None:
    for month in ("2026-09", "2000-01", "2999-12"):
        assert rows_of(api.get(f"/v1/account/statement?month={month}")) == [HEADER]


@pytest.mark.parametrize("memo", ["=cmd", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\uff1dx"])
def test_no_cell_is_a_formula(account: Any, api: ApiClient, memo: str) -> None:
    services.grant(account=account, reference=memo, micro_credits=1, at=at(8, 1), memo=memo)

    _, row = rows_of(api.get("/v1/account/statement?month=2026-08"))
    assert row[2:] == [f"'{memo}", f"'{memo}", "0.000001", "0.000001"]


@pytest.mark.parametrize(
    "query", ["?month=", "?month=2026", "?month=2026-13", "?month=2026-1", "?month=1999-12", "?month=2026-11-01"]
)
def test_what_is_no_month(api: ApiClient, query: str) -> None:
    r = api.get(f"/v1/account/statement{query}")

    assert (r.status_code, r.json()["error"]["param"]) == (400, "month")


def test_the_present_month_where_none_is_named(account: Any, api: ApiClient) -> None:
    services.grant(account=account, reference="gift/now", micro_credits=1, at=timezone.now())

    assert "gift/now" in [row[2] for row in rows_of(api.get("/v1/account/statement"))]


def test_unchanged(account: Any, api: ApiClient) -> None:
    path = "/v1/account/statement?month=2026-11"
    etag = api.get(path).headers["ETag"]

    assert api.get(path, If_None_Match=etag).status_code == 304
    services.grant(account=account, reference="gift/3", micro_credits=1, at=at(11, 5))
    assert api.get(path, If_None_Match=etag).status_code == 200


def test_only_ones_own(account: Any) -> None:
    other = ApiClient(make_key(make_account("b@example.com", micro_credits=1)))

    assert rows_of(other.get("/v1/account/statement?month=2026-11"))[:1] == [HEADER]
    assert other.get("/v1/account/transactions").json()["total"] == 1
    assert ApiClient("va_live_nobody").get("/v1/account/statement?month=2026-11").status_code == 401


def test_many_lines_come_in_batches(account: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(statements, "_BATCH", 2)
    for number in range(5):
        # Several at one moment: the order is theirs of posting.
        moment = at(8, 1) + timedelta(seconds=number // 3)
        services.grant(account=account, reference=f"many/{number}", micro_credits=1, at=moment)

    lines = list(services.statement(account=account, month=date(2026, 8, 9)))

    assert [(line.reference, line.balance_after) for line in lines] == [(f"many/{n}", n + 1) for n in range(5)]


def test_streamed_by_an_asynchronous_server(account: Any) -> None:
    key = make_key(account)

    async def fetch() -> bytes:
        headers = {"Authorization": f"Bearer {key}"}
        r: Any = await AsyncClient().get("/v1/account/statement?month=2026-11", headers=headers)
        return b"".join([piece async for piece in r])

    assert async_to_sync(fetch)().decode().count("\r\n") == 4


# --- As a list ---


def test_transactions(api: ApiClient) -> None:
    r = api.get("/v1/account/transactions?limit=2")

    assert r.json() == {
        "data": [
            {
                "posted_at": "2026-11-30T23:00:00Z",
                "kind": "adjustment",
                "reference": "adj/1",
                "memo": "Sent back",
                "amount": "-0.50",
            },
            {
                "posted_at": "2026-11-02T12:00:00Z",
                "kind": "grant",
                "reference": "gift/2",
                "memo": "=1+1",
                "amount": "2.00",
            },
        ],
        "total": 4,
        "limit": 2,
        "offset": 0,
    }


def test_transactions_of_a_kind(api: ApiClient) -> None:
    r = api.get("/v1/account/transactions?kind=charge")

    assert [(it["reference"], it["amount"]) for it in r.json()["data"]] == [("call_a", "-0.123457")]
    for kind in ("hold", "no"):
        assert api.get(f"/v1/account/transactions?kind={kind}").json()["error"]["param"] == "kind"
