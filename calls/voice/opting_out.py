"""Whether somebody wants no more calls, by what they say; and what they are told.

By fixed phrases, so that it never depends on a model's mood. Whoever is in doubt is asked by nobody: only clear words count.
"""

from __future__ import annotations

import re
from typing import Final

_ME: Final = r"(?:me|us|here|this (?:number|phone|line)|my (?:number|phone|house|home|cell|cellphone|mobile))"
_EVER: Final = r"(?:again|any ?more|any longer|ever)"
_LIST: Final = r"(?:(?:your|the|this|that) )?(?:\w+ ){0,2}(?:list|database|system|records|files)"

_ENGLISH: Final = re.compile(
    "|".join(
        (
            # "Please stop calling me." "Quit calling."
            r"(?:stop|quit) (?:calling|phoning|ringing|contacting|bothering)\b"
            r"(?! (?:me|us|him|her|it|them) (?!again|any|at|on|now|please|like|about|here|ever|every|every\w+|with|and|or|all|so|or)[a-z])",
            # "Do not call me again." "Never call here again." "Don't ever call this number."
            rf"(?:don'?t|do not|never|not to)(?: you)?(?: ever)? (?:call|phone|ring|contact)(?: {_ME})?(?: on \w+ \w+)? {_EVER}",
            rf"(?:don'?t|do not|never) ever (?:call|phone|ring|contact)(?: {_ME})",
            # "I don't want you to call me." "I do not want any more calls."
            rf"(?:don'?t|do not) want (?:you |anyone |anybody )?(?:to )?(?:call|phone|ring|contact)(?:ing)? {_ME}(?! (?:a|an|the|before|after|at|on|until|while|this|that|by)\b)",
            r"(?:don'?t|do not) want (?:any(?: more)?|to (?:get|receive) (?:any(?: more)?|these|your|such)|more|these|your) (?:\w+ )?calls",
            r"no more (?:\w+ )?calls",
            # "Take me off your list." "Remove my number."
            rf"(?:take|get|strike|scratch) (?:me|us|my (?:name|number|phone number)|this number) (?:off|out of|from)(?: of)? {_LIST}",
            rf"(?:remove|delete|erase) (?:me|us|my (?:name|number|phone number)|this number)(?: (?:from|off) {_LIST}|(?=\W*$)|(?= please))",
            r"(?:put|add|place) (?:me|us|my (?:name|number|phone number)|this number) (?:on|to|onto) (?:your|the|a) do[ -]not[ -]call",
            r"\b(?:lose|forget) (?:my|this) number\b",
            r"\bunsubscribe me\b",
        )
    ),
    re.IGNORECASE,
)
# What turns it into its opposite, or into a tale.
_NOT_ENGLISH: Final = re.compile(
    r"\b(?:(?:don'?t|do not|never|didn'?t|did not|not) (?:ask(?:ing)? (?:you )?to |say(?:ing)? |mean (?:to say )?|want you to )?(?:stop|quit) (?:call|phon|ring|contact)"
    r"|(?:did|do|does|will|would|has|have) (?:\w+ ){1,3}(?:tell|told|ask|asked|say|said) you"
    r"|how (?:do|can|would) (?:i|we|people|you))",
    re.IGNORECASE,
)
_GERMAN: Final = re.compile(
    "|".join(
        (
            r"(?:rufen?|rufst|kontaktieren?|belästigen?)(?: sie| du)?(?: bitte)?(?: mich| uns| hier| diese nummer| bei (?:mir|uns))?(?: bitte)?(?: hier)? (?:nie(?:mals)?(?: wieder| mehr)?|nicht (?:mehr|wieder|nochmal|noch einmal))(?: wieder)?(?: an)?",
            r"(?:hören|hör) (?:sie |du )?(?:bitte )?(?:endlich )?(?:auf|mal auf),? (?:mich |uns |hier |bei (?:mir|uns) )?anzurufen",
            r"(?:möchte|will|wünsche|wollen|möchten) (?:ich |wir )?(?:bitte )?(?:nicht (?:mehr|länger|wieder) (?:von ihnen )?(?:angerufen|kontaktiert|belästigt)|(?:keine|keinen) (?:weiteren |solchen )?anrufe?)",
            r"keine (?:weiteren |werbe)?anrufe mehr",
            r"(?:nehmen|streichen|löschen|entfernen|nimm|streiche?|lösch) (?:sie |du )?(?:mich|uns|meine (?:telefon)?nummer|diese (?:telefon)?nummer|meinen namen)(?: bitte)? (?:von|aus|in) (?:der|ihrer|dieser|eurer|ihrem|dem|der) (?:\w+ )?(?:liste|anrufliste|telefonliste|kartei|datenbank|verteiler|system)",
            r"(?:löschen|streichen|entfernen) (?:sie )?(?:bitte )?meine (?:telefon)?nummer",
            r"(?:nicht (?:mehr|wieder)|nie wieder|nie mehr) (?:hier |bei mir |bei uns )?(?:anrufen|an(?:ge)?rufen)",
        )
    ),
    re.IGNORECASE,
)
_NOT_GERMAN: Final = re.compile(
    r"\b(?:(?:warum|wieso|weshalb) (?:rufen|haben)|wenn sie (?:mich )?nicht|nicht auf,? (?:mich )?anzurufen)",
    re.IGNORECASE,
)

_FAREWELLS: Final = {
    "en": "I understand. Your number is on our do-not-call list now, and we will not call you again. Goodbye.",
    "de": "Ich verstehe. Ihre Nummer steht jetzt auf unserer Sperrliste, und wir rufen Sie nicht mehr an. Auf Wiederhören.",
}


def is_opt_out(text: str) -> bool:
    """Whether these words ask for no more calls, in English or German, whatever the agent speaks."""
    words = " ".join(text.replace("\u2019", "'").split())
    if _ENGLISH.search(words) and not _NOT_ENGLISH.search(words):
        return True
    return bool(_GERMAN.search(words)) and not _NOT_GERMAN.search(words)


def farewell(language: str) -> str | None:
    """The last words to somebody who has opted out; None where we have none in this language."""
    return _FAREWELLS.get(language.partition("-")[0].lower())
