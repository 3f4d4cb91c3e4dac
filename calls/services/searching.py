"""Text search over transcripts: what is written when a call has been looked into, and how it is asked.

A word is found as it stands and, by the stemming of its language, in its other forms. Among a call's words is one for its
account: the index intersects it with what is looked for, so that another customer's million calls cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final

from django.contrib.postgres.search import SearchQuery
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import Account
from agents.models import AgentVersion
from calls.models import Call, CallWords

# Enough of any call; PostgreSQL's own bound is a megabyte of different words.
LONGEST_TEXT: Final = 300_000
LONGEST_QUERY: Final = 200

# PostgreSQL's stemmers, by the language of an agent.
_STEMMERS: Final[Mapping[str, str]] = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hu": "hungarian", "id": "indonesian", "it": "italian", "nb": "norwegian", "nl": "dutch",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip

_INDEX: Final = """
    INSERT INTO calls_callwords (call_id, account_id, vector)
    SELECT call.id, call.account_id,
        to_tsvector('simple', said.text) || to_tsvector(%(stemmer)s::regconfig, said.text)
            || array_to_tsvector(ARRAY['vaccount' || call.account_id])
    FROM calls_call call, LATERAL (
        SELECT left(
            concat_ws(E'\\n', (
                SELECT string_agg(turn.text, E'\\n' ORDER BY turn.number)
                FROM calls_turn turn WHERE turn.call_id = call.id AND turn.is_final
            ), call.summary), %(longest)s) AS text
    ) said
    WHERE call.id = %(call)s AND call.answered_at IS NOT NULL
    ON CONFLICT (call_id) DO UPDATE SET vector = excluded.vector
"""
_EXCERPTS: Final = """
    SELECT DISTINCT ON (call_id) call_id, speaker, text FROM calls_turn
    WHERE call_id = ANY(%(calls)s) AND is_final
        AND (to_tsvector('simple', text) @@ {simple} OR to_tsvector('english', text) @@ {english})
    ORDER BY call_id, number
"""


@transaction.atomic
def index_words(*, call: Call) -> None:
    """Have the call found by what was said in it, and by its summary. Repeating it brings it up to date."""
    values: dict[str, str | int] = {
        "call": call.pk,
        "longest": LONGEST_TEXT,
        "stemmer": stemmer_of(call.agent_version.language),
    }
    with connection.cursor() as cursor:
        cursor.execute(_INDEX, values)


def stemmer_of(language: str) -> str:
    """PostgreSQL's configuration for a language tag; the plain one where it has none."""
    return _STEMMERS.get(language.partition("-")[0].lower(), "simple")


def having_said(calls: QuerySet[Call], *, account: Account, text: str) -> QuerySet[Call]:
    """Those of the account's calls in which this was said: words, "phrases", or, -not."""
    text = text[:LONGEST_QUERY]
    stemmers = dict.fromkeys(["simple", *map(stemmer_of, _languages_of(account))])
    wanted: Any = reduce(or_, (SearchQuery(text, config=name, search_type="websearch") for name in stemmers))
    own = SearchQuery(f"vaccount{account.pk}", config="simple")
    words = CallWords.objects.for_account(account).filter(vector=own & wanted)
    return calls.filter(pk__in=words.values("call_id"))


def excerpts(calls: Sequence[Call], *, text: str) -> dict[int, tuple[str, str]]:
    """For each of these calls (a page of them) the first turn that fits: its speaker and text, by the call's pk."""
    if not calls:
        return {}

    forms = {
        "simple": "websearch_to_tsquery('simple', %(text)s)",
        "english": "websearch_to_tsquery('english', %(text)s)",
    }
    with connection.cursor() as cursor:
        cursor.execute(_EXCERPTS.format(**forms), {"calls": [call.pk for call in calls], "text": text[:LONGEST_QUERY]})
        return {pk: (speaker, said) for pk, speaker, said in cursor.fetchall()}


def _languages_of(account: Account) -> list[str]:
    agents = AgentVersion.objects.filter(agent__account=account)
    return list(agents.order_by("language").values_list("language", flat=True).distinct())
