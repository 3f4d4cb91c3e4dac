"""The committed description of /v1 is the code's, whole, and what is answered is as it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from accounts.models import Scope
from billing import payments
from billing.models import Balance
from billing.payments.fake import FakePayments
from calls.models import Call, Turn
from calls.services.traces import add_trace
from calls.telephony.sip_trace import SipMessage, Trace
from conftest import ApiClient
from vaniagent.lib import errors
from vaniagent.lib.api import schema
from webhooks import event_types

COMMITTED = Path(__file__).resolve().parent.parent / "docs/openapi.yaml"
METHODS = ("get", "post", "patch", "delete")
ENDPOINT = {"url": "https://example.com/hook", "events": ["call.completed"]}


@pytest.fixture(scope="module")
def document() -> Any:
    generator: Any = SchemaGenerator()
    return generator.get_schema(request=None, public=True)


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(method, path, its) for path, methods in document["paths"].items() for method, its in methods.items()]


def routes() -> set[tuple[str, str]]:
    """Method and path of every route of /v1, with `{}` where an id goes."""
    found: set[tuple[str, str]] = set()

    def walk(patterns: Any, prefix: str) -> None:
        for pattern in patterns:
            path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern) and path.startswith("v1/"):
                view: Any = pattern.callback
                methods = getattr(view, "actions", None) or [name for name in METHODS if hasattr(view.view_class, name)]
                found.update((method, "/" + without_names(path)) for method in methods if method in METHODS)

    walk(get_resolver().url_patterns, "")
    return found


def without_names(path: str) -> str:
    """A route's path with `{}` for each named group, which has no parentheses inside."""
    while "(?P<" in path:
        before, _, rest = path.partition("(?P<")
        path = before + "{}" + rest.partition(")")[2]
    return path


def check(document: Any, path: str, method: str, response: Any) -> Any:
    """Assert that an answer is one that its operation documents, body and headers. The body."""
    answer = resolve(document, document["paths"][path][method]["responses"][str(response.status_code)])
    for name in answer["headers"]:
        assert name in response.headers or name in ("Retry-After", "Idempotent-Replayed"), name
    if "content" not in answer:
        assert response.content == b""
        return None

    shape = {**answer["content"]["application/json"]["schema"], "components": document["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(shape, format_checker=checker).validate(response.json())
    named = resolve(document, shape)
    if named.get("properties"):
        # Fields that the description does not know would pass the validation.
        assert set(response.json()) == set(named["properties"])
    return response.json()


def resolve(document: Any, node: Any) -> Any:
    while "$ref" in node:
        found = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


# --- The document ---


def test_the_committed_document_is_what_the_code_gives(tmp_path):
    now = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(now))

    assert yaml.safe_load(COMMITTED.read_text()) == yaml.safe_load(now.read_text()), "run `make docs`, and commit it"
    assert COMMITTED.read_text() == now.read_text(), "run `make docs`, and commit it"


def test_every_route_is_described(document):
    described = {
        (method, "/".join("{}" if part.startswith("{") else part for part in path.split("/")))
        for method, path, _ in operations(document)
    }

    assert described == routes()


def test_every_operation_says_what_it_takes_and_answers(document):
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        parameters = [resolve(document, parameter) for parameter in operation["parameters"]]
        assert operation["summary"], where
        assert [p["name"] for p in parameters if p["in"] == "path"] == [
            part[1:-1] for part in path.split("/") if part.startswith("{")
        ], where
        assert ("Idempotency-Key" in [p["name"] for p in parameters]) == (method == "post"), where
        assert ("requestBody" in operation) == (method in ("post", "patch")), where
        successes = [status for status in operation["responses"] if status < "300"]
        assert len(successes) == 1, where
        assert ("content" in operation["responses"][successes[0]]) == (method != "delete"), where
        assert {"400", "429", "500"} <= set(operation["responses"]), where


def test_everything_but_the_documents_asks_for_a_key(document):
    with_a_scope = [[{"apiKey": [scope]}] for scope in Scope.values]
    without = [path for _, path, operation in operations(document) if operation.get("security") not in with_a_scope]

    assert without == ["/v1/asyncapi.json", "/v1/openapi.json"]


def test_no_two_operations_have_one_name(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(set(names)) == len(names)


def test_the_codes_and_types_are_those_of_the_code():
    kinds = [errors.ServiceError, *errors.ServiceError.__subclasses__()]
    bases = [kind for kind in kinds if kind.__module__ == errors.__name__]

    assert set(schema.CODES) == {kind.code for kind in bases}
    assert set(schema.TYPES) == {kind.type for kind in bases}


def test_it_is_served_to_everybody(client, document, settings, db):
    settings.PUBLIC_URL = "https://calls.example.com"
    r = client.get("/v1/openapi.json")

    served = check(document, "/v1/openapi.json", "get", r)
    assert served["servers"] == [{"url": "https://calls.example.com"}]
    assert served["paths"] == document["paths"]
    assert client.get("/v1/openapi.json", headers={"If-None-Match": r.headers["ETag"]}).status_code == 304


def test_serving_it_takes_no_parameters(client, document, db):
    r = client.get("/v1/openapi.json?format=yaml")

    assert check(document, "/v1/openapi.json", "get", r)["error"]["param"] == "format"
    assert client.post("/v1/openapi.json").status_code == 405


def bodies(document: Any) -> list[tuple[str, Any]]:
    """Every body that is described, and where."""
    found = [
        (f"{method} {path} {status}", resolve(document, body))
        for method, path, operation in operations(document)
        for status, body in (("request", operation.get("requestBody", {})), *operation["responses"].items())
    ]
    found += [(name, its["post"]["requestBody"]) for name, its in document["webhooks"].items()]
    return [(where, content) for where, body in found for content in body.get("content", {}).values()]


def test_every_body_has_an_example_that_is_right(document):
    for where, content in bodies(document):
        shape = {**content["schema"], "components": document["components"]}
        faults = Draft202012Validator(shape, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert [fault.message for fault in faults.iter_errors(content["example"])] == [], where
        named = resolve(document, shape)
        if named.get("properties"):
            # Of a shape that comes in kinds, the example is of one.
            kinds = [kind.get("properties", {}) for kind in named.get("oneOf", ())]
            of_a_kind = {name for fields in kinds for name, its in fields.items() if its == {"not": {}}}
            assert set(named["properties"]) - of_a_kind <= set(content["example"]) <= set(named["properties"]), where


def test_the_webhooks_are_described(document):
    assert set(document["webhooks"]) == set(event_types.NAMES)


# --- Real answers ---


def test_agents(api, document):
    made = check(document, "/v1/agents", "post", api.post("/v1/agents", {"name": "Ada", "voice": "joe"}))
    path = f"/v1/agents/{made['id']}"
    check(document, "/v1/agents/{id}", "get", api.get(path))
    check(document, "/v1/agents/{id}", "patch", api.patch(path, {"first_message": "Hello."}))
    page = check(document, "/v1/agents", "get", api.get("/v1/agents"))
    check(document, "/v1/agents/{id}", "delete", api.delete(path))

    assert [agent["id"] for agent in page["data"]] == [made["id"]]


def test_voices_and_account(api, document):
    assert check(document, "/v1/voices", "get", api.get("/v1/voices?limit=3"))["limit"] == 3
    assert check(document, "/v1/account", "get", api.get("/v1/account"))["plan"] == "starter"


def test_credits(api, document, monkeypatch):
    provider = FakePayments()
    monkeypatch.setattr(payments, "configured", lambda: provider)
    made = check(document, "/v1/account/top_ups", "post", api.post("/v1/account/top_ups", {"credits": "20.00"}))
    check(document, "/v1/account/top_ups", "get", api.get("/v1/account/top_ups"))
    check(document, "/v1/account/top_ups/{id}", "get", api.get(f"/v1/account/top_ups/{made['id']}"))
    page = check(document, "/v1/account/transactions", "get", api.get("/v1/account/transactions?kind=grant"))

    assert [posted["amount"] for posted in page["data"]] == ["5.00"]


def test_a_call_from_its_start_to_its_end(api, agent, document):
    body = {"agent_id": agent.public_id, "to_number": "+14155550100", "metadata": {"campaign": ["a", {"b": None}]}}
    made = check(document, "/v1/calls", "post", api.post("/v1/calls", body, Idempotency_Key="one"))
    call = Call.objects.get()
    Turn.objects.create(
        call=call,
        number=1,
        speaker="agent",
        text="Hello",
        start_ms=0,
        end_ms=900,
        is_final=True,
        latency={"vad": 1, "turn": None, "stt": 2, "llm": 3, "tts": 4, "total": 10},
        created_at=timezone.now(),
    )
    Turn.objects.create(call=call, number=2, speaker="user", text="Hi", is_final=True, created_at=timezone.now())
    path = f"/v1/calls/{made['id']}"
    turns = check(document, "/v1/calls/{id}/transcript", "get", api.get(f"{path}/transcript"))["turns"]
    message = SipMessage(timezone.now(), True, "udp", "198.51.100.7:5060", "INVITE sip:x SIP/2.0")
    add_trace(call_id=call.public_id, trace=Trace([message]))
    trace = check(document, "/v1/calls/{id}/sip_trace", "get", api.get(f"{path}/sip_trace"))
    ended = check(document, "/v1/calls/{id}/hangup", "post", api.post(f"{path}/hangup"))
    Call.objects.update(sentiment="neutral", summary="A greeting.", heard_turns=1, heard_p50_ms=700, heard_p95_ms=900)
    analysed = check(document, "/v1/calls/{id}", "get", api.get(path))
    page = check(document, "/v1/calls", "get", api.get(f"/v1/calls?status=failed&agent_id={agent.public_id}"))

    assert [turn["speaker"] for turn in turns] == ["agent", "user"]
    assert [message["title"] for message in trace["messages"]] == ["INVITE"]
    assert ended["ended_reason"] == "canceled"
    assert analysed["metadata"] == body["metadata"]
    assert analysed["latency"] == {"heard_p50_ms": 700, "heard_p95_ms": 900, "turns": 1}
    assert page["total"] == 1


def test_webhook_endpoints_and_deliveries(api, document):
    made = check(document, "/v1/webhook_endpoints", "post", api.post("/v1/webhook_endpoints", ENDPOINT))
    one, path = "/v1/webhook_endpoints/{id}", f"/v1/webhook_endpoints/{made['id']}"
    check(document, one, "get", api.get(path))
    check(document, "/v1/webhook_endpoints", "get", api.get("/v1/webhook_endpoints"))
    check(document, f"{one}/rotate_secret", "post", api.post(f"{path}/rotate_secret"))
    sample = check(document, f"{one}/test", "post", api.post(f"{path}/test"))
    log = "/v1/webhook_endpoints/{endpoint_id}/deliveries"
    deliveries = check(document, log, "get", api.get(f"{path}/deliveries"))
    delivery = f"/v1/webhook_deliveries/{sample['id']}"
    check(document, "/v1/webhook_deliveries/{id}", "get", api.get(delivery))
    check(document, "/v1/webhook_deliveries/{id}/replay", "post", api.post(f"{delivery}/replay"))
    check(document, one, "patch", api.patch(path, {"status": "disabled"}))
    check(document, one, "delete", api.delete(path))

    assert [delivery["id"] for delivery in deliveries["data"]] == [sample["id"]]


def test_refusals(api, document, agent):
    call = {"agent_id": agent.public_id, "to_number": "+14155550100"}
    one = f"/v1/agents/{agent.public_id}"
    refused = {
        "authentication_error": ("get", "/v1/agents", ApiClient("va_live_nobody").get("/v1/agents")),
        "validation_error": ("post", "/v1/calls", api.post("/v1/calls", {**call, "to_number": "12"})),
        "not_found_error": ("post", "/v1/calls", api.post("/v1/calls", {**call, "agent_id": "agent_no"})),
        "idempotency_error": ("post", "/v1/agents", reused_key(api)),
    }

    for kind, (method, path, response) in refused.items():
        assert check(document, path, method, response)["error"]["type"] == kind
    check(document, "/v1/agents", "post", api.send_raw("post", "/v1/agents", b"x", "text/plain"))
    check(document, "/v1/agents/{id}", "patch", api.send_raw("patch", one, b" " * 1_048_577))
    etag = api.get(one).headers["ETag"]
    check(document, "/v1/agents/{id}", "get", api.get(one, If_None_Match=etag))


def reused_key(api: ApiClient) -> Any:
    api.post("/v1/agents", {"name": "Ada", "voice": "joe"}, Idempotency_Key="one")
    return api.post("/v1/agents", {"name": "Bob", "voice": "joe"}, Idempotency_Key="one")


def test_an_account_without_credits(api, document, agent, account):
    Balance.objects.filter(account=account).update(available=0)
    r = api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+14155550100"})

    assert check(document, "/v1/calls", "post", r)["error"]["type"] == "billing_error"
