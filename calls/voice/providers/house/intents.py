"""What a caller does besides asking: greets, thanks, holds, refuses, says goodbye ..."""

from __future__ import annotations

import re

from calls.voice.providers.house import words

_PERSON = r"(?:human(?: being)?|person|real (?:person|human|agent)|someone(?: real)?|somebody|representative|rep|operator|manager|supervisor|agent|receptionist|live (?:person|agent))"

# In the order in which they are tried: what settles the call comes before what merely colours it.
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("probe", r"\b(?:system prompt|your (?:prompt|instructions|rules|guidelines|configuration)|(?:ignore|forget|disregard) (?:\w+ ){0,4}(?:instructions?|prompts?|rules|said|above)|(?:repeat|read|print|say) (?:\w+ ){0,3}(?:above|instructions|prompt)|what (?:were|are) you (?:told|instructed|programmed)|developer mode|jailbreak)\b"),
    ("wrong_number", r"\b(?:wrong (?:number|person|guy|house)|(?:you|you've|you have) (?:got |have |dialed |called )?the wrong|(?:no one|nobody|no body) (?:here )?(?:by|with|of) that name|(?:does not|doesn't|don't) live here|no \w+ lives here|there(?:'s| is) no(?: one called)? \w+ (?:here|at this number))"),
    ("opt_out", r"\b(?:stop calling|(?:don't|do not|never) (?:call|contact|phone) (?:me|us|this|here)|(?:take|remove) (?:me|us|my number|this number) (?:off|from)|do not call list|unsubscribe|leave me alone|quit calling)\b"),
    ("not_interested", r"\b(?:not (?:really )?interested|no interest|don't want (?:any|it|this|to (?:talk|answer(?! (?:that|this|it|the|your)\b)|do this|take))|don't have time for this)\b"),
    ("busy", r"\b(?:(?:i'm|i am|im|we're) (?:really |a bit |kind of |very |quite )?(?:busy|driving|in a meeting|at work|in the middle of)|(?:bad|not a good|not the best) time|call (?:me |us )?(?:back )?(?:later|another time|some other time|tomorrow)|call me back|can't talk (?:right )?now)\b"),
    ("robot", r"\b(?:are|r|is|was) (?:you|this|u|it|that)?\s?(?:actually |really |even |just |like )?(?:an? |some (?:kind|sort) of )?(?:robot|bot|ai|a\.i\.?|machine|computer|recording|real (?:person|human)|human|chat ?bot|artificial|automated|voicemail)\b|\byou(?:'re| are) (?:an? )?(?:robot|bot|machine|ai|computer)\b|\bam i (?:talking|speaking) (?:to|with) an? (?:person|human|robot|real|machine|ai|actual)|\byou (?:sound|talk) like an? (?:robot|machine|computer|bot)|\ban? (?:robot|bot|ai|machine)\s*\?"),
    ("wants_person", rf"\b(?:speak|talk|talking|speaking|connect(?: me)?|transfer(?: me)?|put me through|get me|give me|switch me|pass me|want|need) (?:to |with |through to )?(?:an? |the |your |some |another )?(?:actual |real |live |human )?{_PERSON}\b|^\W*(?:(?:customer )?(?:representative|operator|agent)|real person|human|person)\b\W*(?:please)?\W*$|\b(?:is there|can i get) (?:an? |some|any)?\s?(?:actual |real |live )?(?:person|human|one|body)\b.{0,20}(?:talk|speak|to)|\btransfer me\b"),
    ("hold", r"\b(?:hold on|hang on|(?:one|a|just a|just one|give me a|gimme a|wait a) (?:second|sec|moment|minute|min|mo)|hold (?:the line|please)|bear with me|wait(?: wait)?\W*$|let me (?:get|grab|find|check|look|think|see)|just wait|be right back)\b"),
    ("repeat", r"^\W*(?:(?:i'm |i am )?sorry|pardon(?: me)?|excuse me|what|huh|come again|say what|what was that|repeat|again)\W*(?:what\W*)?(?:please)?\W*$|\b(?:(?:say|repeat|tell me) (?:that|it|this|the \w+|what you (?:just )?said)(?: \w+)? (?:again|once more|one more time|please)|(?:say|repeat) (?:that|it)\b|(?:can|could|would|will) you (?:please )?(?:repeat|say (?:that|it|again))|come again|(?:didn't|did not|couldn't|could not|can't|cannot|can not) (?:quite )?(?:hear|catch|get|understand|make out)(?: \w+)?(?: you| that| it| what)?|what did you (?:just )?say|what was that|speak up|you(?:'re| are) breaking up|one more time|say again|(?:i )?(?:don't|do not|didn't) (?:quite )?understand(?: you| that| what you said| the question)?(?=\W*$)|what do you mean(?=\W*$)|run that by me|repeat please)\b"),
    ("who", r"\b(?:who(?:'s| is| am i| are you|se) ?(?:this|calling|speaking|there|that|on the|talking)(?: \w+)*?(?=\W*$|[,.?!])|who (?:do|am) i|what(?:'s| is) your name|what (?:company|place|business) (?:is|are|do)|where are you calling from|what(?:'s| is) (?:the name of )?(?:your|this|the) company|who are you|who do you work)\b"),
    ("why", r"\b(?:what(?:'s| is| was)? (?:this|it|that|the call) (?:\w+ )?(?:about|regarding|for|concerning)|why (?:are|did|do|were) you (?:\w+ )?call(?:ing|ed)?|what (?:do|did) you (?:want|need)|what(?:'s| is) (?:the|your) (?:reason|purpose)|(?:how|what) (?:can|may|could) i (?:help(?: you)?(?=\W*$)|do for you)|what are you calling)\b"),
    ("capabilities", r"\bwhat (?:can|could|do) you (?:do|help|know|tell|answer)\b|\bhow can you help\b|\bwhat (?:else )?can i ask\b"),
    ("has_question", r"\b(?:i (?:have|had|got)|i've (?:just )?got) (?:just )?(?:a|another|one more|a second|a quick|some|a few|one) (?:\w+ )?questions?(?: (?:for you|too|first|please))?\W*(?:$|[.?!,])|\b(?:can|could|may|might) i (?:please |just |quickly )*ask(?: you)?(?: (?:a|another|one|one more|some|a few))?(?: (?:quick|last|other|more|little))?(?: (?:questions?|things?|something|anything|one))?(?: (?:else|first|quickly|please|too))*\W*(?:$|[.?!])|\b(?:can|could|would|will) you (?:please |maybe )?help(?: me)?(?: out)?(?: with (?:something|that|this))?(?: please)?\W*(?:$|[.?!])|\b(?:can|could|may) (?:you|i) (?:please |just )*(?:take|leave) (?:you )?a message\b(?! (?:that|saying)\b)|^\W*(?:hello |hi |well |yes |yeah )?(?:i need|i could use) (?:some |your |a little )?help(?: please| with something)?\W*$"),
    ("wants_help", r"\b(?:can|could|would|will) you (?:please )?help (?:me|us)\b|\bi (?:need|could use|want) (?:some |your |a little )?help\b"),
    ("refuses", r"\b(?:(?:i'd|i would|i'll|we'd) (?:rather|prefer)(?: to)? not\b|(?:i )?prefer not(?: to)?\b|(?:i|we)(?:'m| am)? (?:really |just )?(?:don't|do not|won't|will not|not going to|wouldn't|can't|cannot) (?:really )?(?:want to |wish to |like to |care to )?(?:say|tell(?: you)?|give(?: you)?|share|answer|disclose)\b(?! up)|not comfortable (?:with|giving|sharing|saying|answering|telling)|none of your business|no comment|that(?:'s| is) (?:private|personal|confidential)|(?:can we |let's |please |i'll |just )?skip (?:that|this|it|the question|to the next)\b)|^\W*(?:pass|skip|next question)(?: please)?\W*$"),
    ("why_ask", r"^\W*(?:but |and )?(?:why|what for|for what|how come)(?: is that)?\W*$|\bwhy (?:do|would|are|should|did) (?:you|i|we) (?:\w+ )?(?:need|want|ask|asking|have to|give|tell|know)\b|\bwhat (?:do|will|would) you (?:need|use|want|do) (?:\w+ ){1,4}(?:for|with)\b"),
    ("problem", r"\b(?:i(?:'m| am)? (?:have|had|having|got)|i've got|there(?:'s| is)|we have|we've got) (?:a|an|some|another)?\s?(?:\w+ )?(?:problems?|issues?|trouble|complaints?)\b|\b(?:isn't|is not|not|doesn't|stopped|won't|don't) work(?:ing)?\b|\b(?:is|are|it's) (?:broken|defective|damaged)\b"),
    ("bye", r"\b(?:good ?-?bye|bye(?: ?-?bye)?|by by|see (?:you|ya)(?: later| then| soon| on| tomorrow)?|talk (?:to you )?(?:later|soon)|have a (?:good|great|nice|lovely|wonderful) (?:\w+ )?(?:day|one|evening|night|weekend|afternoon|time|morning)|take care|good ?night|so long|cheers then|farewell|gotta (?:go|run)|(?:have|need|got) to (?:go|run)(?=\W*(?:now|bye|$|[.,!]))|i'll let you go|(?<!not )(?<!n't )hang(?:ing)? up)\b"),
    ("done", r"\b(?:that(?:'s| is| was|'ll be| will be| would be|s) (?:all|it|everything)(?: (?:i|for|that|we|thank|thanks)\b.*)?(?=\W*$|[,.!]| thank| for)|nothing else|no(?:thing)? (?:more|further) questions?|i(?:'m| am) (?:all set|done)|all set(?=\W*$|[,.])|that(?:'s| is) all i (?:need|want|have))"),
    ("how_are_you", r"\bhow(?:'s| is| are|'re) (?:you|it going|things|your day|everything|u)\b(?: \w+){0,2}\W*$|\bhow(?:'s| is) it going\b|\bhow do you do\b|\bwhat's up\b"),
    ("thanks", r"\b(?:thank(?:s| you)|appreciate (?:it|that|you)|much obliged|cheers|great help|very helpful)\b"),
    ("hello", r"^\W*(?:hello|hi|hey|hallo|helo|yello|good (?:morning|afternoon|evening|day)|greetings|howdy|yes\W+hello|hello\W+yes|(?:is )?anybody there|anyone there|are you (?:still )?there)\b"),
)  # fmt: skip
_COMPILED = tuple((name, re.compile(pattern, re.I)) for name, pattern in _PATTERNS)

_YES = re.compile(
    r"^\W*(?:(?:oh|um|uh|well|so|and)\W+)*(?:yes|yeah|yep|yup|ya|sure|ok(?:ay)?|of course|certainly|absolutely|definitely|correct|right|that's (?:right|correct|fine|me|true)|fine|i (?:do|am|can|have|will|would|did|was)\b(?! not)|please do|speaking|go ahead|sounds good|mhm|uh ?huh|exactly|i think so|it (?:is|was|does)\b(?! not))\b",
    re.I,
)
_NO = re.compile(
    r"^\W*(?:(?:oh|um|uh|well|so|and|sorry|i'm sorry)\W+)*(?:no|nope|nah|not (?:really|at|yet|today|now|that)|i (?:don't|do not|can't|cannot|won't|haven't|am not|wouldn't|didn't)|i'm not|never|nothing|negative|it (?:isn't|doesn't|wasn't|is not)|i don't think so|unfortunately)\b",
    re.I,
)
_FILLER = re.compile(
    r"^(?:\W|\b(?:um+|uh+|er+|erm|hm+|mm+|mhm|ah+|oh|so|well|like|you know|and|the|a|but|okay so)\b)*$", re.I
)
_QUESTION = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?|well|um|uh|hi|hello|hey|yes|yeah|no|oh|great|thanks|thank you|sorry|actually|then|also|alright|right|i see|good)\W+){0,3}(?:what|when|where|how|who|which|why|whose|do|does|did|is|are|am|(?:can|could|will|would|may|should)(?! (?:be|have|use|say|do)\b)|was|were|have you|has)\b|\b(?:i(?:'m| am)? (?:was |just )?wondering|i(?:'d| would) like to know|i want(?:ed)? to know|(?:can|could) you tell|tell me|do you (?:have|take|offer|accept|know|do)|how much|how long|how many|what about|how about|what time|i need to know|question about|any chance)\b",
    re.I,
)
# What is polite in an utterance, and tells nothing.
_COURTESY = re.compile(
    r"\b(?:(?:no|many) )?thank(?:s| you|s you)(?: (?:so|very) (?:very )?much(?: indeed)?| a lot| a million| again| kindly| though)*(?: for (?:(?:all|the|your|that|this|calling|taking|helping|letting|being|everything|me|us|know|so|very)\b ?)+(?:help|time|call|information|info|assistance|patience|understanding|service|kindness|support|answers?)?)*"
    r"|\b(?:i |we )?(?:really |do |very much )*appreciate (?:it|that|this|your \w+|you\w*(?: \w+)?)|\byou(?:'ve| have|'re| are| were)(?: all)? (?:been )?(?:(?:very|so|really|most|such|too|a|great|big) )+(?:helpful|kind|help|nice)|\bthat(?:'s| is| was) (?:(?:very|so|really|most) )?(?:kind|helpful|nice)(?: of you)?|\bmuch obliged|\bcheers\b"
    r"|\b(?:good ?-?bye|bye(?: ?-?bye)?|have a (?:good|great|nice|lovely|wonderful) (?:\w+ )?(?:day|one|evening|night|weekend|afternoon|time|morning)|take care|see you(?: later| soon| then)?|talk (?:to you )?(?:later|soon))\b",
    re.I,
)
_BOOKING = re.compile(
    r"\b(?:(?:book|schedule|make|set up|reserve|get|arrange|need|want|like|have) (?:an? |my |the |another |in for an? |for an? )?(?:\w+ ){0,2}?(?:appointment|reservation|booking|table|viewing|visit|slot|showing|tour|consultation|pickup)|(?:i(?:'d| would) like|i want|can i|could i|like|want|need) to (?:\w+ )?(?:book|schedule|reserve|order|come in|sign up|register|make an order|place an order))\b",
    re.I,
)
_SPLIT = re.compile(
    r"(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\bMrs\.)(?<=[?.!])\s+|[,;]?\s+(?:and|also|plus|then|but|or)\s+(?:also\s+)?(?=(?:what|when|where|how|who|which|do|does|is|are|can|could|will|would|may)\b)|,\s+(?=(?:what|when|where|how|who|which|do you|does|is there|are you|are there|can i|could i|can you)\b)",
    re.I,
)


def intents(utterance: str) -> list[str]:
    """What the utterance does, in the order in which it should be dealt with."""
    text = words.plain(utterance)
    return [name for name, pattern in _COMPILED if pattern.search(text)]


def is_yes(utterance: str) -> bool:
    return bool(_YES.search(utterance)) and not is_no(utterance)


def is_no(utterance: str) -> bool:
    return bool(_NO.search(utterance.replace("\u2019", "'")))


def is_filler(utterance: str) -> bool:
    """Nothing was said: breath, hesitation, a scrap."""
    return bool(_FILLER.match(utterance[:200]))


def without_courtesies(utterance: str) -> str:
    """What is left of an utterance without its thanks and farewells: of "No, thank you" the no."""
    left = _COURTESY.sub(lambda m: "no" if m[0].lower().startswith("no ") else " ", utterance.replace("\u2019", "'"))
    left = re.sub(r"\s+(?=[,.!?])|(?<=,)\s*,", "", re.sub(r"\s{2,}", " ", left))
    return left.strip(" ,;-") if re.search(r"\w", left) else ""


def only_asks_to_ask(utterance: str) -> bool:
    """ "Can I ask you something?" without the something."""
    parts = [part for part in segments(utterance) if is_question(part) or "has_question" in intents(part)]
    return bool(parts) and all("has_question" in intents(part) for part in parts)


def is_question(utterance: str) -> bool:
    text = utterance.replace("\u2019", "'").strip()
    # A rising "Hello?" asks nothing.
    return bool(_QUESTION.search(text)) or (
        text.endswith("?") and bool(words.terms(text) or words.concepts_asked(text))
    )


def wants_booking(utterance: str) -> bool:
    return bool(_BOOKING.search(utterance.replace("\u2019", "'")))


def asks_for_a_fact(utterance: str) -> bool:
    """A question that wants to know, rather than one that wants something done ("Can I book a table?")."""
    return bool(re.search(r"\b(?:how|what|when|where|which|who|why|do you|is there|are there|does)\b", utterance, re.I))


def only_farewell(utterance: str) -> bool:
    """One misheard word: STT hears "Hi" as "Bye"."""
    return bool(re.fullmatch(r"\W*(?:good ?)?(?:bye|by|buy)(?:\W+(?:bye|there))?\W*", utterance.strip(), re.I))


def segments(utterance: str) -> list[str]:
    """The several questions of one breath, apart."""
    parts = [part.strip() for part in _SPLIT.split(utterance) if part and part.strip()]
    return parts[:6] or [utterance]
