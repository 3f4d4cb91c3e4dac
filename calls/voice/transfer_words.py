"""What an agent says around a transfer, in the languages that it knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class TransferWords:
    """`{name}` is the destination's, `{agent}` the agent's."""

    announcement: str
    # To the colleague: who speaks, who calls, what they said, and whether to put them through.
    greeting: str
    named: str
    unnamed: str
    said: str
    question: str
    thanks: str
    # To the caller, when it came to nothing.
    unavailable: str
    refused: str
    heard_yes: re.Pattern[str]
    heard_no: re.Pattern[str]


def _heard(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[\W_]))(?:{pattern})(?=[\W_]|$)", re.IGNORECASE)


ENGLISH: Final = TransferWords(
    announcement="One moment, please. I'll put you through to {name}.",
    greeting="Hello, this is {agent}, the automated assistant.",
    named="I have {caller} on the line.",
    unnamed="I have a caller on the line.",
    said="They said: {words}",
    question="Shall I put them through?",
    thanks="All right. I'll tell them. Thank you, goodbye.",
    unavailable="I'm sorry, {name} can't take your call right now. Can I help you with anything else?",
    refused="I'm sorry, I can't put you through right now. Can I help you with anything else?",
    heard_yes=_heard(
        r"yes|yeah|yep|yup|sure|ok(?:ay)?|of course|please do|go ahead|(?:please )?put (?:them|him|her|it) (?:through|on)"
        r"|i(?:'ll| will| can) take (?:it|them|him|her|the call)|connect (?:us|them)|absolutely|certainly"
    ),
    heard_no=_heard(
        r"no|nope|not (?:now|right now|today|possible|available)|(?:can(?:'|’)?t|cannot|don(?:'|’)?t|do not|won(?:'|’)?t)"
        r"|busy|later|call (?:me )?back|wrong number|tell (?:them|him|her)"
    ),
)
_ALL: Final = {
    "en": ENGLISH,
    "de": TransferWords(
        announcement="Einen Moment bitte, ich verbinde Sie mit {name}.",
        greeting="Guten Tag, hier ist {agent}, der automatische Assistent.",
        named="Ich habe {caller} in der Leitung.",
        unnamed="Ich habe einen Anruf für Sie in der Leitung.",
        said="Es geht um Folgendes: {words}",
        question="Darf ich durchstellen?",
        thanks="In Ordnung, ich richte es aus. Vielen Dank, auf Wiederhören.",
        unavailable="Es tut mir leid, {name} ist gerade nicht erreichbar. Kann ich sonst etwas für Sie tun?",
        refused="Es tut mir leid, ich kann Sie gerade nicht verbinden. Kann ich sonst etwas für Sie tun?",
        heard_yes=_heard(r"ja|jawohl|gerne?|klar|okay|ok|sicher|natürlich|bitte (?:durch)?stellen|stellen sie durch"),
        heard_no=_heard(r"nein|nee|nicht|gerade schlecht|später|keine zeit|besetzt|falsch verbunden|kein\w*"),
    ),
    "es": TransferWords(
        announcement="Un momento, por favor. Le paso con {name}.",
        greeting="Hola, soy {agent}, el asistente automático.",
        named="Tengo a {caller} en la línea.",
        unnamed="Tengo una llamada para usted.",
        said="Ha dicho: {words}",
        question="¿Se la paso?",
        thanks="De acuerdo, se lo diré. Gracias, adiós.",
        unavailable="Lo siento, {name} no puede atenderle ahora. ¿Puedo ayudarle en algo más?",
        refused="Lo siento, ahora no puedo pasarle. ¿Puedo ayudarle en algo más?",
        heard_yes=_heard(r"sí|si|claro|vale|de acuerdo|por supuesto|adelante|páse\w*|pase\w*"),
        heard_no=_heard(r"no|ahora no|más tarde|luego|ocupad\w+|imposible"),
    ),
    "fr": TransferWords(
        announcement="Un instant, s'il vous plaît. Je vous passe {name}.",
        greeting="Bonjour, ici {agent}, l'assistant automatique.",
        named="J'ai {caller} en ligne.",
        unnamed="J'ai un appel pour vous.",
        said="On m'a dit : {words}",
        question="Puis-je vous le passer ?",
        thanks="Très bien, je transmets. Merci, au revoir.",
        unavailable="Je suis désolé, {name} n'est pas disponible. Puis-je vous aider autrement ?",
        refused="Je suis désolé, je ne peux pas vous transférer maintenant. Puis-je vous aider autrement ?",
        heard_yes=_heard(r"oui|ouais|d'accord|bien sûr|ok|volontiers|allez-y|passez\w*"),
        heard_no=_heard(r"non|pas|plus tard|occupé\w*|impossible"),
    ),
}


def words_in(language: str) -> TransferWords:
    """Those of this language; English where it is not known."""
    return _ALL.get(language.partition("-")[0].lower(), ENGLISH)
