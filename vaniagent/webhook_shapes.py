"""What a webhook looks like, for the documents that describe it: its headers, and the body of each event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from calls import event_types as call_events
from calls import events
from webhooks import event_types

Shape = Mapping[str, Any]

TIME: Final[Shape] = {"type": "string", "format": "date-time", "examples": ["2024-01-15T10:39:05Z"]}
CALL_ID: Final[Shape] = {"type": "string", "pattern": "^call_[0-9A-Za-z]+$", "examples": ["call_xyz789"]}
METADATA: Final[Shape] = {
    "type": "object",
    "description": "As it was given when the call was placed.",
    "examples": [{"customer_id": "cust_123"}],
}
CREDITS: Final[Shape] = {"type": "string", "description": "Decimal text", "examples": ["0.95"]}

HEADERS: Final[Mapping[str, Shape]] = {
    "X-Vaniagent-Signature": {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
        "description": "HMAC-SHA256 of the body in lower-case hex; the key is the secret as shown, as UTF-8.",
        "examples": ["9d5d1e9bd3a1c7f0a3b1c6f2e8d7a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f1"],
    },
    "X-Vaniagent-Event": {"type": "string", "enum": list(event_types.NAMES), "examples": ["call.completed"]},
    "X-Vaniagent-Delivery": {
        "type": "string",
        "pattern": "^whd_[0-9A-Za-z]+$",
        "description": "The same on every attempt.",
        "examples": ["whd_abc123"],
    },
    "webhook-id": {"type": "string", "pattern": "^evt_[0-9A-Za-z]+$", "examples": ["evt_abc123"]},
    "webhook-timestamp": {
        "type": "string",
        "pattern": "^[0-9]+$",
        "description": "Of this attempt, in Unix seconds.",
        "examples": ["1705315145"],
    },
    "webhook-signature": {
        "type": "string",
        "pattern": "^v1,[0-9A-Za-z+/=]+( v1,[0-9A-Za-z+/=]+)?$",
        "description": "By Standard Webhooks; two of them while an old secret is valid beside the new one.",
        "examples": ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
    },
}

_STATUS: Final[Mapping[str, str]] = {
    "call.started": "initiated",
    "call.transferring": "in_progress",
    "call.transferred": "in_progress",
    "call.transfer_failed": "in_progress",
    "call.failed": "failed",
}
_OF_ACCOUNT: Final[Mapping[str, Mapping[str, Shape]]] = {
    event_types.ACCOUNT_BALANCE_LOW.name: {
        "account_id": {"type": "string", "pattern": "^acct_[0-9A-Za-z]+$", "examples": ["acct_abc123"]},
        "credits": CREDITS,
        "threshold": {**CREDITS, "examples": ["1.00"]},
    }
}


def body_of(event_type: str) -> dict[str, Any]:
    """The JSON Schema of the body that tells of this event."""
    return object_of(
        {
            "event": {"const": event_type, "examples": [event_type]},
            "timestamp": TIME,
            "data": object_of(_OF_ACCOUNT.get(event_type) or _data_of_call(event_type), optional=_optional(event_type)),
        }
    )


def object_of(fields: Mapping[str, Shape], *, optional: frozenset[str] = frozenset()) -> dict[str, Any]:
    """An object with these fields. More may come: clients pass over what they do not know."""
    return {
        "type": "object",
        "properties": {name: dict(shape) for name, shape in fields.items()},
        "required": [name for name in fields if name not in optional],
    }


def example_of(shape: Shape) -> Any:
    """A value of this shape: that of each of its fields."""
    if "examples" in shape:
        return shape["examples"][0]
    return {name: example_of(field) for name, field in shape["properties"].items() if name in shape["required"]}


def add_webhooks(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's last step: what OpenAPI 3.1 says of webhooks."""
    parameters = [
        {"name": name, "in": "header", "required": True, "schema": dict(shape)} for name, shape in HEADERS.items()
    ]
    for event_type in event_types.ALL:
        body = body_of(event_type.name)
        content = {"application/json": {"schema": body, "example": example_of(body)}}
        result.setdefault("webhooks", {})[event_type.name] = {
            "post": {
                "summary": event_type.description,
                "parameters": parameters,
                "requestBody": {"required": True, "content": content},
                "responses": {
                    "2XX": {"description": "Heard. Anything else is tried again; 410 disables the endpoint."}
                },
                "tags": ["webhooks"],
            }
        }
    return result


def _optional(event_type: str) -> frozenset[str]:
    of_call = call_events.BY_NAME.get(event_type)
    return frozenset() if of_call is None else of_call.optional


def _data_of_call(event_type: str) -> dict[str, Shape]:
    link = {"type": ["string", "null"], "format": "uri", "description": "Valid for 7 days; null where nobody answered."}
    links = {
        name: {**link, "examples": [f"https://api.vaniagent.com/files/call_xyz789/{name.removesuffix('_url')}"]}
        for name in events.LINKS.get(event_type, ())
    }
    return {
        "call_id": CALL_ID,
        "agent_id": {"type": "string", "pattern": "^agent_[0-9A-Za-z]+$", "examples": ["agent_abc123"]},
        "status": {"type": "string", "examples": [_STATUS.get(event_type, "completed")]},
        "metadata": METADATA,
        **call_events.BY_NAME[event_type].fields,
        **links,
    }
