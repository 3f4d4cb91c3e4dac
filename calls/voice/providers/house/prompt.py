"""Reads an agent's prompt: what it may say as a fact, what it must ask, and what is only manners."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from calls.voice.providers.house import spoken
from calls.voice.providers.house.asks import Ask, questions
from calls.voice.providers.house.identity import Identity, read_identity
from calls.voice.providers.house.instructions import (
    ASK,
    CANNOT,
    CLOSE,
    COND,
    COURTESY,
    FACT_AFTER_ALL,
    GREET,
    LEADING,
    MANNER,
    OFFER,
    PERSONAL,
    PRICED,
    PURPOSE,
    TELL,
    VERB,
    instructions_of,
)
from calls.voice.providers.house.lines import Line, read_lines, sentences
from calls.voice.providers.house.phrasing import as_keyed, as_price, as_told, base_form, names_a_list

MAX_FACTS = 300


@dataclass(frozen=True)
class Fact:
    """Something the agent knows. `text` is how it is said, `search` what it is found by."""

    text: str
    search: str
    # The heading, when the fact is a whole list.
    list_of: str | None = None


@dataclass(frozen=True)
class Rule:
    """What to say when something comes up."""

    when: str
    say: str


@dataclass(frozen=True)
class Brief:
    """A prompt, understood."""

    name: str = ""
    role: str = ""
    company: str = ""
    purpose: str = ""
    greeting: str = ""
    closing: str = ""
    unknown: str = ""
    leads: bool = False
    facts: tuple[Fact, ...] = ()
    asks: tuple[Ask, ...] = ()
    rules: tuple[Rule, ...] = ()
    tells: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    # Sentences that none of the above came from.
    unused: tuple[str, ...] = ()


class _Reader:
    """Fills a brief, line by line."""

    def __init__(self) -> None:
        self.identity = Identity()
        self.facts: list[Fact] = []
        self.asks: list[Ask] = []
        self.rules: list[Rule] = []
        self.tells: list[str] = []
        self.limits: list[str] = []
        self.unused: list[str] = []
        self.purpose = self.greeting = self.closing = ""
        self.unknown = ""
        self.leads = False
        self._first = True

    def line(self, line: Line) -> None:
        if line.question:
            self._fact(spoken.sentence(spoken.aloud(line.text)), f"{line.question} {line.question} {line.text}")
            return
        text = line.text
        if line.section == "asks" and line.is_item:
            self._ask(text, when=line.when)
            return
        if line.is_item or line.key:
            if line.key and self._keyed(line):
                return
            if not line.key and line.heading and line.section == "facts" and self._item(line):
                return
        for sentence in sentences(text):
            for part in instructions_of(sentence):
                before = self._taken_in()
                self._sentence(part, line)
                if self._taken_in() == before:
                    self.unused.append(part)
            self._first = False

    def _taken_in(self) -> tuple[object, ...]:
        counts = (len(self.facts), len(self.asks), len(self.rules), len(self.tells), len(self.limits))
        texts = (self.purpose, self.greeting, self.closing, self.unknown, self.leads)
        return (*counts, *texts, replace(self.identity))

    def _sentence(self, text: str, line: Line) -> None:
        greet, close = GREET.match(text), CLOSE.match(text)
        if greet or close:
            if greet:
                self.greeting = self.greeting or spoken.sentence(spoken.aloud(greet["text"]))
            elif close:
                self.closing = self.closing or spoken.sentence(spoken.aloud(close["text"]))
            return
        if self._purpose(text):
            return
        if read_identity(text, self.identity, first=self._first):
            self.leads = self.leads or bool(
                LEADING.search(text) and re.search(r"\b(?:calling|survey|outbound|remind)", text, re.I)
            )
            return
        if self._instruction(text, line):
            return
        if self.leads and re.match(r"(?:he|she|they|his|her|their)\b", text, re.I):
            self._fact(spoken.sentence(spoken.aloud(spoken.to_caller(text))), f"{line.heading} {text}")
            return
        if line.section == "manner" and not re.match(
            r"(?:we|our|the|there|you (?:are|have|offer|accept|do not|don't)|your)\b", text, re.I
        ):
            return
        self._fact(spoken.as_fact(text), f"{line.heading} {text}")

    def _purpose(self, text: str) -> bool:
        match = PURPOSE.match(text.strip().rstrip("."))
        if match is None:
            return False
        named = match["call"] or match["call2"] or match["call3"]
        if match["doing"]:
            named = f"to {match['doing']}"
        aim = named or match["goal"] or match["goal2"]
        on_behalf = re.match(
            r"(?:from|with|for|on behalf of)\s+(?:the )?([A-Z][\w'&.-]*(?:\s+(?:of |and |& )?[A-Z][\w'&.-]*){0,4})\s*(?:,?\s*(?P<rest>.*))?$",
            aim,
        )
        if match["call"] and on_behalf:
            self.identity.company = self.identity.company or on_behalf[1]
            aim = re.sub(r"^(?:and|you are calling|calling)\s+", "", on_behalf["rest"] or "")
        self.leads = self.leads or bool(named or LEADING.search(text))
        if match["doing"] and not self.identity.company:
            works = re.search(
                r"\b(?:for|of|at|on behalf of) (?:the )?([A-Z][\w'&.-]*(?: (?:of |and |& )?[A-Z][\w'&.-]*){0,4})", aim
            )
            self.identity.company = works[1] if works else ""
        whom = (match["whom"] or match["who2"] or match["who3"] or "").strip()
        if aim and not self.purpose and re.match(r"(?:to|about|on|because|regarding|for|with|in)\b", aim, re.I):
            turned = spoken.to_caller(aim)
            if whom and re.match(r"[A-Z]", whom):
                turned = re.sub(rf"\b{re.escape(whom)}\b", "you", turned)
            turned = re.sub(
                r"^(to (?:remind|confirm|call|contact|inform|notify|tell|thank|survey|ask|update|help|assist|screen|qualify|interview|schedule))\s+[A-Z][a-z]+(?: [A-Z][a-z]+)?(?=\s)",
                r"\1 you",
                turned,
            )
            turned = re.sub(r"\byou you\b", "you", turned)
            self.purpose = spoken.aloud(turned).rstrip(".")
            self._fact(spoken.sentence(f"I'm calling {self.purpose}"), aim) if named and self.leads else None
        asked = ASK.match(re.sub(r"^to\s+", "", aim or "", flags=re.I))
        if asked and asked["verb"].lower() not in ("confirm", "check") and PERSONAL.search(asked["rest"]):
            self._ask(asked["rest"], verb=asked["verb"])
        return True

    def _instruction(self, text: str, line: Line) -> bool:
        """Take an instruction in. False when the sentence is none, and so a fact."""
        limit = CANNOT.match(text)
        if limit:
            self.limits.append(base_form(limit["what"].strip().rstrip(".")))
            return True
        conditional = COND.match(text)
        if conditional and self._conditional(conditional, line):
            return True
        asked = ASK.match(text)
        if asked and self._asks_of(asked, text, line.when):
            return True
        told = TELL.match(text)
        if told and not told["link"] and COURTESY.match(told["rest"]):
            return True
        if told and (told["whom"] or told["link"] or told["verb"].lower() in ("mention", "say", "remind", "tell")):
            self._tell(told["rest"], told["link"], told["verb"])
            return True
        offered = re.match(
            r"(?:always |you (?:can|may) (?:also )?)?offer(?: (?:them|callers|customers))? (?!to )(.+)", text, re.I
        )
        if offered:
            self._fact(spoken.sentence(spoken.aloud(f"We can offer {offered[1]}")), text)
            return True
        return bool(MANNER.match(text)) and not FACT_AFTER_ALL.match(text)

    def _asks_of(self, asked: re.Match[str], text: str, when: str) -> bool:
        verb = asked["verb"].lower()
        if OFFER.match(asked["rest"]):
            return True
        if verb in (
            "get",
            "getting",
            "take",
            "check",
            "know",
            "learn",
            "record",
            "request",
            "determine",
            "qualify",
            "verify",
            "confirm",
            "note down",
            "capture",
            "obtain",
        ) and not (asked["whom"] or PERSONAL.search(asked["rest"])):
            return False
        if re.match(r"you (?:take|get|check|know|request|confirm)\b", text, re.I):
            return False
        # "Ask for their name if they want to book": the condition stands behind.
        late = re.search(
            r"(?:(?<!\band)(?<!\bor),?\s+(?:if|before|once|in order to|so that)|(?<!,)\s+when)\s+((?:they|the|a|you|he|booking|anyone|someone|callers?|customers?|making|taking)\b.{3,80})$",
            asked["rest"],
            re.I,
        )
        rest = asked["rest"]
        if late and late.start() > 3:
            rest, when = rest[: late.start()], late[1]
            when = (
                ""
                if re.search(r"\b(?:hang|end|finish|clos|goodbye|you)\w*\b", when, re.I)
                and not re.search(r"\bbook", when)
                else when
            )
        self._ask(rest, when=when, verb=verb)
        return True

    def _conditional(self, match: re.Match[str], line: Line) -> bool:
        when, then, word = match["when"], match["then"].strip(), match["if"].lower()
        asked = ASK.match(then)
        if word in ("for", "to", "before", "after", "in order to") and not asked:
            return False
        if asked:
            always = re.search(r"\b(?:call (?:starts|begins)|answer|pick|hang|end|greet|finish)", when, re.I)
            return self._asks_of(asked, then, "" if always else when)
        if re.match(
            r"(?:you|the answer is)\b.*\b(?:know|not sure|unsure|unknown|can't answer|cannot answer)\b|you (?:are not|aren't) sure|unsure",
            when,
            re.I,
        ):
            said = re.search(r"[\"\u201c]([^\"\u201d]{3,300})[\"\u201d]", then)
            self.unknown = spoken.sentence(spoken.aloud(said[1])) if said else ""
            return True
        told = TELL.match(then)
        if told and not told["link"] and COURTESY.match(told["rest"]) and '"' not in then and "\u201c" not in then:
            return True
        quoted = re.search(r"[\"\u201c]([^\"\u201d]{3,300})[\"\u201d]", then)
        if quoted:
            self.rules.append(Rule(when, spoken.sentence(spoken.aloud(quoted[1]))))
            return True
        if told:
            self.rules.append(
                Rule(when, spoken.sentence(spoken.aloud(as_told(told["rest"], told["link"], told["verb"]))))
            )
            return True
        offered = re.match(r"(?:please )?offer(?: them| the \w+)? (?P<to>to )?(.+)", then, re.I)
        if offered:
            what = spoken.to_caller(offered[2])
            self.rules.append(
                Rule(
                    when,
                    spoken.aloud(f"Would you like to {what}").rstrip(".") + "?"
                    if offered["to"]
                    else spoken.sentence(spoken.aloud(f"I can offer you {what}")),
                )
            )
            return True
        return not FACT_AFTER_ALL.match(match[0])

    def _ask(self, rest: str, *, when: str = "", verb: str = "ask") -> None:
        parts = questions(
            rest,
            when=when,
            verb=verb.lower().replace("verify", "confirm"),
        )
        known = {ask.question for ask in self.asks}
        self.asks.extend(ask for ask in parts if ask.question not in known)

    def _tell(self, rest: str, link: str | None, verb: str) -> None:
        said = spoken.sentence(spoken.aloud(as_told(rest, link, verb)))
        self._fact(said, rest)
        self.tells.append(said)

    def _keyed(self, line: Line) -> bool:
        """ "Parking: free behind the house" and its kind."""
        key, value = line.key, line.text
        if re.fullmatch(
            r"(?:your )?(?:name|role|persona|company|business|clinic|restaurant|organi[sz]ation)(?: name)?", key, re.I
        ):
            read_identity(f"{key.removeprefix('Your ').removeprefix('your ')}: {value}", self.identity, first=True)
            return True
        if re.match(r"(?:goal|task|purpose|objective|mission)\b", key, re.I):
            self._purpose(f"goal: {value}")
            return True
        if re.match(
            r"(?:tone|style|personality|language|voice|format|length|persona|note|important|rules?|guidelines?)\b",
            key,
            re.I,
        ):
            return True
        if re.match(r"(?:ask|collect|gather|find out|questions?)\b", key, re.I):
            self._ask(value)
            return True
        priced = [PRICED.match(part.strip()) for part in re.split(r"[,;]\s+(?:and )?", value.rstrip("."))]
        if len(priced) > 1 and all(priced):
            for match in filter(None, priced):
                self._fact(as_price(match["item"], match["price"], match["per"]), f"{key} {match[0]}")
        self._fact(
            as_keyed(key, value),
            f"{line.heading} {key} {key} {value}",
            list_of=key if len(priced) > 1 and all(map(bool, priced)) else None,
        )
        rest = sentences(value)
        return bool(rest)

    def _item(self, line: Line) -> bool:
        """A bullet below a heading, when it is too short to be a sentence of its own."""
        priced = PRICED.match(line.text)
        is_whole = re.match(r"(?:we|you|our|the)\b|.*\b(?:is|are|can|may|costs?)\b.* for\b", line.text, re.I)
        if priced and len(line.text.split()) <= 10 and not is_whole:
            self._fact(as_price(priced["item"], priced["price"], priced["per"]), f"{line.heading} {line.text}")
            return True
        if (
            len(line.text.split()) > 6
            or VERB.search(line.text)
            or MANNER.match(line.text)
            or ASK.match(line.text)
            or TELL.match(line.text)
        ):
            return False
        self._fact(
            spoken.sentence(f"{spoken.aloud(line.heading)}: {spoken.aloud(line.text)}"), f"{line.heading} {line.text}"
        )
        return True

    def _fact(self, text: str, search: str, *, list_of: str | None = None) -> None:
        if text and len(self.facts) < MAX_FACTS and re.search(r"\w{2}", text):
            self.facts.append(Fact(text, search[:1000], list_of))

    def brief(self, groups: dict[str, list[str]]) -> Brief:
        known = self.identity
        for heading, items in groups.items():
            if 2 <= len(items) <= 8 and sum(len(i.split()) for i in items) <= 28:
                listed = ", ".join(items[:-1]) + f" and {items[-1]}"
                self._fact(
                    spoken.sentence(f"{spoken.aloud(heading)}: {spoken.aloud(listed)}"),
                    f"{heading} {heading} {listed}",
                    list_of=heading,
                )
        if known.company and known.about:
            self._fact(spoken.sentence(spoken.aloud(f"{known.company} is {known.about}")), known.about)
        if known.company and known.place:
            self._fact(spoken.sentence(f"We are in {spoken.aloud(known.place)}"), f"located in {known.place}")
        return Brief(
            name=known.name, role=known.role, company=spoken.aloud(known.company), purpose=self.purpose, greeting=self.greeting, closing=self.closing, unknown=self.unknown,
            leads=self.leads, facts=tuple(dict.fromkeys(self.facts)), asks=tuple(self.asks[:20]), rules=tuple(self.rules[:60]),
            tells=tuple(dict.fromkeys(self.tells)), limits=tuple(self.limits[:30]), unused=tuple(dict.fromkeys(self.unused)),
        )  # fmt: skip


def _groups(lines: list[Line]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.is_item and line.section == "facts" and not line.question and names_a_list(line.heading):
            text = f"{line.key} {line.text}" if line.key else line.text
            if len(text.split()) <= 8 and not MANNER.match(text) and not VERB.search(line.text):
                yield line.heading, text.rstrip(".").replace(":", "")


@lru_cache(maxsize=256)
def read_prompt(prompt: str) -> Brief:
    """Understand a prompt. Any text will do: what cannot be understood is left out."""
    lines = read_lines(prompt)
    reader = _Reader()
    for line in lines:
        reader.line(line)
    groups: dict[str, list[str]] = {}
    for heading, item in _groups(lines):
        groups.setdefault(heading, []).append(item)
    return reader.brief(groups)
