"""What a caller gives: a name, a number, a day, an address; and how it is said back to them."""

from __future__ import annotations

import re

from calls.voice.providers.house import spoken, words

_DIGITS = {"zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}  # fmt: skip
_COUNT = {"a couple": "two", "both": "two", "twelve": "twelve", "ten": "ten", "eleven": "eleven", "twenty": "twenty"}
_DAY = r"(?:(?:next |this |on |coming )*(?:mon|tues|wednes|thurs|fri|satur|sun)day(?: (?:morning|afternoon|evening|night))?|today|tonight|tomorrow(?: (?:morning|afternoon|evening|night))?|next week|this weekend|(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+(?:the )?(?:\d{1,2}(?:st|nd|rd|th)?|[a-z]+(?:st|nd|rd|th))(?:,? \d{4})?|(?:the )?\d{1,2}(?:st|nd|rd|th)(?: of \w+)?|\d{1,2}/\d{1,2}(?:/\d{2,4})?)"
_HOUR = r"(?:(?:at |around |about )?(?:(?:half past|quarter past|quarter to) )?(?:\d{1,2}(?::\d\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?: thirty| fifteen| forty ?five)?\s?(?:a\.?m\.?|p\.?m\.?|o'?clock|in the (?:morning|afternoon|evening)|at night)|at (?:\d{1,2}(?::\d\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon)\b(?! (?:dollars|people))(?: thirty| fifteen)?|noon|\d{1,2}:\d\d)"
_WHEN = re.compile(rf"\b{_DAY}(?:,?\s+{_HOUR})?|\b{_HOUR}(?:,?\s+(?:on )?{_DAY})?", re.I)
_EMAIL_SAID = re.compile(
    r"\b([\w.+-]+(?:\s(?:dot|underscore|dash)\s[\w-]+)*)\s?(?:@|\sat\s)\s?([\w-]+(?:(?:\.|\sdot\s|\s?\.\s?)[\w-]+)+)",
    re.I,
)
_NAMED = re.compile(
    r"\b(?:my (?:full |first |last )?name(?:'s| is)|the name(?:'s| is)|name is|this is|i am|i'm|it's|call me|speaking with)\s+(?P<name>[a-z][\w'-]+(?:\s+[a-z][\w'.-]+){0,3})",
    re.I,
)
_NOT_A_NAME = words.listed("""
a an the calling looking interested not just here fine good great okay ok sorry sure busy trying wondering about for in on at with from going
    very really happy new your my his her their this that it is was who what when where how why and or but so yes no speaking right correct
    wrong driving hoping having running late early done all set back available free calling's only also still already to of as too afraid
    thank thanks goodbye bye please can could would will wait nothing none never rather prefer maybe don't won't can't didn't
    urgent important broken leaking me him them you we they perfect nice because
""")
_LEAD_IN = re.compile(
    r"^\W*(?:(?:um+|uh+|oh|well|yes|yeah|yep|sure|ok(?:ay)?|so|hi|hello|thanks|thank you|of course|no problem)[\s,.!]+)*",
    re.I,
)
_SAYS = re.compile(
    r"^(?:it(?:'s| is| was| would be|'d be)|that(?:'s| is| would be)|the \w+ (?:number |address )?is|my [\w ]{2,25}? (?:is|are|number's)|i(?:'d| would) (?:say|like|prefer)(?: it)?|i think(?: it's)?|probably|maybe|let's say|i guess|because|you can reach me (?:at|on)|for|about|around|i(?:'m| am) calling (?:about|because(?: of)?|for)|you can call me)\s+",
    re.I,
)
_FLIPS = {"i": "you", "i'm": "you're", "i've": "you've", "i'd": "you'd", "i'll": "you'll", "my": "your", "mine": "yours", "me": "you", "am": "are", "we": "you", "our": "your", "us": "you", "was": "was", "myself": "yourself"}  # fmt: skip


def phone_of(text: str) -> str:
    """The digits of a telephone number as heard, in digits or in words. Empty when there are too few."""
    out: list[str] = []
    best = ""
    times = 1
    for piece in re.findall(r"[a-z]+|\d+|[^\s\w]+", words.plain(text)):
        if piece in ("double", "triple"):
            times = 2 if piece == "double" else 3
        elif piece.isdigit():
            out.append(piece * times)
            times = 1
        elif piece in _DIGITS:
            out.append(_DIGITS[piece] * times)
            times = 1
        elif not re.match(r"\W|(?:and|area|code|dash|plus|uh|um|then|is)$", piece):
            best, out = max(best, "".join(out), key=len), []
    best = max(best, "".join(out), key=len)
    return best if 7 <= len(best) <= 15 else ""


def email_of(text: str) -> str:
    match = _EMAIL_SAID.search(text)
    if match is None:
        return ""
    local = re.sub(
        r"\s(dot|underscore|dash)\s",
        lambda m: {"dot": ".", "underscore": "_", "dash": "-"}[m[1].lower()],
        match[1],
        flags=re.I,
    )
    local = local.split()[-1] if " " in local else local
    host = re.sub(r"\sdot\s|\s?\.\s?", ".", match[2], flags=re.I)
    return f"{local}@{host}".lower()


def when_of(text: str) -> str:
    match = max(_WHEN.finditer(text), key=lambda m: len(m[0]), default=None)
    return re.sub(r"^(?:on|this coming) ", "", match[0].strip(" .,"), flags=re.I) if match else ""


def has_day_and_time(text: str) -> bool:
    return bool(re.search(rf"\b{_DAY}\b", text, re.I) and re.search(rf"\b{_HOUR}", text, re.I))


def name_given(text: str) -> str:
    """A name the caller states as theirs, asked or not."""
    for match in _NAMED.finditer(text):
        name = _names_only(match["name"])
        if name and (match[0][:4].lower() in ("my n", "the ", "name", "call") or name[0].isupper()):
            return name
    return ""


def _names_only(said: str) -> str:
    kept: list[str] = []
    for word in said.split():
        if word.lower().strip(".,'") in _NOT_A_NAME or not word[0].isalpha() or word.lower().endswith("ing"):
            break
        kept.append(word)
        if word[-1] in ".,":
            break
    return " ".join(word.strip(".,") for word in kept[:3])


def name_answered(text: str) -> str:
    """A name as the answer to being asked for one."""
    bare = _LEAD_IN.sub("", text)
    stated = _NAMED.search(bare)
    said = stated["name"] if stated else bare
    said = re.split(r"[,.!?;]|\band\b|\bmy\b", said)[0].strip()
    name = _names_only(said)
    if not stated:
        # Bare words are a name only when all of them are, and they are not everyday ones.
        said = re.sub(r"\s+(?:here|speaking)$", "", said, flags=re.I)
        everyday = all(words.is_stop(word.lower()) or words.is_light(word.lower()) for word in name.split())
        if len(name.split()) != len(said.split()) or everyday:
            return ""
    return " ".join(w[:1].upper() + w[1:] for w in name.split()) if name and len(said.split()) <= 4 else ""


def number_of(text: str) -> str:
    """A count, an amount or a code as said."""
    match = re.search(
        r"[$€£]?\d[\d,.]*\d|\d+|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|hundred|thousand)(?:[ -](?:hundred|thousand|five|one|two|three|four|six|seven|eight|nine))*\b",
        text,
        re.I,
    )
    if match:
        return match[0].strip(".,")
    return next((count for said, count in _COUNT.items() if said in text.lower()), "")


def said_back(kind: str, utterance: str) -> str | None:
    """What was given, as it is confirmed to the caller; None when the utterance does not hold it."""
    text = utterance.replace("\u2019", "'").strip()
    if kind == "name":
        name = name_answered(text) or name_given(text)
        return f"Thank you, {name}." if name else None
    if kind == "phone":
        digits = phone_of(text)
        return f"I have {spoken.digits_aloud(digits)}." if digits else None
    if kind == "email":
        email = email_of(text)
        return f"I have {spoken.email_aloud(email)}." if email else None
    if kind == "date":
        when = when_of(text)
        when = re.sub(r"^(?:To|Next|This|At|Noon)", lambda m: m[0].lower(), when)
        return f"Got it, {when}." if when else None
    if kind == "number":
        digits = phone_of(text)
        number = " ".join(digits) if digits else number_of(text).lower()
        return f"Got it, {spoken.aloud(number)}." if number else None
    return None


def echoed(utterance: str) -> str:
    """Free words said back: short ones as heard, turned to the caller; long ones only acknowledged."""
    bare = _SAYS.sub("", _LEAD_IN.sub("", utterance.replace("\u2019", "'").strip()))
    bare = re.split(r"(?<=[.!?])\s", bare)[0].strip(" .!?,")
    said = bare.split()
    if not said or len(said) > 9 or len(bare) > 80:
        return "Thank you, I've noted that."
    turned = " ".join(_FLIPS.get(w.lower(), w) for w in said)
    turned = re.sub(r"\byou was\b", "you were", turned)
    return f"Got it: {turned[0].lower() + turned[1:] if turned[:2] != turned[:2].upper() and said[0].lower() in (_FLIPS.keys() | words.STOP_WORDS) else turned}."
