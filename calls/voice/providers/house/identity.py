"""Who the agent is, by its prompt: name, role, company, why it calls."""

from __future__ import annotations

import re
from dataclasses import dataclass

from calls.voice.providers.house import spoken

_ROLES = (
    "agent|assistant|receptionist|representative|rep|concierge|operator|host|hostess|secretary|scheduler|coordinator|specialist|advisor|adviser|"
    "consultant|clerk|bot|caller|interviewer|surveyor|researcher|dispatcher|manager|helper|ai|desk|line|team member|attendant|service|support|"
    "screener|salesperson|nurse|realtor|broker|tutor|guide|employee|staff"
)
_PRAISE = re.compile(
    r"\b(?:very|friendly|helpful|polite|professional|warm|kind|courteous|cheerful|patient|caring|efficient|concise|knowledgeable|calm|upbeat|"
    r"empathetic|experienced|smart|intelligent|and|,|highly|skilled|dedicated|expert|great|nice|good)\b(?=[\s,])",
    re.I,
)
_PROPER = r"[A-Z0-9][\w'&.-]*(?:\s+(?:of|and|the|&|de|la|del|for|in the)\s+[A-Z][\w'&.-]*|\s+[A-Z0-9&][\w'&.-]*){0,6}"
_NAME = r"[A-Z][a-z'\u00c0-\u024f-]+(?:\s[A-Z][a-z'\u00c0-\u024f.-]+){0,2}"
_NOT_NAMES = frozenset(
    [
        "open",
        "closed",
        "a",
        "an",
        "the",
        "calling",
        "here",
        "located",
        "responsible",
        "working",
        "our",
        "helping",
        "now",
        "acting",
        "based",
        "not",
        "customer",
    ]
)
_LABEL_WORDS = re.compile(r"\b(?:agent|assistant|bot|support|sales|line|desk|demo|test|call|calls|reminder|survey|service|customer|reception|receptionist|booking|office|voice|ai|follow|up|status|team|helper|screening)\b", re.I)  # fmt: skip


@dataclass
class Identity:
    name: str = ""
    role: str = ""
    company: str = ""
    about: str = ""
    place: str = ""
    is_greedy: bool = False


def read_identity(sentence: str, known: Identity, *, first: bool) -> bool:
    """Take what a sentence says of the agent into `known`. False when it says nothing of that."""
    text = sentence.strip().rstrip(".")
    named = re.match(
        rf"(?i:your name(?: is|'s|:)|you(?:'re| are) (?:called|named)|name:)\s+({_NAME})(?P<rest>.*)", text
    )
    if named:
        known.name = known.name or named[1]
        _read_role(re.sub(r"^[,\s]*(?:and )?(?:you(?:'re| are)|you)?\s*", "", named["rest"]), known)
        return True
    labelled = re.match(
        r"(?i:(role|persona|company|business|clinic|restaurant|organi[sz]ation)(?: name)?:)\s+(.+)", text
    )
    if labelled:
        if labelled[1].lower() in ("role", "persona"):
            return _read_role(labelled[2], known) or True
        known.company = known.company or spoken.aloud(labelled[2].split(",")[0])[:80]
        return True
    works = re.match(
        rf"(?i:you (?:work|answer (?:the )?(?:phones?|calls)|take calls|are working) (?:for|at|with|of)|you represent)\s+(?:the\s+)?({_PROPER})",
        text,
    )
    if works:
        known.company = known.company or works[1].rstrip(".")
        return text[works.end() :].strip(" ,.") == ""
    being = re.match(r"(?i:you(?:'re| are)|act as|acting as|you will be|behave as|i am)\s+(?P<rest>.+)", text)
    if being is None:
        return False
    rest = being["rest"]
    person = re.match(rf"({_NAME})(?=\s*(?:,|$|\b(?:from|at|of|with|the|a|an|and|calling|who|-)\b))", rest)
    if (
        person
        and person[1].split()[0].lower() not in _NOT_NAMES
        and not re.match(rf"(?:{_ROLES})s?\b", person[1].split()[-1], re.I)
    ):
        known.name = known.name or person[1]
        _read_role(rest[person.end() :].strip(" ,-"), known)
        return True
    has_article = re.match(r"(?:an?|the|our)\s", rest, re.I)
    role_like = re.match(rf"(?:an?|the|our)?\s?(?:[\w'/-]+[\s,]+){{0,7}}?(?:{_ROLES})s?\b", rest, re.I)
    if role_like or (first and has_article):
        return _read_role(rest, known)
    if re.match(r"(?:calling|here|responsible)\b", rest, re.I) or not first:
        return False
    return False


def _read_role(rest: str, known: Identity) -> bool:
    named = re.search(rf"\b(?:named|called|whose name is|name is)\s+({_NAME})", rest)
    if named:
        known.name = known.name or named[1]
        rest = (rest[: named.start()] + rest[named.end() :]).strip(" ,")
    at = re.search(rf"\b(?:at|for|from|of|with|behalf of)\s+(?:the\s+|a\s+)?({_PROPER})", rest)
    role = rest
    if at:
        role = rest[: at.start()]
        known.company = known.company or at[1].rstrip(".,")
        tail = rest[at.end() :]
        about = re.match(r"\s*,\s*((?:an?|the)\s[^,.;]{3,120}(?:,[^,.;]{3,60})?)", tail)
        if about and not re.search(r"\byou\b", about[1]):
            known.about = about[1]
        where = re.match(rf"\s*,?\s+in\s+((?:[a-z]+\s)?{_PROPER}(?:, [A-Z][\w ]+)?)", tail)
        if where:
            known.place = where[1]
    role = re.split(
        r",|\bwho\b|\bthat\b|\bcalling\b|\bhelping\b|\bon behalf\b|\bfor\b|\band\b(?! \w+ (?:agent|assistant))",
        _PRAISE.sub("", role),
    )[0]
    role = re.sub(r"^\s*(?:an?|the|our)\s+", "", re.sub(r"\s+", " ", role).strip(), flags=re.I).strip(" ,.-")
    role = re.sub(r"\s+(?:on|over|by|via) (?:the )?(?:tele)?phone$", "", role)
    role = re.sub(r"\s+(?:at|for|from|of|with)$", "", role)
    if role and len(role.split()) <= 5 and not known.role:
        known.role = role if role[:2].isupper() or role[0].islower() else role[0].lower() + role[1:]
    return bool(role or at or named)


def name_from_label(label: str) -> str:
    """An agent's label, where it is a person's name: "Anna", but not "Customer Support Agent"."""
    label = label.strip()
    return label if re.fullmatch(_NAME, label) and len(label.split()) <= 2 and not _LABEL_WORDS.search(label) else ""
