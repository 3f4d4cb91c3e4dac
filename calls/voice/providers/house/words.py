"""Words as the house engine compares them: tokens, stems, synonyms, sound and what a question asks for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# A caller's utterance or a line of a prompt beyond this is cut: nobody says more in a breath.
MAX_TEXT = 2_000

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+")


def listed(text: str) -> frozenset[str]:
    """A list of words, written as text."""
    return frozenset(text.split())


# Words that carry no topic. "how", "when" and their like speak through `concepts()`.
STOP_WORDS = listed("""
    a about actually ah all also am an and any anything are as ask asking at be because been being but by call calling can
    could curious did do does doing don't dont else er erm for from get getting give go going gonna got guys had has have
    having he hello help her hey hi him his how i i'd i'll i'm i've if in info information into is isn't it it's its
    just kind kinda know let like look looking maybe me mean mind my need no not now of oh ok okay on one or our out
    please quick question really right see she should so some someone something sorry sort sure tell thank thanks that
    that's the their them then there there's these they thing things think this those to too uh uhm um understand up us
    very wanna want wanted was we well were what what's whats when where which while who whose why will with wonder
    wondering would yeah yep yes you your you're yours
    able address again anywhere far fast hour hours located location long many much often opening place possible
    soon somewhere still time times way while got happen happens happened put getting sees
""")

# Words that say little: where a prompt does not hold one of them, the question is hardly another for it.
LIGHT_WORDS = listed("""
    allow allowed another arrive ask back bad best better big break broke bring broken buy call care carry check come currently day
    different early enough evening exactly extra feel find first fix follow full gave good group handle hear hold include included inside keep
    large last late later leave left less long lot made main make man more morning most near new next nice night normal normally
    offer old option options order other outside part people person plan provide provided regular run sell send serve show small soon
    standard start stay stop take talk today tomorrow tonight total type try use usually visit wait walk week woman work working worth year
    able bit case certain charge different end even everyone fine full guy hard idea issue later little living local member mine must own
    pick problem process quite ready reason say service set side simple since special stuff sure team tell thought turn used whole without
    would-be wrong
""")

# Each group counts as one word. The groups are of everyday business talk; a rare word stands for itself.
_GROUPS = (
    "accept take takes taking accepts accepted",
    "appointment appointments booking bookings reservation reservations reserve book schedule slot",
    "area neighborhood neighbourhood zone region",
    "arrive arrival arriving come",
    "bill invoice",
    "cancel cancelling canceling cancellation cancelled canceled",
    "card visa mastercard amex credit debit",
    "cheap affordable budget",
    "child children kid kids toddler baby",
    "cost costs price prices pricing charge charges fee fees rate rates expensive",
    "deliver delivery delivered delivers delivering ship shipping shipped",
    "deposit deposits",
    "discount discounts deal deals promotion special coupon",
    "doctor doctors dentist dentists physician dr",
    "emergency emergencies urgent urgently",
    "gluten celiac coeliac",
    "insurance insurances insurer coverage",
    "legal lawyer lawyers lawsuit sue",
    "medical medicine medicines medication painkiller painkillers ibuprofen aspirin tylenol antibiotic antibiotics symptom symptoms dose dosage diagnose",
    "guarantee guaranteed warranty",
    "licence license licensed certified",
    "friend friends",
    "late delay delayed delays behind",
    "move moving relocate",
    "package packages parcel parcels shipment",
    "park parking garage",
    "pay paying payment payments paid",
    "pet pets dog dogs cat cats animal animals",
    "phone telephone cell mobile",
    "refund refunds reimburse reimbursed",
    "rent rental monthly lease",
    "return returns",
    "track tracking",
    "vegan vegetarian vegetarians vegans",
    "website site online web",
    "wheelchair accessible accessibility disabled disability ramp",
    "wifi internet",
)

_CURRENCY = re.compile(r"[$€£₹]")
_MONEY = re.compile(
    r"[$€£₹]\s?\d|\d\s?(?:dollars?|euros?|pounds?|cents?|bucks|rupees|€|£)\b|\b(?:free|no charge|complimentary)\b", re.I
)
_CLOCK = re.compile(
    r"\b\d{1,2}(?::\d\d)?\s?(?:am|pm|a\.m|p\.m|o'?clock)\b|\b\d{1,2}:\d\d\b|\bnoon\b|\bmidnight\b|\bopen \d", re.I
)
WEEKDAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\bweek(?:day|end)s?\b|\b24/7\b|\baround the clock\b", re.I
)
_MONTH = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+(?:the\s+)?\d", re.I
)
_SPAN = re.compile(
    r"\b(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|half an|thirty|forty|sixty|ninety)"
    r"[\s-](?:to \w+ )?(?:(?!per\b|an?\b|each\b|every\b)\w+ )?(?:minutes?|hours?|days?|weeks?|months?|years?)\b(?! (?:before|ago|old|notice|in advance)|'? notice)",
    re.I,
)
_STREET = re.compile(
    r"\b\d{1,5}\s+(?:[A-Z][\w.']*\s+){1,4}|\b(?:street|avenue|road|boulevard|lane|plaza|square|suite|floor|corner of|next to|across from|downtown)\b"
)
# As written, or as it is said: digit by digit.
_PHONE = re.compile(r"\+?\d(?:[\s().-]*\d){6,}|\b(?:\d,? ){6,}\d\b")
_EMAIL = re.compile(r"\S@\S|\bat \w+ dot com\b")

# What a question wants, by its words, and what a sentence must hold to give that.
_ASKED = {
    "#price": re.compile(
        r"\bhow much|^\W*much (?:is|are|does)\b|\b(?:price|pricing|prices|cost|costs|charge|charges|fee|fees|rate|rates|expensive|quote)\b",
        re.I,
    ),
    "#hours": re.compile(
        r"\bhours?\W*$|\bhours\b|\b(?:your|are|our) ours\b|\b(?:are|r|be|you|still|guys|place|store|shop|office) (?:\w+ )?(?:open|closed)\b|\bwhen (?:do|are|does|can)\b.*\b(?:open|close|closed|opening|closing)"
        r"|\bwhat time (?:do|are|does|is|can)\b.*\b(?:open|close|closed|opening|closing|close?s|shut)\b|\bopen (?:on|at|today|tomorrow|late|early|until|till|this)\b|\bopening (?:times?|hours?)\b",
        re.I,
    ),
    "#place": re.compile(
        r"\bwhere (?:are|is|r|do|can|exactly|abouts)?|\baddress\b|\blocation\b|\blocated\b|\bdirections\b|\bhow (?:do|can|would) (?:i|we) (?:get|find) (?:to|there|you)\b",
        re.I,
    ),
    "#phone": re.compile(
        r"\b(?:phone|telephone|contact|call ?back|your) number\b|\bnumber (?:to|can|should|do) (?:i|we|call|reach)\b|\breach you\b",
        re.I,
    ),
    "#email": re.compile(r"\be-?mail\b", re.I),
    "#span": re.compile(
        r"\bhow (?:long|soon|many (?:days|hours|minutes|weeks|months|years)|fast|quickly|far ahead)\b(?: (?:does|do|will|would|is) (?:\w+ ){1,3}take\b)?",
        re.I,
    ),
    "#when": re.compile(r"\bwhen\b|\bwhat (?:time|day|date)\b|\bwhich day\b|\bhow (?:soon|late|early)\b", re.I),
    "#insurance": re.compile(r"\b(?:insurances?|insurers?|copay)\b", re.I),
    "#weight": re.compile(r"\b(?:how heavy|weigh|weight)\b", re.I),
    "#age": re.compile(
        r"\bhow old\b|\b(?:minimum|what) age\b|\byear[- ]old\b|\b(?:he|she|who)(?:'s| is) (?:only )?(?:\d+|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen)\b",
        re.I,
    ),
    "#who": re.compile(r"\bwho(?:'s|se)?\b|\bwhich (?:doctor|person|dentist|agent)\b", re.I),
}
_OPENING = re.compile(r"\b(?:open|opens|opening|closed?|closes|hours)\b", re.I)


def _grouped() -> dict[str, str]:
    canonical: dict[str, str] = {}
    for group in _GROUPS:
        members = group.split()
        for member in members:
            canonical[stem(member)] = stem(members[0])
    return canonical


def plain(text: str) -> str:
    """Lower case, without accents or typographic quotes."""
    text = text[:MAX_TEXT].replace("\u2019", "'").replace("\u2018", "'").lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """The words of a text, lower case, currency signs written out."""
    return _TOKEN.findall(plain(_CURRENCY.sub(" dollar ", text)))


def stem(word: str) -> str:
    """A word less its commonest English endings. Crude on purpose: both sides are cut alike."""
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) <= 3 or word.isdigit():
        return word
    for ending, put in (
        ("ies", "y"),
        ("sses", "ss"),
        ("ings", ""),
        ("ing", ""),
        ("edly", ""),
        ("ed", ""),
        ("es", "e"),
        ("s", ""),
        ("ly", ""),
    ):
        if (
            word.endswith(ending)
            and len(word) - len(ending) >= 3
            and not (ending == "s" and word.endswith(("ss", "us", "is")))
        ):
            word = word[: len(word) - len(ending)] + put
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lse":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


_CANONICAL = _grouped()
# What questions are made of: known to every index, so that they are recognised when misheard.
QUESTION_WORDS = (
    "insurance",
    "insurances",
    "located",
    "location",
    "address",
    "hours",
    "opening",
    "price",
    "appointment",
    "parking",
    "cancel",
    "delivery",
)
_SIBLINGS = {stem(group.split()[0]): group.split() for group in _GROUPS}
_LIGHT_STEMS = {stem(word) for word in LIGHT_WORDS}
_STOP_STEMS = STOP_WORDS | {stem(word) for word in STOP_WORDS}


def canonical(word: str) -> str:
    """The stem that stands for this word and its synonyms."""
    stemmed = stem(word)
    return _CANONICAL.get(stemmed, stemmed)


def siblings(word: str) -> list[str]:
    """The words that count as the same as this one."""
    return _SIBLINGS.get(canonical(word), [])


def is_stop(word: str) -> bool:
    return word in STOP_WORDS or stem(word) in _STOP_STEMS or (len(word) == 1 and not word.isdigit())


def is_light(word: str) -> bool:
    return stem(word) in _LIGHT_STEMS


def terms(text: str) -> list[str]:
    """The words of a text that carry its topic, in their canonical form."""
    return [canonical(word) for word in tokens(text) if not is_stop(word)]


def concepts_asked(question: str) -> set[str]:
    """What kind of thing a question wants: a price, hours, a place ..."""
    wanted = {name for name, pattern in _ASKED.items() if pattern.search(question)}
    if "#hours" in wanted:
        wanted.discard("#when")
    return wanted


def concept_words(question: str) -> set[str]:
    """The topic words of a question that only say what kind of thing it wants."""
    spans = [match[0] for pattern in _ASKED.values() for match in pattern.finditer(question)]
    return {canonical(word) for span in spans for word in tokens(span)}


def concepts_given(fact: str) -> set[str]:
    """What kinds of question a sentence can answer."""
    given: set[str] = set()
    has_time = bool(_CLOCK.search(fact) or WEEKDAY.search(fact))
    if _MONEY.search(fact):
        given.add("#price")
    if _OPENING.search(fact) and (has_time or (re.search(r"\d", fact) and not re.search(r"\d+ hours?\b", fact))):
        given.add("#hours")
    if _STREET.search(fact) or re.search(r"\b(?:address|located|location|directions)\b", fact, re.I):
        given.add("#place")
    if _PHONE.search(fact):
        given.add("#phone")
    if _EMAIL.search(fact):
        given.add("#email")
    if _SPAN.search(fact):
        given.add("#span")
    if has_time or _MONTH.search(fact) or re.search(r"\b(?:today|tomorrow|tonight)\b", fact, re.I):
        given.add("#when")
    if re.search(
        r"\b(?:insurances?|aetna|cigna|medicare|medicaid|humana|metlife|blue cross|delta dental|kaiser)\b", fact, re.I
    ):
        given.add("#insurance")
    if re.search(r"\b\d+\s?(?:kilos?|kilograms?|kg|lbs?|pounds|ounces)\b", fact, re.I):
        given.add("#weight")
    if re.search(
        r"\b(?:under|over|aged?|older than|younger than|minimum age|from) (?:of )?\d+\b|\byears old\b", fact, re.I
    ):
        given.add("#age")
    if re.search(r"\bDr\b|\b(?:doctor|manager|owner|dentist|chef|agent|led by|run by|named)\b", fact):
        given.add("#who")
    return given


_SOUNDS = (
    ("tion", "shn"), ("gy", "ja"), ("gi", "ja"), ("ge", "ja"), ("ph", "f"), ("gh", ""), ("ck", "k"), ("qu", "kw"), ("wh", "w"), ("kn", "n"), ("wr", "r"), ("gn", "n"), ("th", "t"),
    ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("c", "k"), ("x", "ks"), ("z", "s"), ("v", "f"), ("d", "t"), ("b", "p"), ("g", "k"),
)  # fmt: skip
_VOWELS = re.compile(r"[aeiouy]+")
_DOUBLED = re.compile(r"(.)\1+")


def sound(word: str) -> str:
    """A rough key of how a word sounds: voiced and unvoiced consonants fall together, vowels become one."""
    for letters, put in _SOUNDS:
        word = word.replace(letters, put)
    word = _VOWELS.sub("a", word.replace("h", "") or "a")
    return _DOUBLED.sub(r"\1", word)


def pairs(key: str) -> frozenset[str]:
    """The pairs of neighbouring letters of a word, its edges marked."""
    edged = f"<{key}>"
    return frozenset(edged[i : i + 2] for i in range(len(edged) - 1))


def distance(one: str, other: str, limit: int) -> int:
    """Levenshtein's distance; `limit + 1` stands for anything more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
        if min(row) > limit:
            return limit + 1
    return row[-1]


@lru_cache(maxsize=4096)
def little_word(word: str) -> str:
    """The little word that an unknown one is, but for one letter ("lomg", "whad"); else empty."""
    if len(word) < 4:
        return ""
    alike = (
        known for known in sorted(STOP_WORDS | LIGHT_WORDS) if abs(len(known) - len(word)) <= 1 and len(known) >= 4
    )
    return next((known for known in alike if distance(known, word, 1) <= 1), "")
