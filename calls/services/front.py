"""What stands in front of the gateways is told of phone lines: from which addresses and with which password calls come in."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db.models import Case, Value, When

from calls.models import LineNumber, PhoneLine
from calls.telephony.front.tables import FrontLine, digest

Addresses = Callable[[Iterable[str]], Mapping[str, Sequence[str]]]


def front_lines(*, addresses: Addresses) -> list[FrontLine]:
    """Every line that calls may come in on. Those that work come first, then older ones: they have what two lines claim."""
    lines = list(
        PhoneLine.objects.existing()
        .filter(kind=PhoneLine.Kind.SIP)
        .order_by(Case(When(status=PhoneLine.Status.READY, then=Value(0)), default=Value(1)), "pk")
        .only("public_id", "domain", "username", "sealed_secret")
    )
    numbers: dict[int, list[str]] = {}
    for line_pk, number in LineNumber.objects.order_by("position").values_list("line_id", "number"):
        numbers.setdefault(line_pk, []).append(number)
    hosts = addresses({line.domain for line in lines})
    return [
        FrontLine(
            line=line.public_id,
            numbers=numbers.get(line.pk, []),
            addresses=hosts.get(line.domain, []),
            username=line.username,
            ha1=_digest(line.username, line.sealed_secret),
        )
        for line in lines
    ]


@functools.lru_cache(maxsize=10_000)
def _digest(username: str, sealed_secret: str) -> str:
    """Kept, because to unseal a password takes longer than all the rest."""
    return digest(username, PhoneLine(sealed_secret=sealed_secret).secret)
