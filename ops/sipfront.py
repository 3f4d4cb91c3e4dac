"""kamailio in front of the gateways, where the operator wants it: one process that writes what it reads, and its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ops.programs import Check, Program, ReadyFile

KAMAILIO: Final = "kamailio"
PLACES: Final = "/usr/local/sbin:/usr/sbin:/sbin"
# Megabytes that all of its processes share, and that each has: a flood can fill these, and no more.
SHARED, OWN = 64, 8


def is_wanted(env: Mapping[str, str]) -> bool:
    return bool(env.get("SIP_FRONT", "").strip())


def find(env: Mapping[str, str]) -> str | None:
    """The program. Not everybody's path has what administrators run."""
    return shutil.which(KAMAILIO, path=f"{env.get('PATH', '')}:{PLACES}")


def directory(env: Mapping[str, str], var_dir: Path) -> Path:
    """As the settings have it."""
    return Path(env.get("SIP_FRONT_DIR") or var_dir / "sipfront")


def arguments(program: str, folder: Path, *, stays_root: bool = False) -> tuple[str, ...]:
    """How kamailio is started. It is root for no longer than it takes to begin."""
    return (
        program,
        *("-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-m", str(SHARED), "-M", str(OWN)),
        *("-w", str(folder), "-Y", str(folder)),
        *(("-u", KAMAILIO, "-g", KAMAILIO) if os.geteuid() == 0 and not stays_root and _has_account() else ()),
    )


def stages(env: Mapping[str, str], var_dir: Path, *, ends: int) -> list[list[Program]]:
    """None where it is not wanted or not installed."""
    program = find(env)
    if not is_wanted(env) or program is None:
        return []
    folder = directory(env, var_dir)
    teller = Program(
        name="sipfront",
        argv=(sys.executable, "manage.py", "sipfront", "--follow"),
        ready=ReadyFile(),
        ends=ends,
        stop_within=2.0,
    )
    kamailio = Program(
        name=KAMAILIO,
        argv=arguments(program, folder),
        ready=Check(lambda: _listens(folder / "control")),
        ends=ends,
        ready_within=20.0,
        stop_within=3.0,
        # It has what it needs in its directory.
        env={name: env[name] for name in ("PATH", "LANG") if name in env},
    )
    return [[teller], [kamailio]]


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _has_account() -> bool:
    try:
        pwd.getpwnam(KAMAILIO)
    except KeyError:
        return False
    return True
