"""The JavaScript package out of its tarball: the published snippet in each runtime, the guide's samples, the examples, a browser."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import ApiKey
from calls.models import Call
from conftest import make_key
from dashboard.reference import catalog, operations
from tests import snippets
from tests.sdks.javascript import ROOT, SOURCE, Package, blocks, run
from tests.test_snippets import FOLLOWED, call, place, port
from tests.test_snippets_in_a_browser import run_in_page, shop
from vaniagent.tests import node

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]
__all__ = ["call", "place", "port", "shop"]  # fixtures

PUBLISHED: Final = blocks(SOURCE / "README.md", "js")["Place a call"]
SAMPLES: Final = blocks(ROOT / "docs/sdks/javascript.md", "ts")
# What the README leaves out.
CONTEXT: Final = """
import { VaniAgent, type Call } from '@vaniagent/sdk';
declare const client: VaniAgent;
declare const call: Call;
declare const rawBody: string;
declare const request: Request;
"""
STRICT: Final = ("--strict", "--noEmit", "--target", "ES2022", "--lib", "ES2022,DOM")


@pytest.fixture(scope="module")
def package() -> Package:
    return Package()


@pytest.fixture(scope="module")
def installed(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = package.install_into(tmp_path_factory.mktemp("customer"))
    # As `npm install ws` does, which Node 18 and 20 need for the feed.
    shutil.copytree(package.path / "node_modules/ws", place / "node_modules/ws")
    return place


def environment(place: snippets.Place) -> dict[str, str]:
    return {"VANIAGENT_BASE_URL": f"http://127.0.0.1:{place.port}/v1"}


RUNTIMES: Final[dict[str, Callable[[], list[str]]]] = {
    "node": lambda: [node.binary()],
    "node 18": lambda: [str(node.package("node", "18.20.8") / "bin/node")],
    "bun": lambda: [str(node.package("bun", "1.4.5").parent / ".bin/bun"), "run"],
    "deno": lambda: [
        str(node.package("deno", "2.9.6").parent / ".bin/deno"),
        "run",
        "--no-remote",
        "--node-modules-dir=manual",
        "--allow-net",
        "--allow-env",
    ],
}


@pytest.mark.parametrize("runtime", list(RUNTIMES))
def test_the_published_snippet(installed: Path, place: snippets.Place, runtime: str) -> None:
    """Byte for byte, but for the key; the host comes from the environment."""
    (installed / "snippet.mjs").write_text(PUBLISHED.replace("YOUR_API_KEY", place.key))

    run([*RUNTIMES[runtime](), "snippet.mjs"], installed, **environment(place))

    call = Call.objects.get()
    assert (call.to_number, call.from_number) == ("+1234567890", "+0987654321")
    assert call.agent.public_id != place.agent_id


def test_commonjs(installed: Path, place: snippets.Place) -> None:
    code = "const { VaniAgent } = require('@vaniagent/sdk'); new VaniAgent().account.get().then(({ plan }) => console.log(plan))"

    printed = run([node.binary(), "-e", code], installed, VANIAGENT_API_KEY=place.key, **environment(place))

    assert printed == "starter\n"


def test_an_edge_worker(package: Package, place: snippets.Place) -> None:
    printed = package.node("tests/real/edge.mjs", VANIAGENT_API_KEY=place.key, **environment(place))

    assert json.loads(printed) == ["undefined", "Ada", "WebhookVerificationError"]


@pytest.mark.parametrize("kind", ["module", "commonjs"])
def test_the_types(package: Package, installed: Path, tmp_path: Path, kind: str) -> None:
    """Of the published snippet, the README, the guide's samples and those of /docs, without leaving out the declarations themselves."""
    consumer = package.install_into(tmp_path / "typed", type=kind)
    if kind == "module":
        readme = [CONTEXT + code for code in blocks(SOURCE / "README.md", "ts").values()]
        sources = [PUBLISHED, *readme, *SAMPLES.values(), *samples_of_the_reference()]
    else:
        sources = ["import { VaniAgent } from '@vaniagent/sdk';\nexport const plan = new VaniAgent().account.get();\n"]
    for number, code in enumerate(sources):
        (consumer / f"{number}.ts").write_text(code)

    tsc = str(package.path / "node_modules/typescript/bin/tsc")
    names = [f"{number}.ts" for number in range(len(sources))]
    run([node.binary(), tsc, *STRICT, "--module", "NodeNext", *names], consumer)


def test_the_types_of_the_examples(package: Package) -> None:
    """`tsc --strict` reads their JSDoc."""
    package.run(node.binary(), "node_modules/typescript/bin/tsc", "-p", "examples")


def samples_of_the_reference() -> list[str]:
    pages = [page for page in catalog.PAGES.values() if page.resource and page.resource != "openapi"]
    every = [operation for page in pages for operation in operations.resource_of(page).operations]
    return [sample.code for each in every for sample, _html in each.samples if sample.language == "js"]


def run_sample(package: Package, installed: Path, place: snippets.Place, code: str) -> list[str]:
    (installed / "sample.ts").write_text(place.fill(code))
    esbuild = str(package.path / "node_modules/.bin/esbuild")
    run([esbuild, "sample.ts", "--outfile=sample.mjs"], installed)
    return run([node.binary(), "sample.mjs"], installed, **environment(place)).splitlines()


def test_the_samples_of_the_guide(package: Package, installed: Path, place: snippets.Place, call: Call) -> None:
    there = snippets.Place(place.port, place.key, place.agent_id, call.public_id)

    printed = {heading: run_sample(package, installed, there, code) for heading, code in SAMPLES.items()}

    assert printed == {
        "Place a call": ["initiated"],
        "Lists": ["1 of 1", f"Call {call.public_id}: 245s"],
        "Errors": [printed["Errors"][0]],
        "Retries and time-outs": [printed["Retries and time-outs"][0]],
        "Follow a call": ["agent: Hello, how can I help you today?", "245 s, user_hangup"],
        "Wait for the outcome": ["completed user_hangup 245"],
        "Webhooks": [],
    }
    assert printed["Errors"][0].startswith("to_number invalid_request req_")
    assert printed["Retries and time-outs"][0].endswith("true")


def test_the_feed_in_a_browser(package: Package, page: Page, shop: object, place: snippets.Place, call: Call) -> None:
    """On a page of another origin, with a test key."""
    key = make_key(call.account, mode=ApiKey.Mode.TEST)
    options = json.dumps({"apiKey": key, "baseURL": f"http://127.0.0.1:{place.port}/v1"})
    code = f"""
      {package.node("scripts/bundle.mjs")}
      const client = new sdk.VaniAgent({options});
      for await (const event of client.calls.stream("{call.public_id}")) console.log(event.type);
      console.log((await client.calls.list()).total);
    """

    assert run_in_page(page, shop, code, lines=len(FOLLOWED) - 1) == [*FOLLOWED[2:], "1"]


def test_the_webhook_receiver(package: Package) -> None:
    """With a delivery as we sign it, and with one that somebody else made up."""
    secret = "whsec_" + "A" * 43 + "="
    now = timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    data = {
        "call_id": "call_1",
        "agent_id": "agent_1",
        "status": "completed",
        "duration": 12,
        "ended_reason": "user_hangup",
    }
    body = json.dumps({"event": "call.completed", "timestamp": now, "data": {**data, "metadata": {}}}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    env = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": "0"}

    argv = [node.binary(), "examples/webhooks/server.mjs"]
    with subprocess.Popen(argv, cwd=package.path, env=env, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            address = program.stdout.readline().strip()
            answers = [post(address, body, signature) for signature in (signature, signature, "0" * 64)]
            assert answers == [204, 204, 400]
            # The second was a repetition.
            program.terminate()
            assert program.stdout.read() == "call_1: 12 s, user_hangup\n"
        finally:
            program.kill()


def post(address: str, body: bytes, signature: str) -> int:
    headers = {"Content-Type": "application/json", "X-Vaniagent-Signature": signature, "X-Vaniagent-Delivery": "whd_1"}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=10) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
