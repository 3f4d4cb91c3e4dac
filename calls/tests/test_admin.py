from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from calls import events
from calls.models import Call, Turn
from calls.tests.conftest import NOW, answer


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "correct horse battery"))
    return client


def test_staff_find_a_call_by_its_number(staff, call):
    page = staff.get(reverse("admin:calls_call_changelist"), {"q": call.to_number})

    assert page.status_code == 200
    assert call.public_id in page.content.decode()


def test_staff_read_what_was_said_and_cannot_change_it(staff, call):
    answer(call)
    Turn.objects.create(call=call, number=1, speaker="agent", text="Good morning.", is_final=True, created_at=NOW)
    events.record(call, "call.note", at=NOW, data={"text": "Be brief."})
    address = reverse("admin:calls_call_change", args=[call.pk])

    page = staff.get(address)
    refused = staff.post(address, {"to_number": "+15550000000"})

    assert "Good morning." in page.content.decode()
    assert "Be brief." in page.content.decode()
    assert refused.status_code == 403
    assert Call.objects.get(pk=call.pk).to_number == "+14155550100"


def test_staff_hang_up(staff, call):
    staff.post(
        reverse("admin:calls_call_changelist"), {"action": "hang_up", "_selected_action": [call.pk]}, follow=True
    )

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by) == ("failed", "canceled", "staff")
