"""What reaches the log."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from vaniagent.lib.logs import logging_settings


@pytest.fixture(params=["console", "json"])
def formatter(request: pytest.FixtureRequest) -> logging.Formatter:
    settings = logging_settings(log_format=request.param, level="INFO")
    configurator: Any = logging.config.DictConfigurator(settings)
    formatter: logging.Formatter = configurator.configure_formatter(settings["formatters"]["line"])
    return formatter


def test_a_traceback_shows_no_variables(formatter: logging.Formatter) -> None:
    try:
        fail(key="".join(["va_", "live_", "secret"]))
    except ValueError:
        text = format_failure(formatter)

    assert "ValueError: no" in text
    assert "va_live_secret" not in text


@pytest.mark.django_db
def test_a_refusal_shows_no_query(
    formatter: logging.Formatter, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/files/call_1/recording.wav?expires=1&signature=abc")

    (refused,) = [record for record in caplog.records if record.name == "django.request"]
    text = formatter.format(refused)
    assert "Forbidden: /files/call_1/recording.wav" in text
    assert "GET" in text
    assert "signature" not in text


@pytest.mark.django_db
def test_a_traceback_shows_no_row(formatter: logging.Formatter) -> None:
    number, name = "+14155550100", "Sam\n\nMiller"
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE people (number text NOT NULL, name text, age int NOT NULL)")
            cursor.execute("INSERT INTO people VALUES (%s, %s, NULL)", [number, name])
    except IntegrityError:
        try:
            fail(key="")
        except ValueError:
            text = format_failure(formatter)

    assert "IntegrityError: null value in column" in text
    assert "ValueError: no" in text
    assert "+14155550100" not in text
    assert "Miller" not in text


def test_a_host_that_is_not_ours_is_no_error(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    response = client.get("/", headers={"host": "scanner.example"})

    assert response.status_code == 400
    assert caplog.records == []


def format_failure(formatter: logging.Formatter) -> str:
    record = logging.makeLogRecord({"msg": "It failed", "levelname": "ERROR", "exc_info": sys.exc_info()})
    return formatter.format(record)


def fail(*, key: str) -> None:
    raise ValueError("no")
