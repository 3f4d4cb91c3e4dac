"""The outline of a prompt: its headings, list items, keyed lines and questions with answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_PROMPT = 20_000
_MAX_LINE = 1_500

_BULLET = re.compile(r"^\s*(?:[-*\u2022\u2013+]|\(?\d{1,2}[.)]|[a-z]\))\s+(?P<text>.+)")
_HEADING = re.compile(
    r"^\s*(?:#{1,6}\s*(?P<hash>.+?)#*|\*\*(?P<bold>[^*]{2,80})\*\*:?|(?P<colon>[A-Za-z][\w ,'/&()-]{1,80}):|(?P<caps>[A-Z][A-Z0-9 &/'-]{3,60})|\[(?P<square>[\w ]{2,60})\]|<(?P<tag>[\w ]{2,40})>)\s*$"
)
_Q = re.compile(
    r"^\s*(?:[-*\u2022]\s*)?(?:\*\*)?(?:q|question)\s*\d*\s*[:.)]\s*(?:\*\*)?\s*(?P<q>.+?)(?:\s+(?:\*\*)?(?:a|answer)\s*[:.)]\s*(?P<a>.+))?$",
    re.I,
)
_A = re.compile(r"^\s*(?:[-*\u2022]\s*)?(?:\*\*)?(?:a|answer)\s*\d*\s*[:.)]\s*(?:\*\*)?\s*(?P<a>.+)$", re.I)
_ASKED_AND_ANSWERED = re.compile(
    r"^(?P<q>(?:do|does|is|are|can|could|what|when|where|how|who|which|why|will|may)\b[^?]{4,160}\?)\s+[-:]?\s*(?P<a>\S.{1,400})$",
    re.I,
)
_KEY = re.compile(r"^(?P<key>[A-Z0-9][\w '&/().,-]{1,45}?)\s*(?::\s+|\s[\u2013\u2014]\s|\s-\s)(?P<value>\S.*)$")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"'\u201d)]?\s+(?=[\"'\u201c(]?[A-Z0-9\u00c0-\u00de\u00bf\u00a1])|;\s+|(?<=[.!?][\"\u201d])\s+(?=[A-Z])"
)
_NO_END = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|St|Ave|Rd|Blvd|No|approx|e\.g|i\.e|a\.m|p\.m|Jr|Sr|vs|[A-Z])\.$", re.I)

_SECTIONS = (
    ("facts", r"faq|frequently|q ?& ?a|about us|about the|facts|services|hours|pric|menu|policies|policy|knowledge|background|information$|info$|insurance|location|parking|details"),
    ("asks", r"\bquestions?\b|\bask\b|collect|gather|information (?:needed|to)|survey|screening|qualif|intake|find out|data to"),
    ("identity", r"role|identity|persona\b|who you are|about you"),
    ("manner", r"style|tone|rules|guideline|behavio|instruction|personality|voice|manner|important|constraint|guardrail|don'?t|do not|never|always|limits|response"),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One statement of a prompt with what stands above it."""

    text: str
    heading: str = ""
    section: str = "facts"
    key: str = ""
    question: str = ""
    when: str = ""
    is_item: bool = False


def sentences(text: str) -> list[str]:
    """Sentences, with "Dr." and its like kept whole."""
    parts: list[str] = []
    for part in _SENTENCE_END.split(text):
        if parts and _NO_END.search(parts[-1]):
            parts[-1] += f" {part}"
        elif part and part.strip():
            parts.append(part.strip())
    return parts


def read_lines(prompt: str) -> list[Line]:
    """The statements of a prompt, in order. Past 20,000 characters it is cut."""
    lines: list[Line] = []
    heading, section, when, pending = "", "facts", "", ""
    # A paragraph wrapped over several lines is one.
    for raw in _unwrapped(prompt[:MAX_PROMPT]):
        text = raw.strip()
        if not text:
            pending = ""
            continue
        answered = _A.match(text)
        if pending and answered:
            lines.append(Line(answered["a"], heading, "facts", question=pending))
            pending = ""
            continue
        asked = _Q.match(text)
        if asked and section != "asks":
            if asked["a"]:
                lines.append(Line(asked["a"], heading, "facts", question=asked["q"]))
            else:
                pending = asked["q"]
            continue
        bullet = _BULLET.match(text)
        title = None if bullet and not text.startswith("**") else _HEADING.match(text)
        if title:
            heading, section, when = _titled(next(g for g in title.groups() if g).strip(" *:"))
            continue
        body = bullet["text"].strip() if bullet else text
        body = re.sub(r"^\*\*([^*]{1,60})\*\*", r"\1", body).replace("**", "")
        both = _ASKED_AND_ANSWERED.match(body)
        if both:
            lines.append(Line(both["a"], heading, "facts", question=both["q"]))
            continue
        if bullet is None and heading and lines and raw.startswith(("\x00",)):
            # A paragraph after a blank line is no longer below a list's heading, unless that was a title line.
            heading, section, when = "", "facts", ""
        keyed = _KEY.match(body)
        key = (
            keyed["key"]
            if keyed
            and len(keyed["key"].split()) <= 5
            and not re.search(r"\b(?:say|ask|tell|with|saying|if|when)\b", keyed["key"], re.I)
            else ""
        )
        if re.match(r"(?:ask|collect|gather|find out)\b", body, re.I):
            key = ""
        lines.append(
            Line(keyed["value"] if key and keyed else body, heading, section, key, when=when, is_item=bool(bullet))
        )
    return lines


def _titled(title: str) -> tuple[str, str, str]:
    low = title.lower()
    for section, pattern in _SECTIONS:
        if re.search(pattern, low):
            condition = re.match(r"(?:if|when|for|to|before) (.+?)(?:,|$)", low)
            return title, section, condition[1] if section == "asks" and condition else ""
    return title, "facts", ""


def _unwrapped(prompt: str) -> list[str]:
    out: list[str] = []
    for raw in prompt.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", " ").split("\n"):
        line = raw[:_MAX_LINE]
        above = out[-1] if out else ""
        continues = (
            above.strip()
            and line.strip()
            and not _BULLET.match(line)
            and not _HEADING.match(line)
            and not _HEADING.match(above)
            and not _Q.match(line)
            and not _A.match(line)
            and len(above) > 50
            and not above.rstrip().endswith((".", "?", "!", ":"))
            and len(above) + len(line) < _MAX_LINE
        )
        if continues:
            out[-1] = f"{above.rstrip()} {line.strip()}"
        else:
            out.append(line)
    return out
