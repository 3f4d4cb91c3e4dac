"""The samples of /docs without an SDK: those of every operation are programs, and some are run against a real web process."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.models import Agent
from calls.models import Call
from conftest import make_key
from dashboard.reference import catalog, operations, samples
from tests import snippets
from tests.web_processes import web_process
from vaniagent.tests import node

RESOURCES = [page for page in catalog.PAGES.values() if page.resource]


@pytest.fixture(scope="module")
def of_operations() -> dict[str, dict[str, str]]:
    """Each operation's samples, by language."""
    return {
        operation.id: {sample.language: sample.code for sample, _html in (*operation.samples, *operation.plain_samples)}
        for page in RESOURCES
        for operation in operations.resource_of(page).operations
    }


def test_every_operation_has_all_three(of_operations: dict[str, Any]) -> None:
    assert len(of_operations) > 30
    assert all(set(its) == {"sh", "js", "python"} for its in of_operations.values())


def test_those_for_curl_are_shell(of_operations: dict[str, Any]) -> None:
    program = "\n".join(its["sh"] for its in of_operations.values())

    subprocess.run(["bash", "-n"], input=program, text=True, check=True, timeout=30)


def test_those_for_javascript_are_modules(of_operations: dict[str, Any], tmp_path: Path) -> None:
    program = "\n".join(f"async function f{n}() {{\n{its['js']}\n}}" for n, its in enumerate(of_operations.values()))
    (tmp_path / "samples.mjs").write_text(program)

    subprocess.run([node.binary(), "--check", str(tmp_path / "samples.mjs")], check=True, timeout=60)


def test_those_for_python_are_python(of_operations: dict[str, Any]) -> None:
    for its in of_operations.values():
        ast.parse(its["python"])


def test_what_is_sent_is_the_documents_example_whatever_is_in_it(tmp_path: Path) -> None:
    body = {
        "text": 'it\'s "quoted" \\ $HOME `ls` ${x}\nnext ü </script>',
        "yes": True,
        "none": None,
        "list": [1.5, {}, []],
    }
    request = samples.Request(method="POST", path="/v1/agents", body=body, needs_key=True, answer="json")

    python = ast.parse(samples.requests(request))
    (sent,) = [word.value for word in ast.walk(python) if isinstance(word, ast.keyword) and word.arg == "json"]
    assert ast.literal_eval(sent) == body
    printed = snippets.run_shell(samples.curl(request).replace("curl ", "printf '%s\\n' ", 1))
    assert json.loads("\n".join(printed[printed.index("-d") + 1 :])) == body
    script = samples.fetch(request).replace(
        "await fetch", "await ((url, options) => ({status: options.body, json: () => ''}))"
    )
    assert json.loads(snippets.run_module(script)[0]) == body


# --- Run ---


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[int]:
    with web_process(tmp_path_factory.mktemp("web") / "web.log") as port:
        yield port


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["sh", "js", "python"])
def test_they_do_what_they_say(language: str, of_operations: dict[str, Any], port: int, agent: Agent) -> None:
    place = snippets.Place(port, make_key(agent.account, mode="test"), agent.public_id)
    run = {"sh": snippets.run_shell, "js": snippets.run_module, "python": snippets.run_python}[language]

    account = run(place.fill(of_operations["account_retrieve"][language]))
    run(place.fill(of_operations["agents_create"][language]))
    run(place.fill(of_operations["calls_create"][language]))
    assert Agent.objects.filter(account=agent.account).count() == 2
    made = Call.objects.get(agent=agent)
    after = snippets.Place(port, place.key, agent.public_id, made.public_id)
    told = run(after.fill(of_operations["calls_retrieve"][language]))
    run(after.fill(of_operations["agents_partial_update"][language]))
    gone = run(after.fill(of_operations["agents_destroy"][language]))

    assert agent.account.public_id in "".join(account)
    assert made.public_id in "".join(told)
    assert made.metadata == {"customer_id": "cust_123"}
    agent.refresh_from_db()
    assert agent.status == Agent.Status.ARCHIVED
    assert gone == ([] if language == "sh" else ["204"])


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_text(of_operations: dict[str, Any], port: int, agent: Agent) -> None:
    place = snippets.Place(port, make_key(agent.account, mode="test"))

    printed = snippets.run_python(place.fill(of_operations["account_statement_list"]["python"]))

    assert printed[0].startswith("200 time,kind")
