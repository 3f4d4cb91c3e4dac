"""From written to spoken: a prompt's lines as a person would say them on the telephone."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"[*_`#>|]+|\[(?P<label>[^\]]{0,200})\]\([^)]{0,300}\)")
_SPACES = re.compile(r"\s+")
_PHONE = re.compile(r"(?<![\w$€£.])\+?\d(?:[ ().-]{0,2}\d){6,14}(?![\w])")
_EMAIL = re.compile(r"\b([\w.+-]{1,64})@([\w-]{1,64}(?:\.[\w-]{2,24}){1,4})\b")
_URL = re.compile(
    r"\b(?:https?://)?(?:www\.)?((?:[a-z0-9-]{1,60}\.)+(?:com|org|net|io|co|ai|app|dev|us|uk|de|shop|info))(?:/\S{0,200})?",
    re.I,
)
_UNITS = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"), "₹": ("rupee", "paisa")}
_AMOUNT = re.compile(r"([$€£₹])\s?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d\d))?(\s?(?:k|m|thousand|million)\b)?", re.I)
_TIMES = re.compile(r"\b(\d{1,2})(:\d\d)?\s?([ap])\.?m\b\.?", re.I)
_RANGE = re.compile(
    r"(?<=[\w])\s?[\u2013\u2014]\s?(?=\d)|(?<=\d)\s?-\s?(?=\$?\d)|(?<=[ap]m)\s?[-\u2013\u2014]\s?(?=\d)|(?<=day)\s?[-\u2013\u2014]\s?(?=[A-Z])",
    re.I,
)
_SHORT = (
    (re.compile(r"\be\.g\.,?", re.I), "for example"),
    (re.compile(r"\bi\.e\.,?", re.I), "that is,"),
    (re.compile(r"\betc\.?(?=\s|$)", re.I), "and so on"),
    (re.compile(r"\bapprox\.?(?=\s)", re.I), "about"),
    (re.compile(r"(?<=\d)\s?%"), " percent"),
    (re.compile(r"\s?&\s?"), " and "),
    (re.compile(r"\b(?<=\w )St\.?(?=[,.;]|$)"), "Street"),
    (re.compile(r"\bAve\.?(?=[\s,.;]|$)"), "Avenue"),
    (re.compile(r"\bBlvd\.?(?=[\s,.;]|$)"), "Boulevard"),
    (re.compile(r"(?<=\w )Rd\.?(?=[,.;]|$)"), "Road"),
    (re.compile(r"\bMon\.?(?=[\s,-]|$)"), "Monday"),
    (re.compile(r"\bTues?\.?(?=[\s,-]|$)"), "Tuesday"),
    (re.compile(r"\bWed\.?(?=[\s,-]|$)"), "Wednesday"),
    (re.compile(r"\bThu(?:rs?)?\.?(?=[\s,-]|$)"), "Thursday"),
    (re.compile(r"\bFri\.?(?=[\s,:-]|$)"), "Friday"),
    (re.compile(r"\bSat\.?(?=[\s,:-]|$)"), "Saturday"),
    (re.compile(r"\bSun\.?(?=[\s,:-]|$)"), "Sunday"),
    (re.compile(r"\b24/7\b"), "24 hours a day, 7 days a week"),
    (re.compile(r"/(?=(?:month|mo|week|hour|hr|night|day|year|person|visit)\b)"), " a "),
    (re.compile(r"\ba mo\b"), "a month"),
    (re.compile(r"\ba hr\b"), "an hour"),
    (re.compile(r"\bmins?\b(?!\w)\.?(?=\s|,|$)"), "minutes"),
)

# The person on the line, as prompts call them.
PERSON = r"(?:caller|customer|patient|user|client|guest|callee|recipient|person|respondent|prospect|tenant|applicant|lead|contact|member|subscriber|buyer|diner)"
_AGENT_DOES = r"(?:offer|help|give|provide|book|schedule|transfer|take|answer|accept|arrange|send|check|confirm|serve|sell|cater|seat|accommodate|make|reschedule|deliver|ship|refund|repair|also)"
_PERSON_VERBS = {
    "is": "are",
    "has": "have",
    "was": "were",
    "does": "do",
    "needs": "need",
    "wants": "want",
    "pays": "pay",
    "gets": "get",
}
_OBJECT = r"(?:to|with|for|at|from|by|on|about|call|calls|reach|contact|visit|email|text|tell|ask|find|see|join|of|behind|near)"
# A fact past this many words is too long for the ear.
_LONGEST_FACT = 45


def digits_aloud(number: str) -> str:
    """A telephone number as it is dictated: digit by digit, in groups."""
    digits = re.sub(r"\D", "", number)
    head = len(digits) - 10 if len(digits) > 10 else 0
    rest = digits[head:]
    cuts = (
        [rest[:3], rest[3:6], rest[6:]]
        if len(rest) == 10
        else [rest[:3], rest[3:]]
        if len(rest) == 7
        else [rest[i : i + 3] for i in range(0, len(rest), 3)]
    )
    return ", ".join(" ".join(group) for group in [digits[:head], *cuts] if group)


def email_aloud(address: str) -> str:
    return address.replace("@", " at ").replace(".", " dot ")


def _amount(match: re.Match[str]) -> str:
    whole, cents, scale = match[2].replace(",", ""), match[3], (match[4] or "").strip().lower()
    unit, _ = _UNITS[match[1]]
    if scale:
        whole += {"k": " thousand", "m": " million"}.get(scale, f" {scale}")
    plural = "" if whole == "1" and not cents else "s"
    return f"{whole} {unit}{plural}" + (f" {cents}" if cents and cents != "00" else "")


def aloud(text: str) -> str:
    """Written signs as words: money, times, ranges, addresses of all kinds. Markup is dropped."""
    text = _MARKUP.sub(lambda m: m["label"] or "", text)
    text = _EMAIL.sub(lambda m: email_aloud(m[0]), text)
    text = _URL.sub(lambda m: m[1].replace(".", " dot "), text)
    text = _PHONE.sub(_phone, text)
    text = _TIMES.sub(lambda m: f"{m[1]}{m[2] if m[2] and m[2] != ':00' else ''} {m[3].lower()}m" + _kept_stop(m), text)
    text = _RANGE.sub(" to ", text)
    text = _AMOUNT.sub(_amount, text)
    for pattern, put in _SHORT:
        text = pattern.sub(put, text)
    text = re.sub(r"(?<=day)\s?-\s?(?=[A-Z])", " to ", text)
    text = text.replace(" - ", ", ").replace("\u2014", ", ").replace("\u2013", " to ").replace('"', "")
    text = _SPACES.sub(" ", text).strip(" -;:,")
    return re.sub(r"\s+([,.?!])", r"\1", text)


def _phone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    # Years, amounts and ranges of days are no telephone numbers.
    return (
        match[0]
        if len(digits) < 7 or re.fullmatch(r"\d{4}-\d\d-\d\d|\d{1,2}-\d{1,2}.*", match[0])
        else digits_aloud(match[0])
    )


def _kept_stop(match: re.Match[str]) -> str:
    ends = match.end() == len(match.string) or match.string[match.end() : match.end() + 2].strip()[:1].isupper()
    return "." if match[0].endswith(".") and ends else ""


def sentence(text: str) -> str:
    """A clean sentence: a capital at its head, a full stop at its end."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else text + "."


def _for_person(text: str) -> str:
    """Where a fact speaks of the person on the line, it speaks to them."""

    def verb(match: re.Match[str]) -> str:
        return f"you {_PERSON_VERBS.get(match[1].lower(), match[1])}"

    text = re.sub(rf"\b(?:the|this) {PERSON}'s\b", "your", text, flags=re.I)
    text = re.sub(rf"\b(?:the|this) {PERSON} (\w+)", verb, text, flags=re.I)
    text = re.sub(rf"\b(?:the|this) {PERSON}\b", "you", text, flags=re.I)
    return re.sub(rf"^(?:{PERSON}s|people) (?=(?:should|must|can|may|need|will)\b)", "You ", text, flags=re.I)


def as_fact(text: str) -> str:
    """A statement of the prompt, said by the agent: "You are open 9 to 5" becomes "We are open 9 to 5"."""
    if re.match(rf"you (?:can|may|could|will|should|must|need to|have to) (?!{_AGENT_DOES}\b)", text, re.I):
        return sentence(aloud(text))
    text = _for_person(text) if re.search(PERSON, text, re.I) else text
    if re.search(rf"\b(?:the|this) {PERSON}\b", text, re.I) is None and re.search(r"\byou(?:r|rs)?\b", text, re.I):
        if (
            re.match(r"your? (?:are|have|need|want|can|should|appointment|order|package|stay|visit)\b", text)
            and text[:1] == "y"
        ):
            return sentence(aloud(text))
        text = re.sub(r"\byou're\b", "we're", text, flags=re.I)
        text = re.sub(r"\byou've\b", "we've", text, flags=re.I)
        text = re.sub(r"\byours\b", "ours", text, flags=re.I)
        text = re.sub(r"\byour\b", "our", text, flags=re.I)
        text = re.sub(rf"\b({_OBJECT}) you\b", r"\1 us", text, flags=re.I)
        text = re.sub(r"\byou\b", "we", text, flags=re.I)
    return sentence(aloud(text))


def to_caller(text: str) -> str:
    """Part of an instruction about the person on the line, turned to them: "their order" is "your order"."""
    swaps = {"their": "your", "theirs": "yours", "them": "you", "they": "you", "they're": "you're", "they've": "you've", "they'd": "you'd",
             "they'll": "you'll", "his": "your", "her": "your", "him": "you"}  # fmt: skip
    text = text.replace("\u2019", "'")
    # The agent first ("your clinic" is ours), or it could not be told from the person afterwards.
    text = re.sub(rf"\b({_OBJECT}) you\b", r"\1 us", text, flags=re.I)
    text = re.sub(r"\byour\b", "our", re.sub(r"\byou\b", "we", text, flags=re.I), flags=re.I)
    text = _for_person(text)
    text = re.sub(
        r"\bher(?= (?:of|to|about|that|if|for|at|on|in|when|how|and|by|whether)\b|[,.?!]|$)", "you", text, flags=re.I
    )
    text = re.sub(
        r"\b(?:they're|they've|they'd|they'll|theirs|their|them|they|his|him|her)\b",
        lambda m: swaps[m[0].lower()],
        text,
        flags=re.I,
    )
    text = re.sub(
        rf"(?P<before>^|\b(?:{_OBJECT}|remind|help|inform|notify|survey|thank|screen|qualify|interview|assist) )(?:existing |the |our )?(?:{PERSON}s|people)(?P<own>')?(?!\w)",
        lambda m: m["before"] + ("your" if m["own"] else "you"),
        text,
        flags=re.I,
    )
    text = re.sub(r"\b(?:he|she) or (?:he|she)\b|\b(?:he|she)\b", "you", text, flags=re.I)
    return re.sub(
        r"\byou (is|has|was|does|needs|wants|pays|gets)\b",
        lambda m: f"you {_PERSON_VERBS[m[1].lower()]}",
        text,
        flags=re.I,
    )


def cut(text: str) -> str:
    """A fact too long for the ear ends at a clause."""
    said = text.split()
    if len(said) <= _LONGEST_FACT:
        return text
    head = " ".join(said[:_LONGEST_FACT])
    clause = max(head.rfind(", "), head.rfind("; "), head.rfind(". "))
    return sentence(head[:clause] if clause > 60 else head)
