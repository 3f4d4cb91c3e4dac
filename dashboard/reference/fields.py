"""Shapes of the descriptions as lists of fields for people: name, type, limits, words, and what is inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

Shape = Mapping[str, Any]
# The words on the fields of these names, by name.
Words = Callable[[frozenset[str]], Mapping[str, SafeString]]

_ID: Final = re.compile(r"\^([a-z]+_)\[0-9A-Za-z\]\+\$")
_DEEPEST: Final = 6


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    limits: str
    is_required: bool
    choices: tuple[str, ...]
    words: SafeString | str
    children: tuple[Field, ...]


class Shapes:
    """Reads shapes of one document, with the words that a page has on their fields."""

    def __init__(self, document: Shape, *, words: Words) -> None:
        self._document = document
        self._words = words

    def fields_of(self, shape: Shape, *, is_sent: bool = False, depth: int = 0) -> tuple[Field, ...]:
        """The fields of an object, or of a list's objects. What is not sent has no required fields: all are there."""
        shape = self.resolve(shape)
        if "items" in shape:
            shape = self.resolve(shape["items"])
        properties: Shape = shape.get("properties", {})
        if not properties or depth > _DEEPEST:
            return ()
        words = self._words(frozenset(properties))
        required = shape.get("required", []) if is_sent else []
        return tuple(
            self._field(name, its, is_required=name in required, words=words.get(name, ""), sent=is_sent, depth=depth)
            for name, its in properties.items()
        )

    def field_of(self, parameter: Shape, *, words: SafeString | str) -> Field:
        """A parameter of a path, a query or a header."""
        is_required = bool(parameter.get("required"))
        shape = {**parameter["schema"], "description": parameter.get("description", "")}
        return self._field(parameter["name"], shape, is_required=is_required, words=words, sent=True, depth=0)

    def resolve(self, shape: Shape) -> Shape:
        """The shape without references, as one object; `type` may then be a list with "null" in it."""
        if "$ref" in shape:
            found: Any = self._document
            for part in shape["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return {**self.resolve(found), **{key: shape[key] for key in shape if key != "$ref"}}
        merged = dict(shape)
        for part in merged.pop("allOf", []):
            merged = {**self.resolve(part), **merged}
        if "oneOf" in merged:
            parts = [self.resolve(part) for part in merged.pop("oneOf")]
            nulls = [part for part in parts if part.get("type") == "null" or part.get("enum") == [None]]
            first = next((part for part in parts if part not in nulls), {})
            merged = {**first, **merged}
            if nulls:
                merged["type"] = [*_types(first), "null"]
        return merged

    def name_of(self, shape: Shape) -> str:
        """The name by which the document keeps a shape; of a page of a list, that of its rows."""
        if "$ref" not in shape:
            return ""
        data = self.resolve(shape).get("properties", {}).get("data", {}).get("items", {})
        return self.name_of(data) or str(shape["$ref"]).rpartition("/")[2]

    def _field(
        self, name: str, shape: Shape, *, is_required: bool, words: SafeString | str, sent: bool, depth: int
    ) -> Field:
        resolved = self.resolve(shape)
        items = self.resolve(resolved["items"]) if "items" in resolved else {}
        choices = tuple(str(one) for one in (resolved.get("enum") or items.get("enum") or ()) if one is not None)
        if "const" in resolved:
            choices = (_as_text(resolved["const"]),)
        words = words or shape.get("description") or resolved.get("description", "")
        if all(f"<code>{choice}</code>" in words for choice in choices):
            choices = ()
        limits = [limit for limit in (*_limits(resolved), *_limits(items)) if not _is_said(limit, words)]
        return Field(
            name=name,
            type=_type_words(resolved, items),
            limits=", ".join(limits),
            is_required=is_required,
            choices=choices,
            words=words,
            children=self.fields_of(resolved, is_sent=sent, depth=depth + 1),
        )


def _types(shape: Shape) -> list[str]:
    kind = shape.get("type", [])
    return list(kind) if isinstance(kind, list) else [kind]


def _type_words(shape: Shape, items: Shape) -> str:
    kinds = _types(shape)
    names = [_type_name(kind, shape, items) for kind in kinds if kind != "null"]
    if not names and "const" in shape:
        names = [_type_name({bool: "boolean", str: "string"}.get(type(shape["const"]), ""), {}, {})]
    words = names[0] if names else _("any JSON")
    return _("%(type)s or null") % {"type": words} if "null" in kinds else words


def _type_name(kind: str, shape: Shape, items: Shape) -> str:
    if kind == "array" and "properties" in items:
        return _("list of objects")
    if kind == "array":
        return _("list of %(type)s") % {"type": _type_words(items, {})} if items else _("list")
    if kind == "string" and shape.get("format") in ("date-time", "uri"):
        return _("time") if shape["format"] == "date-time" else _("URL")
    names = {
        "string": _("text"),
        "integer": _("whole number"),
        "number": _("number"),
        "boolean": _("true or false"),
        "object": _("object"),
    }
    return names.get(kind, _("any JSON"))


def _limits(shape: Shape) -> list[str]:
    found = []
    if prefix := _ID.search(shape.get("pattern", "")):
        found.append(_("begins with %(prefix)s") % {"prefix": prefix[1]})
    low, high = shape.get("minLength", 0), shape.get("maxLength")
    if high:
        words = _("%(low)s to %(high)s characters") if low else _("at most %(high)s characters")
        found.append(words % {"low": low, "high": f"{high:,}"})
    low, high = shape.get("minimum"), shape.get("maximum")
    if low is not None and high is not None:
        found.append(_("%(low)s to %(high)s") % {"low": low, "high": f"{high:,}"})
    if "maxItems" in shape:
        found.append(_("at most %(number)s") % {"number": shape["maxItems"]})
    if "default" in shape:
        found.append(_("default %(value)s") % {"value": _as_text(shape["default"])})
    return found


def _is_said(limit: str, words: str) -> bool:
    """Whether words such as "`call_…`; given by us" say how it begins."""
    return limit.endswith("_") and f"{limit.split()[-1]}…" in words


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
