"""What of the front is started, and when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops import sipfront

WANTED = {"SIP_FRONT": "udp:203.0.113.5:5060", "SECRET_KEY": "ours", "DATABASE_URL": "postgres://"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Of a machine with kamailio."""
    program = tmp_path / "bin" / "kamailio"
    program.parent.mkdir()
    program.touch(mode=0o755)
    return {**WANTED, "PATH": str(program.parent)}


def test_who_tells_it_comes_first(env: dict[str, str], tmp_path: Path) -> None:
    """kamailio reads what the other has written."""
    (teller,), (kamailio,) = sipfront.stages(env, tmp_path, ends=1)

    assert teller.argv[1:] == ("manage.py", "sipfront", "--follow")
    assert kamailio.argv[:3] == (f"{tmp_path}/bin/kamailio", "-f", str(tmp_path / "sipfront" / "kamailio.cfg"))
    assert set(kamailio.env or {}) == {"PATH"}


def test_where_the_settings_want_it(env: dict[str, str], tmp_path: Path) -> None:
    _, (kamailio,) = sipfront.stages({**env, "SIP_FRONT_DIR": "/srv/front"}, tmp_path, ends=1)

    assert "/srv/front/kamailio.cfg" in kamailio.argv


def test_not_wanted(env: dict[str, str], tmp_path: Path) -> None:
    assert sipfront.stages({**env, "SIP_FRONT": " "}, tmp_path, ends=1) == []


def test_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sipfront, "PLACES", "")

    assert sipfront.stages({**WANTED, "PATH": str(tmp_path)}, tmp_path, ends=1) == []


def test_no_root_for_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sipfront, "_has_account", lambda: True)
    assert sipfront.arguments("kamailio", tmp_path)[-4:] == ("-u", "kamailio", "-g", "kamailio")

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "-u" not in sipfront.arguments("kamailio", tmp_path)
