"""A whole product that trunks on this machine may call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from calls.tests.twilio_peer import TwilioPeer
from ops.customer import Customer, make_account
from ops.stack import Stack
from tests.phone.model import Model
from tests.phone.sipp import free_port


@pytest.fixture(scope="session")
def sip_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def twilio() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        yield peer


@pytest.fixture(scope="session")
def model() -> Iterator[Model]:
    with Model() as model:
        yield model


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, sip_port: int, twilio: TwilioPeer, model: Model) -> Iterator[Stack]:
    env = {
        **os.environ,
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "PHONE_LINES_ALLOW_PRIVATE": "1",
        "SIP_HOST": "127.0.0.1",
        "SIP_PORT": str(sip_port),
        "TWILIO_API_URL": twilio.url,
        "LLM_PROVIDER": "openai",
        "LLM_BASE_URL": model.url,
    }
    folder: Path = tmp_path_factory.mktemp("phones") / "var"
    with Stack(var_dir=folder, env=env) as stack:
        yield stack
    stack.remove_data()


@pytest.fixture
def customer(stack: Stack) -> Customer:
    return Customer(stack.url, make_account(stack, "--plan", "enterprise", "--credits", "50")["api_key"])
