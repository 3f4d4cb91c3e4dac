"""What reaches the log."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

import pytest

from vaniagent.lib.logs import logging_settings


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_shows_no_variables(log_format: str) -> None:
    settings = logging_settings(log_format=log_format, level="INFO")
    configurator: Any = logging.config.DictConfigurator(settings)
    formatter = configurator.configure_formatter(settings["formatters"]["line"])

    try:
        fail(key="".join(["va_", "live_", "secret"]))
    except ValueError:
        record = logging.makeLogRecord({"msg": "It failed", "levelname": "ERROR", "exc_info": sys.exc_info()})
    text = formatter.format(record)

    assert "ValueError: no" in text
    assert "va_live_secret" not in text


def fail(*, key: str) -> None:
    raise ValueError("no")
