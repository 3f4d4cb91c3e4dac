"""Whether somebody does not want to be recorded, by what they say in mid-call; and what they are told.

By fixed phrases, as `opting_out`. The answer to a question for consent is `consenting`'s.
"""

from __future__ import annotations

import re
from typing import Final

_ENGLISH: Final = re.compile(
    "|".join(
        (
            # "Please stop recording." "Turn the recording off."
            r"\b(?:stop|quit|end|pause|cease) (?:recording|taping)(?: (?:me|us|it|(?:this|that|the|our)(?: (?:call|conversation))?|now|please))*(?=\W*$|[.,!?;])",
            r"\b(?:stop|end|pause|turn off|switch off|shut off|disable) (?:the|this|that|your) (?:recording|recorder|tape)\b",
            r"\b(?:turn|switch|shut) (?:the|this|that|your) (?:recording|recorder|tape) off\b",
            # "Do not record me." "Don't record this call."
            r"\b(?:don'?t|do not|not to|never)(?: you)?(?: dare)? (?:record|tape) (?:me|us|this|that|it|any of this|(?:this|the|our|my) (?:call|conversation|voice))\b",
            # "Please don't record." "No recording, please." "You do not have my permission to record this."
            r"\b(?:don'?t|do not) (?:record|tape)(?: please)?(?=\W*$)",
            r"(?:^|\bplease,? )no (?:recording|taping)(?:,? please)?(?=\W*$)",
            r"\b(?:don'?t|do not) have (?:my |our |any )?(?:permission|consent) to (?:record|tape)\b",
            r"\bi(?:'d| would) (?:much )?(?:rather|prefer) (?:not (?:to )?be|you (?:didn'?t|did not|don'?t)) (?:recorded|taped|record|tape)\b",
            # "I do not want to be recorded." "I don't consent to being recorded."
            r"\bi (?:don'?t|do not|didn'?t|did not|never) (?:want|wish|like|agree|consent|consented|agreed)(?: (?:to|for))* (?:(?:be|being|get|getting) (?:recorded|taped)|(?:this|the|my|our) (?:call|conversation|voice) (?:to be |being )?(?:recorded|taped)|(?:the|a|this|any) recording(?=\W*$|,))",
            r"\bi (?:object to|refuse)(?: to)? (?:(?:be|being) (?:recorded|taped)|(?:the|this|any) recording)\b",
        )
    ),
    re.IGNORECASE,
)
# What is asked, told, turned into its opposite, or what a machine says of its keys.
_NOT_ENGLISH: Final = re.compile(
    r"\b(?:(?:how|when|where|why) (?:do|can|would|could|did) (?:i|we|people|you)"
    r"|(?:don'?t|do not|didn'?t|never) (?:you )?(?:stop|quit|end|pause|turn off|switch off)|(?:told|asked|said) (?:\w+ )?(?:not )?to|(?:press|dial|push|hit) (?:the |any )?(?:key|pound|star|hash|zero|one|two|three|four|five|six|seven|eight|nine|\d|[#*]))",
    re.IGNORECASE,
)
_GERMAN: Final = re.compile(
    "|".join(
        (
            r"\b(?:zeichnen?|nehmen|nimm|zeichne) (?:sie |du )?(?:bitte )?(?:mich|uns|das|dies|dieses gespräch|das gespräch|den anruf) (?:bitte )?(?:nicht|nicht mehr) auf\b",
            # "Bitte nicht aufnehmen." "Sie dürfen mich nicht aufzeichnen." Loans and tasks are "aufgenommen" as well.
            r"\bbitte (?:(?:das|dies|hier|jetzt|mich|uns|gespräch|anruf|den) ){0,3}nicht (?:mehr )?(?:aufzeichnen|aufnehmen|mitschneiden)\b",
            r"\b(?:mich|uns|(?:das|dieses|unser) gespräch|(?:den|diesen) anruf|meine stimme) (?:bitte )?nicht (?:mehr )?(?:aufzeichnen|aufnehmen|mitschneiden)\b",
            # "Ich möchte nicht aufgenommen werden." "Wir wollen nicht, dass Sie uns aufzeichnen."
            r"\bnicht (?:mehr )?(?:aufgezeichnet|aufgenommen|mitgeschnitten) werden\b",
            r"\bnicht, dass (?:sie |du |man )?(?:ich|mich|uns|wir|das|dies|(?:das|dieses|unser) gespräch|(?:der|dieser|den|diesen) anruf)(?: hier)? (?:(?:aufzeichnen|aufnehmen|mitschneiden|aufzeichnet|aufnimmt|mitschneidet)\b|(?:aufgezeichnet|aufgenommen|mitgeschnitten) (?:wird|werde|werden)\b)",
            # "Keine Aufzeichnung, bitte." "Ich möchte keine Aufnahme."
            r"(?:^|\bbitte |\b(?:möchten?|wollen|will|wünschen?) )keine (?:aufzeichnung|aufnahme|mitschnitte?)(?:,? bitte)?(?=\W*$|,)",
            r"\b(?:widerspreche|widersprechen) (?:der|einer|dieser|jeder) (?:aufzeichnung|aufnahme)\b",
            r"\bstimmen? (?:(?:der|einer|dieser) (?:aufzeichnung|aufnahme) nicht|keiner (?:aufzeichnung|aufnahme)) zu\b",
            r"\b(?:beenden|stoppen|pausieren|unterbrechen) (?:sie )?(?:bitte )?die (?:aufzeichnung|aufnahme)\b",
            r"\b(?:schalten|machen|stellen) (?:sie )?(?:bitte )?die (?:aufzeichnung|aufnahme) (?:bitte )?(?:ab|aus)\b",
            r"\bhören sie (?:bitte )?auf,? (?:\w+ ){0,2}(?:aufzunehmen|aufzuzeichnen|mitzuschneiden)\b",
        )
    ),
    re.IGNORECASE,
)
_NOT_GERMAN: Final = re.compile(r"\b(?:warum|wieso|weshalb|wann|können sie nicht|habe ich gesagt)\b", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?;])\s+")

_TOLD: Final = {
    "en": "All right, I have stopped the recording. Please go on.",
    "de": "In Ordnung, die Aufzeichnung ist aus. Bitte sprechen Sie weiter.",
}


def objects(text: str) -> bool:
    """Whether these words ask not to be recorded, in English or German, whatever the agent speaks."""
    words = " ".join(text.replace("\u2019", "'").split())
    return any(_asks(sentence) for sentence in _SENTENCE_END.split(words))


def _asks(sentence: str) -> bool:
    if _ENGLISH.search(sentence) and not _NOT_ENGLISH.search(sentence):
        return True
    return bool(_GERMAN.search(sentence)) and not _NOT_GERMAN.search(sentence)


def acknowledged(language: str) -> str:
    """What is said to somebody who objects: in English where we have no words in their language."""
    return _TOLD.get(language.partition("-")[0].lower(), _TOLD["en"])
