"""Staff add credits or take them, for a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from billing import services
from billing.models import Balance, LedgerEntry, Transaction

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def adjust(account: Any, micro_credits: Any, *, reference: Any = "adjustment/1", reason: Any = "A bad line") -> Any:
    return services.adjust(
        account=account, micro_credits=micro_credits, reason=reason, by="staff@example.com", reference=reference, at=NOW
    )


def available(account: Any) -> Any:
    assert services.check_ledger() == []
    return Balance.objects.get(account=account).available


def adjustments() -> Any:
    return list(Transaction.objects.filter(kind="adjustment").values_list("reference", "memo", "posted_by"))


def entries() -> Any:
    found = LedgerEntry.objects.filter(transaction__kind="adjustment").order_by("pk")
    return list(found.values_list("book", "micro_credits"))


def test_credits_are_added(account: Any) -> None:
    adjust(account, 250_000, reason=" A bad line ")

    assert available(account) == 5_250_000
    assert adjustments() == [("adjustment/1", "A bad line", "staff@example.com")]
    assert entries() == [("adjustments", -250_000), ("customer", 250_000)]


def test_credits_are_taken(account: Any) -> None:
    adjust(account, -5_000_000)

    assert available(account) == 0
    assert entries() == [("customer", -5_000_000), ("adjustments", 5_000_000)]


def test_never_more_than_there_is(account: Any) -> None:
    services.extend_hold(account=account, reference="call_a", minute=1, rate_per_minute=1, at=NOW)

    with pytest.raises(services.InsufficientCredits):
        adjust(account, -5_000_000)

    assert available(account) == 4_999_999
    assert adjustments() == []


def test_once_for_a_reference(account: Any) -> None:
    assert adjust(account, 1) is not None
    assert adjust(account, 1) is None
    with pytest.raises(services.ReusedReference):
        adjust(account, -1)

    assert available(account) == 5_000_001


def test_not_without_a_reason_nor_an_amount(account: Any) -> None:
    with pytest.raises(services.NoReason):
        adjust(account, 1, reason=" ")
    with pytest.raises(services.NothingToMove):
        adjust(account, 0)

    assert adjustments() == []


# --- The page for staff ---


@pytest.fixture
def staff(client: Any) -> Any:
    user = User.objects.create_user("staff@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_balance", "adjust_balance"]))
    client.force_login(user)
    return client


def page_of(account: Any) -> str:
    return reverse("admin:billing_balance_adjust", args=[Balance.objects.get(account=account).pk])


def test_a_member_of_staff_adjusts(staff: Any, account: Any) -> None:
    page = staff.get(page_of(account))
    form = {"credits": "-1.50", "reason": "Paid by cheque", "reference": page.context["form"]["reference"].value()}

    r = staff.post(page_of(account), form)
    again = staff.post(page_of(account), form)

    assert (page.status_code, r.status_code, again.status_code) == (200, 302, 302)
    assert available(account) == 3_500_000
    assert adjustments() == [(form["reference"], "Paid by cheque", "staff@example.com")]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == ("staff@example.com", "billing.adjusted", account.public_id)
    assert entry.details == {"credits": "-1.50", "reason": "Paid by cheque"}


@pytest.mark.parametrize(
    "form",
    [
        {"credits": "-5.000001", "reason": "Too much"},
        {"credits": "0", "reason": "Nothing"},
        {"credits": "1", "reason": ""},
        {"credits": "much", "reason": "No number"},
        {"credits": "0.0000001", "reason": "Too fine"},
    ],
)
def test_what_cannot_be_is_said_on_the_page(staff: Any, account: Any, form: Any) -> None:
    r = staff.post(page_of(account), {**form, "reference": "adjustment/7"})

    assert r.status_code == 200
    assert r.context["form"].errors
    assert available(account) == 5_000_000
    assert adjustments() == []


def test_only_with_the_permission(staff: Any, account: Any) -> None:
    User.objects.get(email="staff@example.com").user_permissions.set(Permission.objects.filter(codename="view_balance"))

    r = staff.post(page_of(account), {"credits": "1", "reason": "Mine", "reference": "adjustment/7"})

    assert r.status_code == 403
    assert page_of(account) not in staff.get(page_of(account).replace("adjust/", "change/")).content.decode()
    assert adjustments() == []


def test_the_balance_itself_cannot_be_written(staff: Any, account: Any) -> None:
    address = reverse("admin:billing_balance_change", args=[Balance.objects.get(account=account).pk])

    assert page_of(account) in staff.get(address).content.decode()
    assert staff.post(address, {"available": "7"}).status_code == 403
    assert available(account) == 5_000_000
