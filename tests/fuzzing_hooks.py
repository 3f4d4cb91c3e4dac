"""What schemathesis is told beside the description, as `SCHEMATHESIS_HOOKS` in `tests/test_fuzzing.py`."""

from __future__ import annotations

import itertools
from typing import Any, Final

import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi import checks

# What a sequence may bring a thing into, and no description of a request can tell.
REFUSED_BY_STATE: Final = ("This agent is archived and cannot be changed.", "The endpoint is disabled; enable it first")
# Once there are phone lines, wherever they came from: their numbers are taken, and calls have to be theirs.
REFUSED_BY_LINES: Final = (
    "Another line of the account has the number",
    "A line of the kind",
    "None of the account's phone lines has this 'from_number'",
    "The 'from_number' field is required: the account has several phone lines",
    "This call takes a phone line",
)
# What is wrong with well-formed hours, and no schema can say; and what hours refuse, which depends on the clock.
REFUSED_BY_HOURS: Final = (
    "'calling_hours': ",
    "'transfers': ",
    "'keypad': ",
    "'compliance': ",
    "Outside this agent's calling hours",
    "Outside this account's calling hours",
    "Calls are made by the clock of whoever is called",
    "This number may be in several time zones",
)
# What is too late or too soon by the clock, or does not go together, and no schema can say.
REFUSED_BY_TIMES: Final = (
    "'timezone': Send the name of a time zone",
    "A call can be scheduled at most 90 days ahead",
    "A list of gaps has one for each attempt",
)
# What a text is no number, or no file of numbers, for.
REFUSED_BY_FILES: Final = (
    "'csv': ",
    "Send a phone number with its country",
    "The first line must name the columns",
    "There is no number in this file",
    "This is not CSV",
    "A file has",
)
# Whom the account's own rules keep calls from.
REFUSED_BY_RULES: Final = ("This number is on the do-not-call list", "This number may have ")
# What a batch is in, or has nobody for.
REFUSED_BY_BATCHES: Final = ("This batch is ", "There is nobody to call in this file")
# Whom a call may be given to is its agent's setting, and only in a conversation somebody is.
REFUSED_BY_TRANSFERS: Final = ("The call is not in progress", "The agent may transfer calls to nobody like that")
# A sample is sent of what the endpoint was made for.
REFUSED_BY_WANTS: Final = "The endpoint wants no "

_is_used_after_its_end: Final = checks.use_after_free
_numbers = itertools.count()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """In a sequence no key is used twice: it would give back a thing made before, which may be deleted by now."""
    if case.meta is None or case.meta.phase.name != TestPhase.STATEFUL:
        return
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and key.isascii() and key.isprintable() and 0 < len(key.strip()) <= 240:
        case.headers["Idempotency-Key"] = f"{key.strip()}-{next(_numbers)}"


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """A refusal for the state that things are in, or for what no schema can say, is no verdict on the request."""
    if case.meta is None or response.status_code != 400:
        return
    message = response.json()["error"]["message"]
    is_state = case.meta.phase.name == TestPhase.STATEFUL and message in REFUSED_BY_STATE
    if is_state or message.startswith(
        (
            *REFUSED_BY_LINES,
            *REFUSED_BY_HOURS,
            *REFUSED_BY_TIMES,
            *REFUSED_BY_FILES,
            *REFUSED_BY_RULES,
            *REFUSED_BY_BATCHES,
            *REFUSED_BY_TRANSFERS,
            REFUSED_BY_WANTS,
        )
    ):
        case._meta = None


CHECKS.unregister("use_after_free")


@schemathesis.check
def use_after_free(ctx: Any, response: Any, case: Any) -> bool | None:
    """Schemathesis's own check, but for agents: a deleted one is archived, and can still be read."""
    is_agent = case.operation.path == "/v1/agents/{id}" and response.status_code == 200
    if is_agent and response.json()["status"] == "archived":
        return None
    return _is_used_after_its_end(ctx, response, case)
