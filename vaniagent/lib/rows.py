"""Rows by a statement that is written out, where a queryset would be composed anew for every request.

A queryset of three joined models costs more to put together than PostgreSQL takes to answer it. Only what every
request under /v1 asks is read this way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, Model
from django.db.models.fields import NOT_PROVIDED

M = TypeVar("M", bound=Model)


def columns(model: type[Model], name: str) -> str:
    """All columns of a model, for a statement that calls its table by this name."""
    return ", ".join(f"{name}.{field.column}" for field in model._meta.concrete_fields)


def instance(model: type[M], values: Sequence[Any]) -> M:
    """The row whose `columns` have these values. Not for models whose fields convert what PostgreSQL gives (JSON)."""
    return model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in model._meta.concrete_fields], values)


def first(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row that the statement finds."""
    with _executed(statement, values) as cursor:
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def every(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows that the statement finds."""
    with _executed(statement, values) as cursor:
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


@contextmanager
def _executed(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> Iterator[Any]:
    """A cursor with the statement's rows: psycopg's own, unless somebody watches what Django's executes."""
    if connection.queries_logged or connection.execute_wrappers:
        with connection.cursor() as watched:
            watched.execute(statement, values)
            yield watched
        return

    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        yield cursor.execute(statement, values)


def insert(row: Model) -> None:
    """Store a new row, by a statement that is composed once a model. Not for models with array fields.

    What PostgreSQL gives it (its key, defaults of the database) is on it afterwards. No signals are sent.
    """
    statement, fields = _insertion(type(row))
    given = first(statement, [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields])
    for field, value in zip(row._meta.db_returning_fields, given or (), strict=True):
        setattr(row, field.attname, value)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insertion(model: type[Model]) -> tuple[str, list[Field[Any, Any]]]:
    """The statement, and the fields whose values it takes: all that PostgreSQL does not give."""
    returned = model._meta.db_returning_fields
    taken = [
        field for field in model._meta.concrete_fields if field not in returned or field.default is not NOT_PROVIDED
    ]
    names = ", ".join(str(field.column) for field in taken)
    values = ", ".join(["%s"] * len(taken))
    given = ", ".join(str(field.column) for field in returned)
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({values}) RETURNING {given}", taken  # noqa: S608
