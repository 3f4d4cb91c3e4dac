"""The JavaScript package: whether it may be published, and faults between it and a real web process."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import ApiKey
from calls import events
from calls.models import Call, Leg
from calls.services import lifecycle, starting
from conftest import make_account, make_agent, make_key
from tests.sdks.javascript import Package, last_json
from tests.web_processes import web_process
from vaniagent.tests import node

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

NOW = datetime(2024, 1, 15, 10, 35, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def package() -> Package:
    return Package()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[int]:
    with web_process(tmp_path_factory.mktemp("web") / "web.log") as port:
        yield port


@pytest.fixture
def account() -> Any:
    limits = {"requests_per_minute": 100_000, "requests_per_hour": 1_000_000, "max_live_calls": 10_000}
    return make_account("sdk@example.com", plan="enterprise", **limits)


@pytest.fixture
def environment(port: int, account: Any) -> dict[str, str]:
    key = make_key(account, mode=ApiKey.Mode.TEST)
    return {"VANIAGENT_BASE_URL": f"http://127.0.0.1:{port}/v1", "VANIAGENT_API_KEY": key}


def test_it_may_be_published(package: Package) -> None:
    package.run("npm", "run", "check")


def test_no_call_is_placed_twice(package: Package, environment: dict[str, str]) -> None:
    """Between it and the server connections drop, answers come late, half or twice, and 429 and 500 come for no reason."""
    count = os.environ.get("SDK_CREATES", "60")

    told = last_json(package.node("tests/real/creates.mjs", COUNT=count, **environment))

    placed = [call.metadata["n"] for call in Call.objects.all()]
    assert sorted(placed) == list(range(int(count)))
    assert told["errors"]


def test_no_event_is_lost_or_repeated(package: Package, environment: dict[str, str], account: Any) -> None:
    """The socket is cut at random bytes, in the midst of frames and handshakes too."""
    cuts = os.environ.get("SDK_CUTS", "15")
    call = starting.start_call(
        account=account,
        agent=make_agent(account),
        api_key=None,
        to_number="+15005550000",
        from_number=None,
        metadata={},
        at=NOW,
    )
    Leg.objects.filter(call=call).update(status=Leg.Status.ANSWERED, answered_at=NOW)
    lifecycle.mark_answered(call_id=call.public_id, at=NOW)
    call.refresh_from_db()

    said: list[str] = []
    argv = [node.binary(), "tests/real/cuts.mjs"]
    env = {**os.environ, **environment, "CALL_ID": call.public_id, "CUTS": cuts}
    with subprocess.Popen(argv, cwd=package.path, env=env, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        os.set_blocking(program.stdout.fileno(), False)
        while len(said) < 5000 and program.poll() is None and program.stdout.readline() != "cut\n":
            said.append(f"Line {len(said)}")
            data = {"speaker": "agent", "text": said[-1], "is_final": True}
            events.record(call, "transcript.update", at=NOW, data=data)
        lifecycle.complete_call(call_id=call.public_id, token=None, reason="user_hangup", by="user", at=NOW)
        os.set_blocking(program.stdout.fileno(), True)
        printed = program.stdout.read()

    assert program.returncode == 0
    # Before it is the word that all was cut, where that came after the last line.
    told = json.loads(printed.splitlines()[-1])
    assert told["texts"] == said
    assert told["cuts"] == int(cuts)
