"""Which addresses the domains of trunks lead to, looked up again and again."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, Self

from calls.telephony.front.tables import MOST_ADDRESSES
from vaniagent.lib import addresses

REFRESH_SECONDS: Final = 60.0
# What a new name is waited for; one that takes longer is had at a later turn.
PATIENCE_SECONDS: Final = 1.5
THREADS: Final = 8

Resolve = Callable[[str], list[str]]


@dataclass
class _Known:
    hosts: list[str]
    due_at: float
    asking: Future[list[str]] | None = None


def resolve(domain: str) -> list[str]:
    """The IPv4 addresses of a name. Raises OSError and UnicodeError."""
    found = socket.getaddrinfo(domain, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
    return sorted({str(address[0]) for *_, address in found})


class AddressBook:
    """A name's addresses stay known while nobody can be asked; a name that is gone has none."""

    def __init__(
        self, *, allow_private: bool, resolve: Resolve = resolve, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="names")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def of(self, domains: Iterable[str]) -> dict[str, list[str]]:
        """The addresses of each of these names; of other ones nothing is kept."""
        wanted = set(domains)
        self._known = {domain: known for domain, known in self._known.items() if domain in wanted}
        now = self._clock()
        asking = []
        for domain in wanted:
            known = self._known.setdefault(domain, _Known([], now))
            if known.asking is None and known.due_at <= now:
                known.due_at = now + REFRESH_SECONDS
                known.asking = self._threads.submit(self._resolve, domain)
            if known.asking is not None:
                asking.append(known.asking)
        wait(asking, timeout=PATIENCE_SECONDS)
        for known in self._known.values():
            if known.asking is not None and known.asking.done():
                known.hosts = self._judge(known.asking, known.hosts)
                known.asking = None
        return {domain: known.hosts for domain, known in self._known.items()}

    def _judge(self, answer: Future[list[str]], before: list[str]) -> list[str]:
        try:
            found = answer.result()
        except socket.gaierror as error:
            return [] if error.errno == socket.EAI_NONAME else before
        except (OSError, UnicodeError):
            return before
        allowed = [host for host in found if addresses.is_allowed(host, allow_private=self._allow_private)]
        return allowed[:MOST_ADDRESSES]
