from __future__ import annotations

import json
import os
import stat
from typing import Any

import pytest

from cli.conftest import Program
from vaniagent.cli import profiles
from vaniagent.errors import ConfigurationError

KEY = "va_live_" + "k" * 38


@pytest.fixture(autouse=True)
def _config(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_key_is_kept_for_its_owner_alone() -> None:
    os.umask(0)
    file = profiles.store(profiles.Profile("default", KEY, "http://a/v1", "Acme"))
    profiles.store(profiles.Profile("other", KEY[::-1]))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert profiles.find("default") == profiles.Profile("default", KEY, "http://a/v1", "Acme")
    assert profiles.names() == ["default", "other"]
    assert os.listdir(file.parent) == ["credentials.json"]
    assert profiles.forget("other")
    assert not profiles.forget("other")


def test_a_key_is_not_shown() -> None:
    profile = profiles.Profile("default", KEY)

    assert KEY not in repr(profile)
    assert profiles.masked(KEY) == "va_live_…kkkk"
    assert profiles.masked("short") == "…"


@pytest.mark.parametrize("content", ["", "[]", '{"profiles": 1}', "{"])
def test_a_file_that_is_broken_is_not_overwritten(content: str) -> None:
    file = profiles.path()
    file.parent.mkdir(parents=True)
    file.write_text(content)

    with pytest.raises(ConfigurationError):
        profiles.store(profiles.Profile("default", KEY))

    assert file.read_text() == content


def test_without_a_key_it_says_what_to_do(nowhere: Program) -> None:
    done = nowhere.run("agents", "list")

    assert (done.returncode, done.stdout) == (3, "")
    assert "vaniagent login" in done.stderr


def test_logs_in_with_a_key_that_the_server_knows(program: Program, place: Any) -> None:
    done = program.run("login", "--key-stdin", stdin=place.key + "\n", VANIAGENT_API_KEY=None)

    assert done.returncode == 0, done.stderr
    assert place.key not in done.stdout + done.stderr
    kept = json.loads((program.config / "vaniagent/credentials.json").read_text())
    assert kept["profiles"]["default"]["api_key"] == place.key
    # The profile's server as well as its key.
    account = program.json("account", VANIAGENT_API_KEY=None, VANIAGENT_BASE_URL=None)
    assert account["id"].startswith("acct_")
    shown = program.run("keys", VANIAGENT_API_KEY=None, VANIAGENT_BASE_URL=None)
    assert place.key[-4:] in shown.stdout
    assert place.key not in shown.stdout
    assert program.run("logout").returncode == 0
    assert program.run("account", VANIAGENT_API_KEY=None).returncode == 3


def test_a_wrong_key_is_not_kept(program: Program) -> None:
    done = program.run("login", "--key-stdin", stdin=KEY, VANIAGENT_API_KEY=None)

    assert done.returncode == 3
    assert "request id req_" in done.stderr
    assert KEY not in done.stderr
    assert not program.config.exists()


def test_the_environment_goes_before_a_profile(program: Program, place: Any) -> None:
    program.run("login", "--key-stdin", "--profile", "test", stdin=place.test_key)

    used = program.json("keys", "--profile", "test")["used"]
    kept = program.json("keys", "--profile", "test", VANIAGENT_API_KEY=None)["used"]

    assert (used["from"], used["key"]) == ("VANIAGENT_API_KEY", profiles.masked(place.key))
    assert (kept["from"], kept["key"]) == ("profile test", profiles.masked(place.test_key))


def test_without_a_terminal_it_does_not_ask(nowhere: Program) -> None:
    done = nowhere.run("login", stdin=KEY)

    assert done.returncode == 2
    assert "--key-stdin" in done.stderr
