"""The audit log: what goes in, and that nothing comes out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts import audit, services
from accounts.models import AuditEntry, User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def owner(account: Any) -> User:
    return User.objects.get(email="owner@example.com")


def test_a_person_a_key_staff_and_the_platform(account: Any, owner: User) -> None:
    key, _ = services.create_api_key(account=account, mode="live")

    audit.record(account=account, by=audit.Actor(user=owner, ip="192.0.2.1"), action="call.placed", at=NOW)
    audit.record(account=account, by=audit.Actor(api_key=key), action="call.placed", target="call_1", at=NOW)
    audit.record(account=account, by=audit.Actor(user=owner, is_staff=True), action="billing.adjusted", at=NOW)
    audit.record(account=account, by=audit.PLATFORM, action="data.expired", details={"recordings": 3}, at=NOW)

    kept = list(AuditEntry.objects.for_account(account).order_by("pk").values_list("actor_kind", "actor", "target"))
    assert kept == [
        ("user", "owner@example.com", ""),
        ("key", key.public_id, "call_1"),
        ("staff", "owner@example.com", ""),
        ("platform", "", ""),
    ]
    assert AuditEntry.objects.get(action="data.expired").details == {"recordings": 3}


def test_only_what_is_in_the_catalogue(account: Any) -> None:
    with pytest.raises(ValueError, match="catalogue"):
        audit.record(account=account, by=audit.PLATFORM, action="call.eaten", at=NOW)

    assert not AuditEntry.objects.exists()


def test_long_details_are_cut(account: Any) -> None:
    entry = audit.record(
        account=account, by=audit.PLATFORM, action="workspace.renamed", details={"after": "x" * 1000}, at=NOW
    )

    assert entry.details == {"after": "x" * 300}


def test_it_only_grows(account: Any) -> None:
    entry = audit.record(account=account, by=audit.PLATFORM, action="data.expired", at=NOW)

    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(action="call.placed")
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).delete()

    assert AuditEntry.objects.get().action == "data.expired"


def test_every_action_has_words() -> None:
    assert all(str(words) for words in audit.ACTIONS.values())
    assert audit.words_of("key.created") == "created an API key"
    assert audit.words_of("of.old") == "of.old"
