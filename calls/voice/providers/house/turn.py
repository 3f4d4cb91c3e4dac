"""The making of one reply: what was done by what was heard, and what there is to say to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calls.voice.providers.house import intents, repeating, slots, spoken, words
from calls.voice.providers.house.asks import Ask
from calls.voice.providers.house.conversation import (
    WHEN_INSTEAD,
    Reply,
    State,
    answers_another,
    is_answer,
    volunteered,
    was_put,
)
from calls.voice.providers.house.embeddings import Embedder
from calls.voice.providers.house.knowledge import Knowledge
from calls.voice.providers.house.prompt import Brief
from calls.voice.providers.house.script import Script

# A reply past this many words gets no question appended.
_ROOM_FOR_A_QUESTION = 34
# What a caller is asked to say again when it could not be made out.
_WANTED = {"name": "name", "phone": "number", "email": "email address"}


class Turn:
    """The making of one reply. A new one is made for each."""

    def __init__(
        self,
        script: Script,
        brief: Brief,
        state: State,
        asks: Sequence[Ask],
        knowledge: Knowledge,
        embedder: Embedder | None,
    ) -> None:
        self.script, self.brief, self.state = script, brief, state
        self.asks, self.knowledge, self.embedder = asks, knowledge, embedder

    def reply(self) -> Reply:
        heard = self.state.heard
        done = intents.intents(heard)
        if intents.only_farewell(heard) and not self.state.heard_before:
            done = ["hello"]
        if not self.state.said and not heard:
            return Reply(self.script.first_message(), kind="smalltalk")
        if not heard or (intents.is_filler(heard) and not (intents.is_yes(heard) or intents.is_no(heard))):
            return (
                Reply(self.script.unheard(), kind="unheard")
                if self.state.said
                else Reply(self.script.first_message(), kind="smalltalk")
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
            whose = f" for {self.brief.company}" if self.brief.company else ""
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
        if intents.only_asks_to_ask(heard):
            return Reply("Of course, go ahead.", kind="wait")
        if "hold" in done and len(words.tokens(heard)) <= 12 and "question" not in heard:
            return Reply("Of course, take your time.", kind="wait")
        if "repeat" in done:
            return Reply(repeating.again(self.state, self.brief.unknown), kind="repeat")
        if "bye" in done or "done" in done or self._declines_more(heard):
            answers = self._answers(heard) if self._questions(heard) else []
            if not answers and not (self.state.pending and intents.is_question(heard)):
                thanks = "You're welcome. " if "thanks" in done and "Thank you" not in self.script.goodbye() else ""
                return Reply(f"{thanks}{self.script.goodbye()}", ends_call=True, kind="goodbye")
        return None

    def _declines_more(self, heard: str) -> bool:
        """ "No, thanks" to "Is there anything else?"."""
        offered = re.search(
            r"\b(?:anything else|something else|good time|a moment|how can i help|would you like to know)\b.*\?\s*$",
            self.state.last_said,
            re.I,
        )
        declines = intents.is_no(heard) or re.search(r"\b(?:i'm|i am|all|we're) (?:good|fine|okay)\b", heard, re.I)
        return bool(
            offered
            and self.state.pending is None
            and declines
            and not self._questions(heard)
            and len(words.tokens(heard)) <= 8
        )

    def _conversing(self, done: list[str], heard: str) -> Reply:
        acknowledged = self._acknowledgement(heard)
        about_us = (
            ("who" in done or "why" in done) and len(self._questions(heard)) <= 1 and len(words.tokens(heard)) <= 12
        )
        rule = None if about_us else self._rule(heard)
        books = intents.wants_booking(heard) and self._next_ask() is not None and not intents.asks_for_a_fact(heard)
        answers = [] if about_us or books else self._answers(heard)
        named = self.knowledge.rules.search(heard, None, top=1) if rule else None
        if rule and named and named[0].recall >= 0.6 and len(self._questions(heard)) <= 1:
            # The rule's own case, by its name; one that is merely alike leaves room for a fact.
            answers = [rule]
        elif rule and rule not in answers:
            answers = [rule, *answers][:2]
        if answers:
            return self._then_ask([acknowledged, *answers], "answer")
        if "who" in done:
            intro = self.script.introduction() or "this is an automated assistant"
            intro = intro[0].upper() + intro[1:]
            tail = (
                self.script.reason()
                if self.brief.leads
                and ("why" in done or not self.state.has_said(self.brief.purpose or "\0"))
                and self.brief.purpose
                else ""
            )
            return self._then_ask([f"{intro}.", tail], "smalltalk")
        if "why" in done:
            if self.brief.leads and self.brief.purpose:
                return self._then_ask([self.script.reason()], "answer")
            return Reply(self._what_i_do(), kind="smalltalk")
        if "capabilities" in done:
            return Reply(self._what_i_do(), kind="smalltalk")
        if acknowledged:
            return self._then_ask([acknowledged], "noted", closes=True)
        if self._awaits_more(heard):
            return Reply("Please go ahead.", kind="wait")
        if intents.wants_booking(heard) and self._next_ask() is not None:
            when = slots.when_of(heard)
            return self._then_ask([f"Certainly, {when}." if when else "Certainly."], "question")
        if "how_are_you" in done and len(self._questions(heard)) <= 1:
            return self._then_ask(["I'm doing well, thank you."], "smalltalk", or_else="How can I help you?")
        if "why_ask" in done and self.state.pending is not None:
            whom = f" for {self.brief.company}" if self.brief.company else ""
            return Reply(f"I've been asked to note it{whom}. You don't have to say it.", kind="answer")
        if "wants_help" in done:
            return self._then_ask(["I'll do my best."], "wait", or_else="What would you like to know?")
        if self._questions(heard):
            limit = self._limit(heard)
            if limit:
                return self._then_ask([limit], "declined")
            return self._then_ask([repeating.unknown(self.state, self.brief.unknown)], "unknown")
        if "thanks" in done:
            return self._then_ask(["You're welcome."], "thanks", or_else="Is there anything else I can help you with?")
        if "hello" in done or intents.only_farewell(heard):
            opened = "Hello." if self.state.said else self.script.first_message()
            return self._then_ask([opened], "smalltalk", or_else="How can I help you?" if self.state.said else "")
        return self._statement(heard)

    def _statement(self, heard: str) -> Reply:
        """Neither a question nor an answer to one of ours."""
        wanted = self.state.pending and _WANTED.get(self.state.pending.kind)
        if wanted and not self.state.has_said(f"I didn't get the {wanted}") and not intents.is_yes(heard):
            return Reply(f"Sorry, I didn't get the {wanted}. Could you say it again?", kind="question")
        leaves_word = self.state.last_said == "Of course, go ahead." and len(words.tokens(heard)) > 3
        if leaves_word and not self.brief.leads and self._next_ask() is None:
            return Reply("Thank you, I've noted that. Is there anything else I can help you with?", kind="noted")
        if "problem" in intents.intents(heard) and not self.brief.leads and self._next_ask() is None:
            return Reply(
                "I'm sorry to hear that. I've noted it on this call. Is there anything else I can help you with?",
                kind="noted",
            )
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
        offer = re.search(r"\bWould you like to ([^?]{3,100})\?\s*$", self.state.last_said)
        if intents.is_yes(heard) and offer:
            when = f" {WHEN_INSTEAD.question}" if re.search(r"schedul|book|move", offer[1]) else ""
            return Reply(f"All right, I've noted that you'd like to {offer[1]}.{when}", kind="noted")
        offered_more = re.search(r"\b(?:anything|something) else\b[^?]*\?\s*$", self.state.last_said)
        if offered_more and re.fullmatch(
            r"\W*(?:oh |um |well )?(?:yes|yeah|yep|actually|sure)(?:\W+(?:yes|please|actually|there is))*\W*",
            heard,
            re.I,
        ):
            return Reply("Of course, go ahead.", kind="wait")
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

    def _acknowledgement(self, heard: str) -> str:
        """What the caller just gave, said back."""
        pending = self.state.pending
        if "refuses" in intents.intents(heard):
            return "That's all right."
        heard = intents.without_courtesies(heard)
        if pending is not None and is_answer(pending, heard):
            back = slots.said_back(pending.kind, re.sub(r"\?\s*$", "", heard))
            if back:
                return back
            if pending.kind == "yes_no":
                return (
                    "All right." if intents.is_no(heard) else "Great." if intents.is_yes(heard) else slots.echoed(heard)
                )
            if intents.is_no(heard):
                return "All right."
            return slots.echoed(heard) if pending.kind in ("text", "date", "number") else "Thank you, I've noted that."
        other = answers_another(self.state, self.asks, heard)
        if other is not None:
            return slots.said_back(other.kind, heard) or ("All right." if intents.is_no(heard) else "Great.")
        given = volunteered(heard)
        new = [kind for kind in given if kind not in self.state.given]
        if "name" in new:
            return f"Thank you, {given['name']}."
        backs = [slots.said_back(kind, heard) for kind in new if kind not in ("name", "date")]
        return " ".join(back for back in backs if back)

    def _awaits_more(self, heard: str) -> bool:
        """A bare "Sure." to a question that wants a name or a number: the answer is still to come."""
        return (
            self.state.pending is not None
            and self.state.pending.kind != "yes_no"
            and intents.is_yes(heard)
            and not re.match(r"\W*i (?:have|am|was|will|did|would|can) \w", heard, re.I)
            and len(words.tokens(heard)) <= 4
        )

    def _questions(self, heard: str) -> list[str]:
        return [part for part in intents.segments(heard) if intents.is_question(part)]

    def _answers(self, heard: str) -> list[str]:
        """The facts that answer what was asked, up to two, each once."""
        parts = self._questions(heard)
        if not parts and not (self.state.pending and is_answer(self.state.pending, heard)):
            # No question by its form; one in a few words may still be ("opening hours Saturday").
            few = len(words.tokens(heard)) <= 5 and not intents.is_yes(heard) and not intents.is_no(heard)
            parts = [heard] if few or not self.brief.leads else []
        said: list[str] = []
        missed = 0
        for part in parts:
            found = self._fact(part)
            if found is None:
                missed += bool(words.terms(part))
            elif found not in said:
                said.append(found)
        if not said and parts:
            # "It's an emergency, can you see me?": the topic stands beside the question.
            clauses = [heard, *re.split(r"[,.;!?]\s+", heard)[:5]]
            tried = [self.knowledge.answer_to(clause, self.embedder) for clause in clauses if words.terms(clause)]
            best = max((found for found in tried if found is not None), key=lambda found: found.score, default=None)
            return [spoken.cut(self.knowledge.facts[best.index].text)] if best else []
        if said and missed and len(self._questions(heard)) > 1:
            return [
                *said[:2],
                "I'm sorry, I don't know about the rest." if missed > 1 else "I don't know about the other.",
            ]
        return said[:2]

    def _fact(self, question: str) -> str | None:
        best = self.knowledge.answer_to(question, self.embedder)
        return spoken.cut(self.knowledge.facts[best.index].text) if best is not None else None

    def _rule(self, heard: str) -> str | None:
        """What the prompt says to say when this comes up."""
        rules = self.brief.rules
        refuses = re.search(
            r"\b(?:can't|cannot|can not|won't|not able|unable)\b", heard.replace("\u2019", "'"), re.I
        ) and any(ask.kind == "yes_no" and ask.question in self.state.asked for ask in self.asks)
        if refuses or (
            self.state.pending is not None and self.state.pending.kind == "yes_no" and len(words.tokens(heard)) <= 12
        ):
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
        if best and (best[0].recall >= 0.6 or best[0].meaning >= 0.5) and words.terms(heard):
            say = self.knowledge.sayings[best[0].index]
            return None if self.state.has_said(say) and not intents.is_question(heard) else say
        return None

    def _limit(self, heard: str) -> str | None:
        best = self.knowledge.limits.search(heard, self.embedder, top=1)
        if best and (best[0].recall >= 0.5 or best[0].coverage >= 0.5 or best[0].meaning >= 0.4):
            return f"I'm sorry, I can't {spoken.aloud(self.brief.limits[best[0].index])}."
        return None

    def _what_i_do(self) -> str:
        about = f" about {self.brief.company}" if self.brief.company else ""
        return f"I can answer your questions{about}. What would you like to know?"

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

    def _open_question(self) -> str:
        """The question that the caller has left open to say something else, put in short. It is come back to once."""
        pending, heard = self.state.pending, self.state.heard
        if pending is None or "refuses" in intents.intents(heard) or is_answer(pending, heard):
            return ""
        if pending.kind in self.state.given | set(volunteered(heard)):
            return ""
        wanted = _WANTED.get(pending.kind)
        short = f"And your {wanted}, please?" if wanted else f"So, {pending.question[0].lower()}{pending.question[1:]}"
        put = sum(was_put(pending, said) for said in self.state.said if not said.startswith("I said"))
        if (put > 1 or self.state.has_said(short)) and answers_another(self.state, self.asks, heard) is None:
            return ""
        return short

    def _then_ask(self, parts: Sequence[str], kind: str, *, or_else: str = "", closes: bool = False) -> Reply:
        """The parts, a thing still to be told, and the next question when there is room for it."""
        text = " ".join(part for part in parts if part)
        returned = self._open_question()
        if returned and len(text.split()) <= _ROOM_FOR_A_QUESTION:
            return Reply(f"{text} {returned}".strip(), kind=kind if kind != "smalltalk" else "question")
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
        waits = (
            self.state.pending is not None
            and not is_answer(self.state.pending, self.state.heard)
            and "refuses" not in intents.intents(self.state.heard)
        )
        if (
            ask is None
            and closes
            and not waits
            and (not self.state.asked or self.state.has_said("That's all I needed"))
        ):
            return Reply(f"{text} Is there anything else I can help you with?".strip(), kind=kind)
        if ask is None and closes and not waits:
            return Reply(f"{text} That's all I needed. Is there anything else I can help you with?".strip(), kind=kind)
        if or_else and not text.endswith("?"):
            text = f"{text} {or_else}".strip()
        return Reply(text, kind=kind)
