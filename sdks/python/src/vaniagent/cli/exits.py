"""How the program ends: a code for each thing that a script may want to treat by itself."""

from __future__ import annotations

from typing import List, Tuple, Type

from vaniagent import errors

OK = 0
FAILED = 1
# Click's own for a command line that is wrong.
USAGE = 2
NOT_LOGGED_IN = 3
NOT_ALLOWED = 4
NOT_FOUND = 5
REFUSED = 6
NO_CREDITS = 7
TOO_MANY = 8
UNREACHABLE = 9
CALL_FAILED = 10
INTERRUPTED = 130

MEANINGS = {
    OK: "It was done.",
    FAILED: "It was not, for another reason than those below, such as a fault of the server's.",
    USAGE: "The command line is wrong.",
    NOT_LOGGED_IN: "There is no API key, or it is not valid.",
    NOT_ALLOWED: "The key may not do this.",
    NOT_FOUND: "There is no such thing.",
    REFUSED: "The request was refused: a value is not valid, or it clashes with another request.",
    NO_CREDITS: "The credits do not cover it.",
    TOO_MANY: "Too many requests, live calls or listeners.",
    UNREACHABLE: "The server could not be reached.",
    CALL_FAILED: "The call that was waited for or watched came to no conversation.",
    INTERRUPTED: "Ctrl-C.",
}

# The first that fits.
_BY_ERROR: List[Tuple[Type[errors.VaniAgentError], int]] = [
    (errors.ConfigurationError, NOT_LOGGED_IN),
    (errors.AuthenticationError, NOT_LOGGED_IN),
    (errors.PermissionDeniedError, NOT_ALLOWED),
    (errors.NotFoundError, NOT_FOUND),
    (errors.InsufficientCreditsError, NO_CREDITS),
    (errors.RateLimitError, TOO_MANY),
    (errors.InvalidRequestError, REFUSED),
    (errors.ConflictError, REFUSED),
    (errors.APIConnectionError, UNREACHABLE),
]


def code_of(error: errors.VaniAgentError) -> int:
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), FAILED)
