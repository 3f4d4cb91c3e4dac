from __future__ import annotations

from django.db import migrations

FILL = """
    UPDATE calls_call SET batch_row_id = placed.id FROM calls_batchrow placed
    WHERE placed.call_id = calls_call.id AND calls_call.batch_row_id IS NULL
"""
COUNT = "UPDATE calls_batchrow SET attempts = 1 WHERE call_id IS NOT NULL AND attempts = 0"


class Migration(migrations.Migration):
    dependencies = [("calls", "0016_scheduled_calls")]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
