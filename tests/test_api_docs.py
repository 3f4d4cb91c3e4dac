"""The pages of docs/api name all that /v1 takes and answers, and their examples are right."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator

from accounts.limits import PLANS
from accounts.models import Plan
from calls.consumers import feed
from calls.telephony.base import EndedBy, EndReason
from vaniagent.lib.api import schema
from webhooks import event_types

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs/api").glob("*.md"))
OPENAPI: Any = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
API = "https://api.vaniagent.com"


def page(name: str) -> str:
    return (ROOT / f"docs/api/{name}.md").read_text()


def named_in(text: str) -> set[str]:
    """What the page puts into backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def page_of(tag: str) -> str:
    """Where a resource is documented: deliveries with their endpoints, the document itself beside the errors."""
    return {"webhook_deliveries": "webhook_endpoints", "openapi": "errors"}.get(tag, tag)


def operations() -> list[tuple[str, str, Any]]:
    return [(method, path, its) for path, methods in OPENAPI["paths"].items() for method, its in methods.items()]


def fields_of(node: Any, within: frozenset[str] = frozenset()) -> set[str]:
    """The names of all fields in a shape, however deep; a shape within itself is looked at once."""
    if isinstance(node, list):
        return set().union(*(fields_of(part, within) for part in node))
    if not isinstance(node, dict):
        return set()
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return set() if name in within else fields_of(OPENAPI["components"]["schemas"][name], within | {name})
    return set(node.get("properties", {})) | fields_of(list(node.values()), within)


def bodies_of(operation: Any) -> list[Any]:
    """The shapes of what an operation takes and answers, as far as it is JSON."""
    answers = [answer for status, answer in operation["responses"].items() if status < "300"]
    return [
        content["application/json"]["schema"]
        for content in (it["content"] for it in (*answers, operation.get("requestBody", {})) if "content" in it)
        if "application/json" in content
    ]


@pytest.mark.parametrize("tag", sorted({operation["tags"][0] for _, _, operation in operations()}))
def test_every_field_and_parameter_is_on_its_page(tag):
    of_pages = {"data", "total", "limit", "offset"}
    wanted = set()
    for _, _, operation in operations():
        if operation["tags"][0] == tag:
            wanted |= fields_of(bodies_of(operation)) - of_pages
            wanted |= {p["name"] for p in operation["parameters"] if p.get("in") == "query"}

    text = page(page_of(tag))
    assert {name for name in wanted if not re.search(rf"\b{name}\b", " ".join(named_in(text)))} == set()


def test_errors_limits_and_headers_are_on_their_page():
    text = page("errors")

    assert {*schema.CODES, *schema.TYPES} - named_in(text) == set()
    assert {header for header in OPENAPI["components"]["headers"] if header not in text} == {"WWW-Authenticate"}
    assert {status for _, _, operation in operations() for status in operation["responses"] if status not in text} == {
        *("200", "201", "204"),
    }


@pytest.mark.parametrize("plan", [Plan.STARTER, Plan.PROFESSIONAL])
def test_the_limits_are_those_of_the_plans(plan):
    limits = PLANS[plan]
    row = [limits.requests_per_minute, limits.requests_per_hour, limits.new_calls_per_minute, limits.max_live_calls]

    assert f"| {plan.title()} | {' | '.join(f'{number:,}' for number in row)} |" in page("errors")


def test_ends_of_calls_and_numbers_of_the_sandbox_are_on_the_page_of_calls():
    named = named_in(page("calls"))

    assert set(EndReason) - named == set()
    assert set(EndedBy) - named == set()
    assert {f"+1500555000{digit}" for digit in range(1, 10)} - named == set()


def test_event_types_are_documented():
    for where in (page("feed"), (ROOT / "docs/webhooks.md").read_text()):
        assert set(event_types.NAMES) - named_in(where) == set()


def test_close_codes_of_the_feed_are_on_its_page():
    codes = {str(value) for name, value in vars(feed).items() if name.isupper() and value in range(4000, 5000)}

    assert codes == set(re.findall(r"^\| (4[0-9]{3}) \|", page("feed"), re.MULTILINE))


@pytest.mark.parametrize("path", [*PAGES, ROOT / "docs/webhooks.md"], ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    for link in re.findall(r"\]\((?!http)([^)]+)\)", path.read_text()):
        target, _, heading = link.partition("#")
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE) if heading else []
        assert not heading or heading in {
            re.sub(r"[^a-z0-9 -]", "", text.lower()).replace(" ", "-") for text in headings
        }


# --- Their examples ---


def blocks_of(text: str) -> list[str]:
    """The indented blocks of a page, each without its indentation."""
    blocks = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]


def examples() -> list[tuple[str, str, str]]:
    """Page, request and, where the next block is one, its answer."""
    found = []
    for path in PAGES:
        blocks = [*blocks_of(path.read_text()), ""]
        for block, after in itertools.pairwise(blocks):
            if block.startswith("curl"):
                found.append((path.stem, block, after if after.startswith("{") else ""))
    return found


def asked(request: str) -> tuple[str, str, dict[str, str], str | None]:
    """Method, path as the document names it, query and body of a cURL example."""
    words = shlex.split(request.replace("\\\n", " "))
    method, body = "get", None
    for flag, value in itertools.pairwise(words):
        method = value.lower() if flag == "-X" else method
        body = value if flag == "-d" else body
    address = urlsplit(next(word for word in words if word.startswith(API)))
    parts = [
        re.sub(r"^(?!top_ups$)(agent|batch|call|check|dnc|line|top|we|whd)_[0-9a-z]+$", "{id}", part)
        for part in address.path.split("/")
    ]
    path = "/".join(parts)
    known = next(it for it in OPENAPI["paths"] if re.sub(r"{(endpoint|batch)_id}", "{id}", it) == path)
    return method, known, dict(parse_qsl(address.query)), body


def check(shape: Any, text: str) -> None:
    Draft202012Validator({**shape, "components": OPENAPI["components"]}).validate(json.loads(text))


@pytest.mark.parametrize(("where", "request_text", "answer"), examples())
def test_an_example_is_as_the_document_says(where, request_text, answer):
    method, path, query, body = asked(request_text)
    operation = OPENAPI["paths"][path][method]

    assert set(query) <= {p["name"] for p in operation["parameters"] if p.get("in") == "query"}
    assert ("Authorization: Bearer YOUR_API_KEY" in request_text) == ("security" in operation)
    if body is not None:
        assert "Content-Type: application/json" in request_text
        check(operation["requestBody"]["content"]["application/json"]["schema"], body)
    if answer:
        error = {"$ref": "#/components/schemas/Error"}
        check(error if "error" in json.loads(answer) else bodies_of(operation)[0], answer)


def test_every_operation_has_an_example_on_its_page():
    shown = {(where, *asked(request)[:2]) for where, request, _ in examples()}

    wanted = {(page_of(operation["tags"][0]), method, path) for method, path, operation in operations()}
    assert wanted - shown == set()


def test_the_feeds_examples_are_frames():
    frames = [line for block in blocks_of(page("feed")) for line in block.splitlines()]

    assert len(frames) == 15
    assert all(isinstance(json.loads(frame)["type"], str) for frame in frames)
