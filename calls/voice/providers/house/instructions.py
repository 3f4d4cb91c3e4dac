"""How prompts put their instructions: the forms by which manners, questions, things to tell and rules are recognised.

Every quantifier is bounded or separated, so that no prompt, however made, takes long to read.
"""

from __future__ import annotations

import re

MANNER = re.compile(
    r"^(?:please |always |also |just |and |but )*(?:be|keep|never|always|avoid|speak|use|respond|reply|answer|stay|sound|remember|act|maintain|make sure|"
    r"make|try|limit|ensure|don't|dont|do not|follow|greet|introduce|thank|wait|listen|help|assist|handle|treat|refer|redirect|transfer|escalate|"
    r"end|hang|stick|focus|only|start|begin|stop|pause|let|respect|adapt|adjust|summari[sz]e|repeat|read|spell|pretend|provide|guide|encourage|"
    r"verify|note|record|write|log|work|think|do|if|when|once|after|before|as|in case|unless|give|show|allow|continue|conclude|close|talk|"
    r"prioriti[sz]e|acknowledge|apologi[sz]e|politely|briefly|clearly|under no|at no|no matter|under all|(?:your )?(?:answers|responses|replies|output|format|language|style|tone)(?=:| (?:should|must|be|short|brief|need))|your (?:tone|style|voice|manner|personality|answers|responses|replies)|"
    r"you (?:should|must|need to|have to|will|shall|would|may not|can't|cannot|must not|should not|always|never|speak|answer|handle|help|sound|talk|respond|want)|"
    r"act)\b",
    re.I,
)
FACT_AFTER_ALL = re.compile(
    r"^(?:as of|do you|do we|no matter what|only (?:cash|cards?|adults)|if (?!(?:the|they|a|an|someone|anyone|asked|you|he|she|callers?|customers?|patients?|users?)\b)"
    r"|you (?:must|should|will|need to|have to) (?:arrive|bring|park|pay|wear|show|sign|cancel|fast|order|return|use|receive|get|present)\b"
    r"|(?:if|when|before|after|once) you (?!are asked|don't|do not|cannot|can't|know|have|get|hear|speak|talk|notice|need|think|finish)[^,]{3,80}, (?:you|we|your|the|a|please|it|there)\b)",
    re.I,
)
ASK = re.compile(
    r"^(?:please |always |also |then |first,? |next,? |finally,? |politely |make sure to |be sure to |remember to |try to |and |you (?:should|must|need to|have to|will|want to) (?:also |always )?"
    r"|(?:your|the) (?:goal|job|task|aim|purpose|objective) is to |to begin,? |start by |begin by |you )*"
    r"(?P<verb>ask(?:ing)?|collect(?:ing)?|find out|finding out|gather(?:ing)?|get|getting|take down|take|request|obtain|inquire|enquire|confirm(?:ing)?|verify|determine|qualify|capture|check|learn|know|note down|record)\b"
    r"(?P<whom> (?:them|him|her|the (?:caller|customer|patient|user|client|guest|person|respondent|prospect|tenant|applicant|lead)|callers|customers|patients|everyone|users|guests|prospects))?"
    r"[:,]?\s+(?P<rest>.+)",
    re.I,
)
PERSONAL = re.compile(r"\b(?:their|the (?:caller|customer|patient|user|client|guest|person|tenant|applicant|lead)'s|his|her|name|number|e-?mail|whether|if they|they|following|party size|date|reason|budget)\b", re.I)  # fmt: skip
TELL = re.compile(
    r"^(?:please |always |also |then |first,? |next,? |finally,? |and |you (?:should|must|need to|will) )*(?P<verb>tell|let|inform|remind|mention|explain|notify|advise|state|announce|say)\b"
    r"(?P<whom> (?:to )?(?:them|him|her|everyone|(?:the |all |new )?(?:caller|customer|patient|user|client|guest|person|tenant|applicant|callee)s?|people))?(?: know)?(?P<link> that| about| of|:|,)?\s+(?P<rest>.+)",
    re.I,
)
COND = re.compile(
    r"^(?:and |but )?(?P<if>if|when|whenever|once|in case|for|to|before|after|in order to)\s+(?P<when>[^,:]{3,160}?)(?:,| then|:)\s+(?:then |please |you (?:should|must|can) |always )*(?P<then>.+)",
    re.I,
)
GREET = re.compile(
    r"^(?:always |please )*(?:greet|open|start|begin|answer)\b[^\"\u201c:]{0,80}(?::|with|by saying|saying|,)\s*[:\s]*[\"\u201c](?P<text>[^\"\u201d]{4,300})[\"\u201d]",
    re.I,
)
CLOSE = re.compile(
    r"^(?:always |please )*(?:end|close|finish|conclude|wrap up)\b[^\"\u201c]{0,80}[\"\u201c](?P<text>[^\"\u201d]{4,300})[\"\u201d]",
    re.I,
)
PURPOSE = re.compile(
    r"^(?:(?:today |now )?you(?:'re| are) (?:calling|phoning|reaching out|contacting|following up)(?: (?P<whom>(?!to\b|about\b|on\b|from\b|because\b|with\b|in\b|for\b|regarding\b)[\w' ]{2,60}?))?\s+(?P<call>(?:to|about|on|from|because|with|in|for|regarding)\b.+)"
    r"|you (?P<doing>(?:conduct|carry out|run|make|do|perform)\b.*\b(?:survey|interview|poll|reminder calls?|screening|check-?in|follow-?up)s?\b.*)"
    r"|you(?:r job is to| will|) ?call (?P<who2>[\w' ]{2,60}?) (?P<call2>(?:to|about|regarding)\b.+)"
    r"|(?:call|phone|contact) (?P<who3>[\w' ]{2,60}?) (?P<call3>(?:to|about|regarding)\b.+)"
    r"|(?:your|the) (?:main |primary )?(?:goal|task|job|purpose|objective|mission|aim|role)(?: of (?:this|the) call)? is (?P<goal>to .+)"
    r"|(?:goal|task|purpose|objective|mission)(?: of (?:this|the) call)?:\s*(?P<goal2>.+))",
    re.I,
)
LEADING = re.compile(
    r"\b(?:calling|call (?:the )?(?:customers?|patients?|people|leads?|clients?|guests?|to)|survey|conduct|remind|following up|follow up|notify|outbound|screen|qualify|interview|confirm (?:the|their|an?) (?:appointment|reservation|booking|order))\b",
    re.I,
)
CANNOT = re.compile(
    r"^(?:please |under no circumstances )?(?:never|do not|don't|you (?:must|should|may|can)(?: not|'t|not) |you (?:must|should) never|you cannot|avoid|no)\s*(?:ever )?(?P<what>(?:giv|offer|discuss|quot|promis|shar|reveal|disclos|talk|book|tak|mak|provid|recommend|diagnos|advis|accept|negotiat|speculat|answer)\w* .{3,120}|(?:medical|legal|financial|tax) advice.*)",
    re.I,
)
PRICED = re.compile(
    r"(?P<item>[^,;$€£]{2,50}?)[\s:=-]*(?:costs?|are|is|for|at)?[\s:=-]*(?P<price>(?:from |about )?[$€£]\s?[\d.,]*\d|\d[\d.]* ?(?:dollars|euros|pounds)|free)(?P<per>(?: ?/ ?| per | a | an )\w+| each)?\.?$",
    re.I,
)


VERB = re.compile(
    r"\b(?:is|are|was|has|have|can|cannot|costs?|will|must|should|takes?|gets?|goes|go|accept|offer|do|does|may|needs?|we|you|our)\b",
    re.I,
)

# "Ask how you can help": the opening of a talk, not a thing to find out.
OFFER = re.compile(
    r"(?:(?:them|him|her|the \w+|callers|customers|people) )?(?:in )?(?:how|what|if|whether|with what|which way)\b.{0,20}?\byou (?:can|could|may|might) (?:best |further )?(?:help|assist|do|be of|support|serve)\b",
    re.I,
)
# Courtesies that are named rather than written out: "say goodbye when everything is settled".
COURTESY = re.compile(r"(?:good-?bye|bye|farewell|hello|hi|so|sorry|thanks|thank you|please|yes|no)\b", re.I)
_THEN = r"(?:,\s*(?:and\s+)?(?:then\s+)?|;\s*|\s+(?:and|then)\s+(?:then\s+)?)(?:also |finally |please )*"
_THEN_ASK = re.compile(
    _THEN + r"(?=(?:ask|find out|collect|gather|inquire|enquire)\b|(?:get|take|confirm|verify|note) their\b)", re.I
)
_THEN_DO = re.compile(
    _THEN
    + r"(?=(?:say|tell|inform|remind|notify|thank|wish) (?:them|him|her|the (?:caller|customer|patient|client|guest)|callers|customers)\b|say (?:good-?bye|bye|that|thank|hello|so)\b"
    r"|let (?:them|him|her|the \w+) know\b|offer (?:them|to)\b|(?:end|close|finish|wrap up) (?:the|this)\b|hang up\b|(?:note|write|record|repeat|read) (?:it|them|that|down|the answers?)\b)",
    re.I,
)
_FORBIDS = re.compile(
    r"^(?:please )?(?:never|do not|don't|dont|avoid|no|under no|you (?:must|should|may|can) ?(?:not|never|n't))\b", re.I
)


def instructions_of(text: str) -> list[str]:
    """The several instructions of one sentence, apart, each with the condition that they share."""
    conditional = COND.match(text)
    condition = text[: conditional.start("then")] if conditional else ""
    body = text[len(condition) :]
    asks = ASK.match(body)
    if re.search(r"[\"\u201c]", body) or _FORBIDS.match(body) or not (asks or MANNER.match(body)):
        return [text]
    parts = _THEN_ASK.split(body)
    parts = [piece for part in parts for piece in (_THEN_DO.split(part) if ASK.match(part) else [part])]
    return [condition + part.strip() for part in parts if part.strip()]
