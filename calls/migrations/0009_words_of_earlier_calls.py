"""Calls that ended before there was a text search are found by it, too."""

from __future__ import annotations

from typing import Any

from django.db import migrations

BATCH = 1_000

WORDS = """
INSERT INTO calls_callwords (call_id, account_id, vector)
SELECT call.id, call.account_id,
    to_tsvector('simple', said.text)
        || CASE WHEN version.language ILIKE 'en%%' THEN to_tsvector('english', said.text) ELSE ''::tsvector END
        || array_to_tsvector(ARRAY['vaccount' || call.account_id])
FROM calls_call call
JOIN agents_agentversion version ON version.id = call.agent_version_id,
LATERAL (
    SELECT left(concat_ws(E'\\n', (
        SELECT string_agg(turn.text, E'\\n' ORDER BY turn.number)
        FROM calls_turn turn WHERE turn.call_id = call.id AND turn.is_final
    ), call.summary), 300000) AS text
) said
WHERE call.id > %s AND call.id <= %s AND call.answered_at IS NOT NULL AND call.analysed_at IS NOT NULL
ON CONFLICT (call_id) DO NOTHING
"""


def index_words(apps: Any, schema_editor: Any) -> None:
    """In batches, each a transaction of its own."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM calls_call")
        newest = cursor.fetchone()[0]
        for start in range(0, newest, BATCH):
            cursor.execute(WORDS, [start, start + BATCH])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("calls", "0008_finding_calls"), ("agents", "0002_version_authors")]

    operations = [migrations.RunPython(index_words, migrations.RunPython.noop)]
