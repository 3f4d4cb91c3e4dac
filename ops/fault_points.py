"""Where the product is struck: every line that matters between a POST and its last webhook, and what is lost there.

A place is named from outside, so that nothing in the product knows of it: just before or just after a function that
the product calls by that name. `tests/test_faults.py` fails where a function is no longer there, or never reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any, Final, Literal


class Loss(StrEnum):
    """What is taken away."""

    # As by kill -9.
    PROCESS = "process"
    # The thread's connection to PostgreSQL: the next statement finds out.
    CONNECTION = "connection"
    # The same, after PostgreSQL has done what it was asked and before it says so: whoever asked cannot know.
    ANSWER = "answer"


@dataclass(frozen=True)
class Place:
    """Before or after each call of `seam` ("module:attribute.path"), while `during` runs on the same thread."""

    name: str
    part: str
    when: Literal["before", "after"]
    seam: str
    losses: tuple[Loss, ...]
    during: str = ""


@dataclass(frozen=True)
class Point:
    """One fault."""

    place: Place
    loss: Loss

    def __str__(self) -> str:
        return f"{self.place.name}/{self.loss}"


# The parts of the product that are struck; a process has one or several.
WEB: Final = "web"
SENDER: Final = "sender"
WORKER: Final = "worker"
GATEWAY: Final = "gateway"
UPKEEP: Final = "upkeep"

PROCESS: Final = (Loss.PROCESS,)
MIDWAY: Final = (Loss.PROCESS, Loss.CONNECTION)
COMMITTED: Final = (Loss.PROCESS, Loss.ANSWER)

COMMIT: Final = "django.db.backends.base.base:BaseDatabaseWrapper.commit"
REPLY: Final = "daphne.http_protocol:WebRequest.handle_reply"
POST: Final = "accounts.idempotency:answer_once"
CLAIM: Final = "webhooks.services.deliveries:claim_due"
RECORD: Final = "webhooks.services.deliveries:record_attempts"
CLAIM_CALL: Final = "calls.services.lifecycle:claim_call"
COMPLETE: Final = "calls.services.lifecycle:complete_call"
DIAL: Final = "calls.services.legs:begin_dial"
LEG_ENDED: Final = "calls.services.legs:mark_leg_ended"
ANALYSE: Final = "calls.services.analysis:analyse_call"
REAP: Final = "calls.services.upkeep:reap"

PLACES: Final[Sequence[Place]] = (
    # A POST with an Idempotency-Key.
    Place("request read", WEB, "before", "vaniagent.lib.api.chain:answer", PROCESS),
    Place("request counted", WEB, "after", "vaniagent.lib.rate_limits:count", MIDWAY),
    Place("key locked", WEB, "after", "accounts.idempotency:_lock", MIDWAY),
    Place("slot taken", WEB, "after", "calls.services.starting:_take_slot", MIDWAY, POST),
    Place("call written", WEB, "before", "billing.services:hold_first_minute", MIDWAY, POST),
    Place("credits held", WEB, "after", "billing.services:hold_first_minute", MIDWAY, POST),
    Place("event recorded", WEB, "after", "calls.events:record", MIDWAY, POST),
    Place("work done", WEB, "before", "vaniagent.lib.sealing:seal", MIDWAY, POST),
    Place("answer kept", WEB, "before", COMMIT, MIDWAY, POST),
    Place("call committed", WEB, "after", COMMIT, COMMITTED, POST),
    Place("sender woken", WEB, "after", "webhooks.tasks:deliver_due.apply_async", PROCESS, POST),
    Place("call queued", WEB, "after", "calls.tasks:run_call.apply_async", PROCESS, POST),
    Place("answer unsent", WEB, "before", REPLY, PROCESS),
    Place("answer on its way", WEB, "after", REPLY, PROCESS),
    # The sender.
    Place("deliveries picked", SENDER, "before", COMMIT, MIDWAY, CLAIM),
    Place("deliveries claimed", SENDER, "after", COMMIT, COMMITTED, CLAIM),
    Place("webhook unsent", SENDER, "before", "webhooks.services.sending:_post", PROCESS),
    Place("webhook answered", SENDER, "after", "webhooks.services.sending:_post", PROCESS),
    Place("outcome known", SENDER, "before", RECORD, MIDWAY),
    Place("retry half planned", SENDER, "after", "webhooks.services.deliveries:_plan_retry", MIDWAY, RECORD),
    Place("health noted", SENDER, "after", "webhooks.services.deliveries:_note_health", MIDWAY, RECORD),
    Place("attempts written", SENDER, "before", COMMIT, MIDWAY, RECORD),
    Place("attempts committed", SENDER, "after", COMMIT, COMMITTED, RECORD),
    # The call itself, and what comes after it.
    Place("call leased", WORKER, "before", COMMIT, MIDWAY, CLAIM_CALL),
    Place("call claimed", WORKER, "after", COMMIT, COMMITTED, CLAIM_CALL),
    Place("session loaded", WORKER, "after", "calls.sessions:load_session", MIDWAY),
    Place("credits settled", WORKER, "after", "billing.services:settle_call", MIDWAY, COMPLETE),
    Place("call ended", WORKER, "before", COMMIT, MIDWAY, COMPLETE),
    Place("end committed", WORKER, "after", COMMIT, COMMITTED, COMPLETE),
    Place("analysis queued", WORKER, "after", "calls.tasks:analyse_call.delay", PROCESS, COMPLETE),
    Place("leg taken", GATEWAY, "before", COMMIT, MIDWAY, DIAL),
    Place("leg ours", GATEWAY, "after", COMMIT, COMMITTED, DIAL),
    Place("leg over", GATEWAY, "before", COMMIT, MIDWAY, LEG_ENDED),
    Place("leg end committed", GATEWAY, "after", COMMIT, COMMITTED, LEG_ENDED),
    Place("findings written", UPKEEP, "before", COMMIT, MIDWAY, ANALYSE),
    Place("findings committed", UPKEEP, "after", COMMIT, COMMITTED, ANALYSE),
    Place("dropped call found", UPKEEP, "before", COMMIT, MIDWAY, REAP),
    Place("dropped call mended", UPKEEP, "after", COMMIT, COMMITTED, REAP),
)


def points_of(*parts: str) -> list[Point]:
    """The faults of these parts, in the table's order."""
    return [Point(place, loss) for place in PLACES if place.part in parts for loss in place.losses]


def find(name: str) -> tuple[Any, str, Callable[..., Any]]:
    """What a seam names: where it lies, its attribute there, and the function. Raises ImportError or AttributeError."""
    module, _, path = name.partition(":")
    *parents, attribute = path.split(".")
    owner: Any = import_module(module)
    for parent in parents:
        owner = getattr(owner, parent)
    function: Callable[..., Any] = getattr(owner, attribute)
    return owner, attribute, function
