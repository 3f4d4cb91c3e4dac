"""`/v1/asyncapi.json`: the description of the live feed and the webhooks, for everybody.

`write` makes `docs/asyncapi.yaml` of it, for `make docs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import event_types as call_events
from calls.consumers import feed
from calls.services import control
from vaniagent import webhook_shapes
from vaniagent.lib import json_wire
from vaniagent.lib.api import schema
from vaniagent.lib.api.serializers import Query
from vaniagent.webhook_shapes import CALL_ID, TIME, Shape, example_of, object_of
from webhooks import event_types

_SEQ: Final[Shape] = {
    "type": "integer",
    "minimum": 1,
    "description": "Rises by one within its call; a partial transcript has none.",
    "examples": [3],
}
_ANY_CALL: Final[Shape] = {**CALL_ID, "type": ["string", "null"], "description": "Null: every call of the account."}
_SAID: Final[Shape] = {
    "type": "string",
    "minLength": 1,
    "maxLength": control.LONGEST_TEXT,
    "examples": ["We close in five minutes."],
}

_EVENT: Final[Shape] = {"type": "string", "enum": list(event_types.NAMES), "examples": ["call.completed"]}
_EVENTS: Final[Shape] = {
    "type": "array",
    "items": {"type": "string", "enum": list(event_types.NAMES)},
    "examples": [["call.completed", "call.failed"]],
}
_SESSION: Final[Shape] = {"type": "string", "pattern": "^lsn_[0-9A-Za-z]+$", "examples": ["lsn_abc123"]}
_SIGNING: Final[Shape] = {
    "type": "string",
    "pattern": "^whsec_[0-9A-Za-z+/=]+$",
    "examples": ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDa2QbD1Jpu3E="],
}
_DELIVERY: Final[Shape] = {"type": "string", "pattern": "^whd_[0-9A-Za-z]+$", "examples": ["whd_abc123"]}

# Every field that a client's frame may have; which frame has which is the consumer's word.
_CLIENT_FIELDS: Final[Mapping[str, Shape]] = {
    "api_key": {"type": "string", "examples": ["YOUR_API_KEY"]},
    "call_id": CALL_ID,
    "after": {
        "type": "integer",
        "minimum": 0,
        "description": "Leaves out the events up to this seq.",
        "examples": [3],
    },
    "text": _SAID,
    "digits": {"type": "string", "pattern": f"^{control.DIGITS.pattern}$", "examples": ["1#"]},
    "events": {**_EVENTS, "description": "Those wanted; left out, all."},
    "session": {**_SESSION, "description": "Goes on with a session of less than a minute ago, in place of `events`."},
    "id": {**_DELIVERY, "description": "The webhook's."},
    "status": {
        "type": ["integer", "null"],
        "minimum": 100,
        "maximum": 599,
        "description": "The HTTP status of the answer; null where none came.",
        "examples": [200],
    },
    "ms": {"type": "integer", "minimum": 0, "description": "What the answer took.", "examples": [12]},
    "event": _EVENT,
}
_OPTIONAL: Final[Mapping[str, frozenset[str]]] = {
    "subscribe": frozenset({"call_id", "after"}),
    "unsubscribe": frozenset({"call_id"}),
    "listen": frozenset({"events", "session"}),
}
_CLIENT_SUMMARIES: Final[Mapping[str, str]] = {
    "auth": "Says who you are: first, and once.",
    "subscribe": "Follows a call from its first event, or from `after` on; without `call_id` every call from now on.",
    "unsubscribe": "Undoes a subscription.",
    "say": "The agent says this now.",
    "note": "The agent heeds this from its next turn on.",
    "hangup": "Ends the call.",
    "dtmf": "Presses keys.",
    "listen": "Hears the account's webhooks on this socket, signed as an endpoint would get them.",
    "unlisten": "Ends that.",
    "webhook.answered": "Says what the program answered that you passed a webhook on to; it is not sent again.",
    "sample": "Has those who listen told of a made-up event.",
}
_REFUSED: Final = {
    "code": "resource_not_found",
    "message": "There is no such call.",
    "param": "call_id",
    "type": "not_found_error",
}
_CLOSE_CODES: Final = (
    f"Close codes: {feed.NOT_AUTHENTICATED} not authenticated, {feed.NO_AUTHENTICATION_IN_TIME} none in time or idle, "
    f"{feed.SLOW_READER} a reader too slow (come back with `after`), {feed.ABUSE} too many or too large frames."
)


class AsyncApiView(APIView):
    """No key is asked for: there is nothing of anybody's in it."""

    authentication_classes = []

    @extend_schema(operation_id="asyncapi_retrieve", tags=["openapi"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Get the description of the live feed and the webhooks."""
        Query(data=request.query_params.dict()).is_valid(raise_exception=True)
        scheme, _, host = settings.PUBLIC_URL.partition("://")
        here = {"host": host, "protocol": "wss" if scheme == "https" else "ws"}
        return Response({**document(), "servers": {"here": here}})


@cache
def document() -> dict[str, Any]:
    """Made once a process: it is the code's."""
    hear, tell = _server_messages(), _client_messages()
    posted = {f"webhook.{event_type.name}": _posted(event_type) for event_type in event_types.ALL}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "VaniAgent",
            "version": "1",
            "description": "The live feed of calls, a WebSocket, and the webhooks. The rest of /v1: /v1/openapi.json.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "production": {"host": "api.vaniagent.com", "protocol": "wss"},
            "local": {"host": "127.0.0.1:8000", "protocol": "ws"},
        },
        "channels": {
            "feed": {
                "address": "/v1/ws",
                "title": "The live feed",
                "description": f"Frames are JSON objects, one a message. {_CLOSE_CODES}",
                "messages": _references({**tell, **hear}),
            },
            "webhooks": {
                "address": None,
                "title": "Webhooks",
                "description": "A POST to each endpoint that wants the event. Any 2xx within 10 seconds is a success.",
                "messages": _references(posted),
            },
        },
        "operations": {
            "hear": _operation("send", "feed", hear, "What you hear of calls, and what your frames came to."),
            "tell": _operation("receive", "feed", tell, "What you may send."),
            "notify": {
                **_operation("send", "webhooks", posted, "What your endpoints are sent."),
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
            },
        },
        "components": {
            "messages": {**tell, **hear, **posted},
            "schemas": {"WebhookHeaders": object_of(webhook_shapes.HEADERS)},
        },
    }


def write(path: Path) -> None:
    """Write the description as YAML."""
    path.write_text(yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120))


def _client_messages() -> dict[str, Any]:
    return {
        f"client.{name}": _message(
            name,
            _CLIENT_SUMMARIES[name],
            {field: _CLIENT_FIELDS[field] for field in _CLIENT_FIELDS if field in fields},
            optional=_OPTIONAL.get(name, frozenset()),
            is_closed=True,
        )
        for name, fields in feed.FIELDS.items()
    }


def _server_messages() -> dict[str, Any]:
    messages = {
        "authenticated": _message("authenticated", "Your key is valid."),
        "subscribed": _message("subscribed", "Confirms a subscription.", {"call_id": _ANY_CALL}),
        "unsubscribed": _message("unsubscribed", "Confirms its end.", {"call_id": _ANY_CALL}),
        "error": _message("error", "A frame was refused.", {"error": {**schema.error_shape(), "examples": [_REFUSED]}}),
    }
    messages |= _listening_messages()
    for event_type in call_events.ALL:
        fields = {"call_id": CALL_ID, "seq": _SEQ, **event_type.fields, "timestamp": TIME}
        messages[event_type.name] = _message(
            event_type.name, event_type.description, fields, optional=event_type.optional
        )
    partial = {name: shape for name, shape in call_events.UTTERANCE.items() if name != "is_final"}
    messages["transcript.update.partial"] = _message(
        "transcript.update",
        "What is understood so far: the next one of the same speaker replaces it.",
        {"call_id": CALL_ID, **partial, "is_final": {"const": False, "examples": [False]}, "timestamp": TIME},
    )
    messages["transcript.update"]["payload"]["properties"]["is_final"] = {"const": True, "examples": [True]}
    return messages


def _listening_messages() -> dict[str, Any]:
    sent_with = {
        "Content-Type": {"const": "application/json", "examples": ["application/json"]},
        "User-Agent": {"type": "string", "examples": ["VaniAgent-Webhooks/1"]},
    }
    webhook = {
        "id": _DELIVERY,
        "event": _EVENT,
        "headers": object_of({**sent_with, **webhook_shapes.HEADERS}),
        "body": {
            "type": "string",
            "description": "As UTF-8, the very bytes that an endpoint would be sent, and that are signed.",
            "examples": [json_wire.dumps(example_of(webhook_shapes.body_of("call.completed")))],
        },
    }
    sampled = {
        "id": {"type": "string", "pattern": "^evt_[0-9A-Za-z]+$", "examples": ["evt_abc123"]},
        "event": _EVENT,
        "listeners": {"type": "integer", "minimum": 0, "description": "How many are told.", "examples": [1]},
    }
    return {
        "listening": _message(
            "listening",
            "You hear webhooks now, signed with this secret.",
            {"session": _SESSION, "secret": _SIGNING, "events": _EVENTS},
        ),
        "unlistened": _message("unlistened", "You hear no more of them."),
        "webhook": _message("webhook", "A webhook, for you to pass on and to answer with `webhook.answered`.", webhook),
        "sampled": _message("sampled", "The made-up event was told.", sampled),
    }


def _message(
    name: str,
    summary: str,
    fields: Mapping[str, Shape] | None = None,
    *,
    optional: frozenset[str] = frozenset(),
    is_closed: bool = False,
) -> dict[str, Any]:
    payload = object_of({"type": {"const": name, "examples": [name]}, **(fields or {})}, optional=optional)
    if is_closed:
        payload["additionalProperties"] = False
    every = {**payload, "required": list(payload["properties"])} if is_closed else payload
    return {"name": name, "summary": summary, "payload": payload, "examples": [{"payload": example_of(every)}]}


def _posted(event_type: event_types.EventType) -> dict[str, Any]:
    body = webhook_shapes.body_of(event_type.name)
    headers = {name: example_of(shape) for name, shape in webhook_shapes.HEADERS.items()}
    return {
        "name": event_type.name,
        "summary": event_type.description,
        "headers": {"$ref": "#/components/schemas/WebhookHeaders"},
        "payload": body,
        "examples": [{"headers": {**headers, "X-Vaniagent-Event": event_type.name}, "payload": example_of(body)}],
    }


def _references(messages: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in messages}


def _operation(action: str, channel: str, messages: Iterable[str], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }
