"""Topping up by Stripe Checkout: the real library, against a server that answers as Stripe does."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Scope, User
from accounts.workspaces import create_workspace
from billing import services
from billing.models import Balance, TopUp, Transaction
from billing.tests.stripe_server import StripeServer, event_of, signature_of
from conftest import ApiClient, make_key

pytestmark = pytest.mark.django_db

TOP_UPS = "/v1/account/top_ups"


def send(event: Any, *, signature: str | None = None) -> int:
    payload = event if isinstance(event, str) else json.dumps(event)
    headers = {"Stripe-Signature": signature_of(payload) if signature is None else signature}
    return Client().post("/billing/stripe", payload, content_type="application/json", headers=headers).status_code


def available(account: Any) -> Any:
    assert services.check_ledger() == []
    return Balance.objects.get(account=account).available


def order(api: ApiClient) -> Any:
    """Twenty credits, ordered and not paid."""
    return api.post(TOP_UPS, {"credits": "20.00"}).json()


def status_of(api: ApiClient, made: Any) -> Any:
    return api.get(f"{TOP_UPS}/{made['id']}").json()["status"]


# --- The page to pay at ---


def test_a_page_is_opened(api: ApiClient, account: Any, server: StripeServer) -> None:
    body = {"credits": "20.00", "success_url": "https://example.com/thanks", "cancel_url": "http://localhost:3000/"}
    r = api.post(TOP_UPS, body)

    made = r.json()
    assert r.status_code == 201
    assert made == {
        "id": TopUp.objects.get().public_id,
        "url": "https://checkout.stripe.com/c/pay/cs_test_1",
        "credits": "20.00",
        "status": "open",
        "created_at": made["created_at"],
        "paid_at": None,
    }
    [(asked, form, headers)] = server.requests
    assert asked == "POST /v1/checkout/sessions"
    assert headers["Idempotency-Key"] == made["id"]
    assert form == {
        "mode": "payment",
        "client_reference_id": made["id"],
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "2000",
        "line_items[0][price_data][product_data][name]": "VaniAgent credits",
        "metadata[top_up_id]": made["id"],
        "metadata[account_id]": account.public_id,
        "payment_intent_data[metadata][top_up_id]": made["id"],
        "payment_intent_data[metadata][account_id]": account.public_id,
        "success_url": "https://example.com/thanks",
        "cancel_url": "http://localhost:3000/",
    }
    assert available(account) == 5_000_000


def test_without_addresses_the_browser_comes_back_here(api: ApiClient, server: StripeServer, settings: Any) -> None:
    settings.PUBLIC_URL = "https://calls.example.com"

    order(api)

    form = server.requests[0][1]
    assert form["success_url"] == form["cancel_url"] == "https://calls.example.com/settings/billing"


@pytest.mark.parametrize("credits", ["0.99", "10000.01", "1.001", "-5", "1e3", "", "NaN", " 5", "\u0665", 20, None])
def test_what_is_not_sold(api: ApiClient, server: StripeServer, credits: Any) -> None:
    r = api.post(TOP_UPS, {"credits": credits})

    assert (r.status_code, r.json()["error"]["param"]) == (400, "credits")
    assert not TopUp.objects.exists()
    assert server.requests == []


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.com/", "/back", "https://", 7])
def test_where_no_browser_goes(api: ApiClient, server: StripeServer, address: Any) -> None:
    r = api.post(TOP_UPS, {"credits": "5", "success_url": address})

    assert (r.status_code, r.json()["error"]["param"]) == (400, "success_url")
    assert server.requests == []


@pytest.mark.parametrize("missing", ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_not_set_up(api: ApiClient, server: StripeServer, settings: Any, missing: str) -> None:
    setattr(settings, missing, "")

    r = api.post(TOP_UPS, {"credits": "20.00"})

    assert r.status_code == 400
    assert r.json()["error"] == {
        "code": "invalid_request",
        "message": "Top-up is not set up here: whoever runs this installation adds credits.",
        "param": None,
        "type": "validation_error",
    }
    assert send(event_of("charge.refunded", {"object": "charge"})) == 404
    assert server.requests == []


def test_stripe_stumbles_once(api: ApiClient, server: StripeServer) -> None:
    server.faults = [500]

    assert order(api)["status"] == "open"

    assert len({headers["Idempotency-Key"] for _, _, headers in server.requests}) == 1
    assert len(server.requests) == 2


def test_stripe_is_away(api: ApiClient, server: StripeServer) -> None:
    server.faults = [500, 500]

    r = api.post(TOP_UPS, {"credits": "20.00"})

    assert r.status_code == 503
    assert r.json()["error"] == {
        "code": "internal_error",
        "message": "The payment provider does not answer. Nothing was charged: try again in a minute.",
        "param": None,
        "type": "api_error",
    }
    assert r.headers["Retry-After"] == "30"
    assert not TopUp.objects.exists()


def test_stripe_refuses(api: ApiClient, server: StripeServer) -> None:
    server.faults = [400]

    r = api.post(TOP_UPS, {"credits": "20.00"})

    assert (r.status_code, r.json()["error"]["type"]) == (502, "api_error")
    assert r.json()["error"]["message"] == "The payment provider refused. Nothing was charged."
    assert not TopUp.objects.exists()


def test_one_key_one_page(api: ApiClient, server: StripeServer) -> None:
    made = [api.post(TOP_UPS, {"credits": "20.00"}, Idempotency_Key="one").json()["id"] for _ in range(2)]

    assert made[0] == made[1]
    assert len(server.sessions) == 1


def test_who_may(api: ApiClient, account: Any, other_api: ApiClient, server: StripeServer) -> None:
    made = order(api)
    account.api_keys.update(scopes=[Scope.READ, Scope.CALLS])

    assert api.post(TOP_UPS, {"credits": "20.00"}).status_code == 403
    assert [top_up["id"] for top_up in api.get(TOP_UPS).json()["data"]] == [made["id"]]
    assert other_api.get(f"{TOP_UPS}/{made['id']}").status_code == 404
    assert other_api.get(TOP_UPS).json()["total"] == 0


# --- Paid ---


def test_paid_once_however_often_it_is_told(api: ApiClient, account: Any, server: StripeServer) -> None:
    made = order(api)
    event = server.session_event("completed", "cs_test_1", payment_status="paid", status="complete")

    assert [send(event) for _ in range(3)] == [200, 200, 200]

    assert available(account) == 25_000_000
    posted = Transaction.objects.get(kind="top_up")
    assert (posted.reference, posted.memo) == ("cs_test_1", f"Top-up {made['id']}")
    shown = api.get(f"{TOP_UPS}/{made['id']}").json()
    assert (shown["status"], shown["url"]) == ("paid", None)
    assert shown["paid_at"] is not None


def test_the_first_credits_of_a_further_workspace(api: ApiClient, server: StripeServer) -> None:
    user = User.objects.get(email="owner@example.com")
    account = create_workspace(user=user, name="Second", at=timezone.now())
    order(ApiClient(make_key(account)))

    assert send(server.session_event("completed", "cs_test_1", payment_status="paid", status="complete")) == 200

    assert available(account) == 20_000_000


def test_paid_later(api: ApiClient, account: Any, server: StripeServer) -> None:
    made = order(api)
    completed = server.session_event("completed", "cs_test_1", status="complete")

    send(completed)
    assert (status_of(api, made), available(account)) == ("processing", 5_000_000)
    send(server.session_event("async_payment_succeeded", "cs_test_1", payment_status="paid"))
    send(completed)

    assert (status_of(api, made), available(account)) == ("paid", 25_000_000)


def test_told_in_the_wrong_order(api: ApiClient, account: Any, server: StripeServer) -> None:
    made = order(api)

    send(server.session_event("async_payment_succeeded", "cs_test_1", payment_status="paid"))
    send(server.session_event("completed", "cs_test_1", status="complete"))
    send(server.session_event("async_payment_failed", "cs_test_1"))
    send(server.session_event("expired", "cs_test_1"))

    assert (status_of(api, made), available(account)) == ("paid", 25_000_000)


def test_the_payment_fails(api: ApiClient, account: Any, server: StripeServer) -> None:
    made = order(api)

    send(server.session_event("async_payment_failed", "cs_test_1"))
    send(server.session_event("completed", "cs_test_1", status="complete"))

    assert (status_of(api, made), available(account)) == ("failed", 5_000_000)


def test_nobody_pays(api: ApiClient, account: Any, server: StripeServer) -> None:
    made = order(api)

    send(server.session_event("expired", "cs_test_1", status="expired", payment_intent=None))

    assert (status_of(api, made), available(account)) == ("expired", 5_000_000)


@pytest.mark.parametrize("changes", [{"amount_total": 1999}, {"amount_total": 20000}, {"currency": "jpy"}])
def test_another_amount_than_was_asked_for(
    api: ApiClient, account: Any, server: StripeServer, changes: Any, caplog: Any
) -> None:
    made = order(api)

    assert send(server.session_event("completed", "cs_test_1", payment_status="paid", **changes)) == 200

    assert (status_of(api, made), available(account)) == ("failed", 5_000_000)
    assert "A payment is not what was asked for" in caplog.messages


# --- Given back ---


def pay(server: StripeServer) -> None:
    send(server.session_event("completed", "cs_test_1", payment_status="paid"))


def test_a_refund_takes_the_credits_back(api: ApiClient, account: Any, server: StripeServer) -> None:
    order(api)
    pay(server)

    for refunded in (500, 500, 2000, 500):
        assert send(server.refund_event(1, refunded)) == 200

    assert available(account) == 5_000_000
    refunds = Transaction.objects.filter(kind="refund").order_by("pk")
    assert [posted.reference.rpartition("/")[2] for posted in refunds] == ["1", "2"]
    assert TopUp.objects.get().shortfall == 0


def test_a_refund_that_is_told_before_the_payment(api: ApiClient, account: Any, server: StripeServer) -> None:
    order(api)

    send(server.refund_event(1, 500))
    assert available(account) == 5_000_000
    pay(server)

    assert available(account) == 20_000_000
    assert [asked for asked, _, _ in server.requests] == ["POST /v1/checkout/sessions", "GET /v1/payment_intents/pi_1"]


def test_never_below_nothing(api: ApiClient, account: Any, server: StripeServer, caplog: Any) -> None:
    order(api)
    pay(server)
    spend = {"reference": "call_a", "minute": 1, "rate_per_minute": 22_000_000, "at": TopUp.objects.get().created_at}
    services.extend_hold(account=account, **spend)

    send(server.refund_event(1, 2000))

    assert available(account) == 0
    assert TopUp.objects.get().shortfall == 17_000_000
    assert caplog.messages.count("A payment went back after its credits were spent") == 1
    services.release(account=account, reference="call_a", at=spend["at"])
    send(server.refund_event(1, 2000))
    assert available(account) == 5_000_000
    assert TopUp.objects.get().shortfall == 0


def test_a_dispute_lost_and_one_won(api: ApiClient, account: Any, server: StripeServer) -> None:
    order(api)
    pay(server)

    withdrawn, reinstated = (server.dispute_event(f"funds_{it}", 1, 2000) for it in ("withdrawn", "reinstated"))
    for _ in range(2):
        send(withdrawn)
    assert available(account) == 5_000_000
    for event in (reinstated, reinstated, withdrawn):
        send(event)

    assert available(account) == 25_000_000
    assert list(Transaction.objects.order_by("pk").values_list("kind", flat=True)) == [
        *("grant", "top_up", "refund", "reinstatement"),
    ]


def test_a_won_dispute_that_is_told_first(api: ApiClient, account: Any, server: StripeServer) -> None:
    order(api)
    pay(server)

    send(server.dispute_event("funds_reinstated", 1, 2000))
    send(server.dispute_event("funds_withdrawn", 1, 2000))

    assert available(account) == 25_000_000


def test_a_refund_and_a_dispute_take_no_more_than_was_paid(api: ApiClient, account: Any, server: StripeServer) -> None:
    order(api)
    pay(server)

    send(server.refund_event(1, 1500))
    send(server.dispute_event("funds_withdrawn", 1, 2000))

    assert available(account) == 5_000_000


def test_what_is_not_ours_is_passed_over(account: Any, server: StripeServer) -> None:
    session = {"id": "cs_other", "object": "checkout.session", "payment_status": "paid", "payment_intent": "pi_7"}

    assert send(event_of("checkout.session.completed", {**session, "amount_total": 5, "currency": "usd"})) == 200
    assert send(server.refund_event(7, 500)) == 200
    assert send(event_of("customer.created", {"id": "cus_1", "object": "customer"})) == 200

    assert available(account) == 5_000_000


def test_a_notice_waits_while_stripe_is_away(api: ApiClient, account: Any, server: StripeServer) -> None:
    order(api)
    server.faults = [500, 500]

    assert send(server.refund_event(1, 500)) == 503
    assert send(server.refund_event(1, 500)) == 200


# --- Signatures ---


def test_only_what_stripe_signed(api: ApiClient, account: Any, server: StripeServer) -> None:
    order(api)
    payload = json.dumps(server.session_event("completed", "cs_test_1", payment_status="paid"))
    forged = [
        "",
        "nonsense",
        "t=1,v1=",
        signature_of(payload, secret="whsec_other"),
        signature_of(payload, at=time.time() - 600),
        signature_of(payload.replace("2000", "3000")),
    ]

    assert {send(payload, signature=signature) for signature in forged} == {400}
    assert send("not json") == 400
    assert Client().get("/billing/stripe").status_code == 405

    assert available(account) == 5_000_000
    assert TopUp.objects.get().status == "open"
