"""One call's conversation: what the leg's holder, the caller, the model and the clock make it do.

Everything that happens is put on `inbox` or told by a synchronous method, and one task acts on it in order.
Deadlines are looked at in `tick`, which the engine calls every 20 ms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from pipecat.frames.frames import LLMContextFrame, TTSSpeakFrame

from calls import bus
from calls.audio.framing import FRAME_MS, frame_bytes
from calls.audio.vad import EnergyVad
from calls.voice.config import EngineConfig
from calls.voice.pipeline import ConversationPipeline, Senses
from calls.voice.providers.house import Embedder, House, Message, Persona
from calls.voice.providers.llm import EndpointLLM, Thinker, make_llm
from calls.voice.session import EventSink, Outcome, SessionSpec, Stages
from calls.voice.takeover import Resumption, rest_of, resume
from calls.voice.timing import Stopwatch
from calls.voice.utterances import Utterance, Utterances
from calls.voice.voicemail import AnsweringMachine

if TYPE_CHECKING:
    from pipecat.processors.aggregators.llm_context import LLMContextMessage

DIAL_AGAIN = 1.0
# The goodbye before max_duration: begun when nobody speaks, or at the latest.
GOODBYE_ROOM = 5.0
GOODBYE_LATEST = 3.0
# After the hang-up was asked for and the last speech played: ask again, then take the leg for lost.
HANG_UP_PATIENCE = 4.0
# A reply that has not begun to sound by now will not: silence counts again.
REPLY_PATIENCE = 15.0
# A caller who cuts the first message off this early has only said hello.
OPENING_HEARD = 0.5
HELLO_WORDS = 4
# Behind the newest frame nothing has been decided yet.
UNDECIDED_FRAMES = 25
DIGITS_PAUSE = 1.5
# With no tone after the greeting, the message is left into its silence.
TONELESS_PAUSE = 2.5

Job = Callable[[], Awaitable[None]]


class Conversation:
    """Built before its call is known; `attend` binds it, `run` drives it to an outcome."""

    def __init__(
        self,
        *,
        config: EngineConfig,
        senses: Senses,
        thinker: Thinker,
        embedder: Embedder | None,
        send: Callable[[str, bus.Item], None],
    ) -> None:
        self._config = config
        self._tts = senses.tts
        self._embedder = embedder
        self._send_to = send
        self._clock = asyncio.get_running_loop().time
        self._jobs: asyncio.Queue[bus.Item | Job] = asyncio.Queue()
        self._utterances = Utterances(
            send=self._send,
            address=lambda: (self._spec.call_id, self._spec.token),
            clock=self._clock,
            on_started=lambda: self._jobs.put_nowait(self._pipeline.output.sounds),
            on_stopped=lambda: self._jobs.put_nowait(self._pipeline.output.falls_silent),
            on_over=self._agent_said,
        )
        self._pipeline = ConversationPipeline(
            senses=senses,
            llm=make_llm(config, self, thinker),
            listener=self,
            utterances=self._utterances,
            on_interruption=self._interrupted,
            on_finished=self._sent_whole,
            unfinished_pause=config.unfinished_pause,
        )
        self._stopwatch = Stopwatch(self._clock)

        self._spec: SessionSpec
        self._sink: EventSink
        self._house: House
        self._messages: list[Message] = []
        self._notes: list[str] = []
        self._to_say: list[str] = []

        self._asked_at = 0.0
        self._leg = "planned"
        self._outcome: Outcome | None = None
        self._answered_at: float | None = None
        self._rate = 8000
        self._next_beat = 0.0

        # What the caller does.
        self._newest_frame = 0
        self._level = EnergyVad()
        self._machine = AnsweringMachine(self._rate)
        self._in_turn = False
        self._in_voice = False
        self._voice_began: int | None = None
        self._voice_ended = 0
        self._heard_upto = 0
        self._guess = ""
        self._digits = ""
        self._digits_due: float | None = None

        # What the agent does.
        self._opening = ""
        self._opening_at: float | None = None
        self._has_opened = False
        self._composing_since: float | None = None
        self._cut: tuple[str, str] | None = None
        self._go_on_at: float | None = None
        self._resumption: Resumption | None = None
        self._resume_at: float | None = None
        self._replay_until = 0
        self._replay_has_voice = False
        self._quiet_since = 0.0
        self._prompts = 0
        self._prompt_text = ""
        self._machine_at: float | None = None

        # How it ends.
        self._ends_at: float | None = None
        self._last_words = ""
        self._ending: tuple[str, str] | None = None
        self._hung_up_at: float | None = None
        self._is_released = False

    # The life of it.

    async def build(self) -> None:
        await self._pipeline.start()

    async def close(self) -> None:
        await self._pipeline.close()

    @property
    def holder(self) -> str:
        return self._spec.holder

    @property
    def call(self) -> str:
        return self._spec.call_id

    def attend(self, spec: SessionSpec, sink: EventSink) -> None:
        """Take on this call."""
        self._spec = spec
        self._sink = sink
        self._utterances.sink = sink
        self._house = House(
            Persona(spec.prompt, language=spec.language, agent_name=spec.agent_name, first_message=spec.first_message),
            embedder=self._embedder,
        )
        self._opening = self._house.first_message()
        for turn in spec.history:
            if turn.is_final and turn.text:
                self._remember("user" if turn.speaker == "user" else "agent", turn.text)
        for note in spec.notes:
            self._heed(note)
        self._quiet_since = self._clock()
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
        if outcome.kind in ("ended", "media_lost"):
            self._report_unfinished_words()
            self._utterances.close()
        self._jobs.put_nowait(_nothing)

    def _ask_holder(self) -> None:
        self._asked_at = self._clock()
        kind = bus.Attach if self._spec.is_dialed else bus.Dial
        self._send(kind(self._spec.call_id, self._spec.token))

    def _send(self, item: bus.Item) -> None:
        self._send_to(self._spec.holder, item)

    async def _prepare(self) -> None:
        """While the phone rings: have the first words ready."""
        if not self._spec.history:
            await self._tts.prepare(self._opening, voice=self._spec.voice, rate=self._rate)

    # What comes over the bus.

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
            self._attached(item)
        elif isinstance(item, bus.Digit):
            self._pressed(item.digit)
        elif isinstance(item, bus.Say):
            self._to_say.append(item.text)
        elif isinstance(item, bus.Note):
            self._heed(item.text)
            await self._instruct()

    def _leg_became(self, item: bus.LegState) -> None:
        if item.state == "ended":
            self.finish(Outcome("ended", item.reason, item.by))
        elif self._answered_at is None:
            self._leg = item.state
            if item.state == "answered":
                self._answered()

    def _attached(self, item: bus.Attached) -> None:
        if self._leg == "attached":
            return
        self._use_rate(item.rate)
        if item.state == "ended":
            # Its LegState, with the reason, is on the way.
            return
        if item.state != "answered":
            self._leg = item.state
            return
        self._leg = "attached"
        self._newest_frame = max(self._newest_frame, item.frame - 1)
        self._heard_upto = max(self._heard_upto, item.replay_from)
        self._utterances.number_from(item.utterance + 1)
        if self._answered_at is not None:
            return
        if not self._spec.is_dialed or not (self._spec.history or item.utterance):
            self._answered()
            return
        self._answered_at = self._clock()
        self._ends_at = self._answered_at + self._spec.max_duration
        self._has_opened = True
        self._take_over(item)

    def _use_rate(self, rate: int) -> None:
        if rate != self._rate:
            self._rate = rate
            self._utterances.rate = rate
            self._machine = AnsweringMachine(rate)
            self._jobs.put_nowait(self._prepare)

    async def _hear(self, item: bus.Heard) -> None:
        size = frame_bytes(self._rate)
        for n in range(len(item.pcm) // size):
            number = item.frame + n
            frame = item.pcm[n * size : (n + 1) * size]
            self._newest_frame = max(self._newest_frame, number)
            self._level.hear(frame)
            if number < self._replay_until and self._level.speaking:
                self._replay_has_voice = True
            if self._machine.is_watching and self._ending is None:
                was_machine = self._machine.is_machine
                self._machine.hear(frame)
                if self._machine.is_machine and not was_machine:
                    await self._met_machine()
            await self._pipeline.input.hear(number, frame, rate=self._rate)

    def _pressed(self, digit: str) -> None:
        self._sink.digit(digit=digit)
        self._quiet_since = self._clock()
        self._digits += digit
        self._digits_due = self._clock() + (0.0 if digit == "#" else DIGITS_PAUSE)

    # The beginning.

    def _answered(self) -> None:
        now = self._clock()
        self._answered_at = now
        self._ends_at = now + self._spec.max_duration
        self._quiet_since = now
        self._opening_at = now + self._config.opening_pause

    async def _open(self) -> None:
        if not self._has_opened:
            self._has_opened = True
            await self._speak(self._opening)

    def _take_over(self, attached: bus.Attached) -> None:
        self._resumption = resume(self._spec.history, attached)
        self._utterances.number_from(self._resumption.next_utterance)
        playing = self._resumption.playing
        if playing is not None:
            self._utterances.adopt(playing)
            if not attached.queued_ms:
                self._utterances.played(
                    bus.Played(self.call, 0, attached.utterance, attached.played_ms, playing.end_frame, True)
                )
        self._replay_until = attached.frame
        self._resume_at = self._clock()

    async def _go_on(self) -> None:
        """After a take-over, into silence: finish what was being said, or answer what was asked."""
        resumption, self._resumption, self._resume_at = self._resumption, None, None
        if resumption is None or self._ending is not None:
            return
        if resumption.rest:
            await self._speak(resumption.rest)
        elif resumption.owes_answer:
            await self._reply()

    # What the caller does, as the pipeline notices it.

    def voice_began(self, frame: int) -> None:
        self._in_voice = True
        self._prompts = 0
        self._go_on_at = None
        if self._voice_began is None:
            self._voice_began = frame

    def voice_ended(self, frame: int, *, pause: float) -> None:
        self._in_voice = False
        self._voice_ended = frame
        self._stopwatch.voice_ended(pause=pause)

    def words_guessed(self, text: str) -> None:
        self._guess = text
        self._sink.interim(speaker="user", text=text)
        self._listen_for_machine(text)

    def words_known(self) -> None:
        self._stopwatch.words_known()

    def recognition_failed(self) -> None:
        self._sink.heed(kind="provider_failed", detail="stt")

    def turn_began(self) -> None:
        self._in_turn = True

    def turn_ended(self) -> None:
        self._in_turn = False
        self._stopwatch.turn_ended()
        self._machine.end_turn()
        self._quiet_since = self._clock()
        if not self._in_voice:
            # Its words come right behind it, if there were any.
            self._go_on_at = self._clock() + 0.2

    def user_said(self, text: str) -> None:
        began = self._voice_began if self._voice_began is not None else self._voice_ended
        end = max(began, self._voice_ended)
        self._sink.user_turn(text=text, start_ms=began * FRAME_MS, end_ms=end * FRAME_MS)
        self._messages.append(Message("user", text))
        self._guess = ""
        self._heard_upto = max(self._heard_upto, end)
        self._voice_began = None
        self._go_on_at = None
        self._resumption = None
        self._listen_for_machine(text)

    def wants_reply(self) -> bool:
        if self._ending is not None or self._machine.is_machine:
            return False
        if not self._has_opened or self._opening_was_talked_over():
            self._has_opened = True
            self._cut = None
            self._jobs.put_nowait(lambda: self._speak(self._opening))
            return False
        self._cut = None
        self._composing_since = self._clock()
        return True

    def _opening_was_talked_over(self) -> bool:
        """Whether the caller's hello fell into the first words of ours: they have not heard who calls."""
        said = [message for message in self._messages if message.role == "user"]
        if self._cut is None or len(said) != 1 or len(said[0].text.split()) > HELLO_WORDS:
            return False
        text, heard = self._cut
        return text == " ".join(self._opening.split()) and len(heard) < OPENING_HEARD * len(text)

    def _report_unfinished_words(self) -> None:
        """The leg ended before the turn did: what was understood of it was said all the same."""
        if self._guess and self._voice_began is not None:
            end = max(self._voice_began, self._voice_ended)
            self._sink.user_turn(text=self._guess, start_ms=self._voice_began * FRAME_MS, end_ms=end * FRAME_MS)

    # What the agent does.

    @property
    def voice(self) -> str:
        return self._spec.voice

    @property
    def house(self) -> House:
        return self._house

    @property
    def messages(self) -> list[Message]:
        return self._messages

    def ends_call_after(self, text: str) -> None:
        self._last_words = text

    def model_failed(self, detail: str) -> None:
        self._sink.heed(kind="provider_failed", detail=f"llm {detail}")

    def words_came(self) -> None:
        self._stopwatch.reply_began()

    def speech_began(self) -> Stages | None:
        return self._stopwatch.sound()

    def speech_failed(self) -> None:
        self._sink.heed(kind="provider_failed", detail="tts")
        self._hang_up("speech_error", "platform", after_speech=True)

    async def _speak(self, text: str, *, is_last: bool = False) -> None:
        frame = TTSSpeakFrame(text, append_to_context=False)
        frame.interruptible = not is_last
        await self._pipeline.to_speaker(frame)

    async def _reply(self) -> None:
        self._composing_since = self._clock()
        await self._pipeline.to_llm(LLMContextFrame(context=self._pipeline.context))

    def _remember(self, role: str, text: str) -> None:
        is_user = role == "user"
        self._messages.append(Message("user" if is_user else "agent", text))
        message = {"role": "user" if is_user else "assistant", "content": text}
        self._pipeline.context.add_message(cast("LLMContextMessage", message))

    def _heed(self, note: str) -> None:
        self._notes.append(note)
        self._messages.append(Message("note", note))

    async def _instruct(self) -> None:
        if isinstance(self._pipeline.llm, EndpointLLM):
            await self._pipeline.llm.attend(self._spec, self._notes)

    def _interrupted(self) -> None:
        """The pipeline dropped what was being made; drop what was sent as well, unless these are the last words."""
        self._composing_since = None
        if self._ending is None:
            self._last_words = ""
            self._utterances.flush()

    def _sent_whole(self, utterance: Utterance) -> None:
        self._composing_since = None
        if self._ending is not None:
            if self._hung_up_at is None and _ends_with(utterance.text, self._last_words):
                self._hang_up(*self._ending, after_speech=True)
        elif self._last_words and _ends_with(utterance.text, self._last_words):
            self._hang_up("agent_hangup", "agent", after_speech=True)

    def _agent_said(self, utterance: Utterance) -> None:
        """An utterance is over: what was heard of it is what was said."""
        heard = utterance.heard_text()
        if heard:
            self._remember("agent", heard)
        if utterance.is_cut:
            self._cut = (" ".join(utterance.text.split()), heard)
        if utterance.text != self._prompt_text:
            self._quiet_since = self._clock()

    # Answering machines.

    def _listen_for_machine(self, text: str) -> None:
        if self._machine.is_watching and not self._machine.is_machine and self._ending is None:
            self._machine.hear_words(text)
            if self._machine.is_machine:
                self._jobs.put_nowait(self._met_machine)

    async def _met_machine(self) -> None:
        if self._machine_at is not None or self._ending is not None:
            return
        self._machine_at = self._clock()
        self._has_opened = True
        self._sink.heed(kind="voicemail_detected")
        await self._hush()
        if self._spec.voicemail_action == "hang_up":
            self._hang_up("voicemail", "agent", after_speech=False)

    async def _leave_message(self) -> None:
        message = self._spec.voicemail_message or self._house.voicemail_message()
        await self._say_last(message, "voicemail_left", "agent")

    # The end.

    def wind_up(self, reason: str) -> None:
        """Say goodbye for this reason, and hang up in the platform's name."""
        if self._ending is None and self._outcome is None:
            self._jobs.put_nowait(lambda: self._say_last(self._house.goodbye(reason), reason, "platform"))

    async def _say_last(self, text: str, reason: str, by: str) -> None:
        if self._ending is not None:
            return
        await self._hush()
        self._ending = (reason, by)
        self._last_words = text
        self._composing_since = self._clock()
        await self._speak(text, is_last=True)

    async def _hush(self) -> None:
        """Drop what the agent is saying or about to say."""
        if self._utterances.is_open or self._composing_since is not None:
            await self._pipeline.llm.broadcast_interruption()
            self._utterances.flush()
        self._composing_since = None

    def _hang_up(self, reason: str, by: str, *, after_speech: bool) -> None:
        self._ending = (reason, by)
        if self._hung_up_at is not None and after_speech:
            return
        self._hung_up_at = self._clock() + (self._utterances.left_ms / 1000 if after_speech else 0.0)
        self._send(bus.HangUp(self.call, self._spec.token, reason, by, after_speech))

    def release_between_turns(self, *, at_once: bool) -> None:
        """Hand the call on, if nothing is being said or made; `at_once` whatever is."""
        if self._outcome is not None or self._ending is not None:
            return
        if at_once or not (self._is_busy() or self._utterances.is_sounding):
            self._send(bus.Release(self.call, self._spec.token))
            self.finish(Outcome("released"))

    # The clock.

    def _is_busy(self) -> bool:
        """Whether anybody speaks, or a reply is being made: agent's speech that only plays on does not count."""
        return (
            self._in_turn
            or self._in_voice
            or self._composing_since is not None
            or self._resumption is not None
            or self._opening_at is not None
        )

    def tick(self) -> None:
        now = self._clock()
        if self._outcome is not None:
            return
        if now >= self._next_beat:
            self._next_beat = now + self._config.beat_every
            self._send(bus.Beat(self.call, self._spec.token, self._confirmed_frame()))
        if self._answered_at is None:
            if self._leg == "planned" and now - self._asked_at > DIAL_AGAIN:
                self._ask_holder()
            return
        self._utterances.tick()
        if self._hung_up_at is not None:
            self._watch_the_end(now)
            return
        if self._composing_since is not None and now - self._composing_since > REPLY_PATIENCE:
            self._composing_since = None
        if self._ending is not None:
            if self._composing_since is None:
                self._hang_up(*self._ending, after_speech=True)
            return
        if self._ends_at is not None and self._is_time_for_goodbye(now):
            self.wind_up("max_duration")
        elif self._machine_at is not None:
            self._tick_machine(now)
        else:
            self._tick_turns(now)
            self._tick_silence(now)

    def _is_time_for_goodbye(self, now: float) -> bool:
        left = cast(float, self._ends_at) - now
        if left <= GOODBYE_LATEST:
            return True
        return left <= GOODBYE_ROOM and not self._is_busy() and not self._utterances.is_sounding

    def _tick_machine(self, now: float) -> None:
        waited = now - cast(float, self._machine_at)
        is_silent = self._machine.silence_seconds > TONELESS_PAUSE and waited > TONELESS_PAUSE
        if self._machine.tone_has_ended or is_silent:
            self._jobs.put_nowait(self._leave_message)
            self._machine_at = now + 3600

    def _tick_turns(self, now: float) -> None:
        if self._opening_at is not None and now >= self._opening_at and not (self._in_voice or self._in_turn):
            if self._has_opened or not self._level.speaking:
                self._opening_at = None
                self._jobs.put_nowait(self._open)
        elif self._resume_at is not None:
            self._tick_resumption(now)
        elif self._go_on_at is not None and now >= self._go_on_at:
            self._go_on_at = None
            # A turn without words.
            self._voice_began, self._guess = None, ""
            cut, self._cut = self._cut, None
            if cut is not None and not self._is_busy() and not self._utterances.is_open:
                rest = rest_of(*cut)
                self._jobs.put_nowait(lambda: self._speak(rest))
        if self._digits_due is not None and now >= self._digits_due and not self._is_busy():
            digits, self._digits, self._digits_due = self._digits, "", None
            self._remember("user", f"(I pressed {' '.join(digits)} on my telephone.)")
            self._jobs.put_nowait(self._reply)
        if self._to_say and not self._in_voice and not self._in_turn and self._has_opened:
            text = self._to_say.pop(0)
            self._jobs.put_nowait(lambda: self._speak(text))

    def _tick_resumption(self, now: float) -> None:
        """Only into silence: once the kept audio is through, and unless it holds words, which get their answer."""
        waited = now - cast(float, self._resume_at)
        if self._in_voice or self._in_turn or (self._newest_frame + 1 < self._replay_until and waited < 3.0):
            return
        if self._replay_has_voice and waited < 3.0:
            return
        self._resume_at = None
        self._jobs.put_nowait(self._go_on)

    def _tick_silence(self, now: float) -> None:
        if self._is_busy() or (self._utterances.is_open and not self._prompts):
            self._quiet_since = now
            return
        silent = now - self._quiet_since
        limit = self._spec.silence_timeout
        if silent >= limit:
            self._sink.heed(kind="silence", detail="timeout")
            self.wind_up("silence_timeout")
            self._quiet_since = now
        elif self._prompts < 2 and silent >= limit * (self._prompts + 1) / 3:
            self._prompts += 1
            self._sink.heed(kind="silence", detail=str(self._prompts))
            prompt = self._house.silence_prompt(self._prompts)
            self._prompt_text = prompt
            self._jobs.put_nowait(lambda: self._speak(prompt))

    def _watch_the_end(self, now: float) -> None:
        late = now - cast(float, self._hung_up_at)
        if late > 2 * HANG_UP_PATIENCE:
            self.finish(Outcome("media_lost"))
        elif late > HANG_UP_PATIENCE and self._ending is not None and self._leg != "hanging up":
            self._leg = "hanging up"
            self._send(bus.HangUp(self.call, self._spec.token, *self._ending, False))

    def _confirmed_frame(self) -> int:
        """Up to where the caller's words are in a transcript, or there were none."""
        if self._voice_began is not None:
            undecided = self._voice_began - UNDECIDED_FRAMES
        else:
            undecided = self._newest_frame - UNDECIDED_FRAMES
        self._heard_upto = max(self._heard_upto, undecided)
        return self._heard_upto


async def _nothing() -> None:
    """Wakes the loop of `run`."""


def _ends_with(text: str, last: str) -> bool:
    """Whether `last` was said whole, however the sentences were put together."""
    return bool(last) and "".join(text.split()).endswith("".join(last.split()))
