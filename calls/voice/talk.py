"""What the agent does about what it hears: opens, replies, prompts, leaves messages, says goodbye.

What happens is told by synchronous methods or put on a queue of jobs, and one task acts on it in order. Deadlines
are looked at in `_tick_talk`. It knows its leg only through `_send`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pipecat.frames.frames import LLMContextFrame, TTSSpeakFrame

from calls import bus
from calls.audio.framing import FRAME_MS
from calls.audio.vad import EnergyVad
from calls.voice.caller import Caller
from calls.voice.config import EngineConfig
from calls.voice.consenting import Consenting
from calls.voice.ending import Ending
from calls.voice.keypad import Finger, Keypad, Pressed, choose, prompt
from calls.voice.memory import Memory
from calls.voice.objecting import acknowledged, objects
from calls.voice.off_record import REDACTED, OffRecord, Recording
from calls.voice.opting_out import farewell, is_opt_out
from calls.voice.pipeline import ConversationPipeline, Senses
from calls.voice.providers.house import Desk, Embedder, House, Message, Persona
from calls.voice.providers.llm import EndpointLLM, Thinker, make_llm
from calls.voice.screening import Screening, introduction, is_screening
from calls.voice.session import EventSink, SessionSpec, Stages
from calls.voice.silence import Silence
from calls.voice.standing_in import StandIn
from calls.voice.takeover import Resuming, rest_of
from calls.voice.timing import Stopwatch
from calls.voice.transferring import Transferring, announcement
from calls.voice.utterances import Utterance, Utterances
from calls.voice.voicemail import AnsweringMachine

TELEPHONE_RATE = 8000
# The goodbye before max_duration: begun when nobody speaks, or at the latest.
GOODBYE_ROOM = 5.0
GOODBYE_LATEST = 3.0
# A reply that has not begun to sound by now will not: silence counts again.
REPLY_PATIENCE = 15.0
# A caller who cuts the first message off this early, with so few words, has only said hello.
OPENING_HEARD = 0.5
HELLO_WORDS = 4
# The call ends when recognition has failed so many times in a row.
MOST_UNHEARD = 2

Job = Callable[[], Awaitable[None]]


class Talk:
    """The agent's behaviour in one call."""

    def __init__(self, *, config: EngineConfig, senses: Senses, thinker: Thinker, embedder: Embedder | None) -> None:
        self._config = config
        self._embedder = embedder
        self._clock = asyncio.get_running_loop().time
        self._jobs: asyncio.Queue[bus.Item | Job] = asyncio.Queue()
        self._stopwatch = Stopwatch(self._clock)
        self._caller = Caller(
            clock=self._clock,
            stopwatch=self._stopwatch,
            on_words=self._listen_for_machine,
            on_voice=lambda: self._silence.caller_spoke(),
            on_unheard=self._could_not_hear,
        )
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
            ears=self._caller,
            direction=self,
            mouth=self,
            utterances=self._utterances,
            on_interruption=self._interrupted,
            on_finished=self._sent_whole,
            may_interrupt=self._may_interrupt,
            unfinished_pause=config.unfinished_pause,
        )
        self._memory = Memory(self._pipeline.context)
        self._keypad = Keypad(self._clock)
        self._finger = Finger(self._clock, self._press)
        self._screening = Screening(self._clock)
        self._silence = Silence()
        self._ending = Ending()
        self._stand_in = StandIn(stt=senses.stt, clock=self._clock, on_said=self._operator_said, on_failed=self._missed)
        self._transfer = Transferring(
            clock=self._clock,
            send=self._send,
            speak=self._say_surely,
            is_idle=lambda: self._composing_since is None and not self._utterances.is_open,
            is_heard=lambda: self._caller.is_speaking or self._level.speaking,
            on_aside=self._turn_aside,
            messages=lambda: self._memory.messages,
        )
        self._level = EnergyVad()
        self._machine = AnsweringMachine(TELEPHONE_RATE)
        self._machine_since: float | None = None

        self._spec: SessionSpec
        self._sink: EventSink
        self._house: House
        self._to_say: list[str] = []

        # Set at the answer, or when an answered call was taken over.
        self._ends_at: float | None = None

        self._opening = ""
        self._opening_at: float | None = None
        self._has_opened = False
        self._resuming: Resuming | None = None
        self._composing_since: float | None = None
        # The newest utterance that was cut off: its text, and what was heard of it.
        self._cut: tuple[str, str] | None = None

    def _send(self, item: bus.Item) -> None:
        """To the leg's holder."""
        raise NotImplementedError

    def _take_on(self, spec: SessionSpec, sink: EventSink) -> None:
        """Become the agent of this call."""
        self._spec = spec
        newest = max((turn.end_ms for turn in spec.history), default=0)
        self._record = OffRecord(sink, is_on=spec.is_off_record, since_ms=newest)
        self._sink = self._caller.sink = self._utterances.sink = self._record
        self._recording = Recording(
            self._record,
            tell=lambda is_off: self._send(bus.OffRecord(spec.call_id, spec.token, is_off)),
            now_ms=lambda: self._caller.newest_frame * FRAME_MS,
            is_paused=spec.is_paused_by_agent,
        )
        self._consent = Consenting(spec)
        self._house = House(
            Persona(
                spec.prompt,
                language=spec.language,
                agent_name=spec.agent_name,
                first_message=spec.first_message,
                desks=tuple(
                    Desk(one.name, one.when, announcement(one, language=spec.language)) for one in spec.destinations
                ),
            ),
            embedder=self._embedder,
        )
        self._transfer.take_on(spec)
        self._keypad.rules = spec.keypad
        self._machine = AnsweringMachine(TELEPHONE_RATE, allows_menus=spec.keypad.may_press)
        self._opening = self._house.first_message()
        self._pipeline.wait(spec.patience)
        for turn in spec.history:
            # The last one, where it was cut off, is remembered when it is known what was heard of it.
            if turn.text and (turn.is_final or turn is not spec.history[-1]):
                self._memory.remember("user" if turn.speaker == "user" else "agent", turn.text)
        for note in spec.notes:
            self._memory.heed(note)
        self._stand_in.said = list(spec.operators_said)
        if spec.operators_said and not spec.is_taken_over:
            self._memory.heed_operator(self._stand_in.said)

    # --- What the pipeline tells and asks -----------------------------------------------------------------------------

    def turn_began(self) -> None:
        self._caller.turn_began()

    def turn_ended(self) -> None:
        self._caller.turn_ended()
        self._machine.end_turn()
        self._silence.restart(self._clock())

    def user_said(self, text: str) -> None:
        if self._transfer.is_aside:
            self._caller.said(text)
            self._transfer.heard(text)
            return
        self._memory.heard(text)
        self._keypad.stop()
        self._resuming = None
        self._caller.said(text)

    def wants_reply(self) -> bool:
        if self._ending.is_decided or self._machine.is_machine or self._stand_in.is_on or self._transfer.is_on:
            return False
        if self._opts_out() or self._objects() or self._answers_recording():
            return False
        if not self._has_opened or self._opening_was_talked_over():
            self._has_opened, self._opening_at, self._cut = True, None, None
            self._jobs.put_nowait(self._say_opening)
            return False
        self._cut = None
        if self._consent.is_open:
            self._jobs.put_nowait(self._take_consent)
            return False
        self._composing_since = self._clock()
        return True

    def _answers_recording(self) -> bool:
        """Whether a telephone's assistant, or a menu, said the last words, and was given what it wants."""
        last_words = self._memory.last_words
        if not last_words or not self._spec.is_outbound:
            return False
        if self._screening.asks(last_words):
            self._has_opened, self._opening_at, self._cut = False, None, None
            self._consent = Consenting(self._spec)
            words = introduction(
                self._spec.screening_message,
                opening=self._opening,
                agent_name=self._spec.agent_name,
                language=self._spec.language,
            )
            self._jobs.put_nowait(lambda: self._speak(words))
            return True
        if self._screening.holds(last_words):
            return True
        # A language model chooses itself.
        if self._spec.keypad.may_press and not isinstance(self._pipeline.llm, EndpointLLM):
            return self._presses(choose(last_words, self._spec.keypad.wanted))
        return False

    def _opts_out(self) -> bool:
        """Whether the person's last words ask for no more calls. Then they are told so, and the call is over."""
        last_words = self._memory.last_words
        if not is_opt_out(last_words):
            return False
        self._sink.heed(kind="opted_out", detail=last_words)
        self._has_opened, self._opening_at = True, None
        words = farewell(self._spec.language) or self._house.goodbye()
        self._jobs.put_nowait(lambda: self._say_last(words, "agent_hangup", "agent"))
        return True

    def _objects(self) -> bool:
        """Whether the person's last words ask not to be recorded. Then nothing is any more, for the rest of the call."""
        if self._consent.is_open or not objects(self._memory.last_words):
            return False
        if not self._recording.may_be_objected_to:
            return False
        words = acknowledged(self._spec.language)
        if not self._has_opened:
            words = f"{words} {self._opening}"
        self._has_opened, self._opening_at = True, None
        self._sink.heed(kind="consent", detail="refused")
        self._recording.end()
        self._jobs.put_nowait(lambda: self._speak(words))
        return True

    def _opening_was_talked_over(self) -> bool:
        """Whether the caller's hello fell into the first words of ours: they have not heard who calls."""
        if self._cut is None or self._caller.turns != 1 or len(self._memory.last_words.split()) > HELLO_WORDS:
            return False
        text, heard = self._cut
        return text == " ".join(self._opening.split()) and len(heard) < OPENING_HEARD * len(text)

    @property
    def voice(self) -> str:
        return self._spec.voice

    @property
    def speed(self) -> float:
        return self._spec.speed

    @property
    def house(self) -> House:
        return self._house

    @property
    def messages(self) -> list[Message]:
        return self._memory.messages

    def ends_call_after(self, text: str) -> None:
        self._ending.last_words = text

    def transfers_to(self, name: str, *, after: str) -> None:
        """The reply that ends with this text is the last before the call is transferred to the destination of this name."""
        if self._transfer.ask(name, has_told=bool(after.strip())):
            self._sink.transfer(name=name)

    def collects(self, least: int, most: int) -> None:
        """So many digits are waited for once the reply is said."""
        self._keypad.collect(least, most)

    def presses(self, keys: str, *, after: str) -> None:
        """These keys are pressed once the reply is said, where the agent may press any."""
        if not after.strip():
            self._composing_since = None
        self._presses(keys)

    def _presses(self, keys: str) -> bool:
        digits = self._finger.press(keys) if self._spec.keypad.may_press else ""
        if digits:
            self._opening_at = None
            self._sink.digits_sent(digits=digits)
        return bool(digits)

    def _press(self, digits: str) -> None:
        self._send(bus.SendDigits(self._spec.call_id, self._spec.token, digits))

    def model_failed(self, detail: str) -> None:
        self._sink.heed(kind="provider_failed", detail=f"llm {detail}")

    def words_came(self) -> None:
        self._stopwatch.reply_began()

    def speech_began(self) -> Stages | None:
        return self._stopwatch.sound()

    def voice_failed(self, provider: str) -> None:
        self._sink.heed(kind="provider_failed", detail=f"tts {provider}")

    def speech_failed(self) -> None:
        self._sink.heed(kind="provider_failed", detail="tts")
        if not self._ending.is_decided:
            self._ending.decide("speech_error", "platform")
        self._hang_up(self._ending.reason, self._ending.by, after_speech=True)

    def _could_not_hear(self, times: int) -> None:
        """The recognition failed. Once may be chance: ask; then it is our fault, and the call is over."""
        if self._ending.is_decided or self._machine.is_machine or self._stand_in.is_on or self._transfer.is_on:
            return
        if times >= MOST_UNHEARD:
            self.wind_up("speech_error")
        elif self._has_opened:
            self._jobs.put_nowait(lambda: self._speak(self._house.unheard()))

    def _may_interrupt(self) -> bool:
        """Whether a voice that begins now stops the agent. What is not heard yet may always be made anew."""
        is_free = self._spec.is_interruptible and not (self._transfer.is_on or self._consent.is_speaking)
        return is_free or not self._utterances.is_sounding

    def _interrupted(self) -> None:
        """The pipeline dropped what was being made; drop what was sent as well, unless these are the last words."""
        self._composing_since = None
        if not self._ending.is_decided:
            self._ending.last_words = ""
            self._utterances.flush()

    def _sent_whole(self, utterance: Utterance) -> None:
        self._composing_since = None
        if self._ending.was_asked_for or not self._ending.were_last_words(utterance.text):
            return
        if not self._ending.is_decided:
            self._ending.decide("agent_hangup", "agent")
        self._hang_up(self._ending.reason, self._ending.by, after_speech=True)

    # --- What the agent says ------------------------------------------------------------------------------------------

    async def _speak(self, text: str, *, is_last: bool = False) -> None:
        if self._stand_in.is_on and not is_last:
            return
        frame = TTSSpeakFrame(text, append_to_context=False)
        frame.interruptible = not is_last
        await self._pipeline.to_speaker(frame)

    async def _reply(self) -> None:
        if self._stand_in.is_on:
            return
        self._composing_since = self._clock()
        await self._pipeline.to_llm(LLMContextFrame(context=self._pipeline.context))

    async def _instruct(self) -> None:
        if isinstance(self._pipeline.llm, EndpointLLM):
            await self._pipeline.llm.attend(self._spec, self._memory.notes)

    def _agent_said(self, utterance: Utterance) -> None:
        """An utterance is over: what was heard of it is what was said."""
        self._consent.is_speaking = False
        heard = utterance.heard_text()
        if heard and not (utterance.is_remembered or self._transfer.is_aside):
            self._memory.remember("agent", heard)
        self._recording.said(utterance.text)
        if utterance.is_cut:
            self._cut = (" ".join(utterance.text.split()), heard)
        if utterance.text != self._silence.question:
            self._silence.restart(self._clock())

    async def _open(self) -> None:
        if not self._has_opened:
            self._has_opened = True
            await self._say_opening()

    async def _say_opening(self) -> None:
        """What must be said before all else, then the first message; that waits for the answer where one is asked for."""
        if words := self._consent.first_words:
            self._consent.begin()
            await self._speak(words)
        if not self._consent.is_open:
            await self._speak(self._opening)

    async def _take_consent(self) -> None:
        """The person's last words are their answer, unless they fell into the question."""
        if self._utterances.is_sounding:
            return
        answer = self._consent.take(self._memory.last_words)
        if answer == "unclear":
            await self._speak(self._spec.consent_ask)
            return
        self._sink.heed(kind="consent", detail=answer)
        if answer == "given":
            self._recording.begin()
            await self._speak(self._opening)
            return
        self._recording.end()
        if self._spec.consent_if_no == "hang_up":
            await self._say_last(self._house.goodbye(), "agent_hangup", "agent")
        else:
            await self._speak(self._opening)

    def records(self, is_on: bool, *, after: str) -> None:
        """The agent pauses its recording at once, or goes on with it once the reply that ends with this text is said."""
        if is_on:
            self._recording.resume(after=after)
        else:
            self._recording.pause()

    async def _go_on(self, resuming: Resuming) -> None:
        """After a take-over: finish what was being said, or answer what was asked."""
        if self._consent.is_open:
            await self._speak(self._spec.consent_ask)
        elif resuming.resumption.rest and REDACTED not in resuming.resumption.rest:
            await self._speak(resuming.resumption.rest)
        elif resuming.resumption.owes_answer and not self._opts_out():
            await self._reply()

    async def _hush(self) -> None:
        """Drop what the agent is saying or about to say."""
        if self._utterances.is_open or self._composing_since is not None:
            await self._pipeline.interrupt()
            self._utterances.flush()
        self._composing_since = None

    # --- Keys ---------------------------------------------------------------------------------------------------------

    async def _hear_key(self, digit: str) -> None:
        """A key stops the agent as a voice does."""
        if self._ending.is_decided or self._stand_in.is_on or self._machine.is_machine:
            return
        self._keypad.press(digit)
        if self._may_interrupt():
            await self._hush()

    def _tick_keys(self, now: float) -> None:
        is_pause = not (self._is_busy() or self._utterances.is_open)
        if is_pause:
            self._finger.tick(now)
        else:
            self._keypad.wait()
        if self._keypad.is_collecting or self._screening.is_waiting or self._finger.is_busy:
            self._silence.restart(now)
        if not is_pause or self._consent.is_open:
            return
        taken = self._keypad.take()
        if isinstance(taken, Pressed):
            self._take_keys(taken)
        elif taken is not None:
            words = prompt(taken, language=self._spec.language)
            self._jobs.put_nowait(lambda: self._speak(words))

    def _take_keys(self, taken: Pressed) -> None:
        keys = " ".join(taken.digits) or "nothing"
        meaning = f", for {taken.meaning}" if taken.meaning else ""
        told = f"(I pressed {keys} on my telephone{meaning}.)"
        if taken.digits:
            at = self._caller.newest_frame * FRAME_MS
            self._sink.user_turn(text=f"[{keys}]", start_ms=at, end_ms=at)
        # The embedded engine answers what the key stands for.
        self._memory.remember("user", told, meaning=taken.meaning)
        self._jobs.put_nowait(self._reply)

    # --- Transfers ----------------------------------------------------------------------------------------------------

    def _say_surely(self, text: str) -> None:
        self._composing_since = self._clock()
        self._jobs.put_nowait(lambda: self._speak(text))

    def _turn_aside(self, is_on: bool) -> None:
        self._sink.aside(is_on=is_on)
        self._memory.turn_aside(is_on=is_on)

    # --- Somebody in the agent's place --------------------------------------------------------------------------------

    async def _step_aside(self) -> None:
        """Somebody has taken the call over: say nothing, and listen to both."""
        self._stand_in.begin()
        self._has_opened, self._opening_at, self._resuming, self._cut = True, None, None, None
        await self._hush()

    async def _step_back(self) -> None:
        """The agent has the call again: know what was said, and answer what was not."""
        if not self._stand_in.is_over:
            return
        is_owed = self._is_owed_answer()
        self._stand_in.is_on = False
        self._sink.operator_gone()
        self._memory.heed_operator(self._stand_in.said)
        await self._instruct()
        self._silence.restart(self._clock())
        if is_owed and not self._caller.is_speaking:
            await self._reply()

    def _is_owed_answer(self) -> bool:
        if self._stand_in.spoke_upto:
            return self._caller.said_upto > self._stand_in.spoke_upto
        return self._memory.awaits_answer

    def _operator_said(self, text: str, start_ms: int, end_ms: int) -> None:
        self._sink.operator_turn(text=text, start_ms=start_ms, end_ms=end_ms)
        self._memory.remember("agent", text)

    def _missed(self) -> None:
        self._sink.heed(kind="provider_failed", detail="stt")

    # --- Answering machines -------------------------------------------------------------------------------------------

    def _listen_for_machine(self, words: str) -> None:
        is_free = not (self._ending.is_decided or self._stand_in.is_on or self._transfer.is_on)
        if is_free and self._spec.may_be_machine and not is_screening(words):
            self._machine.hear_words(words)
            self._look_for_machine()

    def _look_for_machine(self) -> None:
        if self._machine.is_machine and self._machine_since is None:
            self._machine_since = self._clock()
            self._has_opened, self._opening_at = True, None
            self._sink.heed(kind="voicemail_detected")
            self._jobs.put_nowait(self._met_machine)

    async def _met_machine(self) -> None:
        await self._hush()
        if self._spec.voicemail_action == "hang_up":
            self._hang_up("voicemail", "agent", after_speech=False)

    # --- The end ------------------------------------------------------------------------------------------------------

    def wind_up(self, reason: str) -> None:
        """Say goodbye for this reason, and hang up in the platform's name."""
        self._transfer.abandon()
        self._jobs.put_nowait(lambda: self._say_last(self._house.goodbye(reason), reason, "platform"))

    async def _say_last(self, text: str, reason: str, by: str) -> None:
        if self._ending.is_decided:
            return
        await self._hush()
        if self._ends_at is None:
            self._hang_up(reason, by, after_speech=False)
            return
        self._ending.decide(reason, by, last_words=text)
        self._composing_since = self._clock()
        await self._speak(text, is_last=True)

    def _hang_up(self, reason: str, by: str, *, after_speech: bool) -> None:
        if self._ending.was_asked_for:
            return
        self._ending.decide(reason, by)
        self._ending.asked_for(self._clock() + (self._utterances.left_ms / 1000 if after_speech else 0.0))
        self._send(bus.HangUp(self._spec.call_id, self._spec.token, reason, by, after_speech))

    # --- The clock ----------------------------------------------------------------------------------------------------

    def _answered(self) -> None:
        now = self._clock()
        self._ends_at = now + self._spec.max_duration
        self._opening_at = now + self._config.opening_pause
        self._silence.restart(now)

    def _is_busy(self) -> bool:
        """Whether anybody speaks, or a reply is being made; speech that only plays on does not count."""
        return (
            self._caller.is_speaking
            or self._composing_since is not None
            or self._resuming is not None
            or self._opening_at is not None
        )

    def _tick_talk(self, now: float, ends_at: float) -> None:
        if self._composing_since is not None and now - self._composing_since > REPLY_PATIENCE:
            self._composing_since = None
        left = ends_at - now
        is_pause = not (self._is_busy() or self._utterances.is_sounding)
        if self._ending.is_decided:
            if self._composing_since is None:
                self._hang_up(self._ending.reason, self._ending.by, after_speech=True)
        elif left <= GOODBYE_LATEST or (left <= GOODBYE_ROOM and is_pause):
            self.wind_up("max_duration")
        elif self._transfer.is_on:
            self._finger.drop()
            self._transfer.tick(now)
            self._silence.restart(now)
        elif self._stand_in.is_on:
            self._stand_in.tick(now)
            self._silence.restart(now)
        elif self._machine_since is not None:
            if self._machine.is_ready(waited=now - self._machine_since):
                message = self._spec.voicemail_message or self._house.voicemail_message()
                self._jobs.put_nowait(lambda: self._say_last(message, "voicemail_left", "agent"))
        else:
            self._tick_turns(now)
            self._tick_silence(now)

    def _tick_turns(self, now: float) -> None:
        if self._opening_at is not None:
            if now >= self._opening_at and not self._caller.is_speaking and not self._level.speaking:
                self._opening_at = None
                self._jobs.put_nowait(self._open)
            return
        if self._resuming is not None:
            self._tick_resuming(self._resuming, now)
        elif self._caller.ended_wordless():
            self._finish_cut_words()
        self._tick_keys(now)
        if self._to_say and not self._caller.is_speaking:
            text = self._to_say.pop(0)
            self._jobs.put_nowait(lambda: self._speak(text))

    def _tick_resuming(self, resuming: Resuming, now: float) -> None:
        if resuming.is_due(now, newest_frame=self._caller.newest_frame, is_speaking=self._caller.is_speaking):
            self._resuming = None
            self._jobs.put_nowait(lambda: self._go_on(resuming))

    def _finish_cut_words(self) -> None:
        """It was no interruption, only a noise: say the rest."""
        cut, self._cut = self._cut, None
        if cut is not None and not self._is_busy() and not self._utterances.is_open:
            rest = rest_of(*cut)
            self._jobs.put_nowait(lambda: self._speak(rest))

    def _tick_silence(self, now: float) -> None:
        timeout = self._spec.silence_timeout
        if not self._silence.is_broken:
            timeout = self._spec.first_silence_timeout or timeout
        if self._is_busy() or (self._utterances.is_open and not self._silence.was_asked_into):
            self._silence.restart(now)
        elif self._silence.is_over(now, timeout=timeout):
            self._sink.heed(kind="silence", detail="timeout")
            self._silence.restart(now)
            self.wind_up("silence_timeout")
        elif (number := self._silence.next_question(now, timeout=timeout)) is not None:
            self._sink.heed(kind="silence", detail=str(number))
            question = self._silence.question = self._house.silence_prompt(number)
            self._jobs.put_nowait(lambda: self._speak(question))
