"""The customer's own server, asked before a call is dialled. Anything but a clear yes: no call.

`next_question` and `settle` are for a thread with a database, `ask` for an event loop: nothing waits inside a transaction.
A worker that dies in between leaves the call to another, which asks again under the same id.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from calls import events
from calls.models import Call, DialCheck, DialingRules, Leg
from calls.services import dialing_rules, gate, lifecycle
from calls.telephony.base import EndedBy, EndReason
from vaniagent.lib import ids, json_wire, outbound, sealing
from webhooks import signing

logger = logging.getLogger(__name__)

RULE: Final = "pre_dial"
DEADLINE_SECONDS: Final = 5.0
# Beside the client's own: whatever it does, a call waits no longer.
_LATEST_SECONDS: Final = DEADLINE_SECONDS + 1.0


@dataclass(frozen=True)
class Question:
    """A signed request that is to be sent, or why none can be."""

    call_id: str
    url: str
    body: bytes
    headers: dict[str, str]
    problem: str = ""


@dataclass(frozen=True)
class Verdict:
    is_yes: bool
    # In words, without what the server wrote.
    detail: str
    answer_digest: str = ""


def next_question(*, call_id: str, at: datetime) -> Question | None:
    """What is to be asked before this call is dialled; None where nothing is, or it was asked already."""
    rules = DialingRules.objects.filter(account__calls__public_id=call_id).exclude(pre_dial_url="").first()
    if rules is None:
        return None
    call: Call | None = (
        Call.objects.select_related("agent", "account")
        .filter(public_id=call_id, direction=Call.Direction.OUTBOUND, legs__status=Leg.Status.PLANNED)
        .first()
    )
    if call is None or DialCheck.objects.filter(call=call, is_allowed=True, answer_digest__gt="").exists():
        return None
    message_id = ids.derived("check", seed=f"{call_id}/{RULE}")
    body = json_wire.dumps(
        {
            "type": "call.dial_check",
            "id": message_id,
            "call_id": call_id,
            "agent_id": call.agent.public_id,
            "to_number": call.to_number,
            "from_number": call.from_number,
            "metadata": call.metadata,
            "timestamp": events.to_timestamp(at),
        }
    ).encode()
    try:
        secret = dialing_rules.secret_of(rules)
    except sealing.CannotUnseal:
        logger.error("A pre-dial secret was sealed under another SECRET_KEY")
        return Question(call_id, rules.pre_dial_url, b"", {}, "the signing secret cannot be read")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "VaniAgent-Dial/1",
        "X-Vaniagent-Event": "call.dial_check",
        **signing.headers(body=body, message_id=message_id, at=at, signing_secrets=[secret]),
    }
    return Question(call_id, rules.pre_dial_url, body, headers)


async def ask(question: Question) -> Verdict:
    """Ask, and read the answer. Raises nothing, and takes a few seconds at most."""
    if question.problem:
        return Verdict(False, question.problem)
    try:
        async with asyncio.timeout(_LATEST_SECONDS):
            answer = await outbound.post(
                question.url,
                body=question.body,
                headers=question.headers,
                allow_private=settings.WEBHOOKS_ALLOW_PRIVATE,
                deadline=DEADLINE_SECONDS,
            )
    except (outbound.Unreachable, TimeoutError) as error:
        return Verdict(False, f"no answer: {str(error)[:150] or 'it took too long'}")
    except Exception:
        logger.exception("the pre-dial request could not be made", extra={"call_id": question.call_id})
        return Verdict(False, "the request could not be made")
    return _read(answer)


@transaction.atomic
def settle(*, call_id: str, token: int, verdict: Verdict, at: datetime) -> bool:
    """Keep the verdict, and end the call where it is no. Whether it may be dialled. Raises lifecycle.Superseded."""
    calls = Call.objects.select_related("account", "agent_version")
    call: Call | None = calls.filter(public_id=call_id, token=token, status__in=Call.LIVE).first()
    if call is None:
        raise lifecycle.Superseded(call_id)
    check = DialCheck(
        account=call.account,
        agent_version=call.agent_version,
        to_number=call.to_number,
        is_allowed=verdict.is_yes,
        refused_by="" if verdict.is_yes else RULE,
        results=[{"rule": RULE, "passed": verdict.is_yes, "detail": verdict.detail}],
        answer_digest=verdict.answer_digest,
        at=at,
    )
    gate.keep(check, call=call)
    if not verdict.is_yes:
        lifecycle.complete_undialled(call_id=call_id, reason=EndReason.DO_NOT_CALL, by=EndedBy.PLATFORM, at=at)
    return verdict.is_yes


def _read(answer: outbound.Answer) -> Verdict:
    """A yes is 200 and `{"allow": true}`, and nothing else is."""
    digest = hashlib.sha256(answer.text.encode()).hexdigest()
    if answer.status != 200:
        return Verdict(False, f"answered {answer.status}", digest)
    try:
        said: Any = json.loads(answer.text)
    except (ValueError, RecursionError):
        return Verdict(False, "answered 200, and no JSON", digest)
    allow = said.get("allow") if isinstance(said, dict) else None
    if allow is True:
        return Verdict(True, "answered yes", digest)
    return Verdict(False, "answered no" if allow is False else "answered 200, and neither yes nor no", digest)
