"""What the server has, both SDKs have: compared with the documents that the server is held to."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

import pytest
import yaml
from conftest import REPOSITORY, ROOT

# The descriptions of the API are read by tools, not by programs that use it.
NOT_OPERATIONS = {"GET /v1/openapi.json", "GET /v1/asyncapi.json"}
# A page is one class for all lists; metadata is whatever the customer sent.
NOT_MODELS = re.compile(r"Page$|^Metadata(Value)?$|^Error$")
# What the feed says of itself; the SDKs take it in.
NOT_EVENTS = {"authenticated", "subscribed", "unsubscribed", "error", "listening", "unlistened", "sampled", "webhook"}
JAVASCRIPT = REPOSITORY / "sdks/javascript"


@pytest.fixture(scope="module")
def openapi() -> Dict[str, Any]:
    return yaml.load((REPOSITORY / "docs/openapi.yaml").read_text(), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="module")
def asyncapi() -> Dict[str, Any]:
    return yaml.load((REPOSITORY / "docs/asyncapi.yaml").read_text(), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="module")
def python() -> Dict[str, Any]:
    return printed([sys.executable, "scripts/surface.py"], ROOT)


@pytest.fixture(scope="module")
def javascript() -> Dict[str, Any]:
    if not (JAVASCRIPT / "scripts/surface.mjs").exists() or not shutil.which("node"):
        pytest.skip("there is no node, which prints it")
    return printed(["node", "scripts/surface.mjs"], JAVASCRIPT)


def printed(argv: List[str], directory: Path) -> Dict[str, Any]:
    done = subprocess.run(argv, cwd=directory, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_operation(openapi, python):
    documented = {key for key, _ in operations(openapi)} - NOT_OPERATIONS

    assert set(python["operations"]) == documented


def test_every_parameter_and_field_that_can_be_sent(openapi, python):
    for key, operation in operations(openapi):
        if key in NOT_OPERATIONS:
            continue
        has = python["operations"][key]
        parameters = [each for each in operation.get("parameters", []) if each.get("in") == "query"]
        assert set(has["query"]) == {each["name"] for each in parameters}, key
        assert set(has["body"]) == {name for _, fields in bodies(openapi, operation) for name in fields}, key


def test_every_field_that_is_answered(openapi, python):
    documented = answered_models(openapi)

    assert set(python["models"]) - {"TurnLatency"} == set(documented)
    for name, fields in documented.items():
        assert set(python["models"][name]) == fields, name
    turn = openapi["components"]["schemas"]["Turn"]["properties"]
    assert set(python["models"]["TurnLatency"]) == set(turn["latency"]["properties"])


def test_every_error(openapi, python):
    statuses = {
        status
        for _, operation in operations(openapi)
        for status in operation["responses"]
        if status[0] in "45" and int(status) < 500
    }

    assert statuses - set(python["errors"]) == set()
    assert "500" in python["errors"]


def test_every_event_of_the_feed_and_of_webhooks(asyncapi, python):
    messages = asyncapi["components"]["messages"]
    heard = [each["$ref"].rsplit("/", 1)[-1] for each in asyncapi["operations"]["hear"]["messages"]]
    feed: Dict[str, Set[str]] = {}
    for name in heard:
        payload = messages[name]["payload"]["properties"]
        if name not in NOT_EVENTS:
            feed.setdefault(payload["type"]["const"], set()).update(payload)
    webhooks = {
        name[len("webhook.") :]: set(message["payload"]["properties"]["data"]["properties"])
        for name, message in messages.items()
        if name.startswith("webhook.")
    }

    assert set(python["feed_events"]) == set(feed)
    assert set(python["webhook_events"]) == set(webhooks)
    for kind, documented in (("feed_events", feed), ("webhook_events", webhooks)):
        for name, fields in documented.items():
            assert set(python[kind][name]) >= fields, name


def test_javascript_has_every_operation_field_and_error(openapi, javascript):
    documented = {key for key, _ in operations(openapi)} - NOT_OPERATIONS
    sent = {name: fields for _, operation in operations(openapi) for name, fields in bodies(openapi, operation)}

    assert {re.sub(r"{[^}]*}", "{}", each) for each in javascript["operations"]} == documented
    for name, fields in {**answered_models(openapi), **sent}.items():
        if fields:
            assert set(javascript["fields"].get(name, [])) == fields, name
    assert set(javascript["errors"]) == set(openapi["components"]["schemas"]["ErrorCode"]["enum"])


def test_the_pages_list_every_method(python, javascript):
    ours = {name: set(methods) for name, methods in python["methods"].items()}

    assert listed("python.md") == {**ours, "webhooks": {"unwrap", "verify"}}
    assert listed("javascript.md") == {name: set(methods) for name, methods in javascript["methods"].items()}


def test_asyncio_has_every_method():
    done = subprocess.run(
        [sys.executable, "scripts/make_async.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def listed(page: str) -> Dict[str, Set[str]]:
    """The table of resources of a page of the documentation."""
    text = (REPOSITORY / "docs/sdks" / page).read_text()
    table = text.split("| Resource | Methods |\n| --- | --- |\n")[1].split("\n\n")[0]
    rows = [re.findall(r"`(?:client\.)?(\w+)`", row) for row in table.splitlines()]
    return {name: set(methods) for name, *methods in rows}


def operations(document: Dict[str, Any]) -> Iterator[tuple[str, Dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}", operation


def answered_models(document: Dict[str, Any]) -> Dict[str, Set[str]]:
    """The schemas of objects that a 2xx holds, at any depth."""
    found: Dict[str, Set[str]] = {}
    seen: Set[str] = set()

    def look(schema: Any) -> None:
        if isinstance(schema, list):
            for each in schema:
                look(each)
        if not isinstance(schema, dict):
            return
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        if name and name not in seen:
            seen.add(name)
            target = document["components"]["schemas"][name]
            if "properties" in target:
                found[name] = set(target["properties"])
            look(target)
        for key, each in schema.items():
            if key in ("properties",):
                look(list(each.values()))
            elif key in ("items", "allOf", "oneOf", "anyOf", "additionalProperties"):
                look(each)

    for _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status[0] == "2":
                look([content["schema"] for content in answer.get("content", {}).values()])
    return {name: fields for name, fields in found.items() if not NOT_MODELS.search(name)}


def bodies(document: Dict[str, Any], operation: Dict[str, Any]) -> Iterator[tuple[str, Set[str]]]:
    """The schemas that an operation takes, with their fields."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"]["$ref"].rsplit("/", 1)[-1]
        yield name, set(document["components"]["schemas"][name].get("properties", {}))
