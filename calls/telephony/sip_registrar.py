"""Lines that register: this process keeps those registered that it holds a lease of, and says how they stand."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from baresip.errors import BaresipError, RegistrationError
from baresip.events import Event, StackEvent
from baresip.ua import UserAgent

from calls.telephony.sip_probe import Answer
from calls.telephony.sip_trunk import Trunk, TrunkUnreachable, look_up
from calls.telephony.store import StoreAway

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
# What a registration lasts; the stack renews it in time.
EXPIRES_SECONDS: Final = 120
# Tried again where it failed. A password that is refused is not worth a ban.
RETRY_SECONDS: Final = 10.0
RETRY_REFUSED_SECONDS: Final = 60.0
LEAVE_SECONDS: Final = 2.0


class Registrations(Protocol):
    """The database as the registrar sees it. Every method may raise StoreAway."""

    async def hold(self) -> Sequence[Trunk]:
        """The trunks of the lines that this process is to keep registered now: its leases are renewed, free ones taken
        up to its share, and those above it named no more."""

    async def release(self, lines: Sequence[str]) -> None:
        """These are registered no more: somebody else may."""

    async def note(self, line: str, answer: Answer | str) -> None:
        """How the line stands; a text says why it leads nowhere."""


# Makes an identity at this address of the trunk.
MakeAgent = Callable[[Trunk, str], Awaitable[UserAgent]]


@dataclass(eq=False)
class _Kept:
    trunk: Trunk
    agent: UserAgent | None = None
    host: str = ""
    # None: nothing yet.
    said: Answer | str | None = None
    retry_at: float = 0.0
    task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self.task is not None and not self.task.done()


class Registrar:
    """One per process. `make_agent` starts the stack where need be."""

    def __init__(self, *, registrations: Registrations, make_agent: MakeAgent, allow_private: bool) -> None:
        self._registrations = registrations
        self._make_agent = make_agent
        self._allow_private = allow_private
        self._kept: dict[str, _Kept] = {}
        self._by_agent: dict[int, _Kept] = {}
        self._is_stopping = False

    def line_of(self, agent: int) -> str:
        """The line that this identity is registered for; empty where it is none's."""
        kept = self._by_agent.get(agent)
        return kept.trunk.line if kept is not None else ""

    async def run(self) -> None:
        """Keep to the leases until cancelled."""
        loop = asyncio.get_running_loop()
        while not self._is_stopping:
            try:
                await self.step(now=loop.time())
            except StoreAway:
                logger.warning("the database is away; registrations stay as they are")
            except Exception:
                logger.exception("registrations could not be looked after")
            await asyncio.sleep(LOOK_SECONDS)

    async def step(self, *, now: float) -> None:
        """One look at the leases. Raises StoreAway."""
        wanted = {trunk.line: trunk for trunk in await self._registrations.hold()}
        for line, kept in list(self._kept.items()):
            if line not in wanted and not kept.is_busy:
                kept.task = self._spawn(self._leave(kept))
            elif line in wanted and kept.trunk != wanted[line] and not kept.is_busy:
                kept.task = self._spawn(self._change(kept, wanted[line]))
        for line, trunk in wanted.items():
            kept = self._kept.setdefault(line, _Kept(trunk))
            if (kept.said is None or kept.said != Answer.WORKS) and now >= kept.retry_at and not kept.is_busy:
                kept.task = self._spawn(self._begin(kept))

    def take(self, event: StackEvent) -> None:
        """What the stack says of a registration that it renews by itself."""
        kept = self._by_agent.get(event.ua)
        if kept is None or kept.is_busy or self._is_stopping:
            return
        if event.event is Event.REGISTER_OK:
            self._spawn(self._say(kept, Answer.WORKS))
        elif event.event is Event.REGISTER_FAIL:
            self._spawn(self._say(kept, answer_of(event.text or "")))

    def stop_soon(self) -> None:
        """Let others register at once, while live calls go on here."""
        if not self._is_stopping:
            self._spawn(self.stop())

    async def stop(self) -> None:
        """Register nothing any more, and let others. Safe to repeat."""
        self._is_stopping = True
        for kept in self._kept.values():
            if kept.task is not None:
                kept.task.cancel()
        ours, self._kept = list(self._kept.values()), {}
        await asyncio.gather(*(self._unregister(kept) for kept in ours))
        if ours:
            with contextlib.suppress(StoreAway):
                await self._registrations.release([kept.trunk.line for kept in ours])

    async def _begin(self, kept: _Kept) -> None:
        """Register. What comes of it is said, and tried again in a while where it failed."""
        trunk = kept.trunk
        answer: Answer | str = Answer.WORKS
        if not (trunk.username and trunk.password):
            await self._say(kept, Answer.NEEDS_USER)
            return
        try:
            host = await look_up(trunk.domain, trunk.port, allow_private=self._allow_private)
            if kept.agent is None or kept.host != host:
                self._by_agent.pop(kept.agent.handle if kept.agent is not None else 0, None)
                kept.agent, kept.host = await self._make_agent(trunk, host), host
                self._by_agent[kept.agent.handle] = kept
            await kept.agent.register()
        except TrunkUnreachable as error:
            answer = str(error)
        except RegistrationError as error:
            answer = answer_of(f"{error.status or ''} {error.reason or ''}")
        except (BaresipError, ValueError) as error:
            logger.warning("a line could not be registered: %s", type(error).__name__, extra={"line": trunk.line})
            answer = Answer.SILENT
        await self._say(kept, answer)

    async def _say(self, kept: _Kept, answer: Answer | str) -> None:
        is_refused = isinstance(answer, Answer) and answer.is_about_credentials
        kept.retry_at = asyncio.get_running_loop().time() + (RETRY_REFUSED_SECONDS if is_refused else RETRY_SECONDS)
        if kept.said == answer:
            return
        kept.said = answer
        logger.info("a line that registers: %s", answer, extra={"line": kept.trunk.line})
        with contextlib.suppress(StoreAway):
            await self._registrations.note(kept.trunk.line, answer)

    async def _change(self, kept: _Kept, trunk: Trunk) -> None:
        """The line was changed: its old registration goes, and a new one comes at the next look."""
        await self._unregister(kept)
        kept.trunk, kept.said, kept.retry_at = trunk, None, 0.0

    async def _leave(self, kept: _Kept) -> None:
        """The line is gone, or somebody else's."""
        await self._unregister(kept)
        if self._kept.get(kept.trunk.line) is kept:
            del self._kept[kept.trunk.line]
        await self._registrations.release([kept.trunk.line])

    async def _unregister(self, kept: _Kept) -> None:
        agent, kept.agent = kept.agent, None
        if agent is not None:
            self._by_agent.pop(agent.handle, None)
            # A trunk that does not answer is left to forget it by itself.
            with contextlib.suppress(BaresipError):
                await agent.unregister(timeout=LEAVE_SECONDS)

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(_guarded(work))
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)
        return task


def answer_of(text: str) -> Answer:
    """What a registrar's refusal means: its status, or the stack's own words where nobody answered."""
    status = text.strip()[:3]
    if status in ("401", "403", "404", "407"):
        return Answer.REFUSED
    return Answer.DOWN if status.isdecimal() and status >= "400" and status != "408" else Answer.SILENT


async def _guarded(work: Awaitable[None]) -> None:
    try:
        await work
    except StoreAway:
        logger.warning("the database is away; how a line stands was not stored")
    except Exception:
        logger.exception("a registration could not be looked after")


# Lest they are collected while they run.
_TASKS: Final[set[asyncio.Task[None]]] = set()
