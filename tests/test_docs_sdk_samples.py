"""The samples of /docs that use an SDK: they call methods that are there, for the requests that they stand beside.

The Python package has the name of the server's, so that its sources are read here. What JavaScript's types say of the samples is
asked in tests/sdks/test_javascript_installed.py.
"""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from dashboard.reference import catalog, operations, prose, samples, sdk_samples
from vaniagent import openapi
from vaniagent.tests import node

SDKS: Final = catalog.ROOT / "sdks"
PYTHON: Final = SDKS / "python/src/vaniagent"
JAVASCRIPT: Final = SDKS / "javascript/src"
# Read by tools, not by programs that use the API.
WITHOUT: Final = {"openapi_retrieve", "asyncapi_retrieve"}
OPERATIONS: Final = {
    operation.id: operation
    for page in catalog.PAGES.values()
    if page.resource
    for operation in operations.resource_of(page).operations
}
IN_SDKS: Final = [operation for operation in OPERATIONS if operation not in WITHOUT]


def sample_of(operation: str, language: str) -> str:
    (code,) = [sample.code for sample, _html in OPERATIONS[operation].samples if sample.language == language]
    return code


def request_of(operation: str) -> tuple[str, str]:
    """Its method, and its path below /v1 with `{}` for ids."""
    its = OPERATIONS[operation]
    return its.method, prose.without_ids(its.path).removeprefix("/v1")


def test_all_that_the_sdks_have_is_shown_with_them() -> None:
    documented = {its["operationId"] for methods in openapi.document()["paths"].values() for its in methods.values()}

    assert set(sdk_samples.METHODS) == documented - WITHOUT
    for operation in OPERATIONS.values():
        labels = [sample.label for sample, _html in operation.samples]
        plain = [sample.label for sample, _html in operation.plain_samples]
        if operation.id in WITHOUT:
            assert (labels, plain) == (["cURL", "Python (requests)", "JavaScript (fetch)"], [])
        else:
            assert (labels, plain) == (["cURL", "Python", "JavaScript"], ["Python (requests)", "JavaScript (fetch)"])


# --- Python ---


@cache
def python_classes() -> dict[str, ast.ClassDef]:
    """Of each resource, by its name on the client."""
    client = next(
        node
        for node in ast.parse((PYTHON / "client.py").read_text()).body
        if isinstance(node, ast.ClassDef) and node.name == "VaniAgent"
    )
    classes = {
        node.name: node
        for path in (PYTHON / "resources").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    }
    return {
        node.targets[0].attr: classes[node.value.func.id]
        for node in ast.walk(client)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id in classes
    }


def python_method(resource: str, name: str) -> ast.FunctionDef:
    (found,) = [
        node for node in python_classes()[resource].body if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    return found


def path_of(text: ast.expr) -> str:
    """`f"/calls/{segment(call_id)}"` as `/calls/{}`."""
    if isinstance(text, ast.Constant):
        return str(text.value)
    assert isinstance(text, ast.JoinedStr)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values)


def python_request(method: ast.FunctionDef) -> tuple[str, str]:
    """What the method of the SDK asks for."""
    texts = [node for node in ast.walk(method) if isinstance(node, ast.Constant | ast.JoinedStr)]
    paths = [path_of(text) for text in texts if path_of(text).startswith("/")]
    verbs = [str(text.value) for text in texts if isinstance(text, ast.Constant) and str(text.value).isupper()]
    return (verbs or ["GET"])[0], max(paths, key=len)


@pytest.mark.parametrize("operation", IN_SDKS)
def test_python_calls_what_is_there_with_what_it_takes(operation: str) -> None:
    module = ast.parse(sample_of(operation, "python"))
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    (call,) = [each for each in calls if ast.unparse(each.func).startswith("client.")]

    _client, resource, name = ast.unparse(call.func).split(".")
    method = python_method(resource, name)
    takes = method.args
    assert python_request(method) == request_of(operation)
    assert len(call.args) == len(takes.args) - 1
    named = {keyword.arg for keyword in call.keywords}
    required = {arg.arg for arg, default in zip(takes.kwonlyargs, takes.kw_defaults, strict=True) if default is None}
    assert required <= named <= {arg.arg for arg in takes.kwonlyargs}


@pytest.mark.parametrize("operation", IN_SDKS)
def test_python_sends_what_the_other_samples_send(operation: str) -> None:
    sent = argument_of(sample_of(operation, "python"), "client.")
    plain = next(sample.code for sample, _html in OPERATIONS[operation].plain_samples if sample.language == "python")
    body = argument_of(plain, "requests.").get("json") or {}

    expected = {{"from": "since", "to": "until"}.get(name, name): value for name, value in body.items()}
    sent.pop("limit", None)
    assert sent == expected


def argument_of(code: str, start: str) -> dict[str, Any]:
    """The named arguments of the call that begins so, but for the headers."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    (call,) = [each for each in calls if ast.unparse(each.func).startswith(start)]
    return {str(word.arg): ast.literal_eval(word.value) for word in call.keywords if word.arg != "headers"}


# --- JavaScript ---


@cache
def script_methods() -> dict[str, dict[str, str]]:
    """Of each resource, by its name on the client: the text of each method."""
    client = (JAVASCRIPT / "client.ts").read_text()
    texts: dict[str, str] = {}
    for path in (JAVASCRIPT / "resources").glob("*.ts"):
        text = path.read_text()
        texts |= dict.fromkeys(re.findall(r"export class (\w+) extends Resource", text), text)
    return {
        name: dict(re.findall(r"^  (\w+)\((.*?^  )\}", texts[kind], re.DOTALL | re.MULTILINE))
        for name, kind in re.findall(r"readonly (\w+): (\w+);", client)
        if kind in texts
    }


@pytest.mark.parametrize("operation", IN_SDKS)
def test_javascript_calls_what_is_there_for_the_same_request(operation: str) -> None:
    called = re.search(r"await client\.(\w+)\.(\w+)\(", sample_of(operation, "js"))
    assert called

    asked = re.search(
        r'this\.api\.(?:request\(\s*"([A-Z]+)",|page\(|text\()\s*["`]([^"`]+)["`]',
        script_methods()[called[1]][called[2]],
    )
    assert asked
    assert (asked[1] or "GET", re.sub(r"\$\{[^}]*\}", "{}", asked[2])) == request_of(operation)


def test_those_for_javascript_are_modules(tmp_path: Path) -> None:
    for operation in IN_SDKS:
        (tmp_path / f"{operation}.mjs").write_text(sample_of(operation, "js"))
    everything = "".join(f'import "./{operation}.mjs";\n' for operation in IN_SDKS)
    (tmp_path / "all.mjs").write_text(everything)
    package = tmp_path / "node_modules/@vaniagent/sdk"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"type": "module", "exports": "./index.js"}')
    # Answers each call with what it was called with, so that all of them run.
    (package / "index.js").write_text(
        "const any = (path) => new Proxy((...sent) => ({ data: sent }), { get: (_, name) => any([...path, name]) });\n"
        "export const VaniAgent = class { constructor() { return any([]); } };\n"
    )

    subprocess.run([node.binary(), str(tmp_path / "all.mjs")], check=True, timeout=60, stdout=subprocess.DEVNULL)


def test_names_are_camel_case_but_for_those_of_the_customer() -> None:
    request = samples.Request(
        method="POST",
        path="/v1/calls",
        body={"to_number": "+1", "metadata": {"customer_id": {"first_name": 'A"', "x-y": None}}, "speech": {"a_b": []}},
        needs_key=True,
        answer="json",
    )

    (_python, script) = sdk_samples.sdk_samples_of("calls_create", request)

    assert 'toNumber: "+1",' in script.code
    assert 'metadata: { customer_id: { first_name: "A\\"", "x-y": null } },' in script.code
    assert "speech: { aB: [] }," in script.code
