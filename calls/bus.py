"""The audio bus: what a leg and its conversation tell each other, over Redis pub/sub.

One channel a process, one message a tick: everything that a process has for another within 20 ms travels as one
batch. The reply of PUBLISH says how many processes heard it, and none means that the receiver is gone: the kernel
closes a killed process's connections at once. The bus keeps nothing; who must not lose something stores it elsewhere.
A batch whose reply did not come is sent again; a receiver knows it by its number, and hears nothing twice.

It knows neither side. Audio is PCM16, mono, little-endian, in frames of 20 ms at the leg's own rate. Frames are
numbered from 0 at the answer, one number for both directions: `n * 20` milliseconds is the place in the recording.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import msgpack
from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

FRAME_MS = 20
RECONNECT_SECONDS = 0.1
# What is kept for a receiver while Redis is away; the oldest goes first.
MOST_QUEUED = 5_000
# Senders whose newest batch is remembered; a process never comes back under its old name.
MOST_SENDERS = 1_000


class BusAway(Exception):
    """Redis cannot be reached. Nobody is to blame: wait, and go on."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is told. `call` is a public id; `token` the fencing token that the sender knows."""

    kinds: ClassVar[dict[str, type[Item]]] = {}

    call: str
    token: int

    def pack(self) -> list[Any]:
        return [type(self).__name__, *(getattr(self, name) for name in _fields(type(self)))]

    @classmethod
    def unpack(cls, packed: Sequence[Any]) -> Item | None:
        """The item, or None for one that a newer process sent and this one does not know."""
        kind = cls.kinds.get(packed[0])
        return kind(*packed[1 : 1 + len(_fields(kind))]) if kind else None


_field_names: dict[type[Item], tuple[str, ...]] = {}


def _fields(kind: type[Item]) -> tuple[str, ...]:
    if kind not in _field_names:
        _field_names[kind] = tuple(field.name for field in dataclasses.fields(kind))
    return _field_names[kind]


# --- From a conversation to the holder of its leg ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dial(Item):
    """Dial this call's planned leg, and attach me to it. Harmless when repeated."""


@dataclass(frozen=True, slots=True)
class Attach(Item):
    """I drive this call from now on: answer `Attached`, then what the caller said since, then live frames."""


@dataclass(frozen=True, slots=True)
class Speech(Item):
    """Speech for the person, sent ahead of time; the holder paces it. `is_last` ends the utterance.

    `utterance` rises within a call, over all its workers; `pcm` holds whole frames of any number.
    """

    utterance: int
    pcm: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class Flush(Item):
    """Drop all speech not yet played. The holder answers `Played` with what was heard of it."""


@dataclass(frozen=True, slots=True)
class HangUp(Item):
    """End the leg: now, or when the speech sent so far has been played. Token 0: the platform says so."""

    reason: str
    by: str
    after_speech: bool


@dataclass(frozen=True, slots=True)
class SendDigits(Item):
    """Play these DTMF digits to the person. Token 0: the platform says so."""

    digits: str


@dataclass(frozen=True, slots=True)
class OffRecord(Item):
    """Record nothing from now on, or record again. Token 0: the platform says so, to the conversation as well."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class Beat(Item):
    """I live and drive this call. What the caller said before frame `heard_upto` is in the transcript."""

    heard_upto: int


@dataclass(frozen=True, slots=True)
class Release(Item):
    """I let go of this call, between two turns: let another worker have it."""


@dataclass(frozen=True, slots=True)
class Transfer(Item):
    """Dial this planned transfer's second leg. Harmless when repeated: answered by `TransferState` each time."""

    transfer: str


@dataclass(frozen=True, slots=True)
class Connect(Item):
    """Connect the caller with whom you dialled: they want the call."""


@dataclass(frozen=True, slots=True)
class DropTransfer(Item):
    """Let go of whom you dialled, and let me speak with the caller again."""

    # Why, in the words of a call's end.
    reason: str


# --- From the holder of a leg to its conversation ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LegState(Item):
    """What became of the leg: dialing, ringing, answered or ended (then why, and by whom)."""

    state: str
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Attached(Item):
    """You have the leg. `state` as in LegState, `rate` in Hz, `frame` the number of the next live frame.

    `utterance` is the agent's newest that the holder knows (0: none), `played_ms` how much of it was played,
    `queued_ms` how much of it is still to come, `is_whole` whether all of it had arrived. Frames from
    `replay_from` to `frame` follow faster than they were spoken.
    """

    state: str
    rate: int
    frame: int
    utterance: int
    played_ms: int
    queued_ms: int
    is_whole: bool
    replay_from: int
    # The frame after the last in which any of that utterance was played.
    spoken_upto: int = 0
    # Somebody speaks in the agent's place.
    is_operated: bool = False


@dataclass(frozen=True, slots=True)
class Heard(Item):
    """The person's sound: whole frames, `frame` the number of the first."""

    frame: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Played(Item):
    """How much of an utterance the person has heard, and at which frame. `is_over`: nothing more of it will come."""

    utterance: int
    played_ms: int
    frame: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class Operated(Item):
    """Somebody has taken the call over, or handed it back: what you send meanwhile is not played."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class OperatorSaid(Item):
    """What was played in your place: whole frames, `frame` the number of the first."""

    frame: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Digit(Item):
    """The person pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True)
class TransferState(Item):
    """What became of a transfer: dialing, ringing, answered, connected or ended (then why).

    From answered on you speak with whom was dialled, and the caller hears music. From connected on nobody needs you.
    """

    transfer: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fenced(Item):
    """You no longer drive this call: stop, and write nothing more. `token` is the one that outranks yours."""


# --- Between the holder of a leg and the process where its carrier's socket was opened (token 0) ----------------------


@dataclass(frozen=True, slots=True)
class FromCarrier(Item):
    """What a carrier says of one of its calls; `call` is that one's public id. `stream` names its socket, if it came by one.

    `what` is open, sound (`data` is mu-law at 8 kHz), digit, mark, stop, closed; or state (`data` as the leg knows it).
    """

    stream: str
    what: str
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class ToCarrier(Item):
    """What the carrier's socket is to be sent: sound, mark, clear; or close."""

    stream: str
    what: str
    data: bytes = b""


# --- Between the holder of a browser's leg and the gateway that dials a transfer for it (token 0) ----------------------


@dataclass(frozen=True, slots=True)
class ToLine(Item):
    """What a gateway's line is to do; `call` is the transfer's public id.

    `what` is dial, sound (`data` is one frame at 8 kHz), digits, flush or hang_up.
    """

    what: str
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class FromLine(Item):
    """What that line says: ringing, answered, sound, digit, alive; or ended (`data`: the reason, by whom, the detail)."""

    what: str
    data: bytes = b""


# --- Between the holder of a leg and those who listen in (token 0) -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listen(Item):
    """Copy both sides to me. It holds for a few seconds: say it again each second."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class Overheard(Item):
    """To a listener: whole frames of both sides as they are recorded."""

    rate: int
    caller: bytes
    agent: bytes


@dataclass(frozen=True, slots=True)
class Operate(Item):
    """`operator` wants to speak in the agent's place over my `line`, or to hand back. Answered by `Operating`."""

    operator: str
    line: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class OperatorSpeech(Item):
    """A frame of the operator's microphone. A line that sends none for a few seconds has handed back."""

    line: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Operating(Item):
    """Whether this line's operator has the call now."""

    line: str
    is_on: bool


# --- From the platform to a conversation ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say(Item):
    """The agent is to say this now (token 0)."""

    text: str


@dataclass(frozen=True, slots=True)
class Note(Item):
    """The agent is to heed this from its next turn on (token 0)."""

    text: str


@dataclass(frozen=True, slots=True)
class PutThrough(Item):
    """The call is to be transferred: tell the caller, then have it dialled (token 0)."""

    transfer: str
    name: str
    mode: str
    # Empty: made from the name.
    announcement: str


@dataclass(frozen=True, slots=True)
class Hush(Item):
    """The agent is to stop speaking, and listen (token 0)."""


@dataclass(frozen=True, slots=True)
class Farewell(Item):
    """The sender ends in good order: what it still holds is free. `call` is empty."""


# Filled here, not as classes are made: dataclass(slots=True) makes each of them twice.
Item.kinds = {kind.__name__: kind for kind in Item.__subclasses__()}


def process_name(role: str) -> str:
    """A name that no process had before: it is the bus address of this start, not of this machine."""
    return f"{role}-{secrets.token_hex(4)}"


def channel(prefix: str, name: str) -> str:
    return f"{prefix}:{name}"


def encode(sender: str, items: Sequence[Item], *, number: int = 0) -> bytes:
    """A batch. `number` rises with each of a sender's; 0 is for one that is never sent again."""
    packed: bytes = msgpack.packb([sender, [item.pack() for item in items], number])
    return packed


def decode(message: bytes) -> tuple[str, list[Item]]:
    """The sender and the items of a batch. Raises ValueError for what is no batch."""
    sender, _, items = _decode(message)
    return sender, items


def _decode(message: bytes) -> tuple[str, int, list[Item]]:
    try:
        sender, packed, *rest = msgpack.unpackb(message)
        number = rest[0] if rest else 0
        return sender, number, [item for entry in packed if (item := Item.unpack(entry)) is not None]
    except (TypeError, ValueError, KeyError, IndexError, msgpack.UnpackException) as error:
        raise ValueError("not a batch of the bus") from error


class Bus:
    """A process's place on the bus. Lives on one event loop.

    `send` only queues; `flush`, called once a tick, publishes one batch to each receiver and tells how many heard it.
    """

    def __init__(self, *, url: str, name: str, prefix: str) -> None:
        self.name = name
        self._prefix = prefix
        self._url = url
        self._redis: Redis = Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
        self._outgoing: defaultdict[str, list[Item]] = defaultdict(list)
        self._numbers = itertools.count(1)
        # Batches that were sent without a reply: whether they were heard, nobody knows.
        self._unsure: list[tuple[str, bytes]] = []
        # The number of the newest batch from each sender.
        self._newest: dict[str, int] = {}
        self._flushing = asyncio.Lock()
        self._is_closed = False
        # Set while the subscription stands.
        self.subscribed = asyncio.Event()
        # By time.monotonic(); None while the subscription stands.
        self.away_since: float | None = time.monotonic()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def send(self, to: str, item: Item) -> None:
        """Queue for the next flush."""
        self._outgoing[to].append(item)

    async def flush(self) -> dict[str, int]:
        """Publish what is queued. Gives, by receiver, how many processes heard it: 0 means it is not there.

        Raises BusAway when Redis cannot be reached; what was queued is then kept for the next flush.
        """
        async with self._flushing:
            unsure, self._unsure = self._unsure, []
            heard = await self._publish(unsure)
            batches = [
                (to, encode(self.name, items, number=next(self._numbers))) for to, items in self._outgoing.items()
            ]
            self._outgoing.clear()
            return heard | await self._publish(batches)

    async def _publish(self, batches: Sequence[tuple[str, bytes]]) -> dict[str, int]:
        if not batches:
            return {}
        pipe = self._redis.pipeline(transaction=False)
        for to, batch in batches:
            pipe.publish(channel(self._prefix, to), batch)
        try:
            counts = await pipe.execute()
        except (RedisError, OSError) as error:
            self._unsure = list(batches)
            for to, items in self._outgoing.items():
                self._outgoing[to] = items[-MOST_QUEUED:]
            raise BusAway(str(error)) from error
        return {to: count for (to, _), count in zip(batches, counts, strict=True)}

    def forget(self, to: str) -> None:
        """Drop what is queued for a receiver that will not come back."""
        self._outgoing.pop(to, None)
        self._unsure = [(receiver, batch) for receiver, batch in self._unsure if receiver != to]

    async def receive(self) -> AsyncIterator[tuple[str, list[Item]]]:
        """Batches for this process, sender first, until `close`. Subscribes anew whenever Redis comes back."""
        while not self._is_closed:
            # Redis shows the name to an operator (CLIENT LIST).
            listener: Redis = Redis.from_url(self._url, socket_connect_timeout=2, client_name=self.name)
            pubsub = listener.pubsub(ignore_subscribe_messages=True)
            try:
                await pubsub.subscribe(channel(self._prefix, self.name))
                self.away_since = None
                self.subscribed.set()
                while not self._is_closed:
                    message = await pubsub.get_message(timeout=1)
                    if message is None:
                        continue
                    try:
                        sender, number, items = _decode(message["data"])
                    except ValueError:
                        logger.warning("a message on the bus was not a batch")
                        continue
                    if self._is_new(sender, number):
                        yield sender, items
            except (RedisError, OSError):
                self.subscribed.clear()
                if self.away_since is None:
                    self.away_since = time.monotonic()
                    logger.warning("the bus is away")
                await asyncio.sleep(RECONNECT_SECONDS)
            finally:
                await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py leaves this one untyped
                await listener.aclose()

    def _is_new(self, sender: str, number: int) -> bool:
        """Whether a sender's batch has not been heard before."""
        if not number:
            return True
        newest = self._newest.pop(sender, 0)
        self._newest[sender] = max(newest, number)
        if len(self._newest) > MOST_SENDERS:
            del self._newest[next(iter(self._newest))]
        return number > newest

    async def close(self) -> None:
        self._is_closed = True
        await self._redis.aclose()
