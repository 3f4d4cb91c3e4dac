"""Parts of a prompt put into sentences: what is to be told, prices, keyed lines."""

from __future__ import annotations

import re

from calls.voice.providers.house import spoken


def base_form(what: str) -> str:
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


def as_told(rest: str, link: str | None, verb: str) -> str:
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


def as_price(item: str, price: str, per: str | None) -> str:
    item = spoken.aloud(item)
    plural = item.endswith("s") and not item.endswith("ss")
    return spoken.sentence(f"{item} {'are' if plural else 'is'} {spoken.aloud(price + (per or ''))}")


def as_keyed(key: str, value: str) -> str:
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
        return spoken.sentence(f"Our {low} is {inner}")
    if re.match(r"[$€£]?\d", inner) or inner.lower().startswith("free"):
        return spoken.sentence(f"{key} {'are' if low.endswith('s') and not low.endswith('ss') else 'is'} {lowered}")
    return spoken.sentence(f"{key}: {lowered}")


def names_a_list(heading: str) -> bool:
    """Whether a heading says what its items are ("Menu"), rather than only that they are known ("Facts")."""
    return bool(heading) and not re.search(
        r"\b(?:facts?|info|information|details|background|know|notes?|knowledge|about|context|general|faq|policies)\b",
        heading,
        re.I,
    )
