"""The OpenAPI document of /v1: what the code says, and what holds for every operation.

`ApiSchema` reads what our views and serializers have that drf-spectacular does not know of. `complete` is the last step: it
adds to each operation the headers, the parameters and the errors that middleware and `ApiViewSet` give to all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from vaniagent.lib import errors, json_wire
from vaniagent.lib.api import fields
from vaniagent.lib.api.serializers import Input

_KINDS: Final = (
    errors.InvalidRequest,
    errors.NotAuthenticated,
    errors.PaymentRequired,
    errors.PermissionDenied,
    errors.NotFound,
    errors.Conflict,
    errors.TooMany,
    errors.ServiceError,
    errors.BadAnswer,
    errors.Unavailable,
)
CODES: Final = tuple(dict.fromkeys(kind.code for kind in _KINDS))
TYPES: Final = tuple(dict.fromkeys(kind.type for kind in _KINDS))

# Every error's status: the name of its component, and when it is answered.
_ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "400": ("InvalidRequest", "Something in the request is not valid; `param` names the field at fault."),
    "401": ("NotAuthenticated", "No API key, or none that is valid."),
    "402": ("InsufficientCredits", "The account's credits do not cover this."),
    "403": ("PermissionDenied", "The key is valid, and may not do that."),
    "404": ("NotFound", "There is no such thing, or it is another account's."),
    "409": ("Conflict", "The `Idempotency-Key` came before with another request, or its first request still runs."),
    "413": ("BodyTooLarge", "The body is larger than 1 MiB."),
    "415": ("NotJson", "The body is not sent as `application/json`."),
    "429": ("RateLimitExceeded", "Past a rate limit, or too many live calls."),
    "500": ("InternalError", "Our fault; the message names the request id to quote."),
    "502": ("BadAnswer", "Somebody whom we had to ask refused; the message says who."),
    "503": ("Unavailable", "There is more to do here than we can just now, or somebody whom we had to ask is away."),
}


# Of each error one, as it may be answered: what it is of, its message, and the field at fault.
_EXAMPLES: Final[Mapping[str, tuple[type[errors.ServiceError], str, str | None]]] = {
    "400": (errors.InvalidRequest, "The 'to_number' field is required", "to_number"),
    "401": (errors.NotAuthenticated, "Send your API key as 'Authorization: Bearer <key>'.", None),
    "402": (errors.PaymentRequired, "The credits do not cover a minute of this call.", None),
    "403": (errors.PermissionDenied, "This key may not do that.", None),
    "404": (errors.NotFound, "There is no call with this id.", None),
    "409": (errors.Conflict, "This key was used before, for another request.", "Idempotency-Key"),
    "413": (errors.InvalidRequest, "The body is too large: at most 1 MiB.", None),
    "415": (errors.InvalidRequest, "Send the body as 'Content-Type: application/json'.", None),
    "429": (errors.TooMany, "Too many requests. Try again in 12 s.", None),
    "500": (errors.ServiceError, "Something went wrong on our side. Tell support this request id: req_abc123.", None),
    "502": (errors.BadAnswer, "The payment provider refused. Nothing was charged.", None),
    "503": (errors.Unavailable, "There is more to do here than we can just now. Try again.", None),
}


def _whole_number(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "integer"}}


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


_HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "X-Request-Id": _text("Names this request; quote it to support."),
    "X-RateLimit-Limit": _whole_number("Requests that the window with the fewest left lets through."),
    "X-RateLimit-Remaining": _whole_number("Requests left in that window."),
    "X-RateLimit-Reset": _whole_number("When that window ends, in Unix seconds."),
    "Retry-After": _whole_number("Seconds to wait before trying again."),
    "WWW-Authenticate": _text("The way to authenticate."),
    "ETag": _text("Names this state of the answer; send it as `If-None-Match`."),
    "Idempotent-Replayed": _text("`true` where this is the answer that the key got before."),
}
_ON_EVERY_ANSWER: Final = ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_ON_STATUS: Final[Mapping[str, str]] = {
    "401": "WWW-Authenticate",
    "409": "Retry-After",
    "429": "Retry-After",
    "503": "Retry-After",
}

_PARAMETERS: Final[Mapping[str, dict[str, Any]]] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key and request within 24 hours give back the first successful answer.",
        "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$", "maxLength": 255},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "An `ETag` of before: 304 without a body where nothing has changed.",
        "schema": {"type": "string"},
    },
}

_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What every answer of 4xx and 5xx holds.",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"$ref": "#/components/schemas/ErrorCode"},
                "message": {"type": "string", "description": "For people; its words may change."},
                "param": {"type": ["string", "null"], "description": "The field at fault, such as `sandbox.lines.0`."},
                "type": {"$ref": "#/components/schemas/ErrorType"},
            },
            "required": ["code", "message", "param", "type"],
            "additionalProperties": False,
        }
    },
    "required": ["error"],
    "additionalProperties": False,
}


_METADATA: Final[dict[str, Any]] = {
    "type": "object",
    "description": (
        f"Any JSON object, at most {json_wire.METADATA_MAX_DEPTH} levels deep and "
        f"{json_wire.METADATA_MAX_BYTES // 1024} KiB long. Webhooks carry it unharmed."
    ),
    "propertyNames": {"type": "string", "pattern": fields.TEXT, "not": {"const": "__proto__"}},
    "additionalProperties": {"$ref": "#/components/schemas/MetadataValue"},
}
_METADATA_VALUE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "pattern": fields.TEXT},
        {"type": "number", "minimum": -json_wire.MAX_SAFE_INTEGER, "maximum": json_wire.MAX_SAFE_INTEGER},
        {"type": ["boolean", "null"]},
        {"type": "array", "items": {"$ref": "#/components/schemas/MetadataValue"}},
        {"$ref": "#/components/schemas/Metadata"},
    ]
}


def error_shape() -> dict[str, Any]:
    """The four keys of an error, for a document that has no components of ours."""
    error = _ERROR["properties"]["error"]
    names = {"code": {"type": "string", "enum": list(CODES)}, "type": {"type": "string", "enum": list(TYPES)}}
    return {**error, "properties": {**error["properties"], **names}}


class ApiSchema(AutoSchema):
    """One operation of /v1, from its view."""

    def get_operation_id(self) -> str:
        """Resource and action: `calls_create`, `calls_hangup`."""
        return "_".join(dict.fromkeys([*self._tokenize_path(), getattr(self.view, "action", self.method.lower())]))

    def get_summary(self) -> str | None:
        """The first line of the action's docstring; lists and single rows say what they are of."""
        model = getattr(getattr(self._view_serializer(), "Meta", None), "model", None)
        action = getattr(self.view, "action", self.method.lower())
        if model is not None and action in ("list", "retrieve"):
            names = model._meta
            return f"List {names.verbose_name_plural}." if action == "list" else f"Get one {names.verbose_name}."
        return (getattr(self.view, action).__doc__ or "").strip().partition("\n")[0] or None

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular itself overrides it
        """The rest of the action's docstring."""
        action = getattr(self.view, getattr(self.view, "action", self.method.lower()))
        paragraphs = (action.__doc__ or "").partition("\n")[2]
        return "\n".join(line.strip() for line in paragraphs.strip().splitlines())

    def get_auth(self) -> list[dict[str, list[str]]]:
        """The API key, with the scope that it needs for this."""
        ways: list[dict[str, list[str]]] = super().get_auth()
        scopes = getattr(self.view, "scopes", {})
        action = getattr(self.view, "action", None)
        return [{name: [str(scopes[action])] for name in way} for way in ways] if action in scopes else ways

    def get_override_parameters(self) -> list[Any]:
        """What a list takes in its query, and ids in the path by what they look like."""
        parameters: list[Any] = []
        view: Any = self.view
        row = self._view_serializer()
        known = row().fields if row is not None else {}
        for name in ("id", "endpoint_id"):
            if f"{{{name}}}" in self.path and isinstance(field := known.get(name), fields.IdField):
                parameters.append(OpenApiParameter(name, field.schema(), OpenApiParameter.PATH, required=True))
        if getattr(view, "action", "") == "list":
            parameters.append(view.list_query_class)
        return parameters

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name.removesuffix('Summary')}Page"

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        mapping: Any = super()._map_serializer  # drf-spectacular leaves it untyped
        mapped = mapping(serializer, direction, bypass_extensions)
        if isinstance(serializer, Input):
            mapped = {**mapped, "additionalProperties": False, **serializer.rules}
        return mapped

    def _view_serializer(self) -> Any:
        """The class that the view shows its rows as; None where it has no rows."""
        return getattr(self.view, "serializer_class", None)


class IdFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its class hook is untyped
    """Public ids, by what they look like."""

    target_class = fields.IdField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        field: fields.IdField = self.target
        return field.schema()


class TextFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its class hook is untyped
    """Texts, by what is taken of them."""

    target_class = fields.TextField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        field: fields.TextField = self.target
        return field.schema()


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's last step: what middleware and the base of all resources give to every operation."""
    components = result["components"]
    components["schemas"].update(
        Error=_ERROR,
        ErrorCode={"type": "string", "enum": list(CODES)},
        ErrorType={"type": "string", "enum": list(TYPES)},
        Metadata=_METADATA,
        MetadataValue=_METADATA_VALUE,
    )
    components["headers"] = {name: dict(header) for name, header in _HEADERS.items()}
    components["parameters"] = {name: dict(parameter) for name, parameter in _PARAMETERS.items()}
    components["responses"] = {name: _error_answer(status, text) for status, (name, text) in _ERRORS.items()}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _complete_operation(operation, method=method, path=path)
    _link(result)
    return result


def _complete_operation(operation: dict[str, Any], *, method: str, path: str) -> None:
    parameters = operation.setdefault("parameters", [])
    answers: dict[str, Any] = {}
    for status, answer in operation["responses"].items():
        if status < "400":
            answers[status] = {**answer, "headers": _headers(*_ON_EVERY_ANSWER)}
            answers[status]["description"] = answer["description"] or "Done."

    failures = {"400", "429", "500", "503"} | {status for status in operation["responses"] if status >= "400"}
    if operation.get("security"):
        failures |= {"401", "403"}
    if "{" in path:
        failures.add("404")
    if method == "get":
        parameters.append({"$ref": "#/components/parameters/IfNoneMatch"})
        answers["200"]["headers"].update(_headers("ETag"))
        answers["304"] = {"description": "Nothing has changed.", "headers": _headers(*_ON_EVERY_ANSWER, "ETag")}
    else:
        failures.add("413")
    if method in ("post", "patch"):
        failures.add("415")
    if method == "post":
        failures.add("409")
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
        for answer in answers.values():
            answer["headers"].update(_headers("Idempotent-Replayed"))

    for status in failures:
        answers[status] = {"$ref": f"#/components/responses/{_ERRORS[status][0]}"}
    operation["responses"] = dict(sorted(answers.items()))


def _link(result: dict[str, Any]) -> None:
    """Say of each answer that makes a thing which operations take its id, and where."""
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        made = operations.get("post", {}).get("responses", {}).get("201", {})
        pattern = _properties(made, schemas).get("id", {}).get("pattern")
        if pattern is not None:
            made["links"] = _links_to(result, pattern)


def _links_to(result: Mapping[str, Any], pattern: str) -> dict[str, Any]:
    """The operations that take an id of these looks, in their path or their body."""
    links: dict[str, Any] = {}
    operations = [operation for methods in result["paths"].values() for operation in methods.values()]
    for operation in operations:
        name = operation["operationId"]
        for parameter in operation["parameters"]:
            if parameter.get("in") == "path" and parameter["schema"].get("pattern") == pattern:
                links[name] = {"operationId": name, "parameters": {parameter["name"]: "$response.body#/id"}}
        body = _properties(operation.get("requestBody", {}), result["components"]["schemas"])
        for field, shape in body.items():
            if shape.get("pattern") == pattern:
                links[name] = {"operationId": name, "requestBody": {field: "$response.body#/id"}}
    return links


def _properties(body: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a body that is one component; none of any other."""
    shape = body.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    found: dict[str, Any] = schemas.get(shape.rpartition("/")[2], {}).get("properties", {})
    return found


def _error_answer(status: str, description: str) -> dict[str, Any]:
    kind, message, param = _EXAMPLES[status]
    example = {"error": {"code": kind.code, "message": message, "param": param, "type": kind.type}}
    more = [_ON_STATUS[status]] if status in _ON_STATUS else []
    return {
        "description": description,
        "headers": _headers(*_ON_EVERY_ANSWER, *more),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
