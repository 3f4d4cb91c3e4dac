"""What the engine says in languages other than English, and how it knows a few things said to it there."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """A language's courtesies. `{company}` is " ... <company>" or empty."""

    hello: str
    hello_from: str
    unknown: str
    robot: str
    wait: str
    unheard: str
    welcome: str
    anything: str
    person: str
    goodbye: str
    still_there: str
    out_of_time: str
    voicemail: str
    heard_bye: re.Pattern[str]
    heard_thanks: re.Pattern[str]
    heard_repeat: re.Pattern[str]
    heard_robot: re.Pattern[str]
    heard_wait: re.Pattern[str]
    heard_person: re.Pattern[str]
    heard_hello: re.Pattern[str]


def _heard(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[\W_]))(?:{pattern})(?=[\W_]|$)", re.I)


_ALL = {
    "es": Phrases(
        "Hola, ¿en qué puedo ayudarle?", "Hola, le atiende {company}. ¿En qué puedo ayudarle?", "Lo siento, eso no lo sé.",
        "Sí, soy un asistente de inteligencia artificial.", "Claro, tómese su tiempo.", "Perdone, no le he oído bien.", "De nada.",
        "¿Puedo ayudarle en algo más?", "No puedo pasarle con una persona, pero queda anotado que desea hablar con alguien.",
        "Gracias por su tiempo. Adiós.", "¿Sigue ahí?", "Se nos acaba el tiempo. Gracias y adiós.", "Hola, le llamamos de {company}. Volveremos a intentarlo. Adiós.",
        _heard("adi[oó]s|hasta luego|hasta pronto|chao|nos vemos|eso es todo|nada más"), _heard("gracias"),
        _heard("puede repetir|repita|repítalo|otra vez|cómo dice|no le (?:he )?o[ií]\\w*|perdón\\W*"), _heard("robot|máquina|inteligencia artificial|persona real|grabación"),
        _heard("un momento|un segundo|espere|un minuto"), _heard("hablar con (?:una persona|alguien|un agente|un humano)|operador\\w?"), _heard("hola|buenos días|buenas(?: tardes| noches)?|diga|dígame|bueno"),
    ),
    "de": Phrases(
        "Hallo, wie kann ich Ihnen helfen?", "Hallo, hier ist {company}. Wie kann ich Ihnen helfen?", "Das weiß ich leider nicht.",
        "Ja, ich bin ein KI-Assistent.", "Natürlich, lassen Sie sich Zeit.", "Entschuldigung, das habe ich nicht verstanden.", "Gern geschehen.",
        "Kann ich sonst noch etwas für Sie tun?", "Ich kann Sie nicht verbinden, aber es ist vermerkt, dass Sie mit jemandem sprechen möchten.",
        "Vielen Dank für Ihre Zeit. Auf Wiederhören.", "Sind Sie noch da?", "Unsere Zeit ist um. Vielen Dank und auf Wiederhören.",
        "Hallo, hier ist {company}. Wir versuchen es noch einmal. Auf Wiederhören.",
        _heard("auf wiederh[oö]ren|auf wiedersehen|tsch[uü]ss|ciao|bis bald|das war(?:'s| alles)|das ist alles"), _heard("danke\\w*|vielen dank"),
        _heard("wie bitte|noch (?:ein)?mal|wiederholen|nicht verstanden"), _heard("roboter|maschine|ki|computer|echter mensch|künstliche intelligenz"),
        _heard("moment|augenblick|sekunde|warten sie"), _heard("mit (?:einem menschen|jemandem|einem mitarbeiter)|mitarbeiter\\w*"), _heard("hallo|guten (?:tag|morgen|abend)|grüß gott|servus|ja bitte"),
    ),
    "fr": Phrases(
        "Bonjour, comment puis-je vous aider ?", "Bonjour, ici {company}. Comment puis-je vous aider ?", "Je suis désolé, je ne le sais pas.",
        "Oui, je suis un assistant d'intelligence artificielle.", "Bien sûr, prenez votre temps.", "Pardon, je n'ai pas bien entendu.", "Je vous en prie.",
        "Puis-je vous aider pour autre chose ?", "Je ne peux pas vous passer quelqu'un, mais c'est noté que vous souhaitez parler à une personne.",
        "Merci pour votre temps. Au revoir.", "Êtes-vous toujours là ?", "Notre temps est écoulé. Merci et au revoir.",
        "Bonjour, ici {company}. Nous vous rappellerons. Au revoir.",
        _heard("au revoir|à bient[oô]t|bonne journée|bonne soirée|salut|c'est tout|ce sera tout"), _heard("merci"),
        _heard("répéter|répétez|pardon|comment\\W*$|pas (?:bien )?(?:compris|entendu)"), _heard("robot|machine|intelligence artificielle|vraie personne|enregistrement"),
        _heard("un instant|une seconde|un moment|attendez|ne quittez pas"), _heard("parler à (?:une personne|quelqu'un|un humain|un conseiller)|opérateur|conseiller"), _heard("bonjour|bonsoir|allô|allo"),
    ),
    "it": Phrases(
        "Buongiorno, come posso aiutarla?", "Buongiorno, qui {company}. Come posso aiutarla?", "Mi dispiace, questo non lo so.",
        "Sì, sono un assistente di intelligenza artificiale.", "Certo, faccia con calma.", "Scusi, non ho sentito bene.", "Prego.",
        "Posso aiutarla in altro?", "Non posso passarle una persona, ma è annotato che desidera parlare con qualcuno.",
        "Grazie per il suo tempo. Arrivederci.", "È ancora in linea?", "Il tempo è finito. Grazie e arrivederci.", "Buongiorno, qui {company}. Riproveremo. Arrivederci.",
        _heard("arrivederci|ciao ciao|a presto|buona giornata|è tutto"), _heard("grazie"), _heard("può ripetere|ripeta|come scusi|non ho (?:capito|sentito)"),
        _heard("robot|macchina|intelligenza artificiale|persona vera"), _heard("un attimo|un momento|aspetti|un secondo"),
        _heard("parlare con (?:una persona|qualcuno|un operatore)|operatore"), _heard("pronto|buongiorno|buonasera|salve|ciao"),
    ),
    "pt": Phrases(
        "Olá, como posso ajudar?", "Olá, aqui é {company}. Como posso ajudar?", "Desculpe, isso eu não sei.", "Sim, sou um assistente de inteligência artificial.",
        "Claro, fique à vontade.", "Desculpe, não ouvi bem.", "De nada.", "Posso ajudar em mais alguma coisa?",
        "Não posso transferir para uma pessoa, mas fica anotado que deseja falar com alguém.", "Obrigado pelo seu tempo. Até logo.", "Ainda está aí?",
        "O nosso tempo acabou. Obrigado e até logo.", "Olá, aqui é {company}. Tentaremos de novo. Até logo.",
        _heard("tchau|até logo|adeus|até mais|é só isso|só isso"), _heard("obrigad[oa]"), _heard("pode repetir|repita|como\\W*$|não (?:ouvi|entendi)"),
        _heard("robô|máquina|inteligência artificial|pessoa de verdade"), _heard("um momento|um minuto|espere|só um instante"),
        _heard("falar com (?:uma pessoa|alguém|um atendente)|atendente"), _heard("olá|oi|alô|bom dia|boa (?:tarde|noite)"),
    ),
    "nl": Phrases(
        "Hallo, waarmee kan ik u helpen?", "Hallo, u spreekt met {company}. Waarmee kan ik u helpen?", "Dat weet ik helaas niet.", "Ja, ik ben een AI-assistent.",
        "Natuurlijk, neem de tijd.", "Sorry, dat heb ik niet verstaan.", "Graag gedaan.", "Kan ik u nog ergens mee helpen?",
        "Ik kan u niet doorverbinden, maar het is genoteerd dat u iemand wilt spreken.", "Dank u voor uw tijd. Tot ziens.", "Bent u er nog?",
        "Onze tijd is om. Dank u en tot ziens.", "Hallo, u spreekt met {company}. We proberen het nog eens. Tot ziens.",
        _heard("tot ziens|doei|dag hoor|dat was het|dat is alles"), _heard("dank\\w*|bedankt"), _heard("herhalen|nog een keer|wat zegt u|niet verstaan"),
        _heard("robot|machine|computer|echt mens"), _heard("moment\\w*|wacht even|een seconde"), _heard("een mens|iemand spreken|medewerker"), _heard("hallo|goede(?:morgen|middag|navond)|dag"),
    ),
    "hi": Phrases(
        "नमस्ते, मैं आपकी क्या मदद कर सकती हूँ?", "नमस्ते, यह {company} है। मैं आपकी क्या मदद कर सकती हूँ?", "माफ़ कीजिए, यह मुझे नहीं पता।", "जी हाँ, मैं एक एआई सहायक हूँ।",
        "जी, आराम से।", "माफ़ कीजिए, मैं सुन नहीं पाई।", "आपका स्वागत है।", "क्या मैं और कुछ मदद कर सकती हूँ?",
        "मैं आपको किसी व्यक्ति से नहीं जोड़ सकती, पर आपकी इच्छा दर्ज हो गई है।", "समय देने के लिए धन्यवाद। नमस्ते।", "क्या आप लाइन पर हैं?",
        "हमारा समय समाप्त हो गया है। धन्यवाद, नमस्ते।", "नमस्ते, यह {company} है। हम फिर फ़ोन करेंगे। धन्यवाद।",
        _heard("अलविदा|बस इतना ही|फिर मिलेंगे|bye"), _heard("धन्यवाद|शुक्रिया|dhanyavaad|shukriya"), _heard("फिर से|दोबारा|क्या कहा"), _heard("रोबोट|मशीन|एआई|robot"),
        _heard("एक मिनट|रुकिए|ज़रा"), _heard("किसी से बात|इंसान"), _heard("नमस्ते|हैलो|हेलो|hello|namaste"),
    ),
}  # fmt: skip

# Words that only English has, to tell whether a fact may be read out by a voice of another language.
_ENGLISH = re.compile(r"\b(?:the|is|are|we|our|and|of|with|have|you|your|for|from|on|at|to)\b", re.I)


def phrases_for(language: str) -> Phrases | None:
    """The courtesies of a language tag; None for English and for what we do not speak."""
    return _ALL.get(re.split(r"[-_]", language.strip().lower() or "en")[0])


def is_english(text: str) -> bool:
    found = len(_ENGLISH.findall(text))
    return found >= 2 or (found >= 1 and len(text.split()) <= 6)
