"""The operations of a resource, as the description of /v1 has them, with the words of docs/api."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.utils.safestring import SafeString, mark_safe

from dashboard.reference import highlighting, markdown, prose, samples, sdk_samples
from dashboard.reference.catalog import Page
from dashboard.reference.fields import Field, Shapes
from dashboard.reference.samples import Sample
from vaniagent import openapi

# A summary's first words.
_TITLE: Final = re.compile(r"[.:;](?: |$)")
METHODS: Final = ("get", "post", "put", "patch", "delete")
# What stands for an id in samples, by the path; the reader's own take their place.
_IDS: Final = {
    "agents": "agent_abc123",
    "batches": "batch_abc123",
    "calls": "call_xyz789",
    "dial_checks": "check_abc123",
    "do_not_call": "dnc_abc123",
    "webhook_endpoints": "we_abc123",
    "webhook_deliveries": "whd_abc123",
    "account": "top_abc123",
    "phone_lines": "line_abc123",
}


@dataclass(frozen=True)
class Answer:
    status: str
    words: SafeString
    # The object that it holds: its anchor on the page, and whether it is a list of them.
    object: str
    is_list: bool


@dataclass(frozen=True)
class Refusal:
    status: str
    code: str
    type: str
    words: SafeString


@dataclass(frozen=True)
class Operation:
    id: str
    # By what links in docs/ name it; empty where they do not.
    alias: str
    method: str
    path: str
    title: str
    words: SafeString
    scope: str
    path_fields: tuple[Field, ...]
    query_fields: tuple[Field, ...]
    header_fields: tuple[Field, ...]
    body_fields: tuple[Field, ...]
    answers: tuple[Answer, ...]
    refusals: tuple[Refusal, ...]
    samples: tuple[tuple[Sample, SafeString], ...]
    # Those without an SDK, where the others are with one.
    plain_samples: tuple[tuple[Sample, SafeString], ...]
    example: SafeString | None
    example_status: str
    # For trying it: the address with ids, and the body to begin with.
    run_path: str
    run_body: str


@dataclass(frozen=True)
class Thing:
    """A kind of object that answers hold."""

    name: str
    words: SafeString | str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Resource:
    operations: tuple[Operation, ...]
    things: tuple[Thing, ...]
    aliases_of_things: tuple[str, ...]


def resource_of(page: Page) -> Resource:
    """All there is on a resource, in the language that is active."""
    return _Reader(page).read()


@cache
def in_document(tag: str) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    """Path, method and description of each operation of a resource."""
    paths = openapi.document()["paths"]
    found = [(path, method, its) for path, methods in paths.items() for method, its in methods.items()]
    return tuple(row for row in found if row[1] in METHODS and row[2]["tags"][0] == tag)


class _Reader:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._prose = prose.read(page.source)
        self._document = openapi.document()
        self._shapes = Shapes(self._document, words=self._words_of)
        # In the order in which the page tells of them.
        told = [*self._prose.operations]
        self._rows = sorted(
            in_document(page.resource),
            key=lambda row: told.index(place) if (place := (row[1], prose.without_ids(row[0]))) in told else len(told),
        )

    def read(self) -> Resource:
        return Resource(
            operations=tuple(self._operation(*row) for row in self._rows),
            things=tuple(self._things()),
            aliases_of_things=tuple(markdown.slug(heading) for heading in self._prose.heads_of_fields),
        )

    def _operation(self, path: str, method: str, its: Mapping[str, Any]) -> Operation:
        parameters = [self._shapes.resolve(one) for one in its.get("parameters", [])]
        body = self._json_of(its.get("requestBody", {}))
        success = next((status for status in its["responses"] if "200" <= status < "300"), "")
        answered = its["responses"].get(success, {}).get("content", {})
        request = samples.Request(
            method=method.upper(),
            path=self._example_path(path, parameters),
            body=_example_of(body) if body else None,
            needs_key=bool(its.get("security")),
            answer="json" if "application/json" in answered else ("text" if answered else ""),
            ids=(_IDS[path.split("/")[2]],) if "{" in path else (),
        )
        curl, *plain = samples.samples_of(request)
        with_sdk = sdk_samples.sdk_samples_of(its["operationId"], request)
        return Operation(
            id=its["operationId"],
            alias=markdown.slug(self._prose.headings.get((method, prose.without_ids(path)), "")),
            method=method.upper(),
            path=path,
            title=_TITLE.split(its["summary"], maxsplit=1)[0],
            words=self._told(path, method, its),
            scope=next((scope for one in its.get("security", []) for scopes in one.values() for scope in scopes), ""),
            path_fields=self._parameters(parameters, "path"),
            query_fields=self._parameters(parameters, "query"),
            header_fields=self._parameters(parameters, "header"),
            body_fields=self._shapes.fields_of(body["schema"], is_sent=True) if body else (),
            answers=tuple(self._answers(its)),
            refusals=tuple(self._refusals(its)),
            samples=_coloured(curl, *(with_sdk or plain)),
            plain_samples=_coloured(*plain) if with_sdk else (),
            example=self._example(answered),
            example_status=success,
            run_path=request.path,
            run_body="" if request.body is None else _pretty(request.body),
        )

    def _told(self, path: str, method: str, its: Mapping[str, Any]) -> SafeString:
        told = self._prose.operations.get((method, prose.without_ids(path))) or its.get("description", "")
        if not told and _TITLE.split(its["summary"], maxsplit=1)[1:] != [""]:
            told = its["summary"]
        return markdown.render(told, source=self._page.source).html

    def _words_of(self, names: frozenset[str]) -> Mapping[str, SafeString]:
        found = self._prose.table_of(names)
        return {name: markdown.inline(words, source=self._page.source) for name, words in found.items()}

    def _parameters(self, parameters: list[Any], where: str) -> tuple[Field, ...]:
        wanted = [one for one in parameters if one["in"] == where]
        words = self._words_of(frozenset(one["name"] for one in wanted)) if where == "query" else {}
        told = {one["name"]: self._inline(one.get("description", "")) for one in wanted}
        return tuple(
            self._shapes.field_of(one, words=_beyond_limits(words.get(one["name"], "")) or told[one["name"]])
            for one in wanted
        )

    def _answers(self, its: Mapping[str, Any]) -> Iterator[Answer]:
        for status, answer in its["responses"].items():
            if status >= "400":
                continue
            schema = self._json_of(answer).get("schema", {})
            name = self._shapes.name_of(schema)
            is_list = bool(name) and "data" in self._shapes.resolve(schema).get("properties", {})
            yield Answer(status, self._inline(answer.get("description", "")), name, is_list)

    def _refusals(self, its: Mapping[str, Any]) -> Iterator[Refusal]:
        for status, answer in its["responses"].items():
            if status < "400":
                continue
            resolved = self._shapes.resolve(answer)
            error = _example_of(self._json_of(resolved))["error"]
            yield Refusal(status, error["code"], error["type"], self._inline(resolved["description"]))

    def _things(self) -> Iterator[Thing]:
        seen: set[str] = set()
        for _path, _method, its in self._rows:
            for status, answer in its["responses"].items():
                schema = self._json_of(answer).get("schema", {}) if status < "300" else {}
                name = self._shapes.name_of(schema)
                if name and name not in seen:
                    seen.add(name)
                    shape = self._document["components"]["schemas"][name]
                    yield Thing(name, self._inline(shape.get("description", "")), self._shapes.fields_of(shape))

    def _inline(self, text: str) -> SafeString:
        return markdown.inline(text, source=self._page.source)

    def _json_of(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._shapes.resolve(message).get("content", {}).get("application/json", {})
        return found

    def _example_path(self, path: str, parameters: list[Any]) -> str:
        own = _IDS.get(path.split("/")[2], "")
        for one in parameters:
            if one["in"] == "path":
                path = path.replace("{" + one["name"] + "}", own)
        limits = [one["schema"]["default"] for one in parameters if one["in"] == "query" and one["name"] == "limit"]
        return path + (f"?limit={limits[0]}" if limits else "")

    def _example(self, answered: Mapping[str, Any]) -> SafeString | None:
        for kind, content in answered.items():
            value = content.get("example")
            if value:
                is_json = kind == "application/json"
                return highlighting.coloured(_pretty(value) if is_json else value, "json" if is_json else "text")
        return None


def _coloured(*programs: Sample) -> tuple[tuple[Sample, SafeString], ...]:
    return tuple((one, highlighting.coloured(one.code, one.language)) for one in programs)


def _beyond_limits(words: SafeString | str) -> SafeString | str:
    """Words that say no more than "1 to 100; 20" are said by the limits."""
    return "" if re.fullmatch(r"(?:\d+|to|;|\s)+", words) else words


def _example_of(content: Mapping[str, Any]) -> Any:
    if "example" in content:
        return content["example"]
    examples: Mapping[str, Any] = content.get("examples", {})
    return next((one["value"] for one in examples.values()), {})


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def notes_of(page: Page) -> SafeString:
    """What is to be said on the objects of a resource."""
    found = prose.read(page.source)
    return markdown.render(found.notes, source=page.source).html if page.resource else mark_safe("")
