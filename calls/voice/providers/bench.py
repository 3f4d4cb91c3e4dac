"""Which of several providers is asked: the best one that works. One that failed sits out until it works again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar

logger = logging.getLogger(__name__)

# Between two trials of a provider that sits out.
TRIAL_EVERY: Final = 2.0
TRIAL_SECONDS: Final = 5.0


class Named(Protocol):
    @property
    def name(self) -> str: ...


P = TypeVar("P", bound=Named)


class Bench(Generic[P]):
    """`trial` asks a provider for a little, and raises `failure` when it does not work.

    Callers are not what a provider is tried on: each would wait for it in vain.
    """

    def __init__(
        self, providers: Sequence[P], *, trial: Callable[[P], Awaitable[object]], failure: type[Exception]
    ) -> None:
        self._providers = list(providers)
        self._trial = trial
        self._failure = failure
        self._out: list[P] = []
        self._trials: asyncio.Task[None] | None = None

    @property
    def out(self) -> tuple[str, ...]:
        """The names of those that sit out."""
        return tuple(provider.name for provider in self._out)

    def in_order(self) -> list[P]:
        """Whom to ask, one after another: those that work, and then, for want of a better one, the others."""
        return [one for one in self._providers if one not in self._out] + self._out

    def send_off(self, provider: P) -> None:
        """It failed. The only one there is has nobody to make room for."""
        if provider in self._out or len(self._providers) == 1:
            return
        logger.warning("a provider failed and sits out", extra={"provider": provider.name})
        self._out.append(provider)
        if self._trials is None:
            self._trials = asyncio.create_task(self._try_again(), name="provider-trials")

    async def close(self) -> None:
        if self._trials is not None:
            self._trials.cancel()
            await asyncio.gather(self._trials, return_exceptions=True)

    async def _try_again(self) -> None:
        while self._out:
            await asyncio.sleep(TRIAL_EVERY)
            for provider in list(self._out):
                if await self._works(provider):
                    logger.warning("a provider is back", extra={"provider": provider.name})
                    self._out.remove(provider)
        self._trials = None

    async def _works(self, provider: P) -> bool:
        try:
            async with asyncio.timeout(TRIAL_SECONDS):
                await self._trial(provider)
        except (self._failure, TimeoutError):
            return False
        return True
