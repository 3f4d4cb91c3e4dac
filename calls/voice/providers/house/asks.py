"""What a prompt says to ask for, as questions a person would put."""

from __future__ import annotations

import re
from dataclasses import dataclass

from calls.voice.providers.house import spoken


@dataclass(frozen=True)
class Ask:
    """A question to put once. `kind` says how its answer is read, `when` what must have come up first."""

    question: str
    kind: str = "text"
    when: str = ""


# First match wins. The question is the one for the bare noun; anything more particular is asked as it is written.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (r"(?:first and last|full|own|first|last)? ?names?|who (?:is|they are)(?: calling)?|who they are", "name", "May I have your {noun}, please?"),
    (r"(?:best |contact |phone |telephone |mobile |cell |callback |call-back |call back )+numbers?|(?:phone|number|mobile)", "phone", "What is the best phone number to reach you?"),
    (r"(?:best )?e-?mail(?: address(?:es)?)?", "email", "What is your email address?"),
    (r"(?:date of birth|birth ?date|dob)", "text", "What is your date of birth?"),
    (r"(?:preferred |best |desired )?(?:day|date) (?:and|or|/|&) (?:preferred )?time(?: (?:they|that).*)?|preferred appointment(?: time)?", "date", "What day and time would suit you?"),
    (r"(?:preferred|best|desired|convenient) times?(?: of day)?", "date", "What time would suit you best?"),
    (r"(?:preferred|best|desired|convenient) (?:days?|dates?)", "date", "What day would suit you best?"),
    (r"times?", "date", "What time would you like?"),
    (r"dates?|days?", "date", "What day would you like?"),
    (r"(?:party size|group size|(?:the )?number of (?:people|guests|diners|persons|seats)|how many (?:people|guests|persons)(?: there (?:are|will be))?)", "number", "How many people will that be?"),
    (r"(?:monthly |maximum |max )?budget(?: range)?", "number", "What is your {noun}?"),
    (r"(?:reason|purpose) (?:for|of) (?:the |their |your )?(?:visit|appointment)|(?:visit )?reason", "text", "What is the reason for your visit?"),
    (r"(?:reason|purpose) (?:for|of) (?:the |their |your )?(?:call|calling)", "text", "What is your call about?"),
    (r"(?:zip|postal|post) ?codes?", "number", "What is your {noun}?"),
    (r"(?:(?:order|tracking|account|member(?:ship)?|policy|reference|confirmation|customer|invoice|case|ticket) (?:number|id|code)s?)", "number", "What is your {noun}?"),
    (r"(?:delivery |home |street |mailing |shipping )?address(?:es)?", "text", "What is your {noun}?"),
)  # fmt: skip
_ARTICLE = re.compile(
    r"^(?:for |about |the |their |his |her |your |a |an |any |callers? ?'?s? |customers?'s? |patients?'s? |all of )+",
    re.I,
)
_PERSONS = rf"(?:they|he|she|you|the {spoken.PERSON}|{spoken.PERSON}s|patients|customers)"
_THINGS = r"(?:some(?:body|one|thing)|any(?:body|one|thing)|every(?:body|one|thing)|nobody|there|it|this|that|(?:the|their) [a-z]+)"
_INVERTS = {
    "are": "are", "is": "are", "were": "were", "was": "were", "have": "have", "has": "have", "can": "can", "could": "could", "would": "would",
    "will": "will", "should": "should", "had": "had",
}  # fmt: skip
# Present tense that "do" can carry; a past tense is left in an indirect question, which is always grammatical.
_PRESENT = re.compile(
    r"^(?:currently |still |already |also |ever |usually |really )?(?:want|need|have|own|rent|live|plan|like|prefer|know|use|work|take|smoke|intend|hope|expect|wish|agree|speak|require|look|feel|think|eat|drink|travel|pay)\b",
    re.I,
)
_WH = re.compile(
    r"^(how(?: \w+){0,3}?|what(?: \w+){0,2}?|when|where|which(?: \w+){0,2}?|who|why) (?=(?:"
    + _PERSONS
    + r"|their|the)\b)",
    re.I,
)
_YES_NO = re.compile(r"^(?:are|is|do|does|did|can|could|would|will|have|has|were|was|should)\b", re.I)


def questions(target: str, *, when: str = "", verb: str = "ask") -> list[Ask]:
    """The questions for what stands after "ask", "collect", "find out" ...; a list of things gives one each."""
    target = target.strip(" .:;-\u2022*")
    quoted = re.findall(r"[\"\u201c]([^\"\u201d]{4,300})[\"\u201d]", target)
    if quoted:
        return [Ask(spoken.sentence(spoken.aloud(q)), kind_of_question(q), when) for q in quoted]
    if target.endswith("?"):
        return [
            Ask(
                spoken.sentence(spoken.aloud(re.sub(r"^(?:them|the \w+|for)[:,]?\s+", "", target))),
                kind_of_question(target),
                when,
            )
        ]
    target = re.sub(
        r"^(?:(?:for|about)\s+)?(?:the following|these|this|info(?:rmation)?|details)\b[^:]{0,40}:\s*",
        "",
        target,
        flags=re.I,
    )
    target = re.sub(rf"^(?:to|from|with) (?:them|the {spoken.PERSON}|{spoken.PERSON}s)[:,]?\s*", "", target, flags=re.I)
    asks: list[Ask] = []
    for part in _parts(target):
        ask = _question(part, when, verb)
        if ask is not None and all(ask.question != other.question for other in asks):
            asks.append(ask)
    return asks


def kind_of_question(question: str) -> str:
    """How the answer to a written question is to be read."""
    low = question.lower()
    for pattern, kind in (
        (r"\b(?:your|full|first|last) name\b|\bwho am i speaking", "name"),
        (r"\b(?:phone|telephone|mobile|callback) number\b|\bnumber to reach\b", "phone"),
        (r"\be-?mail\b", "email"),
        (r"\b(?:scale|rate|rating|how many|how much|how likely|budget|number|zip)\b|\b1 to (?:5|10)\b", "number"),
        (r"\b(?:what|which) (?:day|date|time)\b|^when\b", "date"),
    ):
        if re.search(pattern, low):
            return kind
    return "yes_no" if _YES_NO.match(low) else "text"


# A second thing to ask for that says so itself: "... and ask for a number", "... and for a number".
_ASKED_ANEW = re.compile(
    r"(?:,\s*(?:and\s+|then\s+)*|;\s*|\s+(?:and|then|plus|as well as)\s+(?:then\s+)?)(?:also\s+|finally\s+)*"
    r"(?:(?:ask|find out|collect|gather|get|take|inquire|enquire|request)(?:\s+(?:them|him|her))?\s+(?:(?:for|about)\s+)?(?=(?:if|whether|how|what|when|where|which|who|why|for|about|their|the|a|an|his|her|any)\b)|for\s+(?=(?:their|the|a|an|his|her|any)\b))",
    re.I,
)
_WHAT_FOR = re.compile(
    r"\s+(?:(?:to|for) (?:reach|call|contact|text|get hold of|reaching|calling|contacting)\b.*|(?:where|on which|at which|that|under which) (?:they|we|you|he|she|someone) can\b.*|for (?:the |a )?(?:call ?-?back|booking|appointment|reservation|contact|confirmation|records?|file))$",
    re.I,
)


def _parts(target: str) -> list[str]:
    """The things to ask for, apart."""
    return [part for asked in _ASKED_ANEW.split(target) for part in _listed(asked) if part]


def _listed(target: str) -> list[str]:
    """A list of things to ask for, apart; clauses stay whole."""
    kept = re.sub(r"\b(first|day|date|days|dates) (?:and|or|&) (last|time|times)\b", r"\1_and_\2", target, flags=re.I)
    pieces = re.split(r",?\s+(?:and|as well as|then|plus|&)\s+(?:(?:also )?(?:ask )?(?:for )?)|[,;]\s+", kept)
    if len(pieces) > 1 and not all(len(p.split()) <= 6 or _is_clause(p) or _is_thing(p) for p in pieces):
        pieces = [kept]
    if len(pieces) > 1 and _is_clause(pieces[0]) and not all(_is_clause(p) or _known(p) for p in pieces[1:]):
        pieces = [kept]
    return [p.replace("_and_", " and ").strip() for p in pieces if p.strip()]


def _is_thing(part: str) -> bool:
    return bool(re.match(r"(?:their|his|her|the|an?|any)\b", part.strip(), re.I))


def _is_clause(part: str) -> bool:
    return bool(re.match(r"(?:if|whether|how|what|when|where|which|who|why|that|about)\b", part.strip(), re.I))


def _known(part: str) -> tuple[str, str, str] | None:
    bare = _WHAT_FOR.sub("", _ARTICLE.sub("", part.strip().lower()))
    for pattern, kind, question in _KNOWN:
        if re.fullmatch(rf"(?:{pattern})(?: \(.{{0,80}}\))?", bare):
            return bare.split(" (")[0], kind, question
    return None


def _question(part: str, when: str, verb: str) -> Ask | None:
    part = re.sub(r"\s*\([^)]{0,120}\)", "", part).strip(" .")
    part = re.sub(rf"^(?:them|him|her|the {spoken.PERSON}|{spoken.PERSON}s|you)\s+(?=\w)", "", part, flags=re.I)
    part = re.sub(r"^(?:politely|also|then|first|for|next|please)\s+", "", part, flags=re.I)
    if len(part) < 3:
        return None
    known = _known(part)
    if known is not None:
        noun, kind, question = known
        return Ask(question.format(noun=noun.removeprefix("own ")), kind, when)
    if re.match(r"to \w", part, re.I):
        rest = spoken.to_caller(part[3:])
        return Ask(
            spoken.sentence(spoken.aloud(f"Could you please {rest}")).rstrip(".") + "?",
            kind_of_question(rest) if "rate" in rest else "text",
            when,
        )
    if re.match(r"(?:if|whether|that)\b", part, re.I) or re.match(_PERSONS + r"\b", part, re.I):
        return _yes_no(part, when, verb)
    if re.match(r"(?:how|what|when|where|which|who|why)\b", part, re.I):
        return _wh(part, when)
    about = re.sub(r"^about\s+", "", part, flags=re.I)
    noun = spoken.aloud(spoken.to_caller(_ARTICLE.sub("", about)))
    if not noun:
        return None
    if verb == "confirm":
        own = "the" if re.match(r"the\b", part, re.I) else "your"
        return Ask(f"Can you confirm {own} {noun}, please?", "yes_no", when)
    if about == part and len(noun.split()) > 5 and re.match(r"the\b", part, re.I):
        return Ask(f"What is the {noun}?", "text", when)
    if about != part or len(noun.split()) > 5:
        return Ask(f"Could you tell me about your {noun}?", "text", when)
    plural = noun.endswith("s") and not noun.endswith(("ss", "us", "is"))
    return Ask(f"What {'are' if plural else 'is'} your {noun}?", "number" if "number" in noun else "text", when)


def _ask(words: str, kind: str, when: str) -> Ask:
    return Ask(spoken.sentence(spoken.aloud(words)).rstrip(".?") + "?", kind, when)


def _yes_no(part: str, when: str, verb: str) -> Ask:
    clause = re.sub(r"^(?:if|whether|that)(?: or not)?\s+", "", part, flags=re.I)
    inverted = _inverted(clause)
    if inverted:
        return _ask(inverted, "yes_no", when)
    turned = spoken.to_caller(clause)
    return _ask(
        f"Can you confirm that {turned}" if verb == "confirm" else f"Could you tell me whether {turned}", "yes_no", when
    )


def _inverted(clause: str) -> str | None:
    """A clause about the person as a direct question: "they need X" is "do you need X"."""
    clause = re.sub(r"\b(they|he|she|you)'(?:d) like\b", r"\1 would like", clause, flags=re.I)
    clause = re.sub(r"\b(they|he|she|you)'re\b", r"\1 are", clause, flags=re.I)
    clause = re.sub(r"\b(they|he|she|you)'ve\b", r"\1 have", clause, flags=re.I)
    match = re.match(rf"{_PERSONS} (\w+)\s*(.*)", clause, re.I)
    if match is None:
        thing = re.match(
            rf"({_THINGS}) (is|are|was|were|will|can|could|would|should|has(?= (?:been|\w+ed)\b)) (\S.*)", clause, re.I
        )
        return f"{thing[2].lower()} {spoken.to_caller(thing[1])} {spoken.to_caller(thing[3])}" if thing else None
    verb, rest = match[1].lower(), match[2]
    turned = spoken.to_caller(rest)
    have_is_full = verb in ("have", "has") and not re.match(
        r"(?:been|had|ever|already|received|visited|used|\w+ed)\b", rest, re.I
    )
    if verb in _INVERTS and not have_is_full:
        return f"{_INVERTS[verb]} you {turned}"
    base = {"has": "have", "needs": "need", "wants": "want", "likes": "like", "owns": "own", "lives": "live"}.get(
        verb, verb
    )
    if _PRESENT.match(f"{base} {rest}"):
        return f"do you {base} {turned}"
    return None


def _wh(part: str, when: str) -> Ask:
    match = _WH.match(part)
    kind = (
        "number"
        if re.match(r"how (?:many|much|likely|old|satisfied)|what budget", part, re.I)
        or re.search(r"\b(?:scale|budget|1 to (?:5|10))\b", part)
        else "date"
        if re.match(r"when\b|what (?:day|date|time)", part, re.I)
        else "text"
    )
    if match:
        head, clause = match[1], part[match.end() :]
        inverted = _inverted(clause)
        if inverted:
            return _ask(f"{head} {inverted}", kind, when)
        owned = re.fullmatch(r"(?:their|the) ([\w' -]{2,60}?) (is|are|was|were)\b(.{0,80})", clause, re.I)
        if owned:
            return _ask(
                f"{head} {owned[2]} {'the' if clause.lower().startswith('the ') else 'your'} {owned[1]}{spoken.to_caller(owned[3])}",
                kind,
                when,
            )
    return _ask(f"Could you tell me {spoken.to_caller(part)}", kind, when)
