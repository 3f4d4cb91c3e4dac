"""The Python SDK of VaniAgent: AI voice agents on the phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaniagent.answers import RawResponse
from vaniagent.client import VaniAgent
from vaniagent.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    InsufficientCreditsError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    VaniAgentError,
    WaitTimeoutError,
    WebhookVerificationError,
)
from vaniagent.not_given import NOT_GIVEN, NotGiven
from vaniagent.version import __version__

if TYPE_CHECKING:
    from vaniagent import models, webhooks
    from vaniagent.async_client import AsyncVaniAgent

__all__ = [
    "NOT_GIVEN",
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncVaniAgent",
    "AuthenticationError",
    "ConfigurationError",
    "ConflictError",
    "InsufficientCreditsError",
    "InternalServerError",
    "InvalidRequestError",
    "NotFoundError",
    "NotGiven",
    "PermissionDeniedError",
    "RateLimitError",
    "RawResponse",
    "VaniAgent",
    "VaniAgentError",
    "WaitTimeoutError",
    "WebhookVerificationError",
    "__version__",
    "models",
    "webhooks",
]

_LAZY = {"AsyncVaniAgent": "vaniagent.async_client", "models": "vaniagent.models", "webhooks": "vaniagent.webhooks"}


def __getattr__(name: str) -> Any:
    """What not every program uses is imported when it is asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module 'vaniagent' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(_LAZY[name])
    return getattr(module, name, module) if name[0].isupper() else module
