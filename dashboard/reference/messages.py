"""The frames of the live feed and the webhooks, as the AsyncAPI document has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from dashboard.reference import highlighting, markdown
from dashboard.reference.catalog import Page
from dashboard.reference.fields import Field, Shapes
from vaniagent import asyncapi


@dataclass(frozen=True)
class Message:
    anchor: str
    name: str
    words: SafeString
    fields: tuple[Field, ...]
    headers: tuple[Field, ...]
    example: SafeString


def told(page: Page) -> tuple[Message, ...]:
    """What a client may send."""
    return _messages(page, "tell")


def heard(page: Page) -> tuple[Message, ...]:
    """What a client hears."""
    return _messages(page, "hear")


def posted(page: Page) -> tuple[Message, ...]:
    """What an endpoint is sent."""
    return _messages(page, "notify")


def _messages(page: Page, operation: str) -> tuple[Message, ...]:
    document = asyncapi.document()
    names = [reference["$ref"].rpartition("/")[2] for reference in document["operations"][operation]["messages"]]
    shapes = Shapes(document, words=lambda _names: {})
    return tuple(_message(page, shapes, name, document["components"]["messages"][name]) for name in names)


def _message(page: Page, shapes: Shapes, name: str, its: Mapping[str, Any]) -> Message:
    example = json.dumps(its["examples"][0]["payload"], indent=2, ensure_ascii=False)
    return Message(
        anchor=f"message.{name}",
        name=its["name"],
        words=markdown.inline(its["summary"], source=page.source),
        # What is sent has required fields; what is heard has all that are named.
        fields=tuple(
            field
            for field in shapes.fields_of(its["payload"], is_sent=name.startswith("client."))
            if field.choices != (its["name"],)  # the name again
        ),
        headers=shapes.fields_of(its.get("headers", {})),
        example=highlighting.coloured(example, "json"),
    )
