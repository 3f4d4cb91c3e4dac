"""Phone lines: made, changed, tried and deleted; and which of them a call takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.models import Account
from agents.models import Agent
from calls import tasks
from calls.models import LineNumber, PhoneLine
from calls.models.phone_line import PhoneLineQuerySet
from vaniagent.lib import errors, outbound, rows

Kind = PhoneLine.Kind
Status = PhoneLine.Status

# Numbers of nobody's, for trying out.
SANDBOX_PREFIX: Final = "+1500555"
SANDBOX_LENGTH: Final = len("+15005550001")

# What only lines of a kind have.
FIELDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    Kind.SIP: ("domain", "port", "transport", "username", "password", "srtp", "register"),
    Kind.TWILIO: ("account_sid", "auth_token"),
}
_SECRETS: Final = ("password", "auth_token")
# What a line tells of itself before it was tried.
UNTRIED: Final = gettext_noop("Not tried yet.")

_LINES: Final = """
    SELECT line.id, line.public_id, line.kind, line.is_default, line.max_live_calls, ARRAY(
        SELECT number FROM calls_linenumber WHERE line_id = line.id ORDER BY position
    )
    FROM calls_phoneline line WHERE line.account_id = %s AND line.deleted_at IS NULL ORDER BY line.id
"""
# The turn that is taken is the one before what is stored.
_TAKE_TURN: Final = """
    UPDATE calls_phoneline SET next_dial_at = GREATEST(next_dial_at, %s) + make_interval(secs => %s)
    WHERE id = %s RETURNING next_dial_at - make_interval(secs => 1.0 / %s)
"""


class InvalidLine(errors.InvalidRequest):
    """No line can be like that."""


class NotOfThisLine(errors.InvalidRequest):
    """The call cannot go out as is asked, by the lines that the account has."""


class NoSuchLine(errors.NotFound):
    """Nothing by that id, or somebody else's."""


@dataclass(frozen=True)
class Route:
    """Where a call goes out. Without a line: the sandbox."""

    line_pk: int | None
    kind: str
    from_number: str | None
    max_live_calls: int = 0


def list_lines(*, account: Account) -> PhoneLineQuerySet:
    """The account's lines with their numbers, newest first."""
    numbers = Prefetch("line_numbers", LineNumber.objects.order_by("position"))
    lines = PhoneLine.objects.for_account(account).existing().order_by("-pk")
    return lines.select_related("inbound_agent").prefetch_related(numbers)


def get_line(*, account: Account, public_id: str) -> PhoneLine:
    """One of the account's lines. Raises NoSuchLine."""
    line: PhoneLine | None = list_lines(account=account).filter(public_id=public_id).first()
    if line is None:
        raise NoSuchLine("There is no phone line with this id.")
    return line


@transaction.atomic
def create_line(
    *,
    account: Account,
    kind: str,
    numbers: Sequence[str],
    at: datetime,
    by: audit.Actor | None = None,
    **fields: Any,
) -> PhoneLine:
    """Join the account to the telephone network. Raises InvalidLine and outbound.UrlRefused.

    It is tried soon after; `status` and `status_detail` say what came of it. Here and below, `by` goes into the audit log.
    """
    # The lock makes the count below exact, and so the default.
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if PhoneLine.objects.for_account(account).existing().count() >= settings.PHONE_LINES_MAX:
        raise InvalidLine(f"An account has at most {settings.PHONE_LINES_MAX} phone lines")
    needed = ("domain",) if kind == Kind.SIP else FIELDS_OF[Kind.TWILIO]
    for name in needed:
        if not fields.get(name):
            raise InvalidLine(f"The '{name}' field is required", param=name)

    line = PhoneLine(account=account, kind=kind, status_detail=UNTRIED, created_at=at)
    _apply(line, fields)
    line.save()
    _set_numbers(line, numbers)
    _log(line, "line.created", by=by, at=at, kind=kind)
    tasks.queue_line_check(line.pk)
    return get_line(account=account, public_id=line.public_id)


@transaction.atomic
def update_line(
    *,
    line: PhoneLine,
    at: datetime,
    numbers: Sequence[str] | None = None,
    by: audit.Actor | None = None,
    **fields: Any,
) -> PhoneLine:
    """Change what is given. Live calls go on as they began. Raises InvalidLine and outbound.UrlRefused."""
    Account.objects.select_for_update(no_key=True).get(pk=line.account_id)
    line = PhoneLine.objects.select_for_update(no_key=True).get(pk=line.pk)
    for name in FIELDS_OF[Kind.SIP] if line.kind == Kind.SIP else FIELDS_OF[Kind.TWILIO]:
        if name in ("domain", "account_sid", "auth_token") and fields.get(name, "-") == "":
            raise InvalidLine(f"The '{name}' field may not be empty", param=name)
    _apply(line, fields)
    leads_elsewhere = any(name in fields for name in FIELDS_OF[line.kind])
    if leads_elsewhere:
        line.status, line.status_detail, line.checked_at = Status.UNREACHABLE, UNTRIED, None
    line.save()
    if numbers is not None:
        _set_numbers(line, numbers)
    changed = sorted([*fields, *([] if numbers is None else ["numbers"])])
    if changed:
        _log(line, "line.changed", by=by, at=at, changed=changed)
    if leads_elsewhere:
        tasks.queue_line_check(line.pk)
    return get_line(account=line.account, public_id=line.public_id)


@transaction.atomic
def delete_line(*, line: PhoneLine, at: datetime, by: audit.Actor | None = None) -> None:
    """Take a line away, with its secret and its numbers. Live calls go on; past ones still name it. Safe to repeat."""
    deleted = PhoneLine.objects.existing().filter(pk=line.pk)
    if deleted.update(deleted_at=at, is_default=False, sealed_secret="", inbound_agent=None):
        LineNumber.objects.filter(line=line).delete()
        _log(line, "line.deleted", by=by, at=at)


def note_check(*, line: PhoneLine, status: str, detail: str, at: datetime) -> PhoneLine:
    """Write down what trying the line came to."""
    found = PhoneLine.objects.existing().filter(pk=line.pk)
    found.update(status=status, status_detail=detail[:200], checked_at=at)
    return get_line(account=line.account, public_id=line.public_id)


def choose_line(*, account: Account, is_test: bool, to_number: str, from_number: str | None) -> Route:
    """Which line a call takes. Raises NotOfThisLine."""
    sandbox = Route(None, "sandbox", from_number)
    if is_test or (to_number.startswith(SANDBOX_PREFIX) and len(to_number) == SANDBOX_LENGTH):
        return sandbox
    lines = rows.every(_LINES, [account.pk])
    if not lines:
        return sandbox

    if from_number is not None:
        chosen = [line for line in lines if from_number in line[5]]
        if not chosen:
            raise NotOfThisLine("None of the account's phone lines has this 'from_number'", param="from_number")
    else:
        chosen = lines if len(lines) == 1 else [line for line in lines if line[3]]
        if not chosen:
            raise NotOfThisLine(
                "The 'from_number' field is required: the account has several phone lines, and none is the default",
                param="from_number",
            )
    pk, _, kind, _, max_live_calls, numbers = chosen[0]
    return Route(pk, kind, from_number or next(iter(numbers), None), max_live_calls)


def dial_params(line: PhoneLine) -> dict[str, object]:
    """What a leg needs to know of its line; nothing of one that is gone."""
    if line.deleted_at is not None:
        return {}
    if line.kind == Kind.TWILIO:
        return {"line": line.public_id, "account_sid": line.account_sid, "auth_token": line.secret}
    return {
        "line": line.public_id,
        "domain": line.domain,
        "port": line.port,
        "transport": line.transport,
        "username": line.username,
        "password": line.secret,
        "srtp": line.srtp,
    }


def take_turn(*, line: PhoneLine, at: datetime) -> float:
    """Seconds until the line may be dialled over once more, so that its calls a second are kept by all gateways."""
    found = rows.first(_TAKE_TURN, [at, 1.0 / line.calls_per_second, line.pk, line.calls_per_second])
    turn = at if found is None else found[0]
    return max(0.0, (turn - at).total_seconds())


def _apply(line: PhoneLine, fields: Mapping[str, Any]) -> None:
    others = FIELDS_OF[Kind.TWILIO if line.kind == Kind.SIP else Kind.SIP]
    for name, value in fields.items():
        if name in others:
            raise InvalidLine(f"A line of the kind '{line.kind}' has no '{name}'", param=name)
        if name == "domain":
            _check_domain(value)
            line.domain = value.lower()
        elif name in _SECRETS:
            line.secret = value or ""
        elif name == "username":
            line.username = value or ""
        elif name == "inbound_limits":
            line.inbound_limits = {**line.inbound_limits, **value}
        elif name == "inbound_agent":
            line.inbound_agent = _own(value, line)
        else:
            setattr(line, name, value)
    if fields.get("is_default"):
        PhoneLine.objects.filter(account=line.account_id, is_default=True).exclude(pk=line.pk).update(is_default=False)


def _own(agent: Agent | None, line: PhoneLine) -> Agent | None:
    if agent is not None and agent.account_id != line.account_id:
        raise ValueError("a line's agent is of the line's account")
    return agent


def _check_domain(domain: str) -> None:
    """Names are looked up later, whenever something is sent there: where they lead may change."""
    outbound.check_url(f"https://{domain}/", allow_private=settings.PHONE_LINES_ALLOW_PRIVATE, param="domain")


def _set_numbers(line: PhoneLine, numbers: Sequence[str]) -> None:
    wanted = list(dict.fromkeys(numbers))
    taken = LineNumber.objects.filter(account=line.account_id, number__in=wanted).exclude(line=line).first()
    if taken is not None:
        raise InvalidLine(f"Another line of the account has the number {taken.number}", param="numbers")
    LineNumber.objects.filter(line=line).delete()
    LineNumber.objects.bulk_create(
        LineNumber(account_id=line.account_id, line=line, number=number, position=position)
        for position, number in enumerate(wanted)
    )


def _log(line: PhoneLine, action: str, *, by: audit.Actor | None, at: datetime, **details: audit.Detail) -> None:
    if by is not None:
        audit.record(account=line.account, by=by, action=action, target=line.public_id, details=details, at=at)
