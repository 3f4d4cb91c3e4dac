"""What the server has, the JavaScript package has: every operation, field and error of the OpenAPI document."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
import yaml

from tests.sdks.javascript import ROOT, Package

pytestmark = pytest.mark.system

DOCUMENT: Final = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
SCHEMAS: Final = DOCUMENT["components"]["schemas"]
# For programs that write programs.
DESCRIPTIONS: Final = {"GET /v1/openapi.json", "GET /v1/asyncapi.json"}
# The SDK has these as classes: Page, APIStatusError; what is empty has nothing.
BY_OTHER_MEANS: Final = re.compile(r"\w+Page|Error|Nothing")
METHODS: Final = {"get", "post", "patch", "put", "delete"}


@pytest.fixture(scope="module")
def surface() -> Any:
    return json.loads(Package().node("scripts/surface.mjs"))


def test_operations(surface: Any) -> None:
    theirs = {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{id}', path)}"
        for path, operations in DOCUMENT["paths"].items()
        for method in operations.keys() & METHODS
    }

    assert theirs - DESCRIPTIONS - set(surface["operations"]) == set()


def test_fields(surface: Any) -> None:
    missing = {
        name: set(schema["properties"]) - set(surface["fields"].get(name, ()))
        for name, schema in SCHEMAS.items()
        if schema.get("properties") and not BY_OTHER_MEANS.fullmatch(name)
    }

    assert {name: fields for name, fields in missing.items() if fields} == {}


def test_errors(surface: Any) -> None:
    assert surface["errors"] == sorted(SCHEMAS["ErrorCode"]["enum"])
