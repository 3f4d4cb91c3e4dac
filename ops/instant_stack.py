"""The product's processes with calls workers of `ops.instant`: `python -m ops.instant_stack` runs what `ops.supervisor` does."""

from __future__ import annotations

import dataclasses
import sys

from ops import supervisor
from ops.programs import Program
from ops.table import Site, vaniagent


def table(site: Site) -> list[list[Program]]:
    return [[_with_instant_speech(program) for program in stage] for stage in vaniagent(site)]


def _with_instant_speech(program: Program) -> Program:
    if not program.name.startswith("worker"):
        return program
    python, *arguments = program.argv
    return dataclasses.replace(program, argv=(python, "-m", "ops.instant", *arguments))


if __name__ == "__main__":
    sys.exit(supervisor.main(table=table))
