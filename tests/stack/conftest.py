"""The whole product, every process of it, as `make run` starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from ops.customer import Customer, make_account
from ops.stack import Stack
from ops.takeover import AGENT
from tests.stack import microphones


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.stack)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(var_dir=tmp_path_factory.mktemp("a stack") / "var") as stack:
        yield stack
    stack.remove_data()


@pytest.fixture
def customer(stack: Stack) -> Customer:
    return Customer(stack.url, make_account(stack, "--plan", "enterprise", "--credits", "50")["api_key"])


@pytest.fixture
def agent_id(customer: Customer) -> str:
    agent_id: str = customer.post("/agents", AGENT)["id"]
    return agent_id


@pytest.fixture(scope="session")
def microphone(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of somebody who talks."""
    return microphones.record(stack.told()["SPEECH_URL"], tmp_path_factory.mktemp("voice") / "microphone.wav")


@pytest.fixture
def open_browser(microphone: Path) -> Iterator[Callable[..., Browser]]:
    with microphones.browsers(microphone) as opened:
        yield opened


@pytest.fixture
def faults() -> list[str]:
    """What pages complain of."""
    return []
