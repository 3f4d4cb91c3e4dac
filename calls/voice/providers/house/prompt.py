"""Reads an agent's prompt: what it may say as a fact, what it must ask, and what is only manners."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from calls.voice.providers.house import spoken
from calls.voice.providers.house.asks import Ask, kind_of_question, questions
from calls.voice.providers.house.identity import Identity, read_identity
from calls.voice.providers.house.lines import Line, read_lines, sentences

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
    leads: bool = False
    facts: tuple[Fact, ...] = ()
    asks: tuple[Ask, ...] = ()
    rules: tuple[Rule, ...] = ()
    tells: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


_MANNER = re.compile(
    r"^(?:please |always |also |just |and |but )*(?:be|keep|never|always|avoid|speak|use|respond|reply|answer|stay|sound|remember|act|maintain|make sure|"
    r"make|try|limit|ensure|don't|dont|do not|follow|greet|introduce|thank|wait|listen|help|assist|handle|treat|refer|redirect|transfer|escalate|"
    r"end|hang|stick|focus|only|start|begin|stop|pause|let|respect|adapt|adjust|summari[sz]e|repeat|read|spell|pretend|provide|guide|encourage|"
    r"verify|note|record|write|log|work|think|do|if|when|once|after|before|as|in case|unless|give|show|allow|continue|conclude|close|talk|"
    r"prioriti[sz]e|acknowledge|apologi[sz]e|politely|briefly|clearly|under no|at no|no matter|under all|(?:your )?(?:answers|responses|replies|output|format|language|style|tone)(?=:| (?:should|must|be|short|brief|need))|your (?:tone|style|voice|manner|personality|answers|responses|replies)|"
    r"you (?:should|must|need to|have to|will|shall|would|may not|can't|cannot|must not|should not|always|never|speak|answer|handle|help|sound|talk|respond|want)|"
    r"act)\b",
    re.I,
)
_FACT_AFTER_ALL = re.compile(
    r"^(?:as of|do you|do we|no matter what|only (?:cash|cards?|adults)|if (?!(?:the|they|a|an|someone|anyone|asked|you|he|she|callers?|customers?|patients?|users?)\b)"
    r"|you (?:must|should|will|need to|have to) (?:arrive|bring|park|pay|wear|show|sign|cancel|fast|order|return|use|receive|get|present)\b"
    r"|(?:if|when|before|after|once) you (?!are asked|don't|do not|cannot|can't|know|have|get|hear|speak|talk|notice|need|think|finish)[^,]{3,80}, (?:you|we|your|the|a|please|it|there)\b)",
    re.I,
)
_ASK = re.compile(
    r"^(?:please |always |also |then |first,? |next,? |finally,? |politely |make sure to |be sure to |remember to |try to |and |you (?:should|must|need to|have to|will|want to) (?:also |always )?"
    r"|(?:your|the) (?:goal|job|task|aim|purpose|objective) is to |to begin,? |start by |begin by |you )*"
    r"(?P<verb>ask(?:ing)?|collect(?:ing)?|find out|finding out|gather(?:ing)?|get|getting|take down|take|request|obtain|inquire|enquire|confirm(?:ing)?|verify|determine|qualify|capture|check|learn|know|note down|record)\b"
    r"(?P<whom> (?:them|him|her|the (?:caller|customer|patient|user|client|guest|person|respondent|prospect|tenant|applicant|lead)|callers|customers|patients|everyone|users|guests|prospects))?"
    r"[:,]?\s+(?P<rest>.+)",
    re.I,
)
_PERSONAL = re.compile(r"\b(?:their|the (?:caller|customer|patient|user|client|guest|person|tenant|applicant|lead)'s|his|her|name|number|e-?mail|whether|if they|they|following|party size|date|reason|budget)\b", re.I)  # fmt: skip
_TELL = re.compile(
    r"^(?:please |always |also |then |first,? |next,? |finally,? |and |you (?:should|must|need to|will) )*(?P<verb>tell|let|inform|remind|mention|explain|notify|advise|state|announce|say)\b"
    r"(?P<whom> (?:to )?(?:them|him|her|everyone|(?:the |all |new )?(?:caller|customer|patient|user|client|guest|person|tenant|applicant|callee)s?|people))?(?: know)?(?P<link> that| about| of|:|,)?\s+(?P<rest>.+)",
    re.I,
)
_COND = re.compile(
    r"^(?:and |but )?(?P<if>if|when|whenever|once|in case|for|to|before|after|in order to)\s+(?P<when>[^,:]{3,160}?)(?:,| then|:)\s+(?:then |please |you (?:should|must|can) |always )*(?P<then>.+)",
    re.I,
)
_GREET = re.compile(
    r"^(?:always |please )*(?:greet|open|start|begin|answer)\b[^\"\u201c:]{0,80}(?::|with|by saying|saying|,)\s*[:\s]*[\"\u201c](?P<text>[^\"\u201d]{4,300})[\"\u201d]",
    re.I,
)
_CLOSE = re.compile(
    r"^(?:always |please )*(?:end|close|finish|conclude|wrap up)\b[^\"\u201c]{0,80}[\"\u201c](?P<text>[^\"\u201d]{4,300})[\"\u201d]",
    re.I,
)
_PURPOSE = re.compile(
    r"^(?:(?:today |now )?you(?:'re| are) (?:calling|phoning|reaching out|contacting|following up)(?: (?P<whom>(?!to\b|about\b|on\b|from\b|because\b|with\b|in\b|for\b|regarding\b)[\w' ]{2,60}?))?\s+(?P<call>(?:to|about|on|from|because|with|in|for|regarding)\b.+)"
    r"|you (?P<doing>(?:conduct|carry out|run|make|do|perform)\b.*\b(?:survey|interview|poll|reminder calls?|screening|check-?in|follow-?up)s?\b.*)"
    r"|you(?:r job is to| will|) ?call (?P<who2>[\w' ]{2,60}?) (?P<call2>(?:to|about|regarding)\b.+)"
    r"|(?:call|phone|contact) (?P<who3>[\w' ]{2,60}?) (?P<call3>(?:to|about|regarding)\b.+)"
    r"|(?:your|the) (?:main |primary )?(?:goal|task|job|purpose|objective|mission|aim|role)(?: of (?:this|the) call)? is (?P<goal>to .+)"
    r"|(?:goal|task|purpose|objective|mission)(?: of (?:this|the) call)?:\s*(?P<goal2>.+))",
    re.I,
)
_LEADING = re.compile(
    r"\b(?:calling|call (?:the )?(?:customers?|patients?|people|leads?|clients?|guests?|to)|survey|conduct|remind|following up|follow up|notify|outbound|screen|qualify|interview|confirm (?:the|their|an?) (?:appointment|reservation|booking|order))\b",
    re.I,
)
_CANNOT = re.compile(
    r"^(?:please |under no circumstances )?(?:never|do not|don't|you (?:must|should|may|can)(?: not|'t|not) |you (?:must|should) never|you cannot|avoid|no)\s*(?:ever )?(?P<what>(?:giv|offer|discuss|quot|promis|shar|reveal|disclos|talk|book|tak|mak|provid|recommend|diagnos|advis|accept|negotiat|speculat|answer)\w* .{3,120}|(?:medical|legal|financial|tax) advice.*)",
    re.I,
)
_PRICED = re.compile(
    r"(?P<item>[^,;$€£]{2,50}?)[\s:=-]*(?:costs?|are|is|for|at)?[\s:=-]*(?P<price>(?:from |about )?[$€£]\s?[\d.,]*\d|\d[\d.]* ?(?:dollars|euros|pounds)|free)(?P<per>(?: ?/ ?| per | a | an )\w+| each)?\.?$",
    re.I,
)


_VERB = re.compile(
    r"\b(?:is|are|was|has|have|can|cannot|costs?|will|must|should|takes?|gets?|goes|go|accept|offer|do|does|may|needs?|we|you|our)\b",
    re.I,
)


class _Reader:
    """Fills a brief, line by line."""

    def __init__(self) -> None:
        self.identity = Identity()
        self.facts: list[Fact] = []
        self.asks: list[Ask] = []
        self.rules: list[Rule] = []
        self.tells: list[str] = []
        self.limits: list[str] = []
        self.purpose = self.greeting = self.closing = ""
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
            self._sentence(sentence, line)
            self._first = False

    def _sentence(self, text: str, line: Line) -> None:
        greet, close = _GREET.match(text), _CLOSE.match(text)
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
                _LEADING.search(text) and re.search(r"\b(?:calling|survey|outbound|remind)", text, re.I)
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
        match = _PURPOSE.match(text.strip().rstrip("."))
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
        self.leads = self.leads or bool(named or _LEADING.search(text))
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
        asked = _ASK.match(re.sub(r"^to\s+", "", aim or "", flags=re.I))
        if asked and asked["verb"].lower() not in ("confirm", "check") and _PERSONAL.search(asked["rest"]):
            self._ask(asked["rest"], whom=asked["whom"], verb=asked["verb"])
        return True

    def _instruction(self, text: str, line: Line) -> bool:
        """Take an instruction in. False when the sentence is none, and so a fact."""
        limit = _CANNOT.match(text)
        if limit:
            self.limits.append(_base(limit["what"].strip().rstrip(".")))
            return True
        conditional = _COND.match(text)
        if conditional and self._conditional(conditional, line):
            return True
        asked = _ASK.match(text)
        if asked and self._asks_of(asked, text, line.when):
            return True
        told = _TELL.match(text)
        if told and (told["whom"] or told["link"] or told["verb"].lower() in ("mention", "say", "remind", "tell")):
            self._tell(told["rest"], told["link"], told["verb"])
            return True
        offered = re.match(
            r"(?:always |you (?:can|may) (?:also )?)?offer(?: (?:them|callers|customers))? (?!to )(.+)", text, re.I
        )
        if offered:
            self._fact(spoken.sentence(spoken.aloud(f"We can offer {offered[1]}")), text)
            return True
        return bool(_MANNER.match(text)) and not _FACT_AFTER_ALL.match(text)

    def _asks_of(self, asked: re.Match[str], text: str, when: str) -> bool:
        verb = asked["verb"].lower()
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
        ) and not (asked["whom"] or _PERSONAL.search(asked["rest"])):
            return False
        if re.match(r"you (?:take|get|check|know|request|confirm)\b", text, re.I):
            return False
        # "Ask for their name if they want to book": the condition stands behind.
        late = re.search(
            r",?\s+(?:if|when|before|once|in order to|so that)\s+((?:they|the|a|you|he|booking|anyone|someone|callers?|customers?|making|taking)\b.{3,80})$",
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
        self._ask(rest, when=when, whom=asked["whom"], verb=verb)
        return True

    def _conditional(self, match: re.Match[str], line: Line) -> bool:
        when, then, word = match["when"], match["then"].strip(), match["if"].lower()
        asked = _ASK.match(then)
        if word in ("for", "to", "before", "after", "in order to") and not asked:
            return False
        if asked:
            always = re.search(r"\b(?:call (?:starts|begins)|answer|pick|hang|end|greet|finish)", when, re.I)
            return self._asks_of(asked, then, "" if always else when)
        told = _TELL.match(then)
        quoted = re.search(r"[\"\u201c]([^\"\u201d]{3,300})[\"\u201d]", then)
        if quoted:
            self.rules.append(Rule(when, spoken.sentence(spoken.aloud(quoted[1]))))
            return True
        if told:
            self.rules.append(
                Rule(when, spoken.sentence(spoken.aloud(_told(told["rest"], told["link"], told["verb"]))))
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
        return not _FACT_AFTER_ALL.match(match[0])

    def _ask(self, rest: str, *, when: str = "", whom: str | None = None, verb: str = "ask") -> None:
        whom_text = (whom or "").strip()
        parts = questions(
            rest if not whom_text or not re.match(r"to\b", rest) else rest,
            when=when,
            verb=verb.lower().replace("verify", "confirm"),
        )
        known = {ask.question for ask in self.asks}
        self.asks.extend(ask for ask in parts if ask.question not in known)

    def _tell(self, rest: str, link: str | None, verb: str) -> None:
        said = spoken.sentence(spoken.aloud(_told(rest, link, verb)))
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
        priced = [_PRICED.match(part.strip()) for part in re.split(r"[,;]\s+(?:and )?", value.rstrip("."))]
        if len(priced) > 1 and all(priced):
            for match in filter(None, priced):
                self._fact(_price(match["item"], match["price"], match["per"]), f"{key} {match[0]}")
        self._fact(
            _of_key(key, value),
            f"{line.heading} {key} {key} {value}",
            list_of=key if len(priced) > 1 and all(map(bool, priced)) else None,
        )
        rest = sentences(value)
        return bool(rest)

    def _item(self, line: Line) -> bool:
        """A bullet below a heading, when it is too short to be a sentence of its own."""
        priced = _PRICED.match(line.text)
        if priced and len(line.text.split()) <= 10 and not re.match(r"(?:we|you|our|the)\b", line.text, re.I):
            self._fact(_price(priced["item"], priced["price"], priced["per"]), f"{line.heading} {line.text}")
            return True
        if (
            len(line.text.split()) > 6
            or _VERB.search(line.text)
            or _MANNER.match(line.text)
            or _ASK.match(line.text)
            or _TELL.match(line.text)
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
            name=known.name, role=known.role, company=spoken.aloud(known.company), purpose=self.purpose, greeting=self.greeting, closing=self.closing,
            leads=self.leads, facts=tuple(dict.fromkeys(self.facts)), asks=tuple(self.asks[:20]), rules=tuple(self.rules[:60]),
            tells=tuple(dict.fromkeys(self.tells)), limits=tuple(self.limits[:30]),
        )  # fmt: skip


def _base(what: str) -> str:
    first, _, rest = what.partition(" ")
    bases = {
        "giving": "give",
        "offering": "offer",
        "discussing": "discuss",
        "quoting": "quote",
        "promising": "promise",
        "sharing": "share",
        "talking": "talk",
        "making": "make",
        "providing": "provide",
    }
    if re.match(r"(?:medical|legal|financial|tax)\b", first, re.I):
        return f"give {what}"
    return f"{bases.get(first.lower(), first.lower())} {rest}"


def _told(rest: str, link: str | None, verb: str) -> str:
    """What is to be told, as it is said: "that their order has shipped" is "Your order has shipped"."""
    quoted = re.search(r"[\"\u201c]([^\"\u201d]{3,300})[\"\u201d]", rest)
    if quoted:
        return quoted[1]
    link = (link or "").strip().lower()
    rest = re.sub(r"^(?:that|politely|them that)\s+", "", rest, flags=re.I)
    turned = spoken.to_caller(rest)
    if link in ("about", "of") or (
        verb.lower() == "mention" and not re.search(r"\b(?:is|are|has|have|can|will|costs?|be)\b", rest)
    ):
        return f"Please remember {turned}" if verb.lower() == "remind" else f"Let me mention {turned}"
    if re.match(r"to \w+", turned) and verb.lower() in ("tell", "remind", "advise", "say"):
        return f"Please {'remember ' if verb.lower() == 'remind' else ''}{turned if verb.lower() == 'remind' else turned[3:]}"
    return turned


def _price(item: str, price: str, per: str | None) -> str:
    item = spoken.aloud(item)
    plural = item.endswith("s") and not item.endswith("ss")
    return spoken.sentence(f"{item} {'are' if plural else 'is'} {spoken.aloud(price + (per or ''))}")


def _of_key(key: str, value: str) -> str:
    key, value = spoken.aloud(key), spoken.as_fact(value)
    low = key.lower()
    inner = value.rstrip(".")
    lowered = inner if re.match(r"(?:[A-Z]{2}|I\b|[A-Z]\w* [A-Z])|.*?day", inner) else inner[:1].lower() + inner[1:]
    is_whole = len(inner.split()) > 3 and re.search(
        r"\b(?:is|are|has|have|can|cannot|costs?|will|we|you|must|should|please|take|takes|accept|offer)\b", inner, re.I
    )
    if re.match(r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|weekdays?|weekends?", low):
        return spoken.sentence(
            f"On {key} we are closed" if "closed" in inner.lower() else f"{key}, we are open {lowered}"
        )
    if is_whole:
        return value
    if re.search(r"\bhours\b", low) or low in ("open", "opening times"):
        return spoken.sentence(f"Our {low if 'hours' in low else 'hours'} are {inner}")
    if low in ("address", "location", "phone", "phone number", "email", "website", "telephone", "email address"):
        return spoken.sentence(f"{'Our' if low != 'location' else 'Our'} {low} is {inner}")
    if re.match(r"[$€£]?\d", inner) or inner.lower().startswith("free"):
        return spoken.sentence(f"{key} {'are' if low.endswith('s') and not low.endswith('ss') else 'is'} {lowered}")
    return spoken.sentence(f"{key}: {lowered}")


def _groups(lines: list[Line]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.is_item and line.heading and line.section == "facts" and not line.question:
            text = f"{line.key} {line.text}" if line.key else line.text
            if len(text.split()) <= 8 and not _MANNER.match(text) and not _VERB.search(line.text):
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


__all__ = ["Ask", "Brief", "Fact", "Rule", "kind_of_question", "read_prompt"]
