"""What containers run is what `make run` runs, with settings that there are."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import sipfront
from ops.programs import Program
from ops.table import NOT_FOR_SPEECH, Site, vaniagent
from ops.tests.conftest import BASE_DIR

DEPLOY = BASE_DIR / "deploy"
# Where the image has the code.
HOME = Path("/srv/vaniagent")
STORES = {"postgres", "valkey"}
EVERYWHERE = "0.0.0.0"  # noqa: S104  # within a container, whose network others share by name
# What the supervisor does itself before it starts the others.
ONE_SHOT = {"migrate"}
# The supervisor's own way to hear that a process is ready.
READY = "VA_READY_FILE"


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """Ours, without the stores."""
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(found) >= STORES
    return {name: service for name, service in found.items() if name not in STORES}


@pytest.fixture(scope="module")
def programs() -> dict[str, Program]:
    """The supervisor's, as they would be in the image; both calls workers are one service."""
    site = Site(base_dir=HOME, var_dir=HOME / "var", host=EVERYWHERE, port=8000, speech_port=8010, env={})
    found = {program.name: program for stage in vaniagent(site) for program in stage}
    found["calls"] = found.pop("worker1")
    del found["worker2"]
    return found


def as_in_the_image(argv: tuple[str, ...]) -> list[str]:
    return [re.sub(r"^calls\d@", "calls@", "python" if word == sys.executable else word) for word in argv]


def test_the_services_are_the_processes(services: dict[str, Any], programs: dict[str, Program]) -> None:
    front = {"sipfront", sipfront.KAMAILIO}

    assert set(services) - ONE_SHOT == set(programs) | front
    assert {name for name, service in services.items() if service.get("profiles") == ["sip"]} == front
    assert services["calls"]["scale"] == 2


def test_commands_are_those_of_make_run(services: dict[str, Any], programs: dict[str, Program]) -> None:
    # Others reach it from their own containers.
    here = {"speech": ["--host", EVERYWHERE]}

    for name, program in programs.items():
        assert services[name]["command"] == as_in_the_image(program.argv) + here.get(name, []), name


def test_the_front_is_started_as_make_run_starts_it(services: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / sipfront.KAMAILIO).touch(mode=0o755)
    env = {"SIP_FRONT": "udp:203.0.113.5:5060", "PATH": str(tmp_path)}
    (teller,), _ = sipfront.stages(env, HOME / "var", ends=1)

    assert services["sipfront"]["command"] == as_in_the_image(teller.argv)
    assert services["kamailio"]["command"] == list(
        sipfront.arguments(sipfront.KAMAILIO, HOME / "var/sipfront", stays_root=True)
    )
    assert "environment" not in services["kamailio"]
    assert "env_file" not in services["kamailio"]


def test_processes_have_the_environment_of_make_run(services: dict[str, Any], programs: dict[str, Program]) -> None:
    for name, program in programs.items():
        environment = services[name].get("environment", {})

        assert (program.env or {}).items() <= environment.items(), name
    assert "env_file" not in services["speech"]
    assert not set(NOT_FOR_SPEECH) & set(services["speech"].get("environment", {}))


def test_every_variable_is_documented(services: dict[str, Any], programs: dict[str, Program]) -> None:
    guide = (BASE_DIR / "docs/guides/self-hosting.md").read_text()
    settings = set(re.findall(r"^\| `([A-Z0-9_]+)`", (BASE_DIR / "docs/settings.md").read_text(), re.MULTILINE))
    of_libraries = {name for program in programs.values() for name in program.env or {}}
    given = {name for service in services.values() for name in service.get("environment", {})}
    filled_in = set(re.findall(r"\$\{([A-Z0-9_]+)", (DEPLOY / "compose.yaml").read_text()))
    exemplary = set(re.findall(r"^([A-Z0-9_]+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE))

    assert given - settings - of_libraries == {READY}
    # Passwords that the stores are made with.
    assert (filled_in | exemplary) - settings == {"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    assert all(f"`{name}`" in guide for name in (filled_in | exemplary) - settings)


def test_only_the_host_reaches_what_is_published(services: dict[str, Any]) -> None:
    everything = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].values()
    ports = [port for service in everything for port in service.get("ports", [])]

    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_has_every_package() -> None:
    """.dockerignore leaves out whatever it does not name."""
    named = {line[1:] for line in (BASE_DIR / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]

    assert {*packages, "speech", "docs", "locale", "static", "templates"} <= named
    assert [name for name in named if not (BASE_DIR / name).exists()] == []
    for package in (*packages, "speech"):
        for source in (BASE_DIR / package).rglob("*.py"):
            modules = re.findall(r"^\s*(?:from ops import|import ops\.|from ops\.)\s*(\w+)", source.read_text(), re.M)
            is_left_out = "tests" in source.relative_to(BASE_DIR).parts
            assert is_left_out or all(f"ops/{module}.py" in named for module in modules), source
