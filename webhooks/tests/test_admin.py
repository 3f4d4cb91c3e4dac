"""Staff can find endpoints, events and deliveries, and change none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import Account, AuditEntry, User
from webhooks import services
from webhooks.admin import MOST_FORWARDS
from webhooks.models import Delivery, Endpoint


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com"))
    return client


@pytest.mark.parametrize("model", ["endpoint", "event", "delivery"])
def test_staff_read_and_change_nothing(staff: Client, endpoint: Endpoint, now: datetime, model: str) -> None:
    delivery = services.send_test_event(endpoint=endpoint, at=now)
    pk = {"endpoint": endpoint.pk, "event": delivery.event_id, "delivery": delivery.pk}[model]
    place = f"/admin/webhooks/{model}/"

    listed, shown = staff.get(place, {"q": "_"}), staff.get(f"{place}{pk}/change/")

    assert (listed.status_code, shown.status_code) == (200, 200)
    assert endpoint.secret not in shown.content.decode()
    assert staff.get(f"{place}add/").status_code == 403
    assert staff.post(f"{place}{pk}/delete/", {"post": "yes"}).status_code == 403
    assert (Endpoint.objects.count(), Delivery.objects.count()) == (1, 1)


def test_staff_send_again(staff: Client, endpoint: Endpoint, now: datetime) -> None:
    delivery = services.send_test_event(endpoint=endpoint, at=now)
    Delivery.objects.update(status=Delivery.Status.FAILED, next_attempt_at=None)

    staff.post("/admin/webhooks/delivery/", {"action": "resend", "_selected_action": [delivery.pk]})

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.PENDING
    entry = AuditEntry.objects.get()
    assert (entry.actor_kind, entry.actor, entry.action) == ("staff", "staff@example.com", "webhook.replayed")
    assert (entry.target, entry.details) == (endpoint.public_id, {"delivery": delivery.public_id})


def test_nothing_is_sent_to_a_disabled_endpoint(staff: Client, endpoint: Endpoint, now: datetime) -> None:
    delivery = services.send_test_event(endpoint=endpoint, at=now)
    Delivery.objects.update(status=Delivery.Status.FAILED, next_attempt_at=None)
    Endpoint.objects.update(status=Endpoint.Status.DISABLED)

    staff.post("/admin/webhooks/delivery/", {"action": "resend", "_selected_action": [delivery.pk]})

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED
    assert not AuditEntry.objects.exists()


def test_staff_without_the_permission_send_nothing(client: Client, endpoint: Endpoint, now: datetime) -> None:
    delivery = services.send_test_event(endpoint=endpoint, at=now)
    Delivery.objects.update(status=Delivery.Status.FAILED, next_attempt_at=None)
    user = User.objects.create_user("reader@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_delivery"))
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    client.post("/admin/webhooks/delivery/", {"action": "resend", "_selected_action": [delivery.pk]})

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED


def test_a_delivery_is_found(staff: Client, endpoint: Endpoint, now: datetime) -> None:
    delivery = services.send_test_event(endpoint=endpoint, at=now)

    for text in (delivery.public_id, endpoint.public_id, delivery.event.public_id, endpoint.account.public_id):
        page = staff.get("/admin/webhooks/delivery/", {"q": text, "progress": "pending"})
        assert list(page.context["cl"].result_list) == [delivery]


def test_queries_do_not_grow_with_the_rows(
    staff: Client, endpoint: Endpoint, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        services.send_test_event(endpoint=endpoint, at=now)

    with django_assert_max_num_queries(9):
        assert len(staff.get("/admin/webhooks/delivery/").context["cl"].result_list) == 5


def test_staff_read_who_listens_and_what_waits(staff: Client, account: Account, now: datetime) -> None:
    listener = services.begin_listening(account_id=account.pk, events=None, socket="specific.1", at=timezone.now())
    event = services.record_event(
        account=account, event_type="call.started", subject="call_1", data={"call_id": "call_1"}, at=now
    )
    place = "/admin/webhooks/listener/"

    for text in (listener.public_id, account.public_id):
        assert list(staff.get(place, {"q": text}).context["cl"].result_list) == [listener]
    shown = staff.get(f"{place}{listener.pk}/change/").content.decode()

    assert event is not None
    assert event.public_id in shown
    assert "listening" in shown
    assert listener.secret not in shown
    assert listener.sealed_secret not in shown
    assert staff.get(f"{place}add/").status_code == 403
    assert staff.post(f"{place}{listener.pk}/delete/", {"post": "yes"}).status_code == 403


def test_of_a_listener_that_much_waits_for_the_first_are_shown(
    staff: Client, account: Account, now: datetime, django_assert_max_num_queries: Any
) -> None:
    listener = services.begin_listening(account_id=account.pk, events=None, socket="specific.1", at=timezone.now())
    for _ in range(MOST_FORWARDS + 2):
        services.record_event(account=account, event_type="call.started", subject="call_1", data={}, at=now)

    with django_assert_max_num_queries(11):
        page = staff.get(f"/admin/webhooks/listener/{listener.pk}/change/")

    assert page.content.decode().count("call.started (") == MOST_FORWARDS
