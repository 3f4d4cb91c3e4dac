"""The engine: one agent's prompt, and what to reply in a conversation of it."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from calls.voice.providers.house import intents, slots, spoken, words
from calls.voice.providers.house.asks import Ask
from calls.voice.providers.house.conversation import Message, State, is_answer, read_history, volunteered
from calls.voice.providers.house.embeddings import Embedder
from calls.voice.providers.house.identity import name_from_label
from calls.voice.providers.house.notes import Heed, heed
from calls.voice.providers.house.phrases import Phrases, is_english, phrases_for
from calls.voice.providers.house.prompt import Brief, Fact, read_prompt
from calls.voice.providers.house.retrieval import Found, Index

# A reply past this many words gets no question appended.
_ROOM_FOR_A_QUESTION = 34
_LONGEST_FACT = 45
_UNKNOWN = (
    "I'm sorry, I don't know that.",
    "I'm afraid I don't have that information.",
    "I'm sorry, I can't say, I don't have that information.",
)


@dataclass(frozen=True)
class Persona:
    """An agent as its owner set it up."""

    prompt: str
    language: str = "en-US"
    agent_name: str = ""
    first_message: str | None = None


@dataclass(frozen=True)
class Reply:
    """What to say next. `ends_call`: hang up once it is said. `kind` tells what moved the engine to say it."""

    text: str
    ends_call: bool = False
    kind: str = "answer"


@dataclass(frozen=True)
class _Knowledge:
    facts: tuple[Fact, ...]
    index: Index
    rules: Index
    limits: Index


_known: OrderedDict[tuple[str, tuple[str, ...]], _Knowledge] = OrderedDict()
_known_lock = threading.Lock()
_KNOWN_MAX = 64


def _knowledge(prompt: str, brief: Brief, extra: tuple[str, ...]) -> _Knowledge:
    """The searchable side of a prompt, shared by all its calls in this process."""
    key = (prompt, extra)
    with _known_lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    facts = brief.facts + tuple(Fact(text, text) for text in extra)
    built = _Knowledge(
        facts,
        Index([(fact.text, fact.search) for fact in facts]),
        Index([(rule.when, rule.when) for rule in brief.rules]),
        Index([(limit, limit) for limit in brief.limits]),
    )
    with _known_lock:
        _known[key] = built
        while len(_known) > _KNOWN_MAX:
            _known.popitem(last=False)
    return built


class House:
    """Replies as one agent. It keeps nothing between calls of its methods; any thread may use it."""

    def __init__(self, persona: Persona, *, embedder: Embedder | None = None) -> None:
        self._persona = persona
        self._brief = read_prompt(persona.prompt)
        self._embedder = embedder
        self._foreign: Phrases | None = phrases_for(persona.language)
        self._name = self._brief.name or name_from_label(persona.agent_name)

    def prepare(self) -> None:
        """Make the embeddings of the facts now, rather than in the first reply."""
        _knowledge(self._persona.prompt, self._brief, ()).index.search("warm up", self._embedder)

    # What is said without being asked.

    def first_message(self) -> str:
        """The greeting: the owner's words, or the agent's name, company and reason to call."""
        if self._persona.first_message and self._persona.first_message.strip():
            return self._persona.first_message.strip()
        if self._brief.greeting:
            return self._brief.greeting
        if self._foreign:
            company = self._brief.company or self._name
            return self._foreign.hello_from.format(company=company) if company else self._foreign.hello
        hello = f"Hello, {self._introduction()}." if self._introduction() else "Hello."
        if self._brief.leads:
            return f"{hello} {self._reason()}" if self._brief.purpose else f"{hello} Do you have a moment?"
        return f"{hello} How can I help you today?"

    def silence_prompt(self, n: int) -> str:
        """What to say into the n-th silence (from 1)."""
        if self._foreign:
            return self._foreign.still_there
        return "Are you still there?" if n <= 1 else "Hello? I can't hear you. Are you still on the line?"

    def goodbye(self, reason: str = "") -> str:
        """The last words: after `max_duration`, `silence_timeout`, `credits_exhausted`, or of the agent's own accord."""
        if self._foreign:
            return (
                self._foreign.out_of_time if reason in ("max_duration", "credits_exhausted") else self._foreign.goodbye
            )
        if reason in ("max_duration", "credits_exhausted"):
            return "I'm sorry, our time is up for this call. Thank you for your time. Goodbye."
        if reason == "silence_timeout":
            return "I can't hear you, so I'll hang up now. Goodbye."
        if self._brief.closing:
            return self._brief.closing
        return (
            "Thank you for your time. Goodbye."
            if self._brief.leads or not self._brief.company
            else f"Thank you for calling {self._brief.company}. Goodbye."
        )

    def voicemail_message(self) -> str:
        """A message for an answering machine."""
        if self._foreign:
            company = self._brief.company or self._name
            return (
                self._foreign.voicemail.format(company=company)
                if company
                else f"{self._foreign.hello.split(',')[0]}. {self._foreign.goodbye}"
            )
        hello = f"Hello, {self._introduction()}." if self._introduction() else "Hello."
        reason = self._reason() if self._brief.leads and self._brief.purpose else "I'm sorry I missed you."
        told = " ".join(self._brief.tells[:1]) if self._brief.leads else ""
        return " ".join(part for part in (hello, reason, told, "Goodbye.") if part)

    def continuation(self, text_left: str) -> str:
        """The rest of a thought after the line was interrupted."""
        left = text_left.strip()
        if not left or self._foreign:
            return left
        first = left.split()[0]
        if first.lower() in words.STOP_WORDS and first != "I" and not first.startswith("I'"):
            left = left[0].lower() + left[1:]
        return f"Sorry, as I was saying: {left}"

    def _introduction(self) -> str:
        company, name, role = self._brief.company, self._name, self._brief.role
        if name and company:
            return f"this is {name} from {company}"
        if name:
            return f"this is {name}, your {role}" if role and not self._brief.leads else f"this is {name}"
        if company:
            return f"this is {company}" if not self._brief.leads else f"I'm calling from {company}"
        if role:
            return f"this is your {role}" if not self._brief.leads else f"this is your {role} calling"
        label = self._persona.agent_name.strip()
        is_role = re.fullmatch(r"[A-Za-z][A-Za-z ]{2,40}", label) and re.search(
            r"\b(?:agent|assistant|support|receptionist|service|desk)\b", label, re.I
        )
        return f"this is your {label.lower()}" if is_role else ""

    def _reason(self) -> str:
        purpose = " ".join(self._brief.purpose.split()[:32]).rstrip(",")
        return f"I'm calling {purpose}." if purpose else "I'm calling for a short talk."

    # The reply.

    def reply(self, history: Sequence[Message]) -> Reply:
        """The next words of the agent, after the last message of the history."""
        heeded = [heed(message.text) for message in history if message.role == "note"]
        asks = (*self._brief.asks, *(ask for note in heeded for ask in note.asks))
        state = read_history(history, asks)
        knowledge = _knowledge(
            self._persona.prompt, self._brief, tuple(note.fact for note in heeded if note.fact)[-20:]
        )
        fresh = heeded[len(heeded) - len(state.new_notes) :]
        turn = _Turn(self, state, asks, knowledge)
        reply = turn.in_other_language(self._foreign) if self._foreign else turn.reply()
        return self._with_notes(reply, fresh, state)

    def _with_notes(self, reply: Reply, fresh: list[Heed], state: State) -> Reply:
        says = [note.say for note in fresh if note.say and note.say not in reply.text]
        asks = [
            ask.question
            for note in fresh
            for ask in note.asks
            if ask.question not in state.asked and ask.question not in reply.text
        ]
        if any(note.wraps_up for note in fresh) and not reply.ends_call:
            text = reply.text if reply.kind == "answer" else ""
            reply = Reply(" ".join(part for part in (text, self.goodbye()) if part), ends_call=True, kind="goodbye")
        if not says and not asks:
            return reply
        if reply.ends_call:
            return Reply(" ".join([*says, reply.text]), ends_call=True, kind=reply.kind)
        if reply.kind in ("answer", "unknown", "question", "noted"):
            kept = (
                reply.text
                if not asks
                else " ".join(s for s in re.split(r"(?<=[.!?]) ", reply.text) if not s.endswith("?"))
            )
            return Reply(" ".join(part for part in (kept, *says, *asks) if part), kind=reply.kind)
        return Reply(" ".join([*says, *asks]), kind="answer" if says else "question")


class _Turn:
    """The making of one reply."""

    def __init__(self, house: House, state: State, asks: Sequence[Ask], knowledge: _Knowledge) -> None:
        self.house, self.state, self.asks, self.knowledge = house, state, asks, knowledge
        self.brief, self.embedder = house._brief, house._embedder

    def reply(self) -> Reply:
        heard = self.state.heard
        done = intents.intents(heard)
        if intents.only_farewell(heard) and not self.state.heard_before:
            done = ["hello"]
        if not heard or (intents.is_filler(heard) and not (intents.is_yes(heard) or intents.is_no(heard))):
            return (
                Reply("Sorry, I didn't catch that. Could you say it again?", kind="unheard")
                if self.state.said
                else Reply(self.house.first_message(), kind="smalltalk")
            )
        settled = self._settling(done, heard)
        if settled is not None:
            return settled
        return self._conversing(done, heard)

    def _settling(self, done: list[str], heard: str) -> Reply | None:
        """What ends the call or turns it aside, whatever else was being talked of."""
        if "probe" in done:
            return Reply("I'm sorry, I can't share that. Is there something else I can help you with?", kind="declined")
        if "wrong_number" in done:
            return Reply(
                "I'm sorry, I must have the wrong number. Sorry to have bothered you. Goodbye.",
                ends_call=True,
                kind="wrong_number",
            )
        if "opt_out" in done:
            return Reply(
                "I'm sorry to have bothered you. I've noted that you don't want to be called. Goodbye.",
                ends_call=True,
                kind="opt_out",
            )
        if "not_interested" in done and not intents.is_question(heard):
            return Reply("I understand. Thank you for your time. Goodbye.", ends_call=True, kind="not_interested")
        if "robot" in done:
            whose = f" of {self.brief.company}" if self.brief.company else ""
            return Reply(f"Yes, I'm an AI assistant{whose}, not a person.", kind="robot")
        if "wants_person" in done:
            rule = self._rule("speak to a human person representative agent manager transfer")
            return Reply(
                rule
                or "I'm sorry, I can't put you through to a person. I've noted on this call that you'd like to speak to someone.",
                kind="wants_person",
            )
        if "busy" in done and not intents.is_question(heard):
            return Reply("I understand, this is a bad time. Thank you, and goodbye.", ends_call=True, kind="busy")
        if "hold" in done:
            return Reply("Of course, take your time.", kind="wait")
        if "repeat" in done:
            return Reply(self._again(), kind="repeat")
        if "bye" in done or "done" in done or self._declines_more(heard):
            answers = self._answers(heard)
            if not answers and not (self.state.pending and intents.is_question(heard)):
                thanks = "You're welcome. " if "thanks" in done and "Thank you" not in self.house.goodbye() else ""
                return Reply(f"{thanks}{self.house.goodbye()}", ends_call=True, kind="goodbye")
        return None

    def _declines_more(self, heard: str) -> bool:
        """ "No, thanks" to "Is there anything else?"."""
        offered = re.search(r"\b(?:anything else|something else)\b.*\?\s*$", self.state.last_said)
        return bool(
            offered
            and self.state.pending is None
            and intents.is_no(heard)
            and not self._questions(heard)
            and len(words.tokens(heard)) <= 8
        )

    def _conversing(self, done: list[str], heard: str) -> Reply:
        acknowledged = self._acknowledgement(heard)
        rule = self._rule(heard)
        answers = self._answers(heard)
        if rule and rule not in answers:
            answers = [rule, *answers][:2]
        if answers:
            return self._then_ask([acknowledged, *answers], "answer")
        if "who" in done:
            intro = self.house._introduction() or "this is an automated assistant"
            intro = intro[0].upper() + intro[1:]
            tail = (
                self.house._reason()
                if self.brief.leads
                and ("why" in done or not self.state.has_said(self.brief.purpose or "\0"))
                and self.brief.purpose
                else ""
            )
            return self._then_ask([f"{intro}.", tail], "smalltalk")
        if "why" in done:
            if self.brief.leads and self.brief.purpose:
                return self._then_ask([self.house._reason()], "answer")
            return self._then_ask([self._what_i_do()], "smalltalk")
        if "capabilities" in done:
            return Reply(self._what_i_do(), kind="smalltalk")
        if acknowledged:
            return self._then_ask([acknowledged], "noted", closes=True)
        if intents.wants_booking(heard) and self._next_ask() is not None:
            when = slots.when_of(heard)
            return self._then_ask([f"Certainly, {when}." if when else "Certainly."], "question")
        if self._questions(heard):
            limit = self._limit(heard)
            if limit:
                return self._then_ask([limit], "declined")
            return self._then_ask([self._unknown()], "unknown")
        if "how_are_you" in done:
            return self._then_ask(["I'm doing well, thank you."], "smalltalk", or_else="How can I help you?")
        if "thanks" in done:
            return self._then_ask(["You're welcome."], "thanks", or_else="Is there anything else I can help you with?")
        if "hello" in done or intents.only_farewell(heard):
            opened = "Hello." if self.state.said else self.house.first_message()
            return self._then_ask([opened], "smalltalk", or_else="How can I help you?" if self.state.said else "")
        return self._statement(heard)

    def _statement(self, heard: str) -> Reply:
        """Neither a question nor an answer to one of ours."""
        if intents.wants_booking(heard):
            return Reply(
                "I'm sorry, I can't book that on this call. Is there anything else you would like to know?",
                kind="unknown",
            )
        if self._next_ask() is not None and (self.brief.leads or intents.is_yes(heard)):
            return self._then_ask(
                ["All right." if not intents.is_yes(heard) or self.state.asked else "Great."], "question"
            )
        if intents.is_no(heard):
            return Reply("All right. Is there anything else I can help you with?", kind="smalltalk")
        if intents.is_yes(heard):
            return Reply(
                "Good. How can I help you?"
                if not self.state.heard_before
                else "All right. Is there anything else I can help you with?",
                kind="smalltalk",
            )
        if self._next_ask() is not None:
            return self._then_ask(["I see."], "question")
        return Reply("I'm sorry, I'm not sure I can help with that. What would you like to know?", kind="unknown")

    # Parts of a reply.

    def _again(self) -> str:
        last = re.sub(r"^(?:I said: |Sorry, as I was saying: )+", "", self.state.last_said)
        return f"I said: {last}" if last else self.house.first_message()

    def _acknowledgement(self, heard: str) -> str:
        """What the caller just gave, said back."""
        pending = self.state.pending
        if pending is not None and is_answer(pending, heard):
            back = slots.said_back(pending.kind, re.sub(r"\?\s*$", "", heard))
            if back:
                return back
            if pending.kind == "yes_no":
                return (
                    "All right." if intents.is_no(heard) else "Great." if intents.is_yes(heard) else slots.echoed(heard)
                )
            if pending.kind in ("text", "date", "number") or not intents.is_no(heard):
                return slots.echoed(heard) if pending.kind in ("text", "date") else "Thank you, I've noted that."
            return "All right."
        given = volunteered(heard)
        new = [kind for kind in given if kind not in self.state.given]
        if "name" in new and (self._wants("name") or len(new) > 1):
            return f"Thank you, {given['name']}."
        backs = [slots.said_back(kind, heard) for kind in new if kind != "name"]
        return " ".join(back for back in backs if back)

    def _wants(self, kind: str) -> bool:
        return any(ask.kind == kind for ask in self.asks)

    def _questions(self, heard: str) -> list[str]:
        return [part for part in intents.segments(heard) if intents.is_question(part)]

    def _answers(self, heard: str) -> list[str]:
        """The facts that answer what was asked, up to two, each once."""
        parts = self._questions(heard)
        if not parts and not (self.state.pending and is_answer(self.state.pending, heard)) and not self.brief.leads:
            parts = [heard]
        said: list[str] = []
        for part in parts:
            found = self._fact(part)
            if found is None and len(parts) > 1 and len(words.terms(part)) <= 1:
                found = self._fact(heard)
            if found is not None and found not in said:
                said.append(found)
        return said[:2]

    def _fact(self, question: str) -> str | None:
        best = self.knowledge.index.search(question, self.embedder)
        if not best or not accepts(question, best):
            return None
        return _cut(self.knowledge.facts[best[0].index].text)

    def _rule(self, heard: str) -> str | None:
        """What the prompt says to say when this comes up."""
        rules = self.brief.rules
        if self.state.pending is not None and self.state.pending.kind == "yes_no" and len(words.tokens(heard)) <= 12:
            for rule in rules:
                denies = re.search(
                    r"\b(?:cannot|can't|can not|no|not|decline\w*|unable|refuse\w*|don't|doesn't|won't|isn't|aren't)\b",
                    rule.when,
                    re.I,
                )
                if (intents.is_no(heard) and denies) or (
                    intents.is_yes(heard)
                    and not denies
                    and re.search(r"\b(?:yes|agree\w*|confirm\w*|accept\w*|interested|can make)\b", rule.when, re.I)
                ):
                    return None if self.state.has_said(rule.say) else rule.say
        best = self.knowledge.rules.search(heard, self.embedder, top=1)
        if best and (best[0].coverage >= 0.5 or best[0].meaning >= 0.5) and words.terms(heard):
            say = rules[best[0].index].say
            return None if self.state.has_said(say) else say
        return None

    def _limit(self, heard: str) -> str | None:
        best = self.knowledge.limits.search(heard, self.embedder, top=1)
        if best and (best[0].coverage >= 0.4 or best[0].meaning >= 0.35):
            return f"I'm sorry, I can't {spoken.aloud(self.brief.limits[best[0].index])}."
        return None

    def _unknown(self) -> str:
        before = sum(any(u in said for u in _UNKNOWN) for said in self.state.said)
        return _UNKNOWN[before % len(_UNKNOWN)]

    def _what_i_do(self) -> str:
        about = self.brief.company or (self.brief.role and "what I know here")
        return (
            f"I can answer questions about {about}. What would you like to know?"
            if about
            else "I can answer your questions. What would you like to know?"
        )

    def _next_ask(self) -> Ask | None:
        talked = {term for heard in (*self.state.heard_before, self.state.heard) for term in words.terms(heard)}
        if any(intents.wants_booking(heard) for heard in (*self.state.heard_before, self.state.heard)):
            talked.add(words.canonical("appointment"))
        given = self.state.given | set(volunteered(self.state.heard))
        pending = self.state.pending
        for ask in self.asks:
            if ask.question in self.state.asked or ask.kind in given or ask.question in given or ask is pending:
                continue
            if ask.when and not talked & {
                t for t in words.terms(ask.when) if t not in ("they", "caller", "custom", "patient")
            }:
                continue
            return ask
        return None

    def _then_ask(self, parts: Sequence[str], kind: str, *, or_else: str = "", closes: bool = False) -> Reply:
        """The parts, a thing still to be told, and the next question when there is room for it."""
        text = " ".join(part for part in parts if part)
        ask = self._next_ask()
        if self.brief.leads:
            untold = next((t for t in self.brief.tells if not self.state.has_said(t) and t not in text), None)
            if (
                untold
                and len(text.split()) + len(untold.split()) <= _ROOM_FOR_A_QUESTION
                and (ask is None or not self.state.heard_before)
            ):
                text = f"{text} {untold}".strip()
        if ask is not None and len(text.split()) + len(ask.question.split()) <= _ROOM_FOR_A_QUESTION + 10:
            return Reply(f"{text} {ask.question}".strip(), kind=kind if kind != "smalltalk" else "question")
        if ask is None and closes and self.asks:
            return Reply(f"{text} That's all I needed. Is there anything else I can help you with?".strip(), kind=kind)
        if or_else and not text.endswith("?"):
            text = f"{text} {or_else}".strip()
        return Reply(text, kind=kind)

    def in_other_language(self, foreign: Phrases | None) -> Reply:
        """Courtesies in the agent's language; facts only where the prompt is written in it."""
        if foreign is None:
            return self.reply()
        heard = self.state.heard
        if not heard or intents.is_filler(heard):
            return Reply(foreign.unheard if self.state.said else self.house.first_message(), kind="unheard")
        for pattern, text, kind in (
            (foreign.heard_person, foreign.person, "wants_person"),
            (foreign.heard_robot, foreign.robot, "robot"),
            (foreign.heard_wait, foreign.wait, "wait"),
            (foreign.heard_repeat, self.state.last_said or self.house.first_message(), "repeat"),
        ):
            if pattern.search(heard):
                return Reply(text, kind=kind)
        best = self.knowledge.index.search(heard, self.embedder)
        if best and (best[0].coverage >= 0.4 or best[0].meaning >= 0.35):
            text = self.knowledge.facts[best[0].index].text
            if not is_english(text):
                return Reply(_cut(text), kind="answer")
        if foreign.heard_bye.search(heard) and self.state.heard_before:
            return Reply(self.house.goodbye(), ends_call=True, kind="goodbye")
        if foreign.heard_thanks.search(heard):
            return Reply(f"{foreign.welcome} {foreign.anything}", kind="thanks")
        if foreign.heard_hello.search(heard) and len(heard.split()) <= 5:
            return Reply(foreign.hello, kind="smalltalk")
        return Reply(f"{foreign.unknown} {foreign.anything}", kind="unknown")


def accepts(question: str, found: Sequence[Found]) -> bool:
    """Whether the best fact truly answers the question, rather than merely being the least unlike it."""
    best = found[0]
    topic = words.terms(question)
    wanted = words.concepts_asked(question)
    if best.coverage >= 0.5:
        return True
    if wanted and best.concept > 0 and (best.coverage >= 0.3 or not topic):
        return True
    if best.meaning >= 0.42:
        return True
    return best.meaning >= 0.28 and best.coverage >= 0.3


def _cut(text: str) -> str:
    """A fact too long for the ear ends at a clause."""
    said = text.split()
    if len(said) <= _LONGEST_FACT:
        return text
    head = " ".join(said[:_LONGEST_FACT])
    clause = max(head.rfind(", "), head.rfind("; "), head.rfind(". "))
    return spoken.sentence(head[:clause] if clause > 60 else head)
