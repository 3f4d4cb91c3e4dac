"""The processes of VaniAgent on one machine: what is started, in which order, and how each ends."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops import sipfront
from ops.programs import Answers, Program, ReadyFile

# Calls that one calls worker talks in at once, and threads beyond them that are kept for taking over.
CALLS_THREADS = 24
BACKGROUND_THREADS = 8
# Connections a calls worker keeps: to open one takes longer than to use it, and a take-over waits for it.
DATABASE_CONNECTIONS = 8

# The order in which they end; the stores come after all of these.
WEB, WORKERS, GATEWAY, SPEECH, STORES = range(1, 6)

# A model computes on the thread that asked for it: libraries that start threads of their own starve the other calls.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# The voice framework greets when it is imported, before its logger is ours.
NO_GREETING = {"LOGURU_LEVEL": "WARNING"}
NOT_FOR_SPEECH = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


@dataclass(frozen=True)
class Site:
    """Where the stack runs."""

    base_dir: Path
    var_dir: Path
    host: str
    port: int
    speech_port: int
    env: Mapping[str, str]


def vaniagent(site: Site) -> list[list[Program]]:
    """Stages: those of one start together, when those of the one before are ready. The first needs no database."""
    python = sys.executable
    celery = (python, "-m", "celery", "--quiet", "-A", "vaniagent")
    worker = (*celery, "worker", "--pool=threads", "--without-gossip", "--without-mingle")
    beat = (*celery, "beat", "--pidfile=")

    def calls_worker(number: int) -> Program:
        queues = ("-Q", "takeover,calls", "-n", f"calls{number}@%h", f"--concurrency={CALLS_THREADS}")
        return Program(
            name=f"worker{number}",
            argv=(*worker, *queues, "--disable-prefetch"),
            ready=ReadyFile(),
            ends=WORKERS,
            stop_within=4.0,  # it hands its calls on
            env={**site.env, **ONE_THREAD, **NO_GREETING, "DATABASE_POOL_SIZE": str(DATABASE_CONNECTIONS)},
        )

    return [
        [
            Program(
                name="speech",
                argv=(python, "-m", "speech", "--port", str(site.speech_port)),
                ready=Answers(site.speech_port, "/health"),
                ends=SPEECH,
                stop_within=1.0,
                # A program of others, which needs none of our secrets.
                env={name: value for name, value in site.env.items() if name not in NOT_FOR_SPEECH},
            ),
        ],
        [
            Program(
                name="gateway",
                argv=(python, "manage.py", "gateway"),
                ready=ReadyFile(),
                ends=GATEWAY,
                stop_within=2.0,
            ),
            calls_worker(1),
            calls_worker(2),
            Program(
                name="background",
                argv=(
                    *worker,
                    *("-Q", "webhooks,default,upkeep", "-n", "background@%h", f"--concurrency={BACKGROUND_THREADS}"),
                ),
                ready=ReadyFile(),
                ends=WORKERS,
                stop_within=4.0,
            ),
            Program(
                name="beat",
                argv=(*beat, f"--schedule={site.var_dir / 'run' / 'beat-schedule'}"),
                ready=ReadyFile(),
                ends=WEB,
                stop_within=1.5,
            ),
        ],
        [
            Program(
                name="web",
                argv=(
                    *(python, "-m", "daphne", "-b", site.host, "-p", str(site.port)),
                    # Feed clients are quiet for long: a ping finds those that are gone.
                    *("--ping-interval", "20", "--ping-timeout", "30"),
                    # No access log: it would hold the signatures of links to recordings.
                    *("-v", "0"),
                    "vaniagent.asgi:application",
                ),
                ready=Answers(site.port, "/healthz"),
                ends=WEB,
                stop_within=1.5,
            ),
        ],
        *sipfront.stages(site.env, site.var_dir, ends=WEB),
    ]
