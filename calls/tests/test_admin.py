"""Staff find calls, read them, end them and queue them again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AuditEntry, User
from agents.models import Agent
from calls import events
from calls.models import Call, Leg, Turn
from calls.services import lifecycle, starting, stuck
from calls.tests.conftest import NOW, WORKER, answer, dial, end_leg, make_call, make_holder, seconds

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "correct horse battery"), BACKEND)
    return client


@pytest.fixture
def reader(db: None) -> Client:
    client = Client()
    user = User.objects.create_user("reader@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_call"))
    client.force_login(user, BACKEND)
    return client


def choose(client: Client, action: str, *calls: Call) -> Any:
    chosen = [call.pk for call in calls]
    return client.post(reverse("admin:calls_call_changelist"), {"action": action, "_selected_action": chosen})


def found(client: Client, **query: str) -> list[Call]:
    return list(client.get(reverse("admin:calls_call_changelist"), query).context["cl"].result_list)


def log() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "target"))


def test_staff_find_a_call_by_what_they_have(staff, call, other_account):
    leg = Leg.objects.get(call=call).public_id

    for text in (
        call.public_id,
        call.public_id[:12],
        leg,
        call.to_number,
        call.account.public_id,
        call.agent.public_id,
    ):
        assert found(staff, q=text) == [call]
    for text in (other_account.public_id, "+14155550199", "Good morning", "call_"):
        assert found(staff, q=text) == []


def test_queries_do_not_grow_with_the_rows(staff, agent, django_assert_max_num_queries, monkeypatch):
    for _ in range(5):
        make_call(agent)

    with django_assert_max_num_queries(9):
        assert len(found(staff)) == 5


def test_staff_read_what_was_said_and_cannot_change_it(staff, call):
    answer(call)
    Turn.objects.create(
        call=call, number=1, speaker="agent", text="Good <b>morning</b>.", is_final=True, created_at=NOW
    )
    events.record(call, "call.note", at=NOW, data={"text": "Be <i>brief</i>."})
    address = reverse("admin:calls_call_change", args=[call.pk])

    page = staff.get(address).content.decode()
    refused = staff.post(address, {"to_number": "+15550000000"})

    assert "Good &lt;b&gt;morning&lt;/b&gt;." in page
    assert "Be &lt;i&gt;brief&lt;/i&gt;." in page
    assert refused.status_code == 403
    assert Call.objects.get(pk=call.pk).to_number == "+14155550100"


def test_staff_hang_up(staff, call):
    choose(staff, "hang_up", call)

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by) == ("failed", "canceled", "staff")
    assert log() == [("staff@example.com", "call.hung_up", call.public_id)]


def test_hanging_up_what_has_ended_leaves_no_trace(staff, call):
    choose(staff, "hang_up", call)
    choose(staff, "hang_up", call)

    assert len(log()) == 1


def test_only_what_was_ticked_is_hung_up(staff, agent):
    ticked, other = make_call(agent), make_call(agent)

    staff.post(
        reverse("admin:calls_call_changelist"),
        {"action": "hang_up", "_selected_action": [ticked.pk], "select_across": "1"},
    )

    other.refresh_from_db()
    assert other.status == "initiated"


def test_the_page_of_a_call_asks_why(staff, call):
    address = reverse("admin:calls_call_end", args=[call.pk])

    assert staff.post(address, {"reason": ""}).status_code == 200
    assert log() == []
    assert staff.post(address, {"reason": "It loops"}).status_code == 302
    assert AuditEntry.objects.get().details == {"reason": "It loops"}
    assert "has ended" in staff.post(address, {"reason": "Again"}).content.decode()


def test_a_call_is_queued_for_another_worker(staff, call, queued, django_capture_on_commit_callbacks):
    claim = lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)

    with django_capture_on_commit_callbacks(execute=True):
        choose(staff, "requeue", call)

    call.refresh_from_db()
    assert (call.worker, call.token) == ("", claim.token + 1)
    assert queued == [("run_call", call.pk, "takeover")]
    assert log() == [("staff@example.com", "call.requeued", call.public_id)]


def test_a_call_that_nobody_has_is_queued_again(staff, call, queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        choose(staff, "requeue", call)

    assert queued == [("run_call", call.pk, "calls")]


def test_a_call_that_ended_is_not_queued(staff, call, queued, django_capture_on_commit_callbacks):
    choose(staff, "hang_up", call)
    queued.clear()

    with django_capture_on_commit_callbacks(execute=True):
        choose(staff, "requeue", call)

    assert queued == []
    assert [action for _, action, _ in log()] == ["call.hung_up"]


def test_staff_without_the_permission_only_read(reader, call):
    assert found(reader) == [call]
    choose(reader, "hang_up", call)
    choose(reader, "requeue", call)
    assert reader.post(reverse("admin:calls_call_end", args=[call.pk]), {"reason": "Mine"}).status_code == 403

    call.refresh_from_db()
    assert call.status == "initiated"
    assert log() == []


def test_a_suspended_account_places_no_call_by_any_way(agent):
    Account.objects.update(status=Account.Status.SUSPENDED)

    with pytest.raises(starting.AccountSuspended):
        make_call(agent)

    assert not Call.objects.exists()


# --- Stuck -----------------------------------------------------------------------------------------------------------


def why(call: Call, *, after: float) -> str | None:
    found = stuck.stuck_calls(at=NOW + seconds(after)).filter(pk=call.pk).first()
    return getattr(found, "stuck_because", None)


def test_a_call_that_nobody_dials(call):
    assert why(call, after=60) is None
    assert why(call, after=81) == "nobody dials it"


def test_a_call_whose_holder_is_gone(call):
    dial(call)
    make_holder(seen_at=NOW)

    assert why(call, after=29) is None
    assert why(call, after=31) == "the holder of its leg is gone"


def test_a_call_whose_leg_ended(call):
    answer(call)
    end_leg(call, at=NOW)

    assert why(call, after=24) is None
    assert why(call, after=26) == "its leg ended"


def test_a_call_that_was_asked_to_end(call):
    answer(call)
    make_holder(seen_at=NOW + seconds(60))
    Call.objects.filter(pk=call.pk).update(hangup_requested_at=NOW)

    assert why(call, after=22) is None
    assert why(call, after=24) == "asked to end, and goes on"


def test_a_call_that_talks_too_long(call):
    answer(call)
    make_holder(seen_at=NOW + seconds(10_000))
    longest = call.agent_version.max_duration

    assert why(call, after=longest + 79) is None
    assert why(call, after=longest + 81) == "longer than its agent may talk"


def test_a_call_whose_worker_is_silent(call):
    answer(call)
    make_holder(seen_at=NOW + seconds(60))
    Call.objects.filter(pk=call.pk).update(worker=WORKER, lease_until=timezone.now() - seconds(21))

    assert why(call, after=0) == "its worker is silent"


def test_what_has_ended_is_not_stuck(call):
    lifecycle.complete_undialled(call_id=call.public_id, reason="canceled", by="api", at=NOW)

    assert why(call, after=10_000) is None


def test_stuck_calls_are_listed(staff, agent: Agent):
    old, new = make_call(agent), make_call(agent, at=timezone.now())

    assert found(staff, progress="stuck") == [old]
    assert found(staff, progress="live") == [new, old]
    assert "nobody dials it" in staff.get(reverse("admin:calls_call_change", args=[old.pk])).content.decode()
