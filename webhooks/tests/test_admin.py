"""Staff can find endpoints, events and deliveries, and change none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import AuditEntry, User
from webhooks import services
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
