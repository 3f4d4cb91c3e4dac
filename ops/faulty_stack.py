"""The product's processes under `ops.faults`, for a drill: `python -m ops.faulty_stack` runs what `ops.supervisor` does."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Final

from ops import supervisor
from ops.fault_points import GATEWAY, SENDER, UPKEEP, WEB, WORKER
from ops.programs import Program
from ops.table import Site, vaniagent

# Which parts each process has, and its seconds of peace after a start and a fault: those that start slowly, or whose death ends
# calls, need more of it.
STRUCK: Final[Mapping[str, tuple[tuple[str, ...], float]]] = {
    "web": ((WEB,), 1.5),
    "background": ((SENDER, UPKEEP), 2.0),
    "worker1": ((WORKER,), 12.0),
    "worker2": ((WORKER,), 12.0),
    "gateway": ((GATEWAY,), 20.0),
}
# A keeper that waits longer and longer would make of a drill a long one.
BACK_OFF: Final = (0.1,)


def table(site: Site) -> list[list[Program]]:
    return [[_under_faults(program, site) for program in stage] for stage in vaniagent(site)]


def _under_faults(program: Program, site: Site) -> Program:
    if program.name not in STRUCK:
        return program
    parts, gap = STRUCK[program.name]
    python, *arguments = program.argv
    env = {
        # The launcher reads the settings before `vaniagent.asgi` can say this.
        **({"DATABASE_POOL_SIZE": "16"} if program.name == "web" else {}),
        **(program.env or site.env),
        "FAULTS_PARTS": ",".join(parts),
        "FAULTS_GAP_SECONDS": str(gap),
    }
    argv = (python, "-m", "ops.faults", *arguments)
    return dataclasses.replace(program, argv=argv, env=env, back_off=BACK_OFF)


if __name__ == "__main__":
    sys.exit(supervisor.main(table=table))
