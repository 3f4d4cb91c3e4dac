"""What a client may write and may see: the fields of the description, and nothing of the inside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ApiClient
from tests.contract.routes import GETS, WITH_BODY, address
from tests.contract.test_section_4_errors import error_of, rows

pytestmark = pytest.mark.django_db

DOCUMENT: Any = yaml.safe_load((Path(__file__).resolve().parent.parent.parent / "docs/openapi.yaml").read_text())
# Columns of ours, and what somebody might hope to set.
INSIDE = {"pk", "account", "account_id", "api_key", "digest", "is_staff", "micro_credits", "password", "sealed_secret"}


def fields(content: Any) -> set[str]:
    """The names in a body's schema."""
    schema = content["application/json"]["schema"]
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return set(schema.get("properties", ()))


def taken_and_shown(method: str, path: str) -> tuple[set[str], set[str]]:
    """The fields that an operation takes, and those of its answer."""
    operation = DOCUMENT["paths"][re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", path)][method]
    taken = fields(operation["requestBody"]["content"]) if "requestBody" in operation else set()
    (answer,) = [response for status, response in operation["responses"].items() if status.startswith("2")]
    return taken, fields(answer["content"])


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_what_the_server_sets_cannot_be_written(
    api: ApiClient, ids: dict[str, str], bodies: dict[str, Any], method: str, path: str
) -> None:
    """Unknown fields in a body are refused and named in `param`; what an answer shows is no input for that."""
    taken, shown = taken_and_shown(method, path)
    before = rows()

    for name in sorted((shown | INSIDE | {"id", "created_at"}) - taken):
        error = error_of(getattr(api, method)(address(path, ids), {**bodies.get(path, {}), name: None}), 400)
        assert error["param"] == name

    assert rows() == before


@pytest.mark.parametrize("path", GETS)
def test_no_answer_shows_what_is_ours(api: ApiClient, ids: dict[str, str], path: str) -> None:
    """Keys, secrets and columns of the inside are in no answer."""
    text = b"".join(api.get(address(path, ids))).decode()

    assert set(re.findall(r'"(\w+)":', text)) & {*INSIDE, "secret"} == set()
    assert api.key not in text
    assert "whsec_" not in text
