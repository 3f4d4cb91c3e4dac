"""Staff can find endpoints, events and deliveries, and change none."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import User
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
