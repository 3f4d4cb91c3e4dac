"""Statements that are written out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from vaniagent.lib import rows

pytestmark = pytest.mark.django_db


def test_gives_what_djangos_cursor_gives() -> None:
    statement = "SELECT %s::timestamptz, %s::jsonb, NULL"
    values = ["2026-11-20T10:00:00+02:00", '{"b": 1, "a": 2}']

    plain = rows.first(statement, values)
    with CaptureQueriesContext(connection):
        watched = rows.first(statement, values)

    assert plain == watched == (datetime(2026, 11, 20, 8, tzinfo=UTC), '{"a": 2, "b": 1}', None)


def test_is_seen_by_who_counts_queries(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        rows.first("SELECT %s", [1])
        rows.every("SELECT %s", [1])


def test_fails_as_django_does_and_marks_the_connection() -> None:
    connection.errors_occurred = False

    with pytest.raises(DatabaseError), transaction.atomic():
        rows.first("SELECT nothing_of_this_name", [])

    assert connection.errors_occurred


def test_asks_nothing_in_a_transaction_that_is_broken() -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            rows.first("SELECT %s", [1])
