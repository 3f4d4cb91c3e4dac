"""Rows by a statement that is written out, where a queryset would be composed anew for every request.

A queryset of three joined models costs more to put together than PostgreSQL takes to answer it. Only what every
request under /v1 asks is read this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


def columns(model: type[Model], name: str) -> str:
    """All columns of a model, for a statement that calls its table by this name."""
    return ", ".join(f"{name}.{field.column}" for field in model._meta.concrete_fields)


def instance(model: type[M], values: Sequence[Any]) -> M:
    """The row whose `columns` have these values. Not for models whose fields convert what PostgreSQL gives (JSON)."""
    return model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in model._meta.concrete_fields], values)


def first(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row that the statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def every(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows that the statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
