"""One call's conversation on the bus: its leg's holder is asked for the leg, heard, and told what to do."""

from __future__ import annotations

from collections.abc import Callable

from calls import bus
from calls.audio.framing import frame_bytes
from calls.voice.config import EngineConfig
from calls.voice.pipeline import Senses
from calls.voice.providers.house import Embedder
from calls.voice.providers.llm import Thinker
from calls.voice.session import EventSink, Outcome, SessionSpec
from calls.voice.takeover import Resuming, known_until, resume
from calls.voice.talk import TELEPHONE_RATE, Talk
from calls.voice.voicemail import AnsweringMachine

DIAL_AGAIN = 1.0


class Conversation(Talk):
    """Built before its call is known; `attend` binds it, `run` drives it to an outcome.

    The engine calls `tick` every 20 ms.
    """

    def __init__(
        self,
        *,
        config: EngineConfig,
        senses: Senses,
        thinker: Thinker,
        embedder: Embedder | None,
        send: Callable[[str, bus.Item], None],
    ) -> None:
        super().__init__(config=config, senses=senses, thinker=thinker, embedder=embedder)
        self._tts = senses.tts
        self._send_to = send
        self._leg = "planned"
        self._asked_at = 0.0
        self._next_beat = 0.0
        self._rate = TELEPHONE_RATE
        self._has_attached = False
        # Kept audio from before this frame is in the transcript already, and must not be heard again.
        self._known_until = 0
        self._outcome: Outcome | None = None

    # --- The life of it -----------------------------------------------------------------------------------------------

    async def build(self) -> None:
        await self._pipeline.start()

    async def close(self) -> None:
        await self._pipeline.close()

    @property
    def holder(self) -> str:
        return self._spec.holder

    def attend(self, spec: SessionSpec, sink: EventSink) -> None:
        """Take on this call."""
        self._take_on(spec, sink)
        self._known_until = known_until(spec.history)
        self._use_rate(spec.rate)
        self._ask_holder()

    async def run(self) -> Outcome:
        """Talk until it ends."""
        self._jobs.put_nowait(self._instruct)
        self._jobs.put_nowait(self._prepare)
        while self._outcome is None:
            job = await self._jobs.get()
            if isinstance(job, bus.Item):
                await self._receive(job)
            else:
                await job()
        return self._outcome

    def take(self, item: bus.Item) -> None:
        """An item of the bus for this call."""
        self._jobs.put_nowait(item)

    def finish(self, outcome: Outcome) -> None:
        """It ends so. The first outcome counts."""
        if self._outcome is not None:
            return
        self._outcome = outcome
        if outcome.kind in ("ended", "media_lost", "transferred"):
            self._caller.report_unfinished_words()
            self._stand_in.drop()
            self._utterances.close()
        self._jobs.put_nowait(_nothing)

    def release_between_turns(self, *, at_once: bool) -> None:
        """Hand the call on, if nothing is being said or made; `at_once` whatever is."""
        if self._outcome is not None or self._ending.is_decided:
            return
        if at_once or not (self._is_busy() or self._utterances.is_sounding):
            self._send(bus.Release(self._spec.call_id, self._spec.token))
            self.finish(Outcome("released"))

    def _ask_holder(self) -> None:
        self._asked_at = self._clock()
        kind = bus.Attach if self._spec.is_dialed else bus.Dial
        self._send(kind(self._spec.call_id, self._spec.token))

    def _send(self, item: bus.Item) -> None:
        self._send_to(self._spec.holder, item)

    async def _prepare(self) -> None:
        """While the phone rings: have the first words ready."""
        if not self._spec.history:
            await self._tts.prepare(self._opening, voice=self._spec.voice, rate=self._rate, speed=self._spec.speed)

    # --- What comes over the bus --------------------------------------------------------------------------------------

    async def _receive(self, item: bus.Item) -> None:
        if isinstance(item, bus.Fenced):
            if item.token > self._spec.token:
                self.finish(Outcome("superseded"))
            return
        if item.token not in (0, self._spec.token):
            return
        if isinstance(item, bus.Heard):
            await self._hear(item)
        elif isinstance(item, bus.Played):
            self._utterances.played(item)
        elif isinstance(item, bus.LegState):
            self._leg_became(item)
        elif isinstance(item, bus.Attached):
            await self._attached(item)
        elif isinstance(item, bus.OperatorSaid):
            self._stand_in.hear(item.frame, item.pcm, rate=self._rate)
        elif isinstance(item, bus.Operated):
            await self._operated(is_on=item.is_on)
        elif isinstance(item, bus.Digit):
            self._sink.digit(digit=item.digit)
            self._silence.restart(self._clock())
            if self._transfer.is_aside:
                self._transfer.pressed(item.digit)
            else:
                await self._hear_key(item.digit)
        elif isinstance(item, bus.PutThrough):
            await self._put_through(item)
        elif isinstance(item, bus.TransferState):
            self._transfer_became(item)
        elif isinstance(item, bus.Say):
            self._to_say.append(item.text)
        elif isinstance(item, bus.Hush):
            if not self._ending.is_decided:
                await self._hush()
        elif isinstance(item, bus.OffRecord):
            self._recording.was_turned(is_off=item.is_on)
        elif isinstance(item, bus.Note):
            self._memory.heed(item.text)
            await self._instruct()

    def _leg_became(self, item: bus.LegState) -> None:
        if item.state == "ended":
            self.finish(Outcome("ended", item.reason, item.by))
        elif self._ends_at is None:
            self._leg = item.state
            if item.state == "answered":
                self._answered()

    async def _put_through(self, item: bus.PutThrough) -> None:
        """Somebody asked for a transfer, the agent or its account, and it is allowed."""
        if self._ending.is_decided:
            return
        if not self._transfer.is_on:
            await self._hush()
        self._has_opened, self._opening_at, self._resuming, self._cut = True, None, None, None
        self._transfer.put_through(item)

    def _transfer_became(self, item: bus.TransferState) -> None:
        if item.state == "connected":
            self.finish(Outcome("transferred"))
        elif not self._ending.is_decided:
            self._transfer.became(item)

    async def _operated(self, *, is_on: bool) -> None:
        if is_on:
            await self._step_aside()
        elif self._stand_in.is_on:
            self._stand_in.end(lambda: self._jobs.put_nowait(self._step_back))

    async def _attached(self, item: bus.Attached) -> None:
        self._use_rate(item.rate)
        if item.state != "answered":
            # Of a leg that has ended, its LegState with the reason is on the way.
            self._leg = item.state
            return
        if self._has_attached:
            return
        self._has_attached = True
        self._leg = "answered"
        self._caller.newest_frame = max(self._caller.newest_frame, item.frame - 1)
        self._caller.confirm(max(item.replay_from, self._known_until))
        self._utterances.number_from(item.utterance + 1)
        if self._ends_at is None:
            self._answered()
            if self._spec.is_dialed and (self._spec.history or item.utterance):
                self._take_over(item)
            if self._spec.transfer is not None:
                self._transfer.resume(self._spec.transfer)
            if item.is_operated:
                await self._step_aside()
            elif self._spec.is_taken_over:
                # It was handed back while nobody drove the call.
                self._sink.operator_gone()
                self._memory.heed_operator(self._stand_in.said)
                await self._instruct()

    def _take_over(self, attached: bus.Attached) -> None:
        self._has_opened, self._opening_at = True, None
        resumption = resume(self._spec.history, attached)
        self._utterances.number_from(resumption.next_utterance)
        for utterance in resumption.over:
            self._utterances.adopt(utterance, is_over=True)
        if resumption.playing is not None:
            self._utterances.adopt(resumption.playing, is_over=False)
        # Only what came after it may still be in the kept audio.
        self._caller.newest_frame = min(self._caller.newest_frame, max(attached.replay_from - 1, 0))
        self._resuming = Resuming(resumption, replay_until=attached.frame, now=self._clock())

    def _use_rate(self, rate: int) -> None:
        if rate != self._rate:
            self._rate = self._utterances.rate = rate
            self._machine = AnsweringMachine(rate, allows_menus=self._spec.keypad.may_press)
            self._jobs.put_nowait(self._prepare)

    async def _hear(self, item: bus.Heard) -> None:
        size = frame_bytes(self._rate)
        for n in range(len(item.pcm) // size):
            number = item.frame + n
            frame = item.pcm[n * size : (n + 1) * size]
            self._caller.newest_frame = max(self._caller.newest_frame, number)
            if number < self._known_until:
                continue
            self._level.hear(frame)
            if self._resuming is not None:
                self._resuming.hear(number, is_voice=self._level.speaking)
            is_free = not (self._ending.is_decided or self._stand_in.is_on or self._transfer.is_on)
            if is_free and self._spec.may_be_machine and self._machine.is_watching and not self._screening.is_waiting:
                self._machine.hear(frame)
                self._look_for_machine()
            await self._pipeline.input.hear(number, frame, rate=self._rate)

    # --- The clock ----------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        now = self._clock()
        if self._outcome is not None:
            return
        if now >= self._next_beat:
            self._next_beat = now + self._config.beat_every
            self._send(bus.Beat(self._spec.call_id, self._spec.token, self._caller.confirmed_frame()))
        if self._ending.was_asked_for:
            self._watch_the_end(now)
        elif self._ends_at is None:
            if self._leg == "planned" and now - self._asked_at > DIAL_AGAIN:
                self._ask_holder()
        else:
            self._utterances.tick()
            self._tick_talk(now, self._ends_at)

    def _watch_the_end(self, now: float) -> None:
        if self._ending.is_hopeless(now):
            self.finish(Outcome("media_lost"))
        elif self._ending.must_repeat(now):
            call, token = self._spec.call_id, self._spec.token
            self._send(bus.HangUp(call, token, self._ending.reason, self._ending.by, False))


async def _nothing() -> None:
    """Wakes the loop of `run`."""
