"""How log lines look: a static text and fields, on one line, for a terminal or as JSON for a collector.

What people said, numbers, prompts and digits never enter a log message. `call_id` is on every line that a call's task
writes (structlog's context variables).
"""

from __future__ import annotations

from typing import Any

import structlog
from structlog.typing import Processor

# From libraries one wants to hear only what went wrong.
QUIET = (
    "aiohttp.access",
    "daphne",
    "httpx",
    "httpcore2",
    "httpx2",
    "openai",
    "urllib3",
    "celery.app.trace",
    "celery.beat",
    "celery.worker.strategy",
    "environ",
    "kombu",
    "asyncio",
)


def logging_settings(*, log_format: str, level: str) -> dict[str, Any]:
    """The LOGGING setting. `log_format`: "console" or "json"; any other is reported by a system check."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Plain tracebacks: the richer ones print local variables, and with them keys and numbers.
    renderers: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in QUIET},
    }
