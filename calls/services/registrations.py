"""Lines that register, and which gateway sees to each of them: one at a time, whatever dies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Account
from calls.models import LegHolder, LineNumber, LineRegistration, PhoneLine
from calls.services import line_checks, lines
from calls.telephony.sip_probe import Answer
from calls.telephony.sip_trunk import Trunk
from vaniagent.lib import rows

# A gateway renews its leases each second. Who is gone longer has lost them.
LEASE: Final = timedelta(seconds=4)
GATEWAY_IS_SEEN_WITHIN: Final = timedelta(seconds=3)
# A number of ours among PostgreSQL's advisory locks: who shares lines out does so alone.
_LOCK: Final = 0x5641_0007
# Each is an identity in the stack, which has room for so many and more.
MOST_ENCRYPTED: Final = 300


def is_inbound_wanted() -> bool:
    """Whether any SIP line expects calls: a gateway opens no port before."""
    lines_of_sip = PhoneLine.objects.existing().filter(kind=PhoneLine.Kind.SIP)
    return bool(lines_of_sip.filter(inbound_agent__isnull=False).exists() or _registering().exists())


def encrypted_numbers() -> set[str]:
    """Those of lines whose calls come in encrypted or not at all."""
    lines_of_sip = PhoneLine.objects.existing().filter(kind=PhoneLine.Kind.SIP, srtp=PhoneLine.Srtp.REQUIRED)
    found = LineNumber.objects.filter(line__in=lines_of_sip.filter(inbound_agent__isnull=False))
    return set(found.values_list("number", flat=True)[:MOST_ENCRYPTED])


@transaction.atomic
def hold_lines(*, holder: str, at: datetime) -> list[Trunk]:
    """The trunks that this gateway is to keep registered now: its own leases renewed, and free ones up to its share.

    What it holds above its share is named no more; it releases that when it has unregistered it.
    """
    if not _registering().exists() and not LineRegistration.objects.filter(holder=holder).exists():
        return []
    _alone()
    wanted = {line.pk: line for line in _registering().order_by("pk")}
    leases = {lease.line_id: lease for lease in LineRegistration.objects.annotate(now=Now())}
    mine = [pk for pk, lease in leases.items() if lease.holder == holder and pk in wanted]
    free = [pk for pk in wanted if pk not in leases or leases[pk].lease_until <= leases[pk].now]
    share = -(-len(wanted) // max(1, _gateways(holder, at)))

    keep = sorted(mine)[:share]
    taken = [pk for pk in free if pk not in keep][: share - len(keep)]
    LineRegistration.objects.filter(holder=holder).update(lease_until=Now() + LEASE)
    for pk in taken:
        LineRegistration.objects.update_or_create(line_id=pk, defaults={"holder": holder, "lease_until": Now() + LEASE})
    return [Trunk.of(lines.dial_params(wanted[pk])) for pk in (*keep, *taken)]


def release_lines(*, holder: str, line_ids: Sequence[str]) -> None:
    """This gateway has unregistered these lines, by public id."""
    LineRegistration.objects.filter(holder=holder, line__public_id__in=line_ids).delete()


def note_registration(*, holder: str, line_id: str, answer: Answer | str, at: datetime) -> None:
    """How a line stands that this gateway registers; a text says why it leads nowhere."""
    lease = LineRegistration.objects.select_related("line__account").filter(holder=holder, line__public_id=line_id)
    found = lease.first()
    if found is not None:
        line_checks.note_answer(line=found.line, answer=answer, at=at)


def _registering() -> QuerySet[PhoneLine]:
    found: QuerySet[PhoneLine] = PhoneLine.objects.existing().filter(
        kind=PhoneLine.Kind.SIP, register=True, account__status=Account.Status.ACTIVE
    )
    return found


def _gateways(holder: str, at: datetime) -> int:
    """Those that share the lines, this one among them."""
    seen = LegHolder.objects.filter(kind="gateway", seen_at__gte=at - GATEWAY_IS_SEEN_WITHIN, is_draining=False)
    return seen.exclude(name=holder).count() + 1


def _alone() -> None:
    """Until the transaction ends nobody else shares lines out."""
    rows.every("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
