"""How log lines look: a static text and fields, on one line, for a terminal or as JSON for a collector.

What people said, numbers, prompts and digits never enter a log message. `call_id` is on every line that a call's task
writes (structlog's context variables).
"""

from __future__ import annotations

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

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

# A host name that is not ours is answered by 400; scanners send thousands, and each would be an error with a traceback.
SILENT = ("django.security.DisallowedHost",)

# What PostgreSQL adds to a fault, up to the next exception of the traceback: it quotes the row, or the statement.
_QUOTED = re.compile(
    r"\n[ |]*(?:DETAIL|CONTEXT|LINE \d+): .*?(?=\n[ |]*\n[ |]*(?:The above exception|During handling)|\Z)", re.DOTALL
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
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    renderers = [structlog.processors.format_exc_info, _quote_no_rows, _tell_no_query, renderer]
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
        "loggers": {
            **{name: {"level": "WARNING"} for name in QUIET},
            **{name: {"level": "CRITICAL"} for name in SILENT},
        },
    }


def _quote_no_rows(logger: Any, name: str, event: EventDict) -> EventDict:
    if "exception" in event:
        event["exception"] = _QUOTED.sub("", event["exception"])
    return event


def _tell_no_query(logger: Any, name: str, event: EventDict) -> EventDict:
    """Django adds the whole request to what it says of a refusal: with it the query, which may hold a link's signature."""
    if (request := event.pop("request", None)) is not None:
        event["method"] = getattr(request, "method", None)
    return event
